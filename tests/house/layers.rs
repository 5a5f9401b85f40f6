//! The layers of each crate: modules import only from the layers below, and never in a cycle.

use std::fs;

use crate::{
    files::root,
    imports::{Imports, Module},
};

/// The top-level modules of the crates with layers, uppermost first. A module may import from those below it.
const LAYERS: [(&str, &[&str]); 3] = [
    (
        "core/src/",
        &[
            "pull",
            "state",
            "listing",
            "client",
            "http",
            "event",
            "sink",
            "json",
            "bookmark",
            "cancel",
            "clock",
            "disk",
            "fingerprint",
            "object_store",
            "partition",
            "shown_url",
            "suggest",
            "times",
            "window",
        ],
    ),
    ("cli/src/", &["fuzzing", "commands", "session", "build", "terminal", "stop", "args", "exit", "config"]),
    (
        "cli/config/src/",
        &[
            "loaded",
            "systems",
            "credentials",
            "every_error",
            "elements",
            "show",
            "check",
            "parents",
            "placeholders",
            "definition",
            "load",
            "schema",
            "sections",
            "values",
            "error",
            "origin",
            "tree",
            "trust",
        ],
    ),
];

/// The crates without cycles of imports, by the folders of their sources.
const CRATES: [&str; 15] = [
    "core/src/",
    "cli/src/",
    "cli/config/src/",
    "cli/demo/src/",
    "sinks/src/",
    "sinks/s3/src/",
    "plugins/abi/src/",
    "plugins/sdk/src/",
    "plugins/host/src/",
    "plugins/table/src/",
    "plugins/trace/src/",
    "plugins/sqlite/src/",
    "plugins/parquet/src/",
    "plugins/xlsx/src/",
    "plugins/postgres/src/",
];

#[test]
fn imports_point_down() {
    for (folder, modules) in LAYERS {
        let layer = |module: &Module| {
            let top = module.first()?;
            let found = modules.iter().position(|name| name == top);
            Some(found.unwrap_or_else(|| panic!("{folder}{top} is not in any layer; add it to the table")))
        };
        let imports = Imports::of(folder);
        let up = imports.all().find(|(from, to)| layer(from) > layer(to) && layer(to).is_some());
        if let Some((from, to)) = up {
            panic!("in {folder}, {} imports {}, which is above it", from.join("::"), to.join("::"));
        }
    }
}

#[test]
fn modules_do_not_import_each_other_in_a_cycle() {
    for folder in CRATES {
        let imports = Imports::of(folder);
        let cycle: Vec<_> = imports.cycle().into_iter().map(|module| module.join("::")).collect();
        assert!(cycle.is_empty(), "in {folder}, these import each other in a cycle: {cycle:#?}");
    }
}

#[test]
fn the_guide_for_contributors_names_every_module() {
    let guide = fs::read_to_string(root().join(".github/CONTRIBUTING.md")).unwrap();
    for (folder, modules) in LAYERS {
        let heading = format!("### `{}`", folder.trim_end_matches('/'));
        let (_, section) = guide.split_once(&heading).unwrap_or_else(|| panic!("no section {heading}"));
        let table = section.split("\n#").next().unwrap_or_default();
        let is_named = |module: &&&str| {
            table.contains(&format!("`{module}`")) || table.contains(&format!("`{module}.rs`"))
        };
        let missing: Vec<_> = modules.iter().filter(|module| !is_named(module)).collect();
        assert!(missing.is_empty(), "the section {heading} does not name {missing:?}");
    }
}
