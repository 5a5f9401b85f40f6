//! A replay leaves real runs alone: their state, their lock and their files.

use longhaul_demo::Settings;
use longhaul_tests::Reply;

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
    repairable_api::{self, ALL, RepairableApi},
};

/// A folder with a complete recording of the listing.
fn recorded() -> (RepairableApi, Folder) {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let folder = listing.folder();
    folder.run("run --record rec").assert_complete();
    (listing, folder)
}

#[test]
fn a_replay_writes_where_the_configuration_says_but_replaces_nothing() {
    let (_listing, folder) = recorded();
    let refused = |path: &str| {
        format!(
            "replaying 4 exchanges of the run started at TIME; nothing is sent\n\
             error: the stream `conversations` is not complete\n  \
             caused by: the sink `lines` failed\n  \
             caused by: a replay replaces nothing\n  \
             caused by: the replay would overwrite `FOLDER/{path}`\n\
             hint: move the file away, or set another `path` with --set\n"
        )
    };
    let stderr = |ended: &crate::command_output::CommandOutput| {
        let stderr = ended.stable_stderr();
        let (before, rest) = stderr.split_once("started at ").unwrap();
        format!("{before}started at TIME; {}", rest.split_once("; ").unwrap().1)
    };
    for flags in ["", " --sink lines"] {
        let ended = folder.run(&format!("run --replay rec{flags}"));
        assert_eq!((ended.code, stderr(&ended)), (Some(2), refused("out/conversations.ndjson")));
    }
    assert_eq!(folder.read("out/conversations.ndjson"), ALL);
    let ended = folder.run("run --replay rec --set sinks.lines.path=new.ndjson");
    ended.assert_complete();
    assert_eq!(folder.read("new.ndjson"), ALL);
    let ended = folder.run("run --replay rec --sink stdout");
    assert_eq!(ended.assert_complete().stdout, ALL);
}

#[test]
fn a_replay_does_not_touch_an_unfinished_run() {
    let (_listing, recorded) = recorded();
    let (listing, folder) = repairable_api::stopped(|configuration| configuration);
    let state = folder.read(".longhaul/conversations.json");
    let names = folder.names_in(".longhaul");
    let ended = folder.longhaul("run --replay").argument(recorded.path("rec")).run();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("out/conversations.ndjson.part`"), "{}", ended.stderr);
    let line = "run --set sinks.lines.path=new.ndjson --replay";
    folder.longhaul(line).argument(recorded.path("rec")).run().assert_complete();
    assert_eq!((folder.read(".longhaul/conversations.json"), folder.names_in(".longhaul")), (state, names));
    let before = listing.requested_pages().len();
    folder.run("run").assert_complete();
    assert_eq!(listing.requested_pages()[before..], [3, 4], "the run is resumed");
    assert_eq!(
        (folder.read("out/conversations.ndjson"), folder.read("new.ndjson")),
        (ALL.into(), ALL.into())
    );
}

#[test]
fn a_preview_can_be_replayed_while_a_configuration_is_written() {
    let (_listing, folder) = recorded();
    let folder_of_other = Folder::configured(&api::tutorial(&api::unused_url()));
    for _ in 0..2 {
        let ended = folder_of_other
            .longhaul("preview conversations --format ndjson --replay")
            .argument(folder.path("rec"))
            .run();
        assert_eq!(ended.assert_complete().stdout, "{\"id\":1}\n{\"id\":2}\n");
    }
    assert!(!folder_of_other.path(".longhaul").exists());
}

#[test]
fn an_incremental_run_is_replayed_from_the_state_that_it_had() {
    let settings = Settings {
        available: Some("2026-01-03T00:00:00Z".parse().unwrap()),
        job_polls: 0,
        ..without_faults(700)
    };
    let api = api::start(&settings);
    let configuration = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["files"]
unique = "/conversationId"
job = { every = "1ms" }
window = { from = "2026-01-01", to = "2026-01-20", slice = "1d", incremental = true, lookback = "12h" }

[sinks.files]
type = "ndjson"
path = "out/all.ndjson"
mode = "append"
"#;
    let folder = Folder::configured(configuration);
    reach(&api, folder.longhaul("run")).run().assert_complete();
    let first = folder.read("out/all.ndjson");
    api.make_available("2026-01-05T00:00:00Z".parse().unwrap());
    reach(&api, folder.longhaul("run --record rec")).run().assert_complete();
    let both = folder.read("out/all.ndjson");
    let replayed = Folder::configured(configuration);
    replayed.longhaul("run --replay").argument(folder.path("rec")).run().assert_complete();
    let second = replayed.read("out/all.ndjson");
    assert!(!second.is_empty() && both == first + &second, "the increment differs");
}
