//! A stream of a plan.

use longhaul_core::{Source, pull::Column, sink::Variables};

use crate::session::partitions::{plan_file::StreamHeader, worker_sinks::WorkerSink};

/// A stream of the plan.
#[derive(Debug)]
pub(super) struct PlannedStream<'p> {
    /// What the plan says about it.
    pub(super) header: &'p StreamHeader,
    /// The source of the records.
    pub(super) source: Source,
    /// The sinks.
    pub(super) sinks: Vec<WorkerSink<'p>>,
    /// The columns of the sinks.
    pub(super) columns: Vec<Column>,
    /// The values of the placeholders that all partitions share.
    pub(super) shared: Variables,
}
