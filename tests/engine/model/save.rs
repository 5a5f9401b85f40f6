//! What a checkpoint says after each change.

use super::{
    apply::Doing,
    shape::{Id, Place},
    sink::Sink,
    step::{Becomes, Change},
    world::{Checkpoint, Position, Progress, Saved},
};

impl Doing<'_> {
    pub(super) fn save(&mut self, change: &Change) {
        let saved = self.on_disk().state.now.clone();
        let unfinished = match change {
            Change::Complete => {
                let saved = Saved { pulls: saved.pulls + 1, is_of_run: true, unfinished: None };
                return self.on_disk().state.replace(saved);
            }
            Change::Discarding => {
                self.world.fresh = self.world.fresh.saturating_sub(1);
                saved.unfinished.map(|from| Checkpoint { is_discarding: true, ..from })
            }
            Change::Forgotten => None,
            change => {
                self.change_checkpoint(change);
                Some(self.without_untouched())
            }
        };
        self.on_disk().state.replace(Saved { unfinished, pulls: saved.pulls, is_of_run: saved.is_of_run });
    }

    /// The checkpoint without the last partitions, if nothing of them was written.
    fn without_untouched(&self) -> Checkpoint {
        let mut checkpoint = self.run.checkpoint.clone();
        while let (Some(last), Some(number)) = (checkpoint.partitions.last(), checkpoint.taken.checked_sub(1))
        {
            if *last != Progress::of(number) {
                break;
            }
            checkpoint.partitions.pop();
            checkpoint.taken = number;
        }
        checkpoint
    }

    fn change_checkpoint(&mut self, change: &Change) {
        let position = self.position(None);
        let keys = self.run.keys.clone();
        let ordered = self.streams[self.run.stream].is_ordered();
        let writer = if ordered { 0 } else { self.worker };
        let writes = !matches!(change, Change::Waiting | Change::GivenUp(_) | Change::Finishing);
        if writes {
            for progress in std::mem::take(&mut self.run.workers[writer].complete) {
                let checkpoint = &mut self.run.checkpoint;
                checkpoint.partitions.retain(|other| other.id != progress.id);
                checkpoint.ended.extend(progress.own_before.map(|before| (progress.id, before)));
            }
            self.run.checkpoint.keys = keys;
        }
        match change {
            Change::Start => {
                self.run.checkpoint.before.clone_from(&position);
                self.run.checkpoint.sinks = position;
            }
            Change::Progress => {
                self.run.checkpoint.sinks = position;
                if let Some(id) = self.run.workers[self.worker].open.as_ref().map(|open| open.progress.id) {
                    let own = self.position(Some(id));
                    let open = self.open_partition_mut();
                    (open.progress.own, open.is_dirty) = (own, false);
                    self.put_open();
                }
            }
            Change::TakenBack => {
                let progress = self.open_partition().progress.clone();
                let before = |position| Position { is_before_others: true, ..position };
                if let Some((sinks, keys)) = progress.before {
                    if self.run.checkpoint.sinks.is_some() {
                        self.run.checkpoint.sinks = Some(before(sinks));
                    }
                    self.run.keys.clone_from(&keys);
                    self.run.checkpoint.keys = keys;
                }
                let own = progress.own_before.clone().map(before);
                self.put(Progress { own, own_before: progress.own_before, ..Progress::of(progress.id) });
            }
            Change::Kept => {
                self.run.checkpoint.sinks = position;
                let id = self.open_partition().progress.id;
                self.put(Progress::of(id));
            }
            Change::Waiting => {
                let open = self.open_partition_mut();
                (open.progress.spool, open.is_dirty) = (Some(open.spool.clone()), false);
                self.put_open();
            }
            Change::GivenUp(becomes) => self.become_in_checkpoint(*becomes),
            Change::Finishing => self.run.checkpoint.is_finishing = true,
            Change::Complete | Change::Discarding | Change::Forgotten => {}
        }
    }

    fn put(&mut self, progress: Progress) {
        let mut known = self.run.checkpoint.partitions.iter_mut();
        if let Some(known) = known.find(|known| known.id == progress.id) {
            *known = progress;
        }
    }

    fn put_open(&mut self) {
        let progress = self.open_partition().progress.clone();
        self.put(progress);
    }

    pub(super) fn become_in_checkpoint(&mut self, becomes: Becomes) {
        let id = self.open_partition().progress.id;
        let partitions = std::mem::take(&mut self.run.checkpoint.partitions);
        let replaced = |progress: Progress| match becomes {
            _ if progress.id != id => vec![progress],
            Becomes::Halves(halves) => halves.map(Progress::of).to_vec(),
            Becomes::Restarted if progress.spool.is_some() => vec![Progress::of(id)],
            Becomes::Restarted => vec![progress],
            Becomes::Skipped => Vec::new(),
        };
        self.run.checkpoint.partitions = partitions.into_iter().flat_map(replaced).collect();
    }

    /// Where the sinks stand now.
    pub(super) fn position(&self, id: Option<Id>) -> Option<Position> {
        let stream = &self.streams[self.run.stream];
        let places: Vec<Place> = id.map_or_else(|| stream.shared().collect(), |id| stream.own(id).collect());
        let first = *places.first()?;
        let sinks = &self.world.streams[self.run.stream].sinks;
        let receipts = places.iter().map(|place| sinks.get(place).map(Sink::content).unwrap_or_default());
        Some(Position { mark: self.mark(first), receipts: receipts.collect(), is_before_others: false })
    }
}
