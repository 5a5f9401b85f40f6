//! The arguments of `run`.

use std::{
    convert::Infallible,
    num::{NonZeroU32, NonZeroU64},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use clap::{Args, builder::NonEmptyStringValueParser};
use jiff::SignedDuration;
use longhaul_core::Secret;

use super::range::RangeArguments;

/// Arguments of `run`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct RunArguments {
    /// Streams to pull, in this order [default: all configured streams]
    #[arg(value_name = "STREAM")]
    pub(crate) streams: Vec<String>,
    /// Send records to this sink instead of the configured ones: a configured one, or a type such as csv (repeatable)
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) sink: Vec<String>,
    /// Write to this file, in the format of --sink, or else of its ending: .csv, .ndjson, .ndjson.gz, .xlsx, .parquet, .db
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) out: Option<String>,
    /// Pull at most this many records of each stream, as a sample; nothing is saved, and no file is replaced
    #[arg(long, value_name = "NUMBER", value_parser = positive::<NonZeroU64>, conflicts_with_all = ["fresh", "full_refresh", "strict"])]
    pub(crate) limit: Option<NonZeroU64>,
    /// Show what would be requested, where it would be written, and what is complete already; send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Discard what an unfinished run has pulled, and start again
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Pull incremental streams from their start again; also discard what an unfinished run has pulled
    #[arg(long, conflicts_with = "plan")]
    pub(crate) full_refresh: bool,
    /// Stop after this time, such as 90s, 45m or 8h; run again to resume
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_runtime: Option<Duration>,
    /// Stop after this many requests; run again to resume
    #[arg(long, value_name = "NUMBER", value_parser = positive::<NonZeroU64>)]
    pub(crate) max_requests: Option<NonZeroU64>,
    /// Write the outcome to this file as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) summary: Option<PathBuf>,
    /// Write a page about the run to this file: what happened when, faults, response times
    #[arg(long, value_name = "FILE.html")]
    pub(crate) report: Option<PathBuf>,
    /// Write metrics to this file in the text format of Prometheus, for example for `node_exporter`
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Report the start, success and failure of the run to this URL of a monitor such as healthchecks.io
    #[arg(long, value_name = "URL", value_parser = secret, conflicts_with_all = ["limit", "dry_run", "replay"])]
    pub(crate) ping: Option<Secret>,
    /// Publish nothing and fail if anything suggests that records are missing
    #[arg(long)]
    pub(crate) strict: bool,
    /// Stop at the first stream that fails
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Record every answer of the API in this folder, without secrets
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["plan", "replay"])]
    pub(crate) record: Option<PathBuf>,
    /// Run against this recording instead of the API; only new files are written
    #[arg(long, value_name = "FOLDER", conflicts_with = "plan")]
    pub(crate) replay: Option<PathBuf>,
    /// Pull partitions of this plan instead; those that are complete are not pulled again
    #[arg(long, value_name = "FILE", conflicts_with_all = NOT_WITH_PLAN)]
    pub(crate) plan: Option<PathBuf>,
    /// Share of the plan to pull, such as 3/64: every 64th partition, starting with the fourth [default: all of them]
    #[arg(long, value_name = "I/N", requires = "plan", conflicts_with = "partition", value_parser = part)]
    pub(crate) part: Option<Part>,
    /// Partition of the plan to pull, by its id (repeatable)
    #[arg(long, value_name = "ID", requires = "plan")]
    pub(crate) partition: Vec<String>,
    /// How many workers share the rate limits [default: the N of --part, or else 1]
    #[arg(long, value_name = "NUMBER", value_parser = positive::<NonZeroU32>)]
    pub(crate) workers: Option<NonZeroU32>,
    /// The range of time.
    #[command(flatten)]
    pub(crate) range: RangeArguments,
}

/// What a plan already settles, or does not support.
const NOT_WITH_PLAN: [&str; 9] =
    ["streams", "sink", "out", "limit", "dry_run", "from", "to", "last", "month"];

impl RunArguments {
    /// Whether an unfinished run is discarded.
    pub(crate) fn starts_again(&self) -> bool {
        self.fresh || self.full_refresh
    }

    /// The files about the run, each with the flag that names it.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let flags = [("--summary", &self.summary), ("--report", &self.report), ("--metrics", &self.metrics)];
        flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
    }

    /// How many workers share the rate limits.
    pub(crate) fn workers(&self) -> NonZeroU32 {
        self.workers.or(self.part.map(|part| part.of)).unwrap_or(NonZeroU32::MIN)
    }
}

/// A share of a plan: `index` of `of`, counted from 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Part {
    /// Which share it is.
    pub(crate) index: u32,
    /// How many shares there are.
    pub(crate) of: NonZeroU32,
}

/// A number of at least 1.
pub(super) fn positive<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| "expected a whole number of at least 1".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "expected a time such as 90s, 45m or 8h".to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "clap expects it")]
fn secret(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text))
}

fn part(text: &str) -> Result<Part, String> {
    let part = text.split_once('/').and_then(|(index, of)| {
        let (index, of): (u32, NonZeroU32) = (index.parse().ok()?, of.parse().ok()?);
        (index < of.get()).then_some(Part { index, of })
    });
    part.ok_or_else(|| "expected a share such as 0/64 to 63/64".to_owned())
}
