//! Files for each day, and pulls that take longer than a day.

use std::{fs, sync::Arc};

use longhaul_core::{disk::SystemDisk, state::StateFile};
use longhaul_tests::Reply;

use crate::{
    folder::Folder,
    repairable_api::{ALL, HALF, RepairableApi, stopped},
};

const YESTERDAY: &str = "2001-02-03";

fn for_each_day(configuration: &str, mode: &str) -> String {
    configuration.replace("{stream}", "{date}") + &format!("mode = \"{mode}\"\n")
}

/// Changes the start of the unfinished pull to another day.
fn set_start_to_yesterday(folder: &Folder) {
    let file = StateFile::new(Arc::new(SystemDisk), folder.path(".longhaul"), "conversations");
    let mut state = file.load().unwrap();
    let placeholders = &mut state.unfinished.as_mut().unwrap().placeholders;
    let today = placeholders.insert("date".to_owned(), YESTERDAY.to_owned()).unwrap();
    file.save(&state).unwrap();
    for name in folder.names_in("out") {
        assert!(name.starts_with(&format!("{today}.ndjson")), "{name}");
        let renamed = name.replace(&today, YESTERDAY);
        fs::rename(folder.path("out").join(name), folder.path("out").join(renamed)).unwrap();
    }
}

#[test]
fn a_run_resumed_on_the_next_day_continues_its_file() {
    for mode in ["replace", "append"] {
        let (listing, folder) = stopped(|configuration| for_each_day(&configuration, mode));
        set_start_to_yesterday(&folder);
        folder.run("run").assert_complete();
        assert_eq!(listing.requested_pages(), [1, 2, 3, 3, 4]);
        let yesterday = format!("{YESTERDAY}.ndjson");
        assert_eq!(folder.names_in("out"), [yesterday.as_str()]);
        assert_eq!(folder.read(&format!("out/{yesterday}")), ALL);
        // A new pull writes to the file of today.
        folder.run("run").assert_complete();
        let names = folder.names_in("out");
        assert_eq!((names.len(), &names[0]), (2, &yesterday));
        assert_eq!(folder.read(&format!("out/{}", names[1])), ALL);
    }
}

#[test]
fn a_fresh_run_rolls_back_the_file_of_the_day_when_the_run_started() {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&for_each_day(&listing.configuration(), "append"));
    assert_eq!(folder.run("run").code, Some(4));
    set_start_to_yesterday(&folder);
    let yesterday = format!("out/{YESTERDAY}.ndjson");
    assert_eq!(folder.read(&yesterday), HALF);
    listing.repair();
    folder.run("run --fresh").assert_complete();
    let names = folder.names_in("out");
    assert_eq!(names.len(), 1, "{names:?}");
    assert_eq!(folder.read(&format!("out/{}", names[0])), ALL);
    assert!(!folder.path(&yesterday).exists());
}
