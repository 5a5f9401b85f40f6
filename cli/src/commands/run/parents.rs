//! Pulls the parents of the streams of a plan.

use crate::{
    args::RunArguments,
    build::Access,
    commands::run::stream::Puller,
    session::{
        Session,
        parents::StreamParents,
        plan::{Child, Planned},
    },
    terminal::failure::Failure,
};

/// Pulls the streams that have children, each only for those of its children whose parents are not known yet. Their own
/// sinks must be empty.
pub(in crate::commands) fn pull_parents(
    session: &Session,
    arguments: &RunArguments,
    access: &Access,
    planned: &[Planned<'_>],
) -> Result<(), Failure> {
    let puller = Puller { session, arguments, access, since: None };
    let is_waiting = |child: &&Child<'_>| !child.kept.exists();
    for pull in planned.iter().filter(|pull| !pull.children.is_empty()) {
        let waiting: Vec<_> = pull.children.iter().filter(is_waiting).collect();
        if waiting.is_empty() {
            // A command that was killed may have published the parents without saving that it is complete.
            puller.discard(pull)?;
        } else if pull.parents.as_ref().is_none_or(StreamParents::are_resolved) {
            puller.execute(pull, &waiting, &mut Vec::new())?;
        }
    }
    Ok(())
}
