//! A pull as it is planned.

use std::path::PathBuf;

use longhaul_core::{
    Source,
    pull::Column,
    sink::{OpenSink, Variables},
};

use crate::{
    args::RunArguments,
    build::{STDOUT, SinkFor},
    config::Stream,
    session::{names::StreamNames, parents::StreamParents},
};

/// A pull that is ready to start.
#[derive(Debug)]
pub(crate) struct Planned<'s> {
    /// The stream's name.
    pub(crate) name: &'s str,
    /// The id of the pull, which its state and its lock have.
    pub(crate) id: String,
    /// The command that resumes the pull, if it is not the usual one of the stream.
    pub(crate) command: Option<String>,
    /// The configuration of the stream.
    pub(crate) stream: &'s Stream,
    /// Whether the user selected the stream. Otherwise only other streams need it, and its own sinks get nothing.
    pub(crate) is_selected: bool,
    /// The parents of its partitions, if it has any.
    pub(crate) parents: Option<StreamParents<'s>>,
    /// The names that its sinks look up.
    pub(crate) names: Vec<StreamNames>,
    /// The sinks that keep its records for other streams: as their parents, or as names.
    pub(crate) children: Vec<Child<'s>>,
    /// The source of the records.
    pub(crate) source: Source,
    /// The values of the placeholders in requests and sinks.
    pub(crate) variables: Variables,
    /// The sinks, with their names.
    pub(crate) sinks: Vec<(&'s str, &'s dyn OpenSink)>,
    /// The columns of the sinks.
    pub(crate) columns: Vec<Column>,
    /// Where the records go, for people.
    pub(crate) destinations: Vec<String>,
    /// The sinks that write objects, and the address of one of theirs.
    pub(crate) objects: Vec<(&'s str, String)>,
    /// Whether the sinks keep the records of earlier pulls.
    pub(crate) retention: Retention,
    /// Whether the state of the pull is saved. Standard output keeps nothing, so a pull that only goes there cannot be
    /// resumed.
    pub(crate) saves_state: bool,
}

/// A stream that needs the records of another one: as its parents, or as names.
#[derive(Debug)]
pub(crate) struct Child<'s> {
    /// Its name.
    pub(crate) name: &'s str,
    /// The name of the sink, for checkpoints and messages.
    pub(crate) sink_name: String,
    /// What the records are for it.
    pub(crate) purpose: Purpose,
    /// The sink that keeps what it needs.
    pub(crate) sink: Box<dyn OpenSink>,
    /// The file that has what it needs once it is known.
    pub(crate) kept: PathBuf,
}

/// What the records of a stream are for another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// Each makes a partition.
    Parents,
    /// They have the names of its ids.
    Names,
}

/// How long the records of a pull are kept.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Retention {
    /// They are not kept.
    None,
    /// The next pull replaces them.
    UntilNextPull,
    /// A pull of the same window replaces them. Those of other windows are in other files.
    OtherFiles,
    /// They are kept.
    Kept,
}

/// The sinks of a stream, with its table.
pub(crate) fn sink_names<'s>(stream: &'s Stream, arguments: &'s RunArguments) -> Vec<SinkFor<'s>> {
    let named = if arguments.sink.is_empty() { &stream.sinks } else { &arguments.sink };
    let names = if named.is_empty() { vec![STDOUT] } else { named.iter().map(String::as_str).collect() };
    names.into_iter().map(|name| SinkFor::of(name, stream)).collect()
}
