//! The arguments of the commands about sinks.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use super::run::duration;

/// Subcommands of `sinks`.
#[derive(Debug, Subcommand)]
pub(crate) enum SinksCommand {
    /// Test a plugin against the sink contract
    Check(SinkCheckArguments),
}

/// Arguments of `sinks check`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SinkCheckArguments {
    /// Shared library of the plugin
    #[arg(value_name = "LIBRARY")]
    pub(crate) library: PathBuf,
    /// Set an option of the sink, as JSON or text (repeatable) [default for `path`: a file in the folder of each case]
    #[arg(long = "option", value_name = "KEY=VALUE")]
    pub(crate) options: Vec<String>,
    /// When readers can see the records
    #[arg(long, value_name = "WHEN", default_value = "finish")]
    pub(crate) publishes: Publishing,
    /// How to read published records back [default: a file as lines, anything else not at all]
    #[arg(long, value_name = "HOW")]
    pub(crate) read: Option<Reading>,
    /// Shell command that prints the published records, one per line, and fails if nothing is published. The variable
    /// `LONGHAUL_DESTINATION` contains their location
    #[arg(long, value_name = "COMMAND", conflicts_with = "read")]
    pub(crate) read_with: Option<String>,
    /// Longest time that a case may take, such as 10s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "1m")]
    pub(crate) timeout: Duration,
    /// Only run one pull in this folder, traced by the parent process
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub(crate) traced: Option<PathBuf>,
}

/// Arguments of `new-sink`.
#[derive(Args, Debug)]
pub(crate) struct NewSinkArguments {
    /// Name of the sink in the configuration
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Folder or Git URL with longhaul's source [default: the source of this program]
    #[arg(long, value_name = "PLACE")]
    pub(crate) longhaul: Option<String>,
}

/// When readers can see the records of a sink.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Publishing {
    /// When the pull is complete.
    Finish,
    /// At each commit.
    Commit,
    /// Immediately.
    Write,
}

/// How published records are read back.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Reading {
    /// As a file with one record per line.
    Lines,
    /// Not at all.
    Nothing,
}
