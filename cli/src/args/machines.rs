//! The arguments of the commands for many machines.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::NonEmptyStringValueParser};
use jiff::Timestamp;

use super::range::RangeArguments;

/// Arguments of `plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArguments {
    /// Streams to plan, in this order [default: all configured streams]
    #[arg(value_name = "STREAM")]
    pub(crate) streams: Vec<String>,
    /// Write the plan to this file [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Send records to this sink instead of the configured ones (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sink: Vec<String>,
    /// Time that relative times refer to, such as 2026-01-01T00:00:00Z [default: the current time]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,
    /// Discard the parents that an unfinished plan has pulled, and start again
    #[arg(long)]
    pub(crate) fresh: bool,
    /// The range of time.
    #[command(flatten)]
    pub(crate) range: RangeArguments,
}

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArguments {
    /// Plan to verify
    #[arg(value_name = "PLAN")]
    pub(crate) plan: PathBuf,
    /// Print the records in the order of the plan, as a single run would have written them
    #[arg(long)]
    pub(crate) cat: bool,
    /// Stream to print, if the plan has several
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: Option<String>,
    /// Print the paths of the files instead, in the order of the plan
    #[arg(long, conflicts_with = "cat")]
    pub(crate) files: bool,
    /// Sink whose files to print, if the stream has several
    #[arg(long, value_name = "NAME")]
    pub(crate) sink: Option<String>,
    /// Write the outcome to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
}

/// An engine that runs workers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Engine {
    /// A Python script for Ray.
    Ray,
    /// A Python script for Spark.
    Spark,
    /// A manifest with an indexed job.
    Kubernetes,
    /// A script with a job array.
    Slurm,
}
