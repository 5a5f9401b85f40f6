//! The protocol: in which order the engine does things, so that a crash between any two of them does no harm.

use std::collections::VecDeque;

use super::{
    mutations::Mutation,
    run::{Open, Phase, Run, Worker},
    shape::{Ends, Id, Kind, NOTHING, Place, Record, Stream},
    step::{Becomes, Change, Note, Step},
    world::{Checkpoint, World},
};
use Step::{
    Commit, CreateRecord, Drop, ExtendKeys, Open as OpenSink, Publish, RemoveJournal, RemoveRecord,
    RemoveSpool, RollBack, Save, Spool, SyncName, SyncState, Undo, Write,
};

/// The steps of the engine in a state.
pub(super) struct Protocol<'a> {
    pub(super) streams: &'a [Stream],
    pub(super) world: &'a World,
    /// Breaks the protocol, to show that the model notices.
    pub(super) mutation: Option<Mutation>,
}

type Steps = VecDeque<Step>;

/// The steps at the start of a process.
pub(super) fn start(world: &World, mutation: Option<Mutation>) -> Steps {
    let mut steps = if world.record.now { Steps::new() } else { [CreateRecord].into() };
    if let Some(mutation) = mutation {
        mutation.apply(&mut steps);
    }
    steps
}

impl Protocol<'_> {
    /// What a worker without steps may do next. If that is more than one thing, it depends on the time or on the API.
    pub(super) fn choices(&self, run: &Run, worker: usize) -> Vec<Steps> {
        let mut choices = self.intact_choices(run, worker);
        if let Some(mutation) = self.mutation {
            for steps in &mut choices {
                mutation.apply(steps);
            }
        }
        choices
    }

    fn intact_choices(&self, run: &Run, worker: usize) -> Vec<Steps> {
        match run.phase {
            Phase::Before => self.begin(run),
            Phase::Finishing if worker == 0 => vec![self.finish(run)],
            Phase::Finishing => Vec::new(),
            Phase::Stopping => self.leave(run, worker),
            Phase::Pulling => match &run.workers[worker].open {
                None => self.take(run, worker),
                Some(open) if self.has_turn(run, open) => self.pull(run, open),
                Some(open) => self.pull_ahead(run, open),
            },
        }
    }

    fn begin(&self, run: &Run) -> Vec<Steps> {
        let Some(stream) = self.streams.get(run.stream) else {
            return vec![[RemoveRecord, note(Note::Exit)].into()];
        };
        let saved = &self.world.streams[run.stream].state.now;
        if self.world.record.now && saved.is_of_run && saved.unfinished.is_none() {
            return vec![[note(Note::NextStream)].into()];
        }
        // The sinks are rolled back to the checkpoint. In a new pull, where they stand is saved before the first page.
        // A run that was killed may have renamed the state file, but not durably.
        let mut resumed: Steps = [SyncState, note(Note::Begin)].into();
        resumed.extend(stream.shared().map(OpenSink));
        if saved.unfinished.as_ref().is_none_or(|from| from.sinks.is_none())
            && stream.shared().next().is_some()
        {
            resumed.extend(stream.shared().map(Commit));
            resumed.extend([Save(Change::Start), SyncState]);
        }
        resumed.push_back(note(Note::Started));
        match &saved.unfinished {
            Some(from) if from.is_discarding => vec![Self::discard(stream, from)],
            // The user wants to start over.
            Some(from) if self.world.fresh > 0 => vec![resumed, Self::discard(stream, from)],
            _ => vec![resumed],
        }
    }

    /// Discards an unfinished pull. The checkpoint says so first: a run that resumes from it would not notice that the files
    /// of complete partitions were rolled back. It is forgotten last, because nothing else says where to roll back to.
    fn discard(stream: &Stream, from: &Checkpoint) -> Steps {
        let shared =
            from.before.iter().flat_map(|before| stream.shared().map(|place| Undo(place, before.clone())));
        let unfinished =
            from.partitions.iter().filter_map(|progress| Some((progress.id, progress.own_before.clone()?)));
        let unfinished =
            unfinished.flat_map(|(id, before)| stream.own(id).map(move |place| Undo(place, before.clone())));
        // The complete files of a sink that replaces stay: what they replaced is gone.
        let is_appended = |place: &Place| stream.kind(*place) == Kind::Append;
        let ended = from.ended.iter().flat_map(|(id, before)| {
            stream.own(*id).filter(is_appended).map(|place| Undo(place, before.clone()))
        });
        let mut steps: Steps = [Save(Change::Discarding), SyncState].into();
        steps.extend(shared.chain(unfinished).chain(ended));
        steps.extend([Save(Change::Forgotten), SyncState, RemoveJournal]);
        steps
    }

    /// Takes a partition, if there is one.
    fn take(&self, run: &Run, worker: usize) -> Vec<Steps> {
        let stream = &self.streams[run.stream];
        // Workers are alike. Where they also share a writer, it is enough that the first idle one goes on.
        let is_idle = |other: &Worker| other.open.is_none() && other.todo.is_empty();
        if stream.is_ordered() && run.workers[..worker].iter().any(is_idle) {
            return Vec::new();
        }
        let ended =
            run.order.front().filter(|first| run.waiting.iter().any(|open| open.progress.id == **first));
        let next = run.queue.front().copied();
        let next = next.or_else(|| (run.checkpoint.taken < stream.whole).then_some(run.checkpoint.taken));
        let Some(id) = ended.copied().or(next) else {
            if !stream.is_ordered() && !run.workers[worker].complete.is_empty() {
                return vec![self.commit(run, None)];
            }
            let is_last = run.order.is_empty() && run.workers.iter().all(|other| other.todo.is_empty());
            return if is_last && worker == 0 { vec![[note(Note::Finishes)].into()] } else { Vec::new() };
        };
        let mut steps: Steps = [note(Note::Take(id))].into();
        if ended.is_none() && stream.own(id).next().is_some() {
            let progress = run.checkpoint.partitions.iter().find(|progress| progress.id == id);
            steps.extend(stream.own(id).map(OpenSink));
            if progress.is_none_or(|progress| !progress.has_begun()) {
                steps.extend(self.note_before(run, id));
                steps.extend(self.commit(run, Some(id)));
            }
        }
        vec![steps]
    }

    /// Notes where the sinks stand before the first page of a partition that may have to be rolled back.
    fn note_before(&self, run: &Run, id: Id) -> Steps {
        let stream = &self.streams[run.stream];
        let mut steps = Steps::new();
        if stream.may_roll_back()
            && run.opened.iter().all(|(place, sink)| place.1.is_some() || sink.has <= run.mark)
        {
            steps.extend(stream.shared().map(Commit));
            steps.push_back(note(Note::Before));
        }
        if stream.own(id).next().is_some() {
            steps.extend(stream.own(id).map(Commit));
            steps.push_back(note(Note::OwnBefore));
        }
        steps
    }

    /// Makes everything durable in every sink, and only then saves a checkpoint that says so.
    fn commit(&self, run: &Run, id: Option<Id>) -> Steps {
        let stream = &self.streams[run.stream];
        let mut steps: Steps = stream.shared().map(Commit).collect();
        steps.extend(id.iter().flat_map(|id| stream.own(*id).map(Commit)));
        steps.extend(self.save(run, Change::Progress));
        steps
    }

    /// Saves how far a partition is. What waits for its turn is made durable where it waits.
    fn save_progress(&self, run: &Run, open: &Open) -> Steps {
        if open.has_begun {
            self.commit(run, Some(open.progress.id))
        } else {
            [Spool, Save(Change::Waiting), SyncState].into()
        }
    }

    /// Saves a checkpoint. The journal is extended first, and what only the last checkpoint needs is removed afterwards.
    fn save(&self, run: &Run, change: Change) -> Steps {
        let mut steps = Steps::new();
        if self.streams[run.stream].has_keys {
            steps.push_back(ExtendKeys);
        }
        steps.extend([Save(change), SyncState]);
        steps.extend(run.spools.iter().map(|id| RemoveSpool(*id)));
        steps
    }

    /// Pulls a page of a partition whose turn it is.
    fn pull(&self, run: &Run, open: &Open) -> Vec<Steps> {
        let stream = &self.streams[run.stream];
        let (progress, id) = (&open.progress, open.progress.id);
        let mut choices = Vec::new();
        if open.is_dirty && Self::can_resume(run, open) {
            // It is time for a commit, or the run is told to stop.
            choices = vec![self.save_progress(run, open), [note(Note::Stops)].into()];
        }
        let mut steps = Steps::new();
        match self.next_page(run, open) {
            _ if progress.is_read => {
                steps.extend(self.drain(run, open));
                steps.extend(self.end(run, id));
            }
            Page::Record(record) => {
                if !open.has_begun {
                    steps.extend(self.note_before(run, id));
                }
                steps.extend(self.drain(run, open));
                steps.extend(self.write(run, id, record));
                steps.push_back(note(Note::Written(record)));
            }
            Page::End => {
                if !open.has_begun && !open.spool.is_empty() {
                    steps.extend(self.drain(run, open));
                }
                steps.extend(self.end(run, id));
            }
            Page::Rule(becomes) => {
                if open.has_begun {
                    steps.extend(self.roll_back(run, open, becomes));
                    steps.extend(stream.own(id).map(Drop));
                } else {
                    steps.extend(Self::give_up_waiting(open, becomes));
                }
                steps.push_back(note(Note::Becomes(becomes)));
            }
        }
        choices.push(steps);
        choices
    }

    /// Pulls a page of a partition that waits for its turn.
    fn pull_ahead(&self, run: &Run, open: &Open) -> Vec<Steps> {
        let mut choices = Vec::new();
        if open.is_dirty {
            choices.push(self.save_progress(run, open));
        }
        choices.push(match self.next_page(run, open) {
            Page::Record(record) => [note(Note::Waits(record))].into(),
            Page::End => [note(Note::WaitsForTurn)].into(),
            Page::Rule(becomes) => {
                let mut steps = Self::give_up_waiting(open, becomes);
                steps.push_back(note(Note::Becomes(becomes)));
                steps
            }
        });
        choices
    }

    /// Writes the pages that wait.
    fn drain(&self, run: &Run, open: &Open) -> Steps {
        let mut steps = Steps::new();
        for record in &open.spool {
            steps.extend(self.write(run, open.progress.id, *record));
            steps.push_back(note(Note::Drained(*record)));
        }
        steps
    }

    /// Writes a page to all sinks, unless its record is a duplicate.
    fn write(&self, run: &Run, id: Id, record: Record) -> Steps {
        let stream = &self.streams[run.stream];
        if record == NOTHING || (stream.has_keys && run.keys.contains(&record)) {
            return Steps::new();
        }
        stream.shared().chain(stream.own(id)).map(|place| Write(place, record)).collect()
    }

    /// Completes a partition, and publishes its own files.
    fn end(&self, run: &Run, id: Id) -> Steps {
        let mut steps: Steps = [note(Note::Read)].into();
        let own: Vec<Place> = self.streams[run.stream].own(id).collect();
        if !own.is_empty() {
            // Once the file has its name, a run that resumes must not write to it.
            steps.extend(self.commit(run, Some(id)));
            steps.extend(own.into_iter().flat_map(|place| [Publish(place), SyncName(place)]));
        }
        steps.push_back(note(Note::Completed));
        steps
    }

    /// Rolls a partition back. The checkpoint is saved first, because afterwards the sinks no longer have what an earlier
    /// checkpoint says.
    fn roll_back(&self, run: &Run, open: &Open, becomes: Becomes) -> Steps {
        let stream = &self.streams[run.stream];
        let id = open.progress.id;
        if becomes != Becomes::Skipped && stream.has_keys && stream.own(id).next().is_none() {
            let mut steps: Steps = stream.shared().map(Commit).collect();
            steps.extend(self.save(run, Change::Kept));
            return steps;
        }
        let mut steps = self.save(run, Change::TakenBack);
        steps.extend(stream.shared().chain(stream.own(id)).map(RollBack));
        steps
    }

    /// Forgets what waits. Nothing of it is in a sink.
    fn give_up_waiting(open: &Open, becomes: Becomes) -> Steps {
        if open.progress.spool.is_none() {
            return Steps::new();
        }
        [Save(Change::GivenUp(becomes)), SyncState, RemoveSpool(open.progress.id)].into()
    }

    /// Publishes a pull without partitions left. Everything is durable before anything is published, and the pull is complete
    /// only when everything is.
    fn finish(&self, run: &Run) -> Steps {
        let stream = &self.streams[run.stream];
        let mut steps: Steps = Steps::new();
        steps.extend(self.commit(run, None));
        steps.extend([Save(Change::Finishing), SyncState]);
        steps.extend(stream.shared().flat_map(|place| [Publish(place), SyncName(place)]));
        steps.extend([Save(Change::Complete), SyncState, RemoveJournal, note(Note::NextStream)]);
        steps
    }

    /// Stops: what was written is committed, if a later run can resume there.
    fn leave(&self, run: &Run, worker: usize) -> Vec<Steps> {
        let mut steps = Steps::new();
        match &run.workers[worker].open {
            Some(open) if open.is_dirty && Self::can_resume(run, open) => {
                steps.extend(self.save_progress(run, open));
            }
            Some(_) => {}
            None if run.workers.iter().all(|other| other.open.is_none() && other.todo.is_empty())
                && worker == 0 =>
            {
                steps.extend(run.opened.keys().map(|place| Drop(*place)));
                steps.push_back(note(Note::Exit));
                return vec![steps];
            }
            None => return Vec::new(),
        }
        steps.push_back(note(Note::Leaves));
        vec![steps]
    }

    /// What the API answers to the request for the next page.
    fn next_page(&self, run: &Run, open: &Open) -> Page {
        let partition = &self.streams[run.stream].partitions[open.progress.id];
        let read = open.progress.pages;
        match partition.ends {
            Ends::TooDeep(after, halves) if read >= after => Page::Rule(Becomes::Halves(halves)),
            Ends::Gone(after) if read >= after => Page::Rule(Becomes::Skipped),
            Ends::Expires(after) if read == after && !run.expired.contains(&open.progress.id) => {
                Page::Rule(Becomes::Restarted)
            }
            _ => partition.pages.get(read).map_or(Page::End, |record| Page::Record(*record)),
        }
    }

    fn has_turn(&self, run: &Run, open: &Open) -> bool {
        !self.streams[run.stream].is_ordered() || run.is_first(open.progress.id)
    }

    /// Whether no sink has more pages than were counted. It has no receipt for this position.
    fn can_resume(run: &Run, open: &Open) -> bool {
        run.opened.iter().all(|(place, sink)| {
            sink.has <= if place.1.is_some() { open.mark } else { run.mark }
                || place.1.is_some_and(|id| id != open.progress.id)
        })
    }
}

/// An answer of the API.
enum Page {
    Record(Record),
    End,
    Rule(Becomes),
}

fn note(note: Note) -> Step {
    Step::Note(note)
}
