//! NDJSON files: one record a line, in the server's own bytes.

mod config;
mod sink;

pub(crate) use self::config::NdjsonType;
