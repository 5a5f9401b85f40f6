//! Runs the example configuration as a user would.

use std::{env, ffi::OsString, fs, sync::Arc};

use calamine::Data;
use longhaul::exit::Exit;
use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::install_plugin;
use serde_json::Value;

use crate::support::Folder;

#[test]
fn the_example_writes_a_workbook() {
    let settings = Settings { records: 120, rate_allowed: u32::MAX, ..Settings::default() };
    let ids: Vec<_> = (0..settings.records).map(|index| id(&settings.conversation(index))).collect();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    install_plugin("xlsx", &folder.path("plugins"));
    fs::write(folder.path("example.toml"), include_str!("../../example.toml")).unwrap();
    // Replaces the API of the example.
    let here = format!(
        "state_dir = \"{}\"\napi.base_url = \"{1}\"\nauth.token_url = \"{1}/oauth/token\"\n",
        folder.path("state").display(),
        api.base_url()
    );
    fs::write(folder.path("here.toml"), here).unwrap();
    // No other test uses the working directory.
    env::set_current_dir(folder.path("")).unwrap();
    let arguments = "longhaul run -q -c example.toml -c here.toml".split(' ').map(OsString::from);
    assert_eq!(longhaul::run(arguments), Exit::Complete);
    assert_eq!(folder.texts("out/conversations.xlsx"), ids);
    let rows = folder.rows("out/conversations.xlsx");
    assert!(rows.iter().all(|row| matches!(row[1], Data::DateTime(_))), "the column `start` has dates");
}

fn id(record: &str) -> String {
    let record: Value = serde_json::from_str(record).unwrap();
    record["conversationId"].as_str().unwrap().to_owned()
}
