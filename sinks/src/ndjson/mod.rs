//! NDJSON files: one record per line, in the server's own bytes.

mod config;
mod sink;

pub(crate) use self::config::NdjsonType;
