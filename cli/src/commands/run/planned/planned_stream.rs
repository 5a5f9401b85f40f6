//! A stream of a plan.

use longhaul_core::{
    Source,
    pull::Column,
    sink::{OpenSink, Variables},
};

use crate::session::partitions::plan_file::StreamHeader;

/// A stream of the plan.
#[derive(Debug)]
pub(super) struct PlannedStream<'p> {
    /// What the plan says about it.
    pub(super) header: &'p StreamHeader,
    /// The source of the records.
    pub(super) source: Source,
    /// The sinks, with their names.
    pub(super) sinks: Vec<(&'p str, &'p dyn OpenSink)>,
    /// The columns of the sinks.
    pub(super) columns: Vec<Column>,
    /// The values of the placeholders that all partitions share.
    pub(super) shared: Variables,
}
