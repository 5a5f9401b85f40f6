//! What cannot be planned, pulled or verified.

use super::{PLAN, configuration, folder, planned, settings, sinks};
use crate::{
    api::{self, unused_url},
    folder::Folder,
};

#[test]
fn partitions_must_have_files_of_their_own() {
    let of = |sinks: &str| Folder::configured(&configuration(&unused_url(), sinks)).run(PLAN);
    of(&sinks("all")).assert_failed(
        2,
        "error: `sinks.lines.path`: it is the same for all partitions, so each would replace the file of another\n  \
         in: longhaul.toml:34\nhint: put `{partition}` in the path\n",
    );
    let appending = sinks("{window.start}").replace("type = \"csv\"", "type = \"csv\"\nmode = \"append\"");
    of(&appending).assert_failed(
        2,
        "error: `sinks.table.mode`: workers write a new file for each partition, so they cannot append to one\n  \
         in: longhaul.toml:38\nhint: remove it, or set `mode = \"replace\"`\n",
    );
    let printing = sinks("{window.start}")
        .replace("type = \"ndjson\"", "type = \"stdout\"")
        .replace("path = \"out/{window.start}.ndjson\"\n", "");
    of(&printing).assert_failed(
        2,
        "error: `sinks.lines.type`: workers write a file for each partition, and this sink writes none\n  \
         in: longhaul.toml:33\nhint: choose a sink that writes files, such as `ndjson`\n",
    );
}

#[test]
fn a_stream_that_continues_at_a_value_cannot_be_planned() {
    let stream = "[streams.users]\npath = \"/users\"\nincremental = { at = \"/id\", param = \"since\" }\n\
                  sinks = [\"lines\"]\n[sinks.lines]\ntype = \"ndjson\"\npath = \"users.ndjson\"\nmode = \"append\"\n";
    let folder = Folder::configured(&[&api::connection(&unused_url()), stream].concat());
    let ended = folder.run("plan users");
    let clause = "error: `streams.users.incremental`: no worker knows where the next run would start\n";
    assert!(ended.stderr.starts_with(clause), "{}", ended.stderr);
    let hint = "hint: plan a stream with a `window`, or pull this one with longhaul run\n";
    assert!(ended.stderr.ends_with(hint), "{}", ended.stderr);
    assert_eq!(ended.code, Some(2));
}

#[test]
fn workers_need_the_configuration_of_the_plan() {
    let folder = folder(&unused_url());
    folder.run(PLAN).assert_complete();
    let said = "error: the plan of `calls` was made with another configuration: this setting has changed since: \
                `streams.calls.pages.size`\nhint: use the configuration that the plan was made with, or make a new \
                plan with: longhaul plan\n";
    folder.run("run --plan plan.ndjson --set streams.calls.pages.size=3").assert_failed(6, said);
    folder.run("verify plan.ndjson --set streams.calls.pages.size=3").assert_failed(6, said);
    let several =
        folder.run("run --plan plan.ndjson --set streams.calls.pages.size=3 --set sinks.lines.path=x");
    let keys = "these settings have changed since: `sinks.lines.path`, `streams.calls.pages.size`";
    assert!(several.stderr.contains(keys), "{}", several.stderr);
}

#[test]
fn a_plan_must_be_whole() {
    let folder = folder(&unused_url());
    folder.run("run --plan plan.ndjson").assert_failed(
        2,
        "error: cannot read the plan `FOLDER/plan.ndjson`\n  caused by: No such file or directory (os error N)\n\
         hint: make a plan with: longhaul plan STREAM --out plan.ndjson\n",
    );
    folder.run(PLAN).assert_complete();
    let plan = folder.read("plan.ndjson");
    let folder = folder.with("plan.ndjson", &plan[..plan.len() - 1]);
    for command in ["run --plan plan.ndjson", "verify plan.ndjson"] {
        folder.run(command).assert_failed(
            2,
            "error: the plan `FOLDER/plan.ndjson` has 15 of its 16 partitions\n\
             hint: it was cut off or changed; make it again with: longhaul plan STREAM --out plan.ndjson\n",
        );
    }
    let folder = folder.with("plan.ndjson", plan.replace("\"version\":1", "\"version\":2"));
    folder.run("verify plan.ndjson").assert_failed(
        2,
        "error: line 1 of `FOLDER/plan.ndjson` is not from a plan of this version of longhaul\n  \
         caused by: version 2\nhint: make a new plan with: longhaul plan STREAM --out plan.ndjson\n",
    );
}

