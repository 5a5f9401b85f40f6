//! Whether the configuration of a worker is the one that a plan was made with.

use std::collections::{BTreeMap, BTreeSet};

use crate::{exit::Exit, session::partitions::plan_file::StreamHeader, terminal::failure::Failure};

/// Checks that the settings of a stream are those that the plan was made with.
pub(crate) fn check(stream: &StreamHeader, definition: &BTreeMap<String, String>) -> Result<(), Failure> {
    let all: BTreeSet<_> = stream.definition.keys().chain(definition.keys()).collect();
    let differ = all.into_iter().filter(|key| stream.definition.get(*key) != definition.get(*key));
    let differ: Vec<_> = differ.map(|key| format!("`{key}`")).collect();
    if differ.is_empty() {
        return Ok(());
    }
    let have = if differ.len() == 1 { "this setting has" } else { "these settings have" };
    let clause = format!(
        "the plan of `{}` was made with another configuration: {have} changed since: {}",
        stream.name,
        differ.join(", ")
    );
    let hint = "use the configuration that the plan was made with, or make a new plan with: longhaul plan";
    Err(Failure::new(Exit::State, clause).hint(hint))
}

/// Does what [`check`] does, without the contents of requests, which need credentials.
pub(crate) fn check_without_bodies(
    stream: &StreamHeader,
    definition: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let bodies = ["body", "job.submit.body"].map(|key| format!("streams.{}.{key}", stream.name));
    let is_body = |key: &str| bodies.iter().any(|body| key.starts_with(body.as_str()));
    let with_bodies = stream.definition.iter().filter(|(key, _)| is_body(key));
    let without = definition.iter().filter(|(key, _)| !is_body(key));
    let definition = without.chain(with_bodies).map(|(key, value)| (key.clone(), value.clone()));
    check(stream, &definition.collect())
}
