//! What is made durable, and when the checkpoint says so.

use crate::{
    event::Event,
    pull::{error::PullError, partition::OpenPartition, shared_checkpoint::Entries, worker::Worker},
    state::{
        Summary,
        checkpoint::{Checkpoint, OwnFiles, Position, Stage},
    },
};

impl<'a> Worker<'a> {
    /// Remembers where the sinks stand before the first page, so that all can go back there.
    pub(super) fn begin(&mut self) -> Result<(), PullError> {
        // A single sink takes back by itself what it has not committed.
        if self.run.saved.every().is_none() && self.sinks.len() == 1 {
            return Ok(());
        }
        let position = self.sinks.commit()?;
        self.run.saved.save(Entries::default(), |checkpoint| {
            checkpoint.sinks_before = Some(position.clone());
            checkpoint.sinks = Some(position);
        })?;
        Ok(())
    }

    /// Whether a run can go on from here.
    pub(super) fn can_be_taken_up(&self, open: &OpenPartition<'a>) -> bool {
        let is_in_step = self.sinks.is_in_step() && open.sinks.is_in_step();
        is_in_step && open.pages.can_resume_from(&open.progress.listing)
    }

    /// Makes everything durable in every sink, and only then saves how far the pull has come.
    pub(super) fn commit(&mut self, open: Option<&mut OpenPartition<'a>>) -> Result<(), PullError> {
        let clock = self.run.client.clock();
        let begun = clock.elapsed();
        let sinks = self.sinks.commit_any()?;
        let progress = open.map(OpenPartition::commit).transpose()?;
        let before = progress.and_then(|progress| progress.before.as_ref());
        let needed = before.map_or(u64::MAX, |before| before.keys.entries);
        self.save(sinks, needed, |checkpoint| {
            if let Some(progress) = progress {
                checkpoint.put(progress);
            }
        })?;
        self.since.time = clock.elapsed();
        let took = self.since.time.saturating_sub(begun);
        self.run.client.observer().on(&Event::Committed { took });
        Ok(())
    }

    /// Saves where the sinks stand and what has changed. Keys behind the first `needed` may have to be forgotten.
    pub(super) fn save(
        &mut self,
        sinks: Option<Position>,
        needed: u64,
        change: impl FnOnce(&mut Checkpoint),
    ) -> Result<(), PullError> {
        let (saved, since) = (self.run.saved, &mut self.since);
        let keys = self.unique.as_ref().map_or(&[][..], |unique| unique.since(saved.keys().entries));
        let ended = since.ended.iter().filter_map(|(partition, _)| OwnFiles::of(partition));
        let ended: Vec<_> = ended.flat_map(|partition| partition.entries()).collect();
        saved.save(Entries { pages: &since.pages, keys, ended: &ended }, |checkpoint| {
            for (partition, missing) in since.ended.drain(..) {
                checkpoint.complete(&partition, missing);
            }
            checkpoint.sinks = sinks.or_else(|| checkpoint.sinks.take());
            change(checkpoint);
        })?;
        since.pages.clear();
        if let Some(unique) = &mut self.unique {
            unique.settle(saved.keys().entries.min(needed));
        }
        Ok(())
    }

    /// Makes everything durable, and the checkpoint say that nothing is left but to publish it.
    pub(super) fn make_durable(&mut self) -> Result<Summary, PullError> {
        let position = self.sinks.commit_any()?;
        self.save(position, u64::MAX, |checkpoint| checkpoint.stage = Stage::Finishing)?;
        Ok(self.run.saved.checkpoint().complete)
    }
}
