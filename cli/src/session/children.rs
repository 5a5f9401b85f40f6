//! Connects the pulls of a run: a stream keeps its records for others, as their parents or as names.

use std::collections::BTreeMap;

use longhaul_core::state::fingerprint;

use crate::{
    args::RunArguments,
    build::ConfiguredSinks,
    config::ConfigError,
    session::{
        Session,
        names::{StreamNames, ending},
        parents::StreamParents,
        planned::{Child, Planned, Purpose, sink_names},
    },
    terminal::failure::Failure,
};

/// Connects each stream with its parents. A stream saves its state if one of its children does.
pub(super) fn connect(session: &Session, planned: &mut [Planned<'_>]) -> Result<(), Failure> {
    // Children come after their parents.
    for index in (0..planned.len()).rev() {
        let (before, rest) = planned.split_at_mut(index);
        let pull = &mut rest[0];
        if !pull.is_selected {
            let children = std::mem::take(&mut pull.children);
            adopt(session, pull, &children.iter().collect::<Vec<_>>());
            pull.children = children;
        }
        let Some(each) = &pull.stream.each else { continue };
        let mut parent = before.iter_mut().find(|parent| Some(parent.name) == each.stream.as_deref());
        let saves_state = pull.saves_state || parent.as_ref().is_some_and(|parent| parent.saves_state);
        let folder = saves_state.then(|| session.local_folder());
        let parents = StreamParents::new(pull.name, &pull.id, each, folder)?;
        if let Some(parent) = &mut parent {
            parent.saves_state |= pull.saves_state;
            let sink_name = format!("{}.parents", pull.id);
            let (sink, kept) = (Box::new(parents.sink()?), parents.path().to_owned());
            parent
                .children
                .insert(0, Child { name: pull.name, sink_name, purpose: Purpose::Parents, sink, kept });
        }
        pull.parents = Some(parents);
    }
    Ok(())
}

/// Connects each stream with those whose names it looks up.
pub(super) fn connect_names(
    session: &Session,
    arguments: &RunArguments,
    sinks: &ConfiguredSinks,
    planned: &mut [Planned<'_>],
) -> Result<(), Failure> {
    for index in 0..planned.len() {
        let (before, rest) = planned.split_at_mut(index);
        let pull = &mut rest[0];
        if !pull.is_selected {
            continue;
        }
        let mut sources = BTreeMap::<_, Vec<_>>::new();
        for sink in sink_names(pull.stream, arguments) {
            for (source, shared) in sinks.names(sink) {
                sources.entry(source).or_default().push(shared.clone());
            }
        }
        for (source, shared) in sources {
            let folder = pull.saves_state.then(|| session.local_folder());
            let names = StreamNames::new(source, shared, &pull.id, folder)?;
            let Some(other) = before.iter_mut().find(|other| other.name == source.stream) else {
                let clause = format!(
                    "`{}` cannot look up names in `{}`, which is not pulled before it",
                    pull.name, source.stream
                );
                return Err(Failure::usage(ConfigError::new(clause)));
            };
            other.saves_state |= pull.saves_state;
            let sink_name = format!("{}.{}", pull.id, ending(source));
            let (purpose, sink, kept) = (Purpose::Names, Box::new(names.sink()?), names.path().to_owned());
            other.children.push(Child { name: pull.name, sink_name, purpose, sink, kept });
            pull.names.push(names);
        }
    }
    Ok(())
}

/// Names a pull that only other streams need after them, so that it has a state of its own.
pub(crate) fn adopt(session: &Session, pull: &mut Planned<'_>, children: &[&Child<'_>]) {
    let sinks: Vec<_> = children.iter().map(|child| child.sink_name.as_str()).collect();
    pull.id = format!("{}@{}", pull.name, fingerprint(&sinks.join("\n")));
    let uses = [(Purpose::Parents, "parents of"), (Purpose::Names, "names for")];
    let uses = uses.into_iter().filter_map(|(purpose, words)| {
        let children = children.iter().filter(|child| child.purpose == purpose);
        let names: Vec<_> = children.map(|child| format!("`{}`", child.name)).collect();
        (!names.is_empty()).then(|| format!("{words} {}", names.join(", ")))
    });
    pull.destinations = uses.collect();
    if let Some(child) = children.first() {
        pull.command = Some(session.invocation.run(child.name));
    }
}