/// Whatever is changed in a plan could leave records out.
#[test]
fn a_plan_that_was_changed_is_refused() {
    let folder = folder(&unused_url());
    folder.run(PLAN).assert_complete();
    let plan = folder.read("plan.ndjson");
    let (first, second) = ("20260101T000000Z-20260101T030000Z", "20260101T030000Z-20260101T060000Z");
    let changes = [
        plan.replacen(second, first, 1),
        plan.replacen("T03:00:00Z\"}", "T02:00:00Z\"}", 1),
        plan.replacen("\"range\":\"2026-01-01", "\"range\":\"2026-01-02", 1),
        plan.replacen("\"now\":\"2026-02-01", "\"now\":\"2026-02-02", 1),
        plan.replacen("\"sha256\":\"", "\"sha256\":\"0", 1),
    ];
    for changed in changes {
        assert_ne!(changed, plan);
        std::fs::write(folder.path("plan.ndjson"), changed).unwrap();
        for command in ["run --plan plan.ndjson", "verify plan.ndjson"] {
            folder.run(command).assert_failed(
                2,
                "error: the plan `FOLDER/plan.ndjson` has been changed since it was written\n\
                 hint: it was cut off or changed; make it again with: longhaul plan STREAM --out plan.ndjson\n",
            );
        }
    }
    assert!(folder.names_in(".longhaul").is_empty());
}

/// Only a plan that `plan` has not written can have two, so its checksum is forged.
#[test]
fn a_partition_that_is_twice_in_a_plan_is_found() {
    let folder = folder(&unused_url());
    folder.run(PLAN).assert_complete();
    let (first, second) = ("20260101T000000Z-20260101T030000Z", "20260101T030000Z-20260101T060000Z");
    let forged = with_checksum(&folder.read("plan.ndjson").replacen(second, first, 1));
    let folder = folder.with("plan.ndjson", forged);
    let ended = folder.run("verify plan.ndjson");
    let said = format!(
        "error: the plan has two partitions `{first}`\n\
         hint: make a new plan with: longhaul plan STREAM --out plan.ndjson\n"
    );
    assert_eq!((ended.code, ended.last_error()), (Some(2), said));
}

/// A plan with the checksum that it should have.
fn with_checksum(plan: &str) -> String {
    let at = plan.find("\"sha256\":\"").unwrap() + 10;
    let with = |sum: &str| [&plan[..at], sum, &plan[at + 64..]].concat();
    with(&sha256(with(&"0".repeat(64)).as_bytes()))
}

