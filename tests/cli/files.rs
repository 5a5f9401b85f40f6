//! Files and standard output, and sinks that fail: exit code 5.

use std::{fs, fs::File};

use longhaul_tests::Reply;

use crate::{
    api::{self, LINES, TUTORIAL, without_faults},
    folder::Folder,
};

/// A pull that fails after one page.
fn broken_in_the_middle(configuration: impl Fn(&str) -> String) -> (Folder, longhaul_tests::FaultServer) {
    let server = api::server(|request| match request.url.query() {
        None => Reply::json(r#"{"results":[{"id":1},{"id":2}],"nextPageUri":"?page=2"}"#).into(),
        Some(_) => Reply::status(410).into(),
    });
    (Folder::configured(&configuration(&api::root(&server))), server)
}

#[test]
fn a_destination_that_cannot_be_written_to_is_an_error_of_the_sink() {
    let api = api::start(&without_faults(5));
    let folder = Folder::configured(&api::tutorial(api.base_url())).with("out", "a file, not a folder");
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(5));
    let words = ended.stable_stderr();
    assert!(
        words.starts_with(
            "error: the stream `conversations` is not complete\n  \
             caused by: the sink `lines` failed\n  caused by: cannot create the folder `out`\n  caused by: "
        ),
        "{words}"
    );
    assert!(words.ends_with("\nhint: fix the problem, then resume with: longhaul run\n"), "{words}");
    assert_eq!(folder.read("out"), "a file, not a folder");
}

#[test]
fn a_folder_in_place_of_the_file_is_an_error_before_anything_is_sent() {
    let api = api::start(&without_faults(5));
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    fs::create_dir_all(folder.path("out/conversations.ndjson")).unwrap();
    let stderr = "error: cannot set up the sink `lines`\n  in: longhaul.toml:23\n  \
                caused by: cannot write to `out/conversations.ndjson`: it is a folder\n";
    folder.run("run").assert_failed(2, stderr);
    folder.run("check").assert_failed(2, stderr);
    assert_eq!(api.stats().total_requests(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_of_the_sink() {
    let api = api::start(&without_faults(5));
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let full = File::options().write(true).open("/dev/full").unwrap();
    folder.longhaul("run --sink stdout").stdout(full).run().assert_failed(
        5,
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `stdout` failed\n  \
         caused by: cannot write to standard output\n  \
         caused by: No space left on device (os error N)\n\
         hint: make room on the disk, then resume with: longhaul run --sink stdout\n",
    );
}

#[test]
fn a_failed_run_leaves_nothing_under_the_final_name() {
    let (folder, _server) = broken_in_the_middle(api::tutorial);
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    let kept = "conversations: stopped; 2 records (1 page) saved\nerror: ";
    assert!(ended.stable_stderr().starts_with(kept), "{}", ended.stderr);
    assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
    assert_eq!(folder.read("out/conversations.ndjson.part"), "{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_run_that_fails_before_the_first_page_leaves_no_file_and_nothing_to_resume() {
    let server = api::server(|_| Reply::status(410).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(folder.names_in("out"), [""; 0]);
    assert_eq!(folder.run("status").stdout, "conversations: never run\n");
}

#[test]
fn a_failed_run_leaves_the_file_of_an_earlier_one_as_it_was() {
    let (folder, _server) = broken_in_the_middle(api::tutorial);
    let folder = folder.with("out/conversations.ndjson", "yesterday\n");
    assert_eq!(folder.run("run").code, Some(4));
    assert_eq!(folder.read("out/conversations.ndjson"), "yesterday\n");
    assert_eq!(folder.names_in("out"), ["conversations.ndjson", "conversations.ndjson.part"]);
    // A failed pull that appends leaves its records, to be resumed from there.
    let appended = folder.run("run --fresh --set sinks.lines.mode=append");
    assert_eq!(appended.code, Some(4));
    assert_eq!(folder.read("out/conversations.ndjson"), "yesterday\n{\"id\":1}\n{\"id\":2}\n");
}

#[test]
fn a_complete_run_replaces_the_file_of_an_earlier_one_or_appends_to_it() {
    let settings = without_faults(60);
    let api = api::start(&settings);
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let folder = folder.with("out/conversations.ndjson", "{\"old\":1}\n");
    let all = api::lines(&settings);
    folder.run("run").assert_complete();
    assert!(folder.read("out/conversations.ndjson") == all, "the records differ");
    folder.run("run --set sinks.lines.mode=append").assert_complete();
    assert!(folder.read("out/conversations.ndjson") == [all.clone(), all].concat(), "the records differ");
}

#[test]
fn standard_output_is_for_records_only() {
    let settings = without_faults(120);
    let api = api::start(&settings);
    let stream = TUTORIAL.replace("sinks = [\"lines\"]\n", "");
    let folder = Folder::configured(&[&api::connection(api.base_url()), stream.as_str()].concat());
    let ended = folder.run("run");
    assert!(ended.assert_complete().stdout == api::lines(&settings), "the records differ");
    assert_eq!(ended.stable_stderr(), "conversations: complete, 120 records in 3 pages, TIME -> stdout\n");
    // A pull to standard output saves no state.
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
}

#[test]
fn standard_output_can_be_a_table() {
    let api = api::start(&without_faults(120));
    let sink = "[sinks.table]\ntype = \"stdout\"\nformat = \"csv\"\ncolumns = [\"/conversationId\"]\n";
    let folder = Folder::configured(&(api::tutorial(api.base_url()) + sink));
    let ended = folder.run("run --sink table");
    let mut rows = ended.assert_complete().stdout.lines();
    assert_eq!(rows.next(), Some("conversationId"));
    assert_eq!(rows.map(str::len).collect::<Vec<_>>(), [36; 120]);
}

#[test]
fn a_closed_standard_output_ends_the_run_without_an_error() {
    // More than the buffer of a pipe.
    let settings = without_faults(1000);
    let api = api::start(&settings);
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let mut running = folder.longhaul("run --sink stdout").start();
    assert_eq!(running.stdout_until(&settings.conversation(0)), settings.conversation(0) + "\n");
    running.close_stdout();
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[test]
fn standard_output_that_was_closed_before_is_an_error() {
    let api = api::start(&without_faults(3));
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    folder.longhaul("run --sink stdout").after("exec >&-").run().assert_failed(
        5,
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `stdout` failed\n  \
         caused by: standard output is closed (redirect it to a file or a pipe; to discard the records, use `> \
         /dev/null`)\n\
         hint: fix the problem, then resume with: longhaul run --sink stdout\n",
    );
}

#[test]
fn the_options_of_sinks_reach_them() {
    let api = api::start(&without_faults(3));
    let table = "[sinks.table]\ntype = \"csv\"\npath = \"t.csv\"\ncolumns = [\"/conversationId\", \
                 \"/originatingDirection\"]\ndelimiter = \";\"\nbom = true\nline_end = \"crlf\"\n";
    let folder =
        Folder::configured(&[&api::tutorial(api.base_url()), LINES, table].concat().replacen(LINES, "", 1));
    folder.run("run --sink table").assert_complete();
    let written = folder.read("t.csv");
    assert!(written.starts_with("\u{feff}conversationId;originatingDirection\r\n"), "{written}");
    assert_eq!(written.matches("\r\n").count(), 4);
}
