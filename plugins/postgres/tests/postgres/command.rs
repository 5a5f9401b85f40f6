//! Runs the example configuration as a user would.

use std::{fs, sync::Arc};

use longhaul_core::clock::{Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{install_plugin, test_in_child};
use serde_json::Value;

use crate::support::Schema;

#[test]
fn the_example_writes_its_table() {
    if let Some(arguments) = longhaul_tests::child_args() {
        std::process::exit(longhaul::run(arguments).code().into());
    }
    let Some(schema) = Schema::new() else { return };
    let settings = Settings { records: 120, rate_allowed: u32::MAX, ..Settings::default() };
    let mut ids: Vec<_> = (0..settings.records).map(|index| id(&settings.conversation(index))).collect();
    ids.sort();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    install_plugin("postgres", &folder.path().join("plugins"));
    fs::write(folder.path().join("example.toml"), include_str!("../../example.toml")).unwrap();
    // Replaces the API of the example, and the schema.
    let here = format!(
        "api.base_url = \"{0}\"\nauth.token_url = \"{0}/oauth/token\"\nsinks.postgres.schema = \"{1}\"\n",
        api.base_url(),
        schema.name
    );
    fs::write(folder.path().join("here.toml"), here).unwrap();
    let run = |arguments: &str| {
        let mut command = test_in_child("command::the_example_writes_its_table", arguments);
        let output =
            command.current_dir(folder.path()).env("DATABASE_URL", schema.server.url()).output().unwrap();
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(output.status.code(), Some(0), "{printed:?}");
        assert!(!printed.concat().contains("the%20password"), "{printed:?}");
    };
    for _ in 0..2 {
        run("longhaul run -v -c example.toml -c here.toml");
        assert_eq!(schema.rows("SELECT id FROM conversations ORDER BY id"), ids);
    }
    run("longhaul config -c example.toml -c here.toml");
}

fn id(record: &str) -> String {
    let record: Value = serde_json::from_str(record).unwrap();
    record["conversationId"].as_str().unwrap().to_owned()
}
