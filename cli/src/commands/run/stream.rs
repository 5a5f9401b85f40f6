//! One stream of a run.

use std::{fs, num::NonZeroU64, sync::Arc};

use jiff::Timestamp;
use longhaul_core::{
    disk::SystemDisk,
    pull::{Pull, PullError, SpoolFolder, run},
    sink::SinkErrorKind,
    state::{Parents, PullState, State, StateFile, Summary, checkpoint::Checkpointing},
};

use crate::{
    args::RunArguments,
    build::{Access, Refused},
    exit::Exit,
    session::{
        Session,
        plan::{Child, Planned},
        resume::{self, Start},
    },
    terminal::{
        expected::Expected,
        failure::{self, Failure},
        findings,
        numbers::counted,
        report::Chain,
        storage,
        times::shown,
    },
};

use super::outcome::{Outcome, Pulled, complete, destinations, nothing_new, sample};

/// Pulls streams, one at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Puller<'p> {
    pub(super) session: &'p Session,
    pub(super) arguments: &'p RunArguments,
    pub(super) access: &'p Access,
    /// When the unfinished run started that this command resumes.
    pub(super) since: Option<Timestamp>,
}

impl Puller<'_> {
    /// Whether the stream was completed in the run that this command resumes.
    pub(super) fn is_complete(&self, planned: &Planned<'_>) -> Result<bool, Failure> {
        let state = self.state(planned)?;
        Ok(!self.arguments.starts_again() && self.is_complete_in(&state))
    }

    /// Whether a run of the stream was started on this machine and is not complete.
    pub(super) fn is_unfinished_here(&self, planned: &Planned<'_>) -> Result<bool, Failure> {
        let file = self.session.state_file(&planned.id)?;
        let state = file.load().map_err(|error| Failure::of_state(planned.name, error))?;
        Ok(state.unfinished.is_some() && file.has_local_files())
    }

    /// Discards the unfinished run of a stream.
    pub(super) fn discard(&self, planned: &Planned<'_>) -> Result<(), Failure> {
        let file = self.session.state_file(&planned.id)?;
        if planned.saves_state {
            resume::discard_unfinished(self.session, planned, &file).map(drop)
        } else {
            Ok(())
        }
    }

    fn state(&self, planned: &Planned<'_>) -> Result<State, Failure> {
        let state = self.session.state_file(&planned.id)?.load();
        state.map_err(|error| Failure::of_state(planned.name, error))
    }

    fn is_complete_in(&self, state: &State) -> bool {
        let complete = state.complete.as_ref().zip(self.since);
        complete.is_some_and(|(complete, since)| complete.at >= since) && state.unfinished.is_none()
    }

    /// Pulls a stream, also into the sinks that keep the parents of `children`. If this resumes an unfinished pull with
    /// relative times, a second pull goes up to the current time. A stream that was completed in the run that this command
    /// resumes is not pulled again.
    pub(super) fn execute(
        &self,
        planned: &Planned<'_>,
        children: &[&Child<'_>],
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Pulled, Failure> {
        let Self { session, arguments, access, .. } = *self;
        let file = session.state_file(&planned.id)?;
        let unusable = |error| Failure::of_state(planned.name, error);
        let starts_again = |state: &State| arguments.starts_again() || state.is_discarding();
        let mut state = match file.load() {
            Ok(state) if !(planned.saves_state && starts_again(&state)) => state,
            Err(error) if !(planned.saves_state && arguments.starts_again()) => return Err(unusable(error)),
            _ => resume::discard_unfinished(session, planned, &file)?,
        };
        if arguments.full_refresh && planned.saves_state {
            state = state.from_the_beginning();
            file.save(&state).map_err(unusable)?;
        }
        if planned.saves_state
            && planned.is_selected
            && self.is_complete_in(&state)
            && let Some((complete, since)) = state.complete.as_ref().zip(self.since)
        {
            let (name, since) = (planned.name, shown(since));
            session
                .screen
                .print(&format!("{name}: already complete in the run started at {since}; not pulled again"));
            outcomes.push(Outcome { summary: complete.summary.clone(), ..Outcome::unchanged(planned) });
            return Ok(Pulled::Before);
        }
        check_stores(session, planned)?;
        if resume::needs_another_machine(planned, &file, &state) {
            session.screen.print(&resume::starting_again(planned.name));
            state = resume::discard_unfinished(session, planned, &file)?;
        }
        let parents = open_parents(self, planned, &file, &state)?;
        let parents = parents.as_ref();
        if !planned.saves_state {
            let start = resume::start(session, planned, children, parents, state, access)?;
            return self.pull(planned, children, parents, start, None, outcomes);
        }
        let resumed: Vec<_> = children.iter().copied().filter(|child| is_in(&state, child)).collect();
        if let Some(start) = resume::resume(session, planned, &resumed, parents, &state)? {
            let pulled = self.pull(planned, &resumed, parents, start, Some(&file), outcomes)?;
            if !resume::has_relative_range(planned.stream) || !planned.is_selected {
                return Ok(pulled);
            }
            state = file.load().map_err(unusable)?;
            let start = resume::start(session, planned, &[], parents, state, access)?;
            self.pull(planned, &[], parents, start, Some(&file), outcomes)?;
            return Ok(pulled);
        }
        let start = resume::start(session, planned, children, parents, state, access)?;
        self.pull(planned, children, parents, start, Some(&file), outcomes)
    }

    /// Pulls from `start` to the end, and saves the state in `file`.
    fn pull(
        &self,
        planned: &Planned<'_>,
        children: &[&Child<'_>],
        parents: Option<&Parents>,
        start: Start,
        file: Option<&StateFile>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Pulled, Failure> {
        let Self { session, arguments, access, .. } = *self;
        if start.windows.as_ref().is_some_and(Vec::is_empty) {
            session.screen.print(&nothing_new(planned.name, start.state.watermark));
            outcomes.push(Outcome::unchanged(planned));
            return Ok(Pulled::NothingNew);
        }
        let Start { state, pull, windows, variables, from } = start;
        let starts_at_link = state.reached.is_some()
            && planned.stream.incremental.as_ref().is_some_and(|incremental| incremental.next.is_some());
        let before =
            from.as_ref().map(longhaul_core::state::checkpoint::Checkpoint::so_far).unwrap_or_default();
        if from.is_some() {
            let records = counted(before.records, "record");
            let started = shown(pull.started);
            session.screen.print(&format!(
                "{}: resuming the run started at {started} ({records} already saved)",
                planned.name
            ));
        }
        let is_moved = from.is_some() && file.is_some_and(|file| !file.has_local_files());
        let earlier = pull.earlier(state.had(&pull.pages));
        let pull_state = file.map(|file| PullState::new(file, session.clock.as_ref(), state, pull));
        let every = session.loaded.config.commit_every;
        let checkpointing =
            pull_state.as_ref().map(|pull_state| Checkpointing { store: pull_state, from, earlier, every });
        let done = before.windows + before.partitions;
        let expected = Expected::new(windows.as_deref(), parents.map(Parents::len), done);
        session.progress.start(planned.name, &before, expected);
        let spool = self.spool_folder(planned, file, checkpointing.as_ref())?;
        let keeping = children.iter().map(|child| (child.sink_name.as_str(), child.sink.as_ref()));
        let pulled = run(
            &Pull {
                source: &planned.source,
                windows,
                parents,
                sinks: planned.sinks.iter().copied().chain(keeping).collect(),
                variables,
                spool: Some(spool),
                columns: planned.columns.clone(),
                strict: arguments.strict,
                limit: arguments.limit.map(NonZeroU64::get).filter(|_| planned.is_selected),
                checkpointing,
            },
            access.client(planned.name),
        );
        let took = session.progress.end();
        let mut outcome = Outcome { took, ..Outcome::unchanged(planned) };
        let ended = match pulled {
            Ok(summary) => {
                outcome.summary = summary.clone();
                if let Some(end) = &summary.end {
                    log::debug!("{}: the listing is complete: {end}", planned.name);
                }
                let (name, to) = (planned.name, destinations(session, planned));
                session.screen.print(&match arguments.limit {
                    None => complete(name, &to, &summary, took),
                    Some(limit) => {
                        outcome.is_sample = summary.records >= limit.get();
                        sample(name, &to, &summary, took, limit.get())
                    }
                });
                finish(planned, &summary, pull_state.as_ref(), parents)
            }
            // The reader of standard output has closed it.
            Err(PullError::Sink { source, .. })
                if source.kind() == SinkErrorKind::Closed && !planned.saves_state =>
            {
                Ok(())
            }
            Err(error) => {
                let refused = Refused::of(&error).map(Refused::hint);
                // The state of a replay is removed with it.
                let saving = pull_state.as_ref().zip(file).filter(|_| session.own_state.is_none());
                let saved = report_saved(session, planned, saving);
                outcome.resumable = saved.is_some();
                outcome.summary = saved.unwrap_or_default();
                let is_expired =
                    starts_at_link && outcome.summary.pages == 0 && failure::may_be_expired(&error);
                let mut failure =
                    Failure::of_pull(planned.name, error, &outcome.summary, session.stop.reason());
                if is_expired {
                    failure.hint = Some(format!(
                        "if the link or cursor at which the last run ended has expired, pull everything again: \
                         longhaul run {} --full-refresh",
                        planned.name
                    ));
                }
                if is_moved && failure.exit == Exit::Sink && !planned.objects.is_empty() {
                    failure.hint = Some(resume::there_or_again(planned.name));
                }
                if failure.exit == Exit::Usage && outcome.summary.pages > 0 {
                    // The exit code for usage means that nothing was sent.
                    failure.exit = Exit::Sink;
                }
                failure.hint = refused.map(str::to_owned).or(failure.hint);
                Err(failure)
            }
        };
        outcome.error =
            ended.as_ref().err().map(|failure| (Chain(failure.error.as_ref()).to_string(), failure.exit));
        outcomes.push(outcome);
        ended.map(|()| Pulled::Complete)
    }

    /// Where the pages of partitions ahead of their turn wait. Files that a killed run has left there are removed.
    fn spool_folder(
        &self,
        planned: &Planned<'_>,
        file: Option<&StateFile>,
        checkpointing: Option<&Checkpointing<'_>>,
    ) -> Result<SpoolFolder, Failure> {
        let disk = Arc::new(SystemDisk);
        let Some(checkpointing) = checkpointing else {
            let name = format!("longhaul-{}-{}", std::process::id(), planned.id);
            return Ok(SpoolFolder { disk, path: std::env::temp_dir(), name, is_temporary: true });
        };
        let (path, name) = (self.session.local_folder(), planned.id.clone());
        let folder = SpoolFolder { disk, path, name, is_temporary: false };
        let partitions = checkpointing.from.iter().flat_map(|from| &from.partitions);
        let waiting = partitions.filter(|partition| partition.spool.is_some());
        let needed: Vec<_> = waiting.map(|partition| folder.file(partition.id)).collect();
        if !needed.is_empty() && !file.is_some_and(StateFile::has_local_files) {
            return Err(resume::elsewhere(planned.name));
        }
        let unusable = |error| {
            let hint = storage::state_folder(&error);
            Failure::new(Exit::State, error).hint(hint)
        };
        for entry in fs::read_dir(&folder.path).map_err(unusable)? {
            let path = entry.map_err(unusable)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let is_spool = name.starts_with(&format!("{}.", planned.id))
                && path.extension().is_some_and(|ending| ending == "spool");
            if is_spool && !needed.contains(&path) {
                fs::remove_file(&path).map_err(unusable)?;
            }
        }
        Ok(folder)
    }
}

/// Checks the stores of the stream's objects, before anything is sent to the API.
fn check_stores(session: &Session, planned: &Planned<'_>) -> Result<(), Failure> {
    if planned.objects.is_empty() {
        return Ok(());
    }
    let types = session.sink_types()?;
    planned.objects.iter().try_for_each(|(name, address)| {
        types.check_object(address).map_err(|source| {
            let error = PullError::Sink { name: (*name).to_owned(), source };
            Failure::of_pull(planned.name, error, &Summary::default(), session.stop.reason())
        })
    })
}

/// The parents of a stream's partitions. `state` is what is saved of the stream.
fn open_parents(
    puller: &Puller<'_>,
    planned: &Planned<'_>,
    file: &StateFile,
    state: &State,
) -> Result<Option<Parents>, Failure> {
    let Some(parents) = &planned.parents else { return Ok(None) };
    let mut opened = parents.open()?;
    if let Some(opened) = opened.as_mut().filter(|_| planned.is_selected) {
        let unusable = |error| Failure::of_state(planned.name, error);
        if let Some(known) = file.known_parents(state).map_err(unusable)? {
            opened.mark_new(&known).map_err(unusable)?;
        }
    }
    if let Some(opened) = opened.as_ref().filter(|_| state.unfinished.is_none()) {
        let findings = parents.findings(opened);
        if puller.arguments.strict && !findings.is_empty() {
            let clause = format!("{}: {}", planned.name, findings.join("; "));
            let hint = "to accept this, run it again without --strict";
            return Err(Failure::new(Exit::Api, clause).hint(hint));
        }
        for clause in findings {
            log::warn!("{}: {clause}", planned.name);
        }
        parents.check_paths(puller.session, &planned.sinks, &planned.variables, opened)?;
    }
    Ok(opened)
}

/// Whether the unfinished pull in `state` keeps the parents of this child.
fn is_in(state: &State, child: &Child<'_>) -> bool {
    let sinks = state.unfinished.as_ref().and_then(|pull| pull.checkpoint.sinks.as_ref());
    sinks.is_some_and(|sinks| sinks.receipts.contains_key(&child.sink_name))
}

/// Saves that a pull is complete, and warns about what suggests that records may be missing.
fn finish(
    planned: &Planned<'_>,
    summary: &Summary,
    pull_state: Option<&PullState<'_>>,
    parents: Option<&Parents>,
) -> Result<(), Failure> {
    let name = planned.name;
    for clause in findings::clauses(summary) {
        log::warn!("{name}: {clause}");
    }
    if summary.totals_changed > 0 || summary.short_pages > 0 {
        log::warn!("{name}: {}", findings::ADVICE);
    }
    if summary.skipped > 0 {
        let were = if summary.skipped == 1 { "was" } else { "were" };
        let kind =
            if planned.parents.is_some() || planned.stream.window.is_none() { "partition" } else { "window" };
        let left_out = counted(summary.skipped, kind);
        log::warn!("{name}: {left_out} {were} left out, because an answer rule says `then = \"skip\"`");
    }
    let complete = |pull_state: &PullState<'_>| pull_state.complete(summary.clone(), parents);
    pull_state.map_or(Ok(()), complete).map_err(|error| {
        Failure::of_state(name, error).hint("the records are complete, but the next run will pull them again")
    })
}

/// Prints what is saved of a pull that is not complete. A pull without any page is discarded, so that its configuration
/// can be changed.
fn report_saved(
    session: &Session,
    planned: &Planned<'_>,
    saving: Option<(&PullState<'_>, &StateFile)>,
) -> Option<Summary> {
    let (pull_state, file) = saving?;
    let unfinished = pull_state.saved().unfinished?;
    let name = planned.name;
    let jobs = &unfinished.checkpoint.jobs;
    if unfinished.checkpoint.is_blank() && jobs.is_empty() {
        // A sink may have committed its first page although another one, or the checkpoint, could not.
        return match resume::discard_unfinished(session, planned, file) {
            Ok(_) => None,
            Err(failure) => {
                log::warn!("{}", Chain(failure.error.as_ref()));
                Some(unfinished.checkpoint.so_far())
            }
        };
    }
    let saved = unfinished.checkpoint.so_far();
    if saved.pages == 0 {
        return Some(saved);
    }
    let (records, pages) = (counted(saved.records, "record"), counted(saved.pages, "page"));
    let why = session.stop.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
    session.screen.print(&format!("{name}: stopped{why}; {records} ({pages}) saved"));
    Some(saved)
}
