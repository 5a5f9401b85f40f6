//! The order in which partitions are written.

use std::collections::VecDeque;

use crate::{
    partition::PartitionId,
    pull::{error::PullError, partition::OpenPartition, writer::Writer},
};

/// The order in which partitions are written, whatever the order in which their pages arrive.
///
/// If the sinks take the records of all partitions, there is one [`Writer`], and the first partition in the order has it.
/// The others wait on disk. Otherwise each worker has a writer of its own, and no partition waits for another.
pub(super) struct Order<'a> {
    /// The partitions that were handed out and are not written completely.
    handed_out: VecDeque<PartitionId>,
    /// The partitions that have ended before their turn.
    ended: Vec<(PartitionId, Ended<'a>)>,
    /// The writers that no worker has.
    writers: Vec<Writer<'a>>,
    /// How many partitions may be handed out at once.
    most: usize,
}

/// How a partition has ended before its turn.
pub(super) enum Ended<'a> {
    /// All its pages have arrived.
    Complete(Box<OpenPartition<'a>>),
    /// It failed. This ends the pull when it is its turn, so that the partitions before it are complete.
    Failed(PullError),
}

impl<'a> Order<'a> {
    /// No partition was handed out yet. At most `most` may be at once.
    pub(super) fn new(writers: Vec<Writer<'a>>, most: usize) -> Self {
        Self { handed_out: VecDeque::new(), ended: Vec::new(), writers, most }
    }

    /// Adds a partition after all others.
    pub(super) fn add(&mut self, id: PartitionId) {
        self.handed_out.push_back(id);
    }

    /// Whether the partition was handed out and is not written completely.
    pub(super) fn contains(&self, id: PartitionId) -> bool {
        self.handed_out.contains(&id)
    }

    /// The place of a partition. All that were not handed out come after the others.
    pub(super) fn place(&self, id: PartitionId) -> usize {
        self.handed_out.iter().position(|other| *other == id).unwrap_or(usize::MAX)
    }

    /// Whether no more partitions may be handed out for now.
    pub(super) fn is_full(&self) -> bool {
        self.handed_out.len() >= self.most
    }

    /// Whether a partition has failed, so that those after it are not needed.
    pub(super) fn is_closed(&self) -> bool {
        self.ended.iter().any(|(_, ended)| matches!(ended, Ended::Failed(_)))
    }

    /// Puts the halves of a partition in its place.
    pub(super) fn split(&mut self, id: PartitionId, halves: [PartitionId; 2]) {
        let place = self.place(id).min(self.handed_out.len());
        self.handed_out.remove(place);
        for half in halves.into_iter().rev() {
            self.handed_out.insert(place, half);
        }
    }

    /// Removes a partition that was written or left out.
    pub(super) fn remove(&mut self, id: PartitionId) {
        let place = self.place(id);
        self.handed_out.remove(place);
    }

    /// The writer, if it is the turn of this partition.
    pub(super) fn turn(&mut self, id: PartitionId) -> Option<Writer<'a>> {
        if self.handed_out.front() == Some(&id) { self.writers.pop() } else { None }
    }

    /// A writer of its own, for a worker that need not wait for a turn.
    pub(super) fn writer(&mut self) -> Option<Writer<'a>> {
        self.writers.pop()
    }

    /// Gives a writer back.
    pub(super) fn give_back(&mut self, writer: Writer<'a>) {
        self.writers.push(writer);
    }

    /// Keeps a partition that has ended before its turn.
    pub(super) fn keep(&mut self, id: PartitionId, ended: Ended<'a>) {
        self.ended.push((id, ended));
    }

    /// The partition whose turn it is, if it has ended already, with the writer.
    pub(super) fn next_ended(&mut self) -> Option<(Writer<'a>, PartitionId, Ended<'a>)> {
        let first = self.handed_out.front()?;
        let index = self.ended.iter().position(|(id, _)| id == first)?;
        let writer = self.writers.pop()?;
        let (id, ended) = self.ended.swap_remove(index);
        Some((writer, id, ended))
    }

    /// The writers, and the partitions that still wait for their turn, after all workers have ended.
    pub(super) fn take_all(&mut self) -> (Vec<Writer<'a>>, Vec<OpenPartition<'a>>) {
        let waiting = std::mem::take(&mut self.ended).into_iter().filter_map(|(_, ended)| match ended {
            Ended::Complete(open) => Some(*open),
            Ended::Failed(_) => None,
        });
        (std::mem::take(&mut self.writers), waiting.collect())
    }
}
