//! How long ago streams were complete.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::{
    exit::Exit,
    session::Session,
    terminal::{failure::Failure, numbers::duration, times::shown},
};

/// Fails if one of these streams was not complete within `limit`. Each has the time when it was last complete.
pub(super) fn check_age(
    session: &Session,
    streams: &[(&str, Option<Timestamp>)],
    limit: Duration,
) -> Result<Exit, Failure> {
    let oldest = SignedDuration::try_from(limit).ok().and_then(|limit| session.now.checked_sub(limit).ok());
    let is_old = |last: Option<Timestamp>| last.is_none_or(|last| oldest.is_some_and(|oldest| last < oldest));
    let old: Vec<_> = streams.iter().filter(|(_, last)| is_old(*last)).collect();
    let [(first, _), ..] = old[..] else { return Ok(Exit::Complete) };
    let clauses = old.iter().map(|(name, last)| match last {
        Some(last) => format!("`{name}` was last complete at {}", shown(*last)),
        None => format!("`{name}` was never complete"),
    });
    let clauses = clauses.collect::<Vec<_>>().join(", ");
    let clause = format!("not complete within {}: {clauses}", duration(limit));
    Err(Failure::new(Exit::TryLater, clause).hint(format!("pull it with: longhaul run {first}")))
}
