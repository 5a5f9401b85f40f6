//! A process that pulls, with everything that a crash forgets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    shape::{Content, Id, Place},
    sink::Opened,
    step::Step,
    world::{Checkpoint, Progress},
};

/// A process that pulls the streams one after another.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Run {
    /// The stream that is being pulled.
    pub(super) stream: usize,
    /// What a worker does in the stream.
    pub(super) phase: Phase,
    /// The checkpoint in memory, which workers share. It says only what is durable.
    pub(super) checkpoint: Checkpoint,
    pub(super) workers: Vec<Worker>,
    /// The partitions that were put back, or that the checkpoint had.
    pub(super) queue: VecDeque<Id>,
    /// The partitions that are not written completely, in order. The first one has the writer.
    pub(super) order: VecDeque<Id>,
    /// The partitions that ended before their turn.
    pub(super) waiting: Vec<Open>,
    pub(super) opened: BTreeMap<Place, Opened>,
    /// How many pages the shared sinks have received.
    pub(super) mark: u8,
    /// The keys of the records that have arrived.
    pub(super) keys: Content,
    /// The partitions whose cursors have expired in this run.
    pub(super) expired: BTreeSet<Id>,
    /// The spools that are not needed after the next checkpoint.
    pub(super) spools: BTreeSet<Id>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Phase {
    /// The stream is not started yet.
    Before,
    Pulling,
    /// No partition is left.
    Finishing,
    /// The run ends before it is complete.
    Stopping,
}

/// A worker, with the steps that it is going to take.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Worker {
    pub(super) open: Option<Open>,
    pub(super) todo: VecDeque<Step>,
    /// The partitions that were completed since its last commit. If there is an order, only one worker has any at a time.
    pub(super) complete: Vec<Progress>,
}

/// A partition that is being pulled.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Open {
    pub(super) progress: Progress,
    /// Whether any of its pages were written.
    pub(super) has_begun: bool,
    /// The pages that wait.
    pub(super) spool: Content,
    /// How many pages the partition's own sinks have received.
    pub(super) mark: u8,
    /// Whether there are pages since the last commit.
    pub(super) is_dirty: bool,
}

impl Run {
    /// A process that has just started.
    pub(super) fn new(steps: VecDeque<Step>) -> Self {
        Self {
            stream: 0,
            phase: Phase::Before,
            checkpoint: Checkpoint::default(),
            workers: vec![Worker { todo: steps, ..Worker::default() }],
            queue: VecDeque::new(),
            order: VecDeque::new(),
            waiting: Vec::new(),
            opened: BTreeMap::new(),
            mark: 0,
            keys: Content::new(),
            expired: BTreeSet::new(),
            spools: BTreeSet::new(),
        }
    }

    /// Goes on to this stream.
    pub(super) fn go_on_to(&mut self, stream: usize) {
        *self = Self { stream, ..Self::new(VecDeque::new()) };
    }

    /// Whether it is the turn of this partition.
    pub(super) fn is_first(&self, id: Id) -> bool {
        self.order.front() == Some(&id)
    }
}
