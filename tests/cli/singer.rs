//! Pulls into Singer targets.
#![cfg(unix)]

use std::{collections::HashSet, fs, path::Path, time::Duration};

use longhaul_tests::{Random, Reply, Target, act_as_singer_target, singer_target};
use serde_json::Value;

use crate::{
    api::{self, TUTORIAL, reach, without_faults},
    command_output::CommandOutput,
    folder::Folder,
    readme::configuration_of,
};

/// The child process of these tests.
#[test]
fn target() {
    act_as_singer_target();
}

/// The configuration of a pull of all conversations through this command.
fn configuration(command: &[String]) -> String {
    let command = Value::from(command);
    let stream =
        TUTORIAL.replace("sinks = [\"lines\"]", "unique = \"/conversationId\"\nsinks = [\"loaded\"]");
    format!(
        "commit_every = \"10ms\"\n{}{stream}\n[sinks.loaded]\ntype = \"singer\"\ncommand = {command}\n",
        api::connection("http://127.0.0.1:1")
    )
}

/// A folder with the configuration of a pull into this target, which writes to the file `out`.
fn to(target: Target) -> Folder {
    let folder = Folder::empty();
    let command = singer_target("singer::target", target, &folder.path("out"));
    folder.with("longhaul.toml", configuration(&command))
}

/// A folder with the configuration of a pull into this shell script.
fn script(script: &str) -> Folder {
    Folder::configured(&configuration(&["sh", "-c", script].map(str::to_owned)))
}

fn run(folder: &Folder) -> CommandOutput {
    reach(&api::start(&without_faults(120)), folder.longhaul("run")).run()
}

#[test]
fn all_records_arrive_in_order_and_unaltered() {
    for target in [Target::Replaces, Target::AddsAtStates, Target::AddsAtEnd] {
        let folder = to(target);
        run(&folder).assert_complete();
        assert_eq!(folder.read("out"), api::lines(&without_faults(120)), "{target:?}");
        let left = folder.names_in(".longhaul/spool");
        assert!(
            left[0].strip_suffix(".lock").is_some() && left[1..] == ["conversations.complete"],
            "{left:?}"
        );
    }
}

