//! The arguments of `status`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::run::duration;

/// Arguments of `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Streams to show [default: all configured streams]
    #[arg(value_name = "STREAM")]
    pub(crate) streams: Vec<String>,
    /// Format of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: StatusFormat,
    /// Fail if a stream was not complete within this time, such as 26h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_age: Option<Duration>,
}

/// The format of the status.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum StatusFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON array with an object for each pull.
    Json,
}
