//! Where a pull starts: at the value, link or cursor that the last complete one reached.

use longhaul_core::state::{Continuation, Reached, Start};

use crate::{
    config::{Incremental, Stream},
    exit::Exit,
    session::Session,
    terminal::failure::Failure,
};

/// How the next pull of the stream `name` continues where the last complete one ended, which `reached` this. `None`
/// if it always starts at the beginning.
pub(crate) fn continuation(
    session: &Session,
    name: &str,
    stream: &Stream,
    reached: Option<&Reached>,
) -> Result<Option<Continuation>, Failure> {
    let Some(incremental) = &stream.incremental else { return Ok(None) };
    let definition = session.loaded.incremental_definition(name);
    if reached.is_some_and(|reached| reached.definition != definition) {
        return Err(changed(name));
    }
    let first = first(session, name, incremental)?;
    let start = match reached.and_then(Reached::start) {
        None => first.clone(),
        Some(start) => Some(less_lookback(session, name, incremental, start)?),
    };
    let reached = reached.map(|reached| reached.value.clone());
    Ok(Some(Continuation { definition, start, first, reached, has_parents: stream.each.is_some() }))
}

/// The start of the first pull, if one is configured.
fn first(session: &Session, name: &str, incremental: &Incremental) -> Result<Option<Start>, Failure> {
    let Some(from) = &incremental.from else { return Ok(None) };
    let value = from.resolve(session.now).map_err(|error| {
        let key = format!("streams.{name}.incremental.from");
        session.loaded.error_at(&key, format!("`{key}`: {error}"))
    })?;
    Ok(Some(Start::Value(value)))
}

fn less_lookback(
    session: &Session,
    name: &str,
    incremental: &Incremental,
    start: &Start,
) -> Result<Start, Failure> {
    let Start::Value(value) = start else { return Ok(start.clone()) };
    if incremental.lookback.is_zero() {
        return Ok(start.clone());
    }
    value.earlier_by(&incremental.lookback).map(Start::Value).ok_or_else(|| {
        let key = format!("streams.{name}.incremental.lookback");
        let clause = format!("`{key}`: the last run reached `{value}`, which is not a time");
        session.loaded.error_at(&key, clause).with_hint("remove it").into()
    })
}

fn changed(name: &str) -> Failure {
    let clause = format!(
        "cannot continue `{name}` where the last run ended: `streams.{name}.incremental`, or the request, has changed since"
    );
    let hint = format!(
        "restore the configuration; or, to pull everything again, run: longhaul run {name} --full-refresh"
    );
    Failure::new(Exit::State, clause).hint(hint)
}
