//! Standard output: records only.

mod config;
mod sink;
mod writer;

pub(crate) use self::config::StdoutType;
pub use self::writer::Stdout;