#[test]
fn the_configuration_of_the_page_loads_contacts() {
    let server = api::server(|_| Reply::json(r#"{"results":[{"id":1},{"id":1.10}]}"#).into());
    let folder = Folder::empty();
    let command = singer_target("singer::target", Target::AddsAtEnd, &folder.path("out"));
    let shown = r#"["target-duckdb", "--config", "duckdb.json"]"#;
    let configuration = configuration_of("contacts");
    assert!(configuration.contains(shown));
    let configuration = configuration.replace(shown, &Value::from(command).to_string());
    let folder = folder.with("longhaul.toml", api::connection(&api::root(&server)) + &configuration);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out"), "{\"id\":1}\n{\"id\":1.10}\n");
}

#[test]
fn standard_output_has_the_messages() {
    let folder = Folder::configured(
        &configuration(&["unused".into()])
            .replace("type = \"singer\"\ncommand = [\"unused\"]", "type = \"stdout\"\nformat = \"singer\""),
    );
    let output = run(&folder);
    let lines: Vec<_> = output.assert_complete().stdout.lines().collect();
    let records = lines
        .iter()
        .filter(|line| line.starts_with(r#"{"type":"RECORD","stream":"conversations","record":{"#));
    assert_eq!(records.count(), 120);
    let schema: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(schema["type"], "SCHEMA");
    assert_eq!(schema["key_properties"], serde_json::json!(["conversationId"]));
    assert_eq!(lines.last(), Some(&r#"{"type":"STATE","value":{"bookmarks":{"conversations":{"page":3}}}}"#));
}

#[test]
fn a_failed_target_ends_the_run_and_the_same_command_resumes() {
    let folder = Folder::configured(&configuration(&["longhaul-no-such-target".into()]));
    run(&folder).assert_failed(
        5,
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `loaded` failed\n  \
         caused by: cannot find the target `longhaul-no-such-target` (install it, or write its path in `command`)\n\
         hint: fix the problem, then resume with: longhaul run\n",
    );
    let folder = Folder::empty();
    let mut command = singer_target("singer::target", Target::AddsAtEnd, &folder.path("out"));
    let broken = "[ -e repaired ] || { cat >/dev/null; echo 'cannot reach db://me:hunter2@db' >&2; exit 1; }";
    command[2] = format!("{broken}\n{}", command[2]);
    let folder = folder.with("longhaul.toml", configuration(&command));
    let api = api::start(&without_faults(120));
    reach(&api, folder.longhaul("run")).run().assert_failed(
        5,
        "conversations: stopped; 120 records (3 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: the sink `loaded` failed\n  \
         caused by: the target `sh` failed (exit status: 1)\n  \
         caused by: its last lines were:\n    cannot reach db://***@db\n\
         hint: fix the problem, then resume with: longhaul run\n",
    );
    let pages = api.stats().pages;
    let folder = folder.with("repaired", "");
    reach(&api, folder.longhaul("run")).run().assert_complete();
    assert_eq!(folder.read("out"), api::lines(&without_faults(120)));
    assert_eq!(api.stats().pages, pages, "nothing is pulled again");
}

#[test]
fn a_file_of_another_user_must_not_name_a_target() {
    use std::os::unix::fs::PermissionsExt;

    let folder = script("cat >/dev/null");
    fs::set_permissions(folder.path("longhaul.toml"), fs::Permissions::from_mode(0o666)).unwrap();
    let output = run(&folder);
    assert_eq!(output.code, Some(2));
    let error = output.last_error();
    assert!(
        error.starts_with(
            "error: `sinks.loaded.command`: the configuration file must not run commands, because other users can write to it\n"
        ),
        "{error}"
    );
    assert!(error.ends_with("hint: make yourself its owner and run `chmod go-w` on it\n"), "{error}");
}

#[test]
fn the_target_gets_its_variables_but_not_the_credentials() {
    let mut command = singer_target("singer::target", Target::AddsAtEnd, Path::new("out"));
    command[2] = format!("env >variables\n{}", command[2]);
    let configuration = configuration(&command)
        .replace(&format!("\"{}\"", api::CLIENT_SECRET), "{ env = \"VAULT\" }")
        + "\n[environment]\nLOGIN = \"auth.client_id\"\n\
           [sinks.unused]\ntype = \"postgres\"\npassword = { env = \"OF_ANOTHER_SINK\" }\n";
    let folder = Folder::empty().with("longhaul.toml", configuration);
    let api = api::start(&without_faults(1));
    let command = folder
        .longhaul("run")
        .variable("LONGHAUL_API__BASE_URL", api.base_url())
        .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
        .variable("VAULT", api::CLIENT_SECRET)
        .variable("LOGIN", api::CLIENT_ID)
        .variable("OF_ANOTHER_SINK", "hunter2")
        .variable("TARGET_PASSWORD", "of the target");
    command.run().assert_complete();
    let variables = folder.read("variables");
    let has = |name: &str| variables.lines().any(|line| line.starts_with(&format!("{name}=")));
    assert!(has("PATH") && has("TARGET_PASSWORD"), "{variables}");
    assert!(!["LONGHAUL_API__BASE_URL", "LONGHAUL_AUTH__TOKEN_URL"].into_iter().any(has), "{variables}");
    assert!(!["VAULT", "LOGIN", "OF_ANOTHER_SINK"].into_iter().any(has), "{variables}");
}

#[test]
fn the_target_does_not_get_the_variables_of_a_preset() {
    let mut command = singer_target("singer::target", Target::AddsAtEnd, Path::new("out"));
    command[2] = format!("env >variables\n{}", command[2]);
    let stream = TUTORIAL
        .replace("sinks = [\"lines\"]", "sinks = [\"loaded\"]")
        .replace("[streams.conversations]", "[streams.of_the_tutorial]");
    let sink = format!("[sinks.loaded]\ntype = \"singer\"\ncommand = {}\n", Value::from(command));
    let folder = Folder::empty();
    let folder = folder
        .with("longhaul.toml", format!("system = \"genesys\"\nregion = \"eu-west-1\"\n{stream}\n{sink}"));
    reach(&api::start(&without_faults(1)), folder.longhaul("run")).run().assert_complete();
    let variables = folder.read("variables");
    assert!(variables.contains("PATH=") && !variables.contains("GENESYS_"), "{variables}");
    assert!(!variables.contains(api::CLIENT_SECRET), "{variables}");
}

/// Kills the run at random times. Every record is loaded at least once, and the bytes are right; a target with a key keeps
/// each once.
#[test]
fn no_record_is_lost_if_the_run_is_killed() {
    let settings = longhaul_demo::Settings { latency: Duration::from_millis(20), ..without_faults(1000) };
    let expected = api::lines(&settings);
    let mut random = Random::new();
    for target in [Target::AddsAtStates, Target::AddsAtEnd] {
        let (api, folder) = (api::start(&settings), to(target));
        for _ in 0..6 {
            let running = reach(&api, folder.longhaul("run")).start();
            api::clock().sleep(Duration::from_millis(random.below(700)));
            running.kill();
        }
        let context = format!("LONGHAUL_TEST_SEED={}: {target:?}", random.seed());
        // The pull may have been complete; then this is another one, with the same records.
        reach(&api, folder.longhaul("run")).run().assert_complete();
        let loaded = folder.read("out");
        let loaded: HashSet<_> = loaded.lines().collect();
        let expected: HashSet<_> = expected.lines().collect();
        assert!(loaded == expected, "{context}: {} of {} records", loaded.len(), expected.len());
    }
}

/// A target goes on after a run was killed: it stores what it has received.
#[test]
fn a_second_target_waits_for_that_of_a_run_that_was_killed() {
    let folder = Folder::empty();
    let mut command = singer_target("singer::target", Target::AddsAtEnd, &folder.path("out"));
    command[2] = format!(
        "mkdir running || touch beside\n{}\nwhile [ -e held ]; do sleep 0.01; done; rmdir running",
        command[2].replace("exec ", "")
    );
    let folder = folder.with("longhaul.toml", configuration(&command)).with("held", "");
    let settings = longhaul_demo::Settings { latency: Duration::from_millis(20), ..without_faults(1000) };
    let api = api::start(&settings);
    let killed = reach(&api, folder.longhaul("run")).start();
    while !folder.path("running").exists() || !names_its_target(&folder) {}
    killed.kill();

    let impatient = reach(&api, folder.longhaul("run --set sinks.loaded.timeout=\"10ms\"")).run();
    assert_eq!(impatient.code, Some(5), "{}", impatient.stderr);
    let error = impatient.last_error();
    let words = "caused by: the target `sh` of an earlier run, process ";
    let (_, rest) = error.split_once(words).unwrap_or_else(|| panic!("{error}"));
    let rest = rest.trim_start_matches(|digit: char| digit.is_ascii_digit());
    assert_eq!(
        rest,
        ", is still running after 10ms (end it, or wait until it has ended)\n\
         hint: fix the problem, then resume with: longhaul --set 'sinks.loaded.timeout=\"10ms\"' run\n"
    );

    let mut waiting = reach(&api, folder.longhaul("run")).start();
    waiting.wait_for_stderr("is still running; waiting for it to end");
    fs::remove_file(folder.path("held")).unwrap();
    waiting.end().assert_complete();
    assert!(!folder.path("beside").exists(), "two targets ran at once");
    let loaded = folder.read("out");
    let (loaded, expected) = (loaded.lines().collect::<HashSet<_>>(), api::lines(&settings));
    assert!(loaded == expected.lines().collect::<HashSet<_>>(), "{} records", loaded.len());
}

/// Whether the lock names the process of the target, which is written once that has started.
fn names_its_target(folder: &Folder) -> bool {
    let spool = folder.path(".longhaul/spool");
    let mut locks = folder
        .names_in(".longhaul/spool")
        .into_iter()
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "lock"));
    locks.any(|lock| fs::metadata(spool.join(lock)).is_ok_and(|lock| lock.len() > 0))
}

#[test]
#[cfg(target_os = "linux")]
fn a_stopped_run_leaves_no_process() {
    for signal in ["INT", "TERM"] {
        // It reads nothing, so that the run waits for it and has to be stopped after the grace period.
        let folder = script("echo $$ >id.new; mv id.new id; exec sleep 1000");
        let settings = longhaul_demo::Settings { latency: Duration::from_millis(1), ..without_faults(5000) };
        let api = api::start(&settings);
        let running = reach(&api, folder.longhaul("run")).start();
        while !folder.path("id").exists() {}
        running.signal(signal);
        running.end();
        let process = format!("/proc/{}", folder.read("id").trim());
        assert!(!Path::new(&process).exists(), "{signal}");
    }
}
