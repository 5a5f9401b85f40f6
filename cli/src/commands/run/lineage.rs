//! The streams of a run, each after the stream of its parents.

use std::{collections::HashMap, sync::Arc};

use longhaul_core::pull::lookup::{Names, Unknown};

use super::{
    outcome::{Outcome, Pulled},
    stream::Puller,
};
use crate::{
    exit::Exit,
    session::{
        names::{StreamNames, finding},
        parents::StreamParents,
        plan::{Child, Planned, adopt, of_parents},
    },
    terminal::failure::Failure,
};

/// Pulls the streams of a run. It remembers how each ended, because its children depend on it.
#[derive(Debug)]
pub(super) struct Lineage<'p> {
    puller: Puller<'p>,
    planned: &'p [Planned<'p>],
    /// How the streams ended so far, or the exit code of their failure.
    ended: HashMap<&'p str, Result<Pulled, Exit>>,
}

impl<'p> Lineage<'p> {
    pub(super) fn new(puller: Puller<'p>, planned: &'p [Planned<'p>]) -> Self {
        Self { puller, planned, ended: HashMap::new() }
    }

    /// Forgets parents of earlier runs, and reads those from files and lists. `is_resumed` says whether an earlier
    /// command on this machine was the last one to work on the run. Nothing is sent.
    pub(super) fn prepare(&self, is_resumed: bool) -> Result<(), Failure> {
        let Puller { session, arguments, .. } = self.puller;
        for child in self.planned {
            if child.parents.is_none() && child.names.is_empty() {
                continue;
            }
            if arguments.starts_again() {
                self.puller.discard(child)?;
            }
            if arguments.starts_again() || !is_resumed && !self.puller.is_unfinished_here(child)? {
                forget(child)?;
            }
            let Some(parents) = &child.parents else { continue };
            if parents.stream().is_none() && !parents.are_resolved() && !self.puller.is_complete(child)? {
                parents.resolve_listed(session)?;
            }
        }
        Ok(())
    }

    /// Pulls the next stream, unless it is not needed or cannot be pulled because it has no parents.
    pub(super) fn pull(
        &mut self,
        planned: &'p Planned<'p>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failure> {
        let pulled = self.pull_with_parents(planned, outcomes);
        let ended = pulled.as_ref().map(|pulled| *pulled).map_err(|failure| failure.exit);
        self.ended.insert(planned.name, ended);
        pulled.map(drop)
    }

    fn pull_with_parents(
        &self,
        planned: &Planned<'p>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Pulled, Failure> {
        if let Some(ended) = self.without_parents(planned, outcomes)? {
            return Ok(ended);
        }
        if let Some(ended) = self.without_names(planned, outcomes)? {
            return Ok(ended);
        }
        let names = self.load_names(planned)?;
        let waiting = self.waiting(planned)?;
        if !planned.is_selected && waiting.is_empty() {
            // A run that was killed may have published the parents without saving that it is complete.
            self.puller.discard(planned)?;
            return Ok(Pulled::Before);
        }
        // What an incremental stream pulls is new since its own last run, and a child may have missed others.
        let is_partial = planned.is_selected && planned.stream.is_incremental();
        let children = if is_partial { &[] } else { &*waiting };
        let pulled = self.puller.execute(planned, children, outcomes)?;
        for finding in names.iter().filter_map(|names| finding(names)) {
            log::warn!("{}: {finding}", planned.name);
        }
        if is_partial || pulled != Pulled::NothingNew {
            self.pull_for(planned, outcomes)?;
        }
        if pulled != Pulled::Before {
            forget(planned)?;
        }
        Ok(pulled)
    }

    /// Gives the names that a stream looks up to its sinks.
    fn load_names(&self, planned: &Planned<'p>) -> Result<Vec<Arc<Names>>, Failure> {
        let unknown = if self.puller.arguments.strict { Unknown::Error } else { Unknown::Empty };
        let known = planned.names.iter().filter(|names| names.are_known());
        known.map(|names| names.load(unknown)).collect()
    }

    /// Pulls a stream again for those children that its own pull, which an earlier command started without them, could not
    /// give their parents.
    fn pull_for(&self, planned: &Planned<'p>, outcomes: &mut Vec<Outcome>) -> Result<(), Failure> {
        let waiting = self.waiting(planned)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let Puller { session, access, .. } = self.puller;
        let mut again = of_parents(session, planned.name, planned.stream, access)?;
        again.saves_state = planned.saves_state;
        adopt(session, &mut again, &waiting);
        self.puller.execute(&again, &waiting, outcomes).map(drop)
    }

    /// The children of a stream whose parents are not known yet.
    fn waiting<'c>(&self, planned: &'c Planned<'p>) -> Result<Vec<&'c Child<'p>>, Failure> {
        let mut waiting = Vec::new();
        for child in &planned.children {
            let Some(other) = self.planned.iter().find(|other| other.name == child.name) else { continue };
            if !child.kept.exists() && !self.is_not_needed(other)? {
                waiting.push(child);
            }
        }
        Ok(waiting)
    }

    /// Whether a stream needs no parents, because it is complete or, if only other streams need it, they have what they
    /// need.
    fn is_not_needed(&self, planned: &Planned<'p>) -> Result<bool, Failure> {
        if planned.is_selected {
            self.puller.is_complete(planned)
        } else {
            Ok(self.waiting(planned)?.is_empty())
        }
    }

    /// Ends a stream that has no parents, because their stream failed or has nothing new.
    fn without_parents(
        &self,
        planned: &Planned<'p>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Option<Pulled>, Failure> {
        let Some((parents, stream)) =
            planned.parents.as_ref().and_then(|parents| Some((parents, parents.stream()?)))
        else {
            return Ok(None);
        };
        if parents.are_resolved() || self.is_not_needed(planned)? {
            return Ok(None);
        }
        let (name, screen) = (planned.name, &self.puller.session.screen);
        if let Some(exit) = self.failed(stream) {
            return Ok(Some(self.not_pulled(planned, stream, exit, outcomes)));
        }
        screen.print(&format!("{name}: nothing new: `{stream}` has nothing new"));
        outcomes.push(Outcome::unchanged(planned));
        Ok(Some(Pulled::NothingNew))
    }

    /// Ends a stream whose names are not known, because their stream failed.
    fn without_names(
        &self,
        planned: &Planned<'p>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Option<Pulled>, Failure> {
        let Some(names) = planned.names.iter().find(|names| !names.are_known()) else { return Ok(None) };
        if self.is_not_needed(planned)? {
            return Ok(None);
        }
        let exit = self.failed(names.stream()).unwrap_or(Exit::Api);
        Ok(Some(self.not_pulled(planned, names.stream(), exit, outcomes)))
    }

    /// The exit code of the failure that left a stream incomplete.
    fn failed(&self, stream: &str) -> Option<Exit> {
        match self.ended.get(stream) {
            Some(Ok(Pulled::Not(exit)) | Err(exit)) => Some(*exit),
            _ => None,
        }
    }

    /// Ends a stream that needs one that is not complete.
    fn not_pulled(
        &self,
        planned: &Planned<'p>,
        stream: &str,
        exit: Exit,
        outcomes: &mut Vec<Outcome>,
    ) -> Pulled {
        let clause = format!("not pulled, because `{stream}` is not complete");
        self.puller.session.screen.print(&format!("{}: {clause}", planned.name));
        let error = Some((clause, exit));
        outcomes.push(Outcome { error, resumable: true, ..Outcome::unchanged(planned) });
        Pulled::Not(exit)
    }
}

/// Forgets the parents and names of a stream, so that the next run has new ones.
fn forget(planned: &Planned<'_>) -> Result<(), Failure> {
    planned.names.iter().try_for_each(StreamNames::forget)?;
    planned.parents.as_ref().map_or(Ok(()), StreamParents::forget)
}
