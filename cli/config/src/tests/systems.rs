//! The built-in presets, all of them.

use super::Case;
use crate::{System, load, systems};

const BEGIN: &str = "<!-- systems -->\n";
const END: &str = "<!-- end of systems -->";

/// A configuration that uses `system` and sets what only a user can set; and every variable of the preset.
fn case(system: &System) -> Case {
    let needs = system.needs.iter().map(|(key, example)| format!("{key} = {example:?}\n"));
    let case = Case::toml(&format!("system = {:?}\n{}", system.name, needs.collect::<String>()));
    // One variable for each key; what the user has set already stays.
    let mut set: Vec<_> = system.needs.iter().map(|(key, _)| key.as_str()).collect();
    system.variables.iter().fold(case, |case, (name, key)| {
        if set.contains(&key.as_str()) {
            return case;
        }
        set.push(key);
        case.variable(name, value(key))
    })
}

/// A value that the key takes.
fn value(key: &str) -> &'static str {
    if key.ends_with("_url") { "https://x1.example" } else { "x1" }
}

#[test]
fn every_preset_is_complete_once_the_user_has_set_what_it_needs() {
    for system in systems() {
        let loaded = case(&system).load();
        assert!(loaded.warnings.is_empty(), "{}: {:?}", system.name, loaded.warnings);
        for (name, stream) in loaded.all_streams() {
            let place = format!("{} of {}", name, system.name);
            assert!(stream.description.is_some(), "{place}");
            if stream.window.is_none() {
                loaded.stream(name).unwrap_or_else(|error| panic!("{place}: {error}"));
            }
        }
        assert!(loaded.all_streams().len() >= 3, "{}", system.name);
        let names: Vec<_> = loaded.all_streams().iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut listed = system.streams.clone();
        listed.sort_by_key(|name| names.iter().position(|known| known == name));
        assert_eq!(listed, names, "{}", system.name);
    }
}

#[test]
fn every_preset_says_what_it_is() {
    let systems = systems();
    assert!(systems.is_sorted_by_key(|system| system.name));
    for System { name, summary, documentation, needs, variables, .. } in systems {
        assert!(!summary.is_empty() && !summary.ends_with('.'), "{name}");
        assert!(documentation.starts_with("https://"), "{name}");
        assert!(!variables.is_empty(), "{name}");
        assert!(needs.iter().all(|(_, example)| !example.is_empty()), "{name}");
    }
}

#[test]
fn what_a_preset_needs_is_missing_until_the_user_sets_it() {
    for system in systems() {
        for (key, example) in &system.needs {
            let mut others = system.clone();
            others.needs.retain(|(other, _)| other != key);
            others.variables.retain(|(_, other)| other != key);
            let loaded = load(&case(&others).sources).and_then(|loaded| match key.split('.').nth(1) {
                // Streams are checked only if they are pulled.
                Some(stream) if key.starts_with("streams.") => loaded.stream(stream).map(|_| ()),
                _ => Ok(()),
            });
            let error = loaded.unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("`{key}` is missing")),
                "{}: {error}",
                system.name
            );
            let hint = error.hint().unwrap_or_default();
            let shown = hint.contains(&format!("for example `{example}`")) || key == "region";
            assert!(shown, "{}: {hint}", system.name);
        }
    }
}

/// `page` with the table of systems that the presets give. It is part of the reference.
pub(super) fn with_table(page: &str) -> String {
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    [before, BEGIN, &table(), END, after].concat()
}

fn table() -> String {
    let mut table =
        "| `system` | what it is | streams | variables | keys to set |\n|---|---|---|---|---|\n".to_owned();
    for System { name, summary, documentation, needs, variables, streams } in systems() {
        let code =
            |names: Vec<&String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let streams = code(streams.iter().collect());
        let variables = code(variables.iter().map(|(name, _)| name).collect());
        let needs = code(needs.iter().map(|(key, _)| key).collect());
        let row = [format!("`{name}`"), format!("[{summary}]({documentation})"), streams, variables, needs];
        table += &["| ", &row.join(" | "), " |\n"].concat();
    }
    table.replace("|  |", "| |")
}
