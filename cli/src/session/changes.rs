//! What has changed since the last complete run of an incremental stream, and has earlier records left behind.

use std::collections::BTreeMap;

use longhaul_core::state::{State, Unfinished};

use crate::{
    config::decides_records,
    session::plan::{Planned, Retention},
};

/// The keys of a sink that say where it writes.
const PLACE: [&str; 5] = ["path", "schema", "table", "type", "url"];

/// A warning that `pull` starts where the last complete one ended, although the records from before are not where its sinks
/// write, or not those that its request finds.
pub(super) fn of_earlier(planned: &Planned<'_>, state: &State, pull: &Unfinished) -> Option<String> {
    let starts_later = state.watermark.is_some() || state.reached.is_some();
    if !planned.stream.is_incremental() || !planned.is_selected || !starts_later {
        return None;
    }
    let earlier = state.complete.as_ref().map(|complete| &complete.definition)?;
    if earlier.is_empty() {
        return None;
    }
    let name = planned.name;
    let clause = if let Some(key) = different(earlier, &pull.definition, |key| decides_records(name, key)) {
        format!(
            "`{key}` is not what it was in the last complete run, so only later records are pulled with it"
        )
    } else {
        let is_moved = |key: &str| planned.retention == Retention::Kept && is_place(key);
        let key = different(earlier, &pull.definition, is_moved)?;
        format!(
            "`{key}` is not what it was in the last complete run, so only later records are written there"
        )
    };
    Some(format!("{name}: {clause}; for all of them, run: longhaul run {name} --full-refresh"))
}

/// The first of these keys whose value differs.
fn different<'d>(
    earlier: &'d BTreeMap<String, String>,
    now: &'d BTreeMap<String, String>,
    matters: impl Fn(&str) -> bool,
) -> Option<&'d str> {
    let mut keys = earlier.keys().chain(now.keys()).map(String::as_str);
    keys.find(|key| matters(key) && earlier.get(*key) != now.get(*key))
}

fn is_place(key: &str) -> bool {
    key.starts_with("sinks.") && key.rsplit('.').next().is_some_and(|option| PLACE.contains(&option))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_matter() {
        let decides = |key| decides_records("calls", key);
        assert!(decides("streams.calls.job.submit.body"));
        assert!(
            decides("api.base_url") && decides("streams.calls.query.state") && decides("streams.calls.path")
        );
        assert!(
            !decides("streams.calls.window.from")
                && !decides("streams.calls2.path")
                && !decides("sinks.a.path")
        );
        assert!(is_place("sinks.a.path") && !is_place("sinks.a.columns") && !is_place("streams.calls.path"));
    }
}
