//! What each step does.

use std::collections::VecDeque;

use super::{
    run::{Open, Run},
    shape::{Place, Stream},
    sink::{Refusal, Sink},
    step::{Note, Step},
    world::{Position, StreamOnDisk, World},
};

/// A step of a worker.
pub(super) struct Doing<'a> {
    pub(super) streams: &'a [Stream],
    pub(super) world: &'a mut World,
    pub(super) run: Run,
    pub(super) worker: usize,
}

impl World {
    /// The world after a worker has taken its next step, and those after it that only change the memory. These take no time
    /// of their own, because a crash between them leaves nothing else.
    pub(super) fn after_step(&self, streams: &[Stream], worker: usize) -> Result<Self, Refusal> {
        let mut world = self.clone();
        world.take_step(streams, worker)?;
        world.take_notes(streams, worker)?;
        Ok(world)
    }

    /// The world after a worker has decided what to do, and begun with it.
    pub(super) fn after_choice(
        &self,
        streams: &[Stream],
        worker: usize,
        steps: VecDeque<Step>,
    ) -> Result<Self, Refusal> {
        let mut world = self.clone();
        let starts_with_note = matches!(steps.front(), Some(Step::Note(_)));
        if let Some(run) = &mut world.run {
            run.workers[worker].todo = steps;
        }
        if !starts_with_note {
            world.take_step(streams, worker)?;
        }
        world.take_notes(streams, worker)?;
        Ok(world)
    }

    fn take_notes(&mut self, streams: &[Stream], worker: usize) -> Result<(), Refusal> {
        let next =
            |world: &Self| world.run.as_ref().and_then(|run| run.workers.get(worker)?.todo.front().cloned());
        while let Some(Step::Note(_)) = next(self) {
            self.take_step(streams, worker)?;
        }
        Ok(())
    }

    fn take_step(&mut self, streams: &[Stream], worker: usize) -> Result<(), Refusal> {
        let mut run = self.run.take().ok_or("no process runs")?;
        let step = run.workers[worker].todo.pop_front().ok_or("the worker has no step")?;
        let mut doing = Doing { streams, world: self, run, worker };
        doing.take(&step)?;
        let run = doing.run;
        if step != Step::Note(Note::Exit) {
            self.run = Some(run);
        }
        Ok(())
    }
}

impl Doing<'_> {
    fn take(&mut self, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::Write(place, record) => {
                let mark = self.mark(*place);
                if self.run.opened[place].has <= mark {
                    self.sink(*place).write(*record);
                }
            }
            Step::Commit(place) => {
                let mark = self.mark(*place);
                let mut opened = self.run.opened[place].clone();
                self.sink(*place).commit(&mut opened, mark);
                self.run.opened.insert(*place, opened);
            }
            Step::Publish(place) => drop(self.sink(*place).publish()),
            Step::SyncName(place) => {
                self.sink(*place).sync_name();
                self.run.opened.remove(place);
            }
            Step::Open(place) => {
                let at = self.saved_position(*place);
                self.open(*place, at.as_ref())?;
            }
            Step::RollBack(place) => {
                let progress = &self.open_partition().progress;
                let before = match place.1 {
                    None => progress.before.as_ref().map(|(sinks, _)| sinks),
                    Some(_) => progress.own_before.as_ref(),
                };
                let before = before.cloned().ok_or("nothing says where the sink stood")?;
                let is_there = self.mark(*place) == before.mark;
                if !is_there {
                    self.open(*place, Some(&Position { is_before_others: true, ..before.clone() }))?;
                    if self.is_last_of_its_sinks(*place) {
                        self.set_mark(*place, before.mark);
                    }
                }
            }
            Step::Undo(place, before) => self.undo(*place, before)?,
            Step::Drop(place) => self.drop_sink(*place),
            Step::Spool => {
                let Open { spool, progress, .. } = self.open_partition().clone();
                let file = self.on_disk().spools.entry(progress.id).or_default();
                file.now = spool;
                file.sync();
            }
            Step::RemoveSpool(id) => {
                self.on_disk().spools.remove(id);
                self.run.spools.remove(id);
            }
            Step::ExtendKeys => {
                let keys = self.run.keys.clone();
                let journal = self.on_disk().keys.get_or_insert_default();
                journal.now = keys;
                journal.sync();
            }
            Step::Save(change) => self.save(change),
            Step::SyncState => self.on_disk().state.sync(),
            Step::RemoveJournal => self.on_disk().keys = None,
            Step::CreateRecord => {
                self.world.record.replace(true);
                self.world.record.sync();
                for stream in &mut self.world.streams {
                    stream.state.now.is_of_run = false;
                    stream.state.synced.is_of_run = false;
                }
            }
            Step::RemoveRecord => {
                self.world.record.replace(false);
                self.world.complete_runs = (self.world.complete_runs + 1).min(3);
            }
            Step::Note(note) => self.note(note)?,
        }
        Ok(())
    }

    fn open(&mut self, place: Place, at: Option<&Position>) -> Result<(), Refusal> {
        let stream = &self.streams[self.run.stream];
        let sink = self.on_disk().sinks.entry(place).or_insert_with(|| stream.sink(place));
        let opened = match at {
            None => sink.open_new(),
            Some(at) => {
                let index = stream.index(place);
                let receipt = at.receipts.get(index).ok_or("there is no receipt")?;
                let opened = sink.reopen(receipt, at.mark)?;
                if opened.has > at.mark && at.is_before_others {
                    return Err("the sink has pages that are pulled again");
                }
                opened
            }
        };
        self.run.opened.insert(place, opened);
        Ok(())
    }

    fn undo(&mut self, place: Place, before: &Position) -> Result<(), Refusal> {
        self.open(place, Some(&Position { is_before_others: true, ..before.clone() }))?;
        self.drop_sink(place);
        Ok(())
    }

    fn drop_sink(&mut self, place: Place) {
        if let Some(opened) = self.run.opened.remove(&place) {
            self.sink(place).drop_uncommitted(&opened);
        }
    }

    /// Where the checkpoint says that a sink stands.
    fn saved_position(&self, place: Place) -> Option<Position> {
        match place.1 {
            None => self.run.checkpoint.sinks.clone(),
            Some(_) => self.open_partition().progress.own.clone(),
        }
    }

    pub(super) fn on_disk(&mut self) -> &mut StreamOnDisk {
        &mut self.world.streams[self.run.stream]
    }

    fn sink(&mut self, place: Place) -> &mut Sink {
        self.on_disk().sinks.get_mut(&place).expect("the sink is open")
    }

    pub(super) fn open_partition(&self) -> &Open {
        self.run.workers[self.worker].open.as_ref().expect("the worker has a partition")
    }

    pub(super) fn open_partition_mut(&mut self) -> &mut Open {
        self.run.workers[self.worker].open.as_mut().expect("the worker has a partition")
    }

    pub(super) fn mark(&self, place: Place) -> u8 {
        let own = || self.run.workers[self.worker].open.as_ref().map_or(0, |open| open.mark);
        if place.1.is_some() { own() } else { self.run.mark }
    }

    fn set_mark(&mut self, place: Place, mark: u8) {
        match place.1 {
            None => self.run.mark = mark,
            Some(_) => self.open_partition_mut().mark = mark,
        }
    }

    fn is_last_of_its_sinks(&self, place: Place) -> bool {
        let stream = &self.streams[self.run.stream];
        place.1.map_or_else(|| stream.shared().next_back(), |id| stream.own(id).next_back()) == Some(place)
    }
}
