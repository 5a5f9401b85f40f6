//! Output for people: progress, logs, tables, errors and hints.

pub(crate) mod counts;
pub(crate) mod expected;
pub(crate) mod failure;
pub(crate) mod findings;
pub(crate) mod hints;
pub(crate) mod invocation;
mod narrowing;
pub(crate) mod numbers;
mod page_hints;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod screen;
pub(crate) mod storage;
pub(crate) mod table;
pub(crate) mod times;
