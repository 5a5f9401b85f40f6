//! Which part of a crate may know which: imports point down, and nowhere do they go in a circle.

use crate::imports::{Imports, Module};

/// The rooms of the crates that have any, the uppermost first. A room may use those below it and none above.
const LAYERS: [(&str, &[&str]); 2] = [
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
            "cancel",
            "clock",
            "disk",
            "fingerprint",
            "shown_url",
            "suggest",
            "window",
        ],
    ),
    ("cli/src/", &["commands", "session", "build", "terminal", "config", "stop", "args", "exit"]),
];

/// The crates whose files import each other in no circle, by where their sources are.
const CRATES: [&str; 10] = [
    "core/src/",
    "cli/src/",
    "cli/demo/src/",
    "sinks/src/",
    "plugins/abi/src/",
    "plugins/sdk/src/",
    "plugins/host/src/",
    "plugins/table/src/",
    "plugins/sqlite/src/",
    "plugins/parquet/src/",
];

#[test]
fn imports_point_down() {
    for (folder, rooms) in LAYERS {
        let floor = |module: &Module| {
            let room = module.first()?;
            let found = rooms.iter().position(|name| name == room);
            Some(found.unwrap_or_else(|| panic!("{folder}{room} is in no layer; add it to the table")))
        };
        let imports = Imports::of(folder);
        let up = imports.arrows().find(|(from, to)| floor(from) > floor(to) && floor(to).is_some());
        if let Some((from, to)) = up {
            panic!("in {folder}, {} imports {}, which is above it", from.join("::"), to.join("::"));
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in CRATES {
        let imports = Imports::of(folder);
        let circle: Vec<_> = imports.circle().into_iter().map(|module| module.join("::")).collect();
        assert!(circle.is_empty(), "in {folder}, these import each other in a circle: {circle:#?}");
    }
}
