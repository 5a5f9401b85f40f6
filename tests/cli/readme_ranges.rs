//! The commands and configurations of the pages that have a range of time.

use std::fs;

use jiff::Timestamp;
use longhaul_demo::Settings;

use crate::{
    api::{self, without_faults},
    folder::Folder,
    readme::{at, configuration_with, days_before, exported},
};

/// A text in the configuration with the range of last month.
pub(crate) const LAST_MONTH: &str = "from = \"last month\"";

/// Commands that need no configuration file.
pub(crate) const WITHOUT_FILE: [&str; 3] = [
    "longhaul run conversations --last 7d --sink csv --out conversations.csv",
    "longhaul run conversations --month 2026-01 --limit 100 --out sample.csv",
    "longhaul run conversations --last 7d --dry-run",
];

#[test]
fn streams_of_a_preset_are_pulled_without_a_file() {
    let now = Timestamp::try_from(api::clock().now()).unwrap();
    let run = |settings: &Settings, command: &str, file: &str| {
        let api = api::start(settings);
        let folder = Folder::empty();
        let command = folder.longhaul(command.strip_prefix("longhaul ").unwrap());
        // A variable that names the API is a configuration, so the preset is named, too.
        let command = command.variable("LONGHAUL_SYSTEM", "genesys").variable("GENESYS_REGION", "us-west-2");
        let ended = at(&api, exported(command)).run();
        ended.assert_complete();
        let file = folder.path(file);
        (ended, fs::read_to_string(file).unwrap_or_default())
    };
    let recent = Settings { start: days_before(now, 5), days: 5, ..without_faults(50) };
    let [last, month, dry] = WITHOUT_FILE;
    assert!(run(&recent, last, "conversations.csv").1.lines().count() > 50, "each has a session");
    let (sample, file) = run(&without_faults(1000), month, "sample.csv");
    assert!(sample.stderr.contains("not complete, a sample of 100 records"), "{}", sample.stderr);
    assert!(file.lines().count() > 100, "each has a session");
    assert!(run(&recent, dry, "").0.stdout.ends_with("nothing was sent\n"));
}

#[test]
fn the_configuration_of_last_month_ends_with_it() {
    let preset = "system = \"genesys\"\nregion = \"us-west-2\"\n";
    let folder = Folder::configured(&[preset, &configuration_with(LAST_MONTH)].concat());
    let shown = folder.run("run conversations --dry-run").assert_complete().stdout.clone();
    let is_range = |line: &&str| {
        let line = line.replace(|c: char| c.is_ascii_digit(), "0");
        line == "  range: 0000-00-00 00:00:00 UTC to 0000-00-00 00:00:00 UTC (exclusive), 00 windows"
    };
    let range = shown.lines().find(is_range).unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(range.matches("-01 00:00:00 UTC").count(), 2, "{range}");
}
