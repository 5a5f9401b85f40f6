//! The sink that sends records to a Singer target.

use std::{error::Error, iter};

use longhaul_core::sink::{
    Destination, Mark, OpenSink, Receipt, Sink,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_tests::{Target, act_as_singer_target, singer_target, write_page};
use serde_json::{Value, json};

use super::support::{Folder, configured, describe, pull};

/// The child process of the tests.
#[test]
fn target() {
    act_as_singer_target();
}

/// The sink with a target that writes to the file `out`.
fn to(target: Target, folder: &Folder) -> Box<dyn OpenSink> {
    with(target, folder, &json!({}))
}

fn with(target: Target, folder: &Folder, options: &Value) -> Box<dyn OpenSink> {
    let mut options = options.clone();
    options["command"] = singer_target("singer::target", target, &folder.path().join("out")).into();
    configured("singer", options).unwrap()
}

/// The sink with a shell script as its target.
fn script(script: &str) -> Box<dyn OpenSink> {
    configured("singer", json!({"command": ["sh", "-c", script], "timeout": "200ms"})).unwrap()
}

/// The error of a pull of one record, with its causes.
fn failure(sink: &dyn OpenSink) -> String {
    let folder = Folder::new();
    let mut sink = folder.open(sink);
    let result = write_page(&mut sink, &[r#"{"id":1}"#]).and_then(|()| {
        sink.commit(Mark(1))?;
        sink.finish()
    });
    let error = result.unwrap_err();
    let causes = iter::successors(error.source(), |&error| error.source()).map(ToString::to_string);
    iter::once(format!("{:?}: {error}", error.kind())).chain(causes).collect::<Vec<_>>().join("\n")
}

/// The lines of a file.
fn lines(folder: &Folder) -> Option<Vec<String>> {
    Some(folder.text("out")?.lines().map(str::to_owned).collect())
}

/// Commits until the target has confirmed everything.
fn confirmed(sink: &mut Box<dyn Sink>, mark: u64) -> Receipt {
    loop {
        let receipt = sink.commit(Mark(mark)).unwrap();
        let mut numbers = receipt.0.split(' ').skip(1);
        if numbers.next() == numbers.next() {
            return receipt;
        }
    }
}

#[test]
fn a_target_that_replaces_passes_the_contract() {
    let suite = Suite::new(Publishes::AtFinish, || {
        let folder = Folder::new();
        let (opener, variables) = (to(Target::Replaces, &folder), folder.variables());
        Subject { opener, variables, published: Box::new(move || lines(&folder)) }
    });
    let failed: Vec<_> = suite.run().filter(|outcome| outcome.failure.is_some()).collect();
    let failed: Vec<_> = failed.iter().map(|it| (it.case, it.failure.as_deref().unwrap())).collect();
    // Without a record there is no schema, and targets refuse an empty one.
    let expected =
        [("an empty pull publishes an empty result", "nothing is published where 0 records were expected")];
    assert_eq!(failed, expected);
}

#[test]
fn every_call_returns_what_the_contract_says() {
    for target in [Target::AddsAtStates, Target::AddsAtEnd] {
        Suite::new(Publishes::Unseen, move || {
            let folder = Folder::new();
            let (opener, variables) = (to(target, &folder), folder.variables());
            Subject { opener, variables, published: Box::new(move || lines(&folder)) }
        })
        .verify();
    }
}

#[test]
fn only_what_was_not_confirmed_is_sent_again_if_configured() {
    let folder = Folder::new();
    let sink = with(Target::AddsAtStates, &folder, &json!({"resume": "state"}));
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"id":1}"#]).unwrap();
    let receipt = confirmed(&mut open, 1);
    write_page(&mut open, &[r#"{"id":2}"#]).unwrap();
    drop(open);
    let mut open = folder.resume(&*sink, &receipt).unwrap();
    write_page(&mut open, &[r#"{"id":2}"#]).unwrap();
    open.commit(Mark(2)).unwrap();
    open.finish().unwrap();
    assert_eq!(lines(&folder).unwrap(), [r#"{"id":1}"#, r#"{"id":2}"#]);
}

#[test]
fn everything_is_sent_again_by_default() {
    let cases: [(_, &[u32]); 2] = [(Target::AddsAtStates, &[1, 1, 2]), (Target::ReplacesAtStart, &[1, 2])];
    for (target, ids) in cases {
        let folder = Folder::new();
        let sink = to(target, &folder);
        let mut open = folder.open(&*sink);
        write_page(&mut open, &[r#"{"id":1}"#]).unwrap();
        let receipt = confirmed(&mut open, 1);
        drop(open);
        let mut open = folder.resume(&*sink, &receipt).unwrap();
        write_page(&mut open, &[r#"{"id":2}"#]).unwrap();
        open.commit(Mark(2)).unwrap();
        open.finish().unwrap();
        let expected: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        assert_eq!(lines(&folder).unwrap(), expected, "{target:?}");
    }
}

/// Such a target could publish its table only when it ends.
#[test]
fn a_target_that_was_stopped_before_its_end_gets_everything_although_it_has_confirmed_it() {
    let folder = Folder::new();
    let sink = to(Target::ReplacesAtStart, &folder);
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"id":1}"#]).unwrap();
    let receipt = confirmed(&mut open, 1);
    drop(open);
    std::fs::remove_file(folder.path().join("out")).unwrap();
    folder.resume(&*sink, &receipt).unwrap().finish().unwrap();
    assert_eq!(lines(&folder).unwrap(), [r#"{"id":1}"#]);
}

#[test]
fn a_target_that_confirms_late_is_asked_again() {
    let folder = Folder::new();
    let sink = to(Target::ConfirmsLate, &folder);
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"id":1}"#]).unwrap();
    open.commit(Mark(1)).unwrap();
    open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    assert_eq!(lines(&folder).unwrap(), [r#"{"id":1}"#]);
}

#[test]
fn nothing_is_left_but_the_lock_and_the_note_of_the_last_pull() {
    let folder = Folder::new();
    let sink = with(Target::AddsAtEnd, &folder, &json!({"spool": "kept"}));
    for records in [r#"{"id":1}"#, r#"{"id":2}"#] {
        pull(folder.open(&*sink), &[records]);
    }
    assert_eq!(folder.names(), ["kept", "out"]);
    let kept = std::fs::read_dir(folder.path().join("kept")).unwrap();
    let mut kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    kept.sort();
    let [lock, complete] = &kept[..] else { panic!("{kept:?}") };
    assert!(lock.starts_with("users-") && lock.strip_suffix(".lock").is_some(), "{lock}");
    assert_eq!(complete, "users.complete");
    assert_eq!(lines(&folder).unwrap(), [r#"{"id":1}"#, r#"{"id":2}"#]);
}

#[test]
fn columns_are_a_schema_for_a_pull_without_records() {
    let folder = Folder::new();
    let sink = with(Target::Replaces, &folder, &json!({"columns": ["/id"]}));
    folder.write("out", "old\n");
    let mut open = folder.open(&*sink);
    open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    assert_eq!(lines(&folder).unwrap(), [""; 0]);
}

#[test]
fn a_lost_spool_is_an_error() {
    let folder = Folder::new();
    let sink = with(Target::AddsAtEnd, &folder, &json!({"spool": "kept"}));
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"id":1}"#]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    drop(open);
    let pull = receipt.0.split(' ').next().unwrap().to_owned();
    std::fs::remove_dir_all(folder.path().join("kept")).unwrap();
    assert_eq!(
        describe(&folder.resume(&*sink, &receipt).unwrap_err()),
        format!(
            "Rejected: cannot resume `kept/users-{pull}.spool`: it is gone (restore it, or start the pull over)"
        )
    );
    assert_eq!(
        describe(&folder.resume(&*sink, &Receipt("x".into())).unwrap_err()),
        "Broken: the receipt `x` was not issued by this sink"
    );
}

#[test]
fn the_destination_is_the_target() {
    let sink = configured("singer", json!({"command": ["target-x", "--config", "x.json"]})).unwrap();
    let destination = sink.destination(&Folder::new().variables()).unwrap();
    assert_eq!(destination, Destination::Elsewhere("target-x, stream users".into()));
}

#[test]
fn invalid_options_are_rejected() {
    let cases = [
        (json!({}), "Config: command: the key `command` is missing"),
        (json!({"command": "x"}), "Config: command: `command` must be a list, not text"),
        (json!({"command": []}), "Config: command: `command` is empty"),
        (
            json!({"command": ["x", 7]}),
            "Config: command: `command` must be a list of texts: the program and its arguments",
        ),
        (
            json!({"command": ["x"], "timeout": "soon"}),
            "Config: timeout: `timeout` must be a duration such as `30s` or `15m`, not `soon`",
        ),
        (
            json!({"command": ["x"], "resume": "end"}),
            "Config: resume: `resume` must be `start` or `state`, not `end`",
        ),
        (json!({"command": ["x"], "pth": 1}), "Config: pth: unknown key `pth`"),
    ];
    for (options, message) in cases {
        assert_eq!(describe(&configured("singer", options).unwrap_err()), message);
    }
}

#[test]
fn failures_of_a_target_are_explained() {
    let missing = configured("singer", json!({"command": ["longhaul-no-such-target"]})).unwrap();
    assert_eq!(
        failure(&*missing),
        "Unavailable: cannot find the target `longhaul-no-such-target` (install it, or write its path in `command`)"
    );
    assert_eq!(
        failure(&*script(
            "echo loading >&2; cat >/dev/null; echo 'login with password=hunter2 failed' >&2; exit 3"
        )),
        "Unavailable: the target `sh` failed (exit status: 3)\nits last lines were:\n    loading\n    \
         login with password=*** failed"
    );
    assert_eq!(
        failure(&*script("cat >/dev/null; echo done")),
        "Rejected: the target `sh` wrote `done` to standard output, where only states may be (messages belong to standard \
         error)\nexpected value at line 1 column 1"
    );
    assert_eq!(
        failure(&*script("cat >/dev/null")),
        "Rejected: the target `sh` ended without confirming the last records: it must write the last state that it \
         received to standard output"
    );
    assert_eq!(
        failure(&*script("cat >/dev/null; echo waiting >&2; sleep 1000")),
        "Unavailable: the target `sh` does not go on (nothing has happened for 200ms)\nits last lines were:\n    waiting"
    );
}

#[test]
fn a_target_that_ends_early_is_an_error() {
    let sink = script("echo broken >&2; exit 1");
    let folder = Folder::new();
    let mut open = folder.open(&*sink);
    let long = format!(r#"{{"long":"{}"}}"#, "x".repeat(1 << 20));
    let error = iter::repeat_with(|| write_page(&mut open, &[&long])).find_map(Result::err).unwrap();
    assert_eq!(error.to_string(), "the target `sh` ended before it had taken all records (exit status: 1)");
    assert_eq!(error.source().unwrap().to_string(), "its last lines were:\n    broken");
}

#[test]
#[cfg(target_os = "linux")]
fn dropping_ends_the_target_and_what_it_has_started() {
    let folder = Folder::new();
    let ids = folder.path().join("ids");
    let sink = script(&format!("sleep 1000 & echo $$ $! >{0}.new; mv {0}.new {0}; wait", ids.display()));
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    let ids = loop {
        if let Some(ids) = folder.text("ids") {
            break ids;
        }
    };
    drop(open);
    for id in ids.split_whitespace() {
        let is_gone = || {
            let status = std::fs::read_to_string(format!("/proc/{id}/stat"));
            // Nobody may have asked for the exit status of a process that lost its parent.
            status.map_or(true, |status| status.contains(") Z"))
        };
        while !is_gone() {}
    }
}
