//! Runs the example configuration as a user would.

use std::{env, ffi::OsString, fs, sync::Arc};

use longhaul::exit::Exit;
use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::install_plugin;
use parquet::record::Field;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::Folder;

#[test]
fn the_example_writes_a_file_for_each_day() {
    // Forty conversations on each of three days.
    let settings = Settings { records: 120, days: 3, rate_allowed: u32::MAX, ..Settings::default() };
    let expected: Vec<_> = (0..settings.records).map(|index| row(&settings.conversation(index))).collect();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    install_plugin("parquet", &folder.path("plugins"));
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
    for (day, expected) in expected.chunks(40).enumerate() {
        let file = format!("out/conversations/start_day=2026010{}T000000Z/part.parquet", day + 1);
        let rows = folder.rows(&file);
        assert!(
            rows.iter().map(|row| [0, 4, 5].map(|column| row[column].clone())).eq(expected.iter().cloned())
        );
    }
}

/// The expected columns of a record.
fn row(record: &str) -> [Field; 3] {
    let record: Record<'_> = serde_json::from_str(record).unwrap();
    let mos = record.mos.map_or(Field::Null, Field::Double);
    [Field::Str(record.id), mos, Field::Str(record.participants.get().to_owned())]
}

#[derive(Deserialize)]
struct Record<'r> {
    #[serde(rename = "conversationId")]
    id: String,
    #[serde(rename = "mediaStatsMinConversationMos")]
    mos: Option<f64>,
    #[serde(borrow)]
    participants: &'r RawValue,
}