/// Workers know nothing of each other, so they cannot drop a record that is in the windows of two of them.
#[test]
fn duplicates_across_partitions_are_warned_about() {
    let server = api::server(|_| {
        longhaul_tests::Reply::json(r#"{"conversations":[{"conversationId":"a"}],"pageCount":1}"#).into()
    });
    let configuration = configuration(&api::root(&server), &sinks("{window.start}"));
    let configuration = configuration
        .replace("total = \"/totalHits\"", "page_count = \"/pageCount\"")
        .replace("records_missing", "unique = \"/conversationId\"\nrecords_missing");
    let folder = Folder::configured(&configuration);
    let warning = "warn  calls: `unique` drops the duplicates within a partition only; a record of several partitions is in \
                   the file of each\n";
    let planned = folder.run(PLAN);
    assert!(planned.assert_complete().stderr.contains(warning), "{}", planned.stderr);
    folder.run("run --plan plan.ndjson").assert_complete();
    let verified = folder.run("verify plan.ndjson");
    let said = format!("{warning}calls: verified, 16 records\n");
    assert!(verified.assert_complete().stderr.ends_with(&said), "{}", verified.stderr);
}

#[test]
fn a_share_or_an_id_must_exist() {
    let folder = folder(&unused_url());
    folder.run(PLAN).assert_complete();
    folder.run("run --plan plan.ndjson --partition x").assert_failed(
        2,
        "error: the plan has no partition `x`\n\
         hint: each line of the plan has an `id`; `longhaul verify` prints those that are missing\n",
    );
    for part in ["4/4", "1", "a/b", "0/0"] {
        let ended = folder.run(&format!("run --plan plan.ndjson --part {part}"));
        let said = "expected a share such as 0/64 to 63/64";
        assert!(ended.code == Some(2) && ended.stderr.contains(said), "{}", ended.stderr);
    }
    for wrong in
        ["run --part 0/2", "run calls --plan plan.ndjson", "run --plan plan.ndjson --part 0/2 --partition x"]
    {
        assert_eq!(folder.run(wrong).code, Some(2), "{wrong}");
    }
}

#[test]
fn damage_is_found() {
    let (_api, folder) = planned(&settings(40));
    folder.run("run --plan plan.ndjson").assert_complete();
    folder.run("verify plan.ndjson").assert_complete();
    let receipt = |name: &str| {
        let plan = folder.names_in(".longhaul").into_iter().find(|name| name.starts_with("plan-")).unwrap();
        folder.path(&format!(".longhaul/{plan}/{name}.json"))
    };
    let shown = |path: std::path::PathBuf| {
        path.display().to_string().replace(folder.path("").to_str().unwrap(), "FOLDER/")
    };
    let of_first = receipt("20260101T000000Z-20260101T030000Z");
    let first = shown(of_first.clone());
    let text = folder.read("out/20260101T000000Z.ndjson");
    let changed = text.replacen('0', "1", 1);
    let damaged = |command: &str, clause: &str, hint: &str| {
        let ended = folder.run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(5), ""), "{}", ended.stderr);
        assert_eq!(ended.last_error(), format!("error: {clause}\nhint: {hint}: {first}\n"));
    };
    let restore = "restore the file, or delete its receipt to pull the partition again";
    std::fs::write(folder.path("out/20260101T000000Z.ndjson"), changed).unwrap();
    damaged(
        "verify plan.ndjson",
        "`FOLDER/out/20260101T000000Z.ndjson` has changed since it was complete",
        restore,
    );
    let bytes = text.len();
    std::fs::write(folder.path("out/20260101T000000Z.ndjson"), &text[..bytes - 1]).unwrap();
    let shorter = format!(
        "`FOLDER/out/20260101T000000Z.ndjson` is {} bytes long, but its receipt says that it has {bytes} bytes",
        bytes - 1
    );
    damaged("verify plan.ndjson", &shorter, restore);
    damaged("run --plan plan.ndjson", &shorter, restore);
    std::fs::remove_file(folder.path("out/20260101T000000Z.ndjson")).unwrap();
    let missing = format!(
        "`FOLDER/out/20260101T000000Z.ndjson` is missing, but its receipt says that it has {bytes} bytes"
    );
    damaged("verify plan.ndjson", &missing, restore);
    let receipt = std::fs::read_to_string(&of_first).unwrap();
    for changed in [
        receipt.replacen("\"records\": ", "\"records\": 1", 1),
        receipt.replacen("\"bytes\": ", "\"bytes\": 1", 1),
    ] {
        std::fs::write(&of_first, changed).unwrap();
        let clause = format!("the receipt `{first}` is damaged");
        damaged("verify plan.ndjson", &clause, "delete it to pull the partition again");
    }
    std::fs::write(&of_first, "{").unwrap();
    damaged(
        "verify plan.ndjson --cat --sink lines",
        &format!("the receipt `{first}` is damaged"),
        "delete it to pull the partition again",
    );
    std::fs::remove_file(&of_first).unwrap();
    assert_eq!(folder.run("verify plan.ndjson").stdout, "20260101T000000Z-20260101T030000Z\n");
    folder.run("run --plan plan.ndjson").assert_complete();
    folder.run("verify plan.ndjson").assert_complete();
    assert_eq!(folder.read("out/20260101T000000Z.ndjson"), text);
}

#[test]
fn totals_must_match() {
    let server = api::server(|_| {
        longhaul_tests::Reply::json(
            r#"{"conversations":[{"conversationId":"a"}],"totalHits":2,"pageCount":1}"#,
        )
        .into()
    });
    let configuration = configuration(&api::root(&server), &sinks("{window.start}"));
    let folder =
        Folder::configured(&configuration.replace("total =", "page_count = \"/pageCount\"\ntotal ="));
    folder.run(PLAN).assert_complete();
    folder.run("run --plan plan.ndjson").assert_complete();
    let ended = folder.run("verify plan.ndjson");
    assert_eq!(ended.code, Some(4));
    assert_eq!(
        ended.last_error(),
        "error: 16 of 16 partitions have fewer records than the API reported\n\
         hint: to pull one again, delete its receipt in `state_dir`\n"
    );
    assert!(
        ended.stderr.contains(
            "calls: partition 20260101T000000Z-20260101T030000Z: the API reported 2 records; 1 arrived"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_state_folder_that_cannot_be_used_is_named() {
    let folder = folder(&unused_url());
    folder.run(PLAN).assert_complete();
    let folder = folder.with("state", "a file");
    folder.run("run --plan plan.ndjson --set state_dir=state").assert_failed(
        6,
        &format!(
            "error: cannot write `FOLDER/state/plan-{}`\n  caused by: File exists (os error N)\n\
             hint: check `state_dir` and its permissions\n",
            plan_id(&folder.read("plan.ndjson"))
        ),
    );
}

/// What the folder of the plan is called after.
fn plan_id(plan: &str) -> String {
    sha256(&plan.as_bytes()[..=plan.find('\n').unwrap()])[..16].to_owned()
}

fn sha256(bytes: &[u8]) -> String {
    let sum = ring::digest::digest(&ring::digest::SHA256, bytes);
    sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
