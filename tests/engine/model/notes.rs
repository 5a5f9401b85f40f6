//! What changes in memory.

use super::{
    apply::Doing,
    run::{Open, Phase, Worker},
    shape::{Content, Id},
    sink::Refusal,
    step::{Becomes, Note},
    world::Progress,
};

impl Doing<'_> {
    pub(super) fn note(&mut self, note: &Note) -> Result<(), Refusal> {
        match note {
            Note::Begin => return self.begin(),
            Note::Started => {
                self.run.phase = Phase::Pulling;
                self.run.workers.resize(self.streams[self.run.stream].workers, Worker::default());
            }
            Note::Take(id) => return self.take_partition(*id),
            Note::Before => {
                let before = self.position(None).map(|position| (position, self.run.keys.clone()));
                self.open_partition_mut().progress.before = before;
            }
            Note::OwnBefore => {
                let id = self.open_partition().progress.id;
                let before = self.position(Some(id));
                let open = self.open_partition_mut();
                (open.progress.own_before, open.has_begun) = (before, true);
            }
            Note::Written(record) => {
                self.arrive(*record);
                let open = self.open_partition_mut();
                open.progress.pages += 1;
                (open.is_dirty, open.has_begun) = (true, true);
            }
            Note::Drained(record) => {
                self.arrive(*record);
                let open = self.open_partition_mut();
                (open.is_dirty, open.has_begun) = (true, true);
                open.spool.remove(0);
                if open.spool.is_empty() && open.progress.spool.take().is_some() {
                    let id = open.progress.id;
                    self.run.spools.insert(id);
                }
            }
            Note::Waits(record) => {
                let open = self.open_partition_mut();
                open.progress.pages += 1;
                open.spool.push(*record);
                open.is_dirty = true;
            }
            Note::Read => self.open_partition_mut().progress.is_read = true,
            Note::Completed => {
                let open = self.leave_partition();
                let writer = if self.streams[self.run.stream].is_ordered() { 0 } else { self.worker };
                self.run.order.retain(|id| *id != open.progress.id);
                self.run.workers[writer].complete.push(open.progress);
            }
            Note::WaitsForTurn => {
                let mut open = self.leave_partition();
                open.progress.is_read = true;
                self.run.waiting.push(open);
            }
            Note::Becomes(becomes) => self.become_(*becomes),
            Note::Closed(place) => drop(self.run.opened.remove(place)),
            Note::Finishes => self.run.phase = Phase::Finishing,
            Note::Stops => self.run.phase = Phase::Stopping,
            Note::Leaves => drop(self.leave_partition()),
            Note::NextStream => self.run.go_on_to(self.run.stream + 1),
            Note::Exit => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Refusal> {
        let stream = &self.streams[self.run.stream];
        let mut from = self.on_disk().state.now.unfinished.clone().unwrap_or_default();
        if let (true, Some(sinks)) = (stream.has_keys, &mut from.sinks) {
            // The records that stay raise the mark without end, and only whether it is 0 matters here.
            sinks.mark = sinks.mark.min(1);
        }
        let journal = self.on_disk().keys.clone().unwrap_or_default();
        if !journal.now.starts_with(&from.keys) {
            return Err("the journal does not have the keys that the checkpoint mentions");
        }
        self.run.queue = from.partitions.iter().map(|progress| progress.id).collect();
        self.run.order.clone_from(&self.run.queue);
        self.run.mark = from.sinks.as_ref().map_or(0, |sinks| sinks.mark);
        self.run.keys.clone_from(&from.keys);
        self.run.checkpoint = from;
        Ok(())
    }

    fn take_partition(&mut self, id: Id) -> Result<(), Refusal> {
        if let Some(index) = self.run.waiting.iter().position(|open| open.progress.id == id) {
            self.run.workers[self.worker].open = Some(self.run.waiting.remove(index));
            return Ok(());
        }
        if self.run.queue.front() == Some(&id) {
            self.run.queue.pop_front();
        }
        if !self.run.order.contains(&id) {
            self.run.order.push_back(id);
        }
        let checkpoint = &mut self.run.checkpoint;
        let known = checkpoint.partitions.iter().find(|progress| progress.id == id).cloned();
        let progress = known.unwrap_or_else(|| {
            checkpoint.taken += 1;
            checkpoint.partitions.push(Progress::of(id));
            Progress::of(id)
        });
        let spool = match &progress.spool {
            None => Content::new(),
            Some(spool) => {
                let file = self.on_disk().spools.get(&id).ok_or("the spool is gone")?;
                if !file.now.starts_with(spool) {
                    return Err("the spool does not have what the checkpoint mentions");
                }
                spool.clone()
            }
        };
        let mark = progress.own.as_ref().map_or(0, |own| own.mark);
        let has_begun = progress.has_begun();
        self.run.workers[self.worker].open = Some(Open { progress, has_begun, spool, mark, is_dirty: false });
        Ok(())
    }

    fn become_(&mut self, becomes: Becomes) {
        self.become_in_checkpoint(becomes);
        let open = self.leave_partition();
        let id = open.progress.id;
        let place = self.run.order.iter().position(|other| *other == id).unwrap_or(0);
        match becomes {
            Becomes::Skipped => drop(self.run.order.remove(place)),
            Becomes::Restarted => {
                self.run.expired.insert(id);
                self.put_back(id);
            }
            Becomes::Halves(halves) => {
                self.run.order.remove(place);
                for half in halves.into_iter().rev() {
                    self.run.order.insert(place, half);
                }
                for half in halves {
                    self.put_back(half);
                }
            }
        }
    }

    /// Puts a partition back, before all that are written after it.
    fn put_back(&mut self, id: Id) {
        let order = &self.run.order;
        let place = |id: &Id| order.iter().position(|other| other == id).unwrap_or(usize::MAX);
        let earlier = self.run.queue.iter().take_while(|other| place(other) < place(&id)).count();
        self.run.queue.insert(earlier, id);
    }

    /// A page is in all sinks.
    fn arrive(&mut self, record: u8) {
        self.run.mark += 1;
        self.open_partition_mut().mark += 1;
        if self.streams[self.run.stream].has_keys && !self.run.keys.contains(&record) {
            self.run.keys.push(record);
        }
    }

    fn leave_partition(&mut self) -> Open {
        self.run.workers[self.worker].open.take().expect("the worker has a partition")
    }
}
