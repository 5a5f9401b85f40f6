//! A sink that the C compiler makes from the header alone, whole and bent.

use std::{fs, path::Path, process::Command};

use super::{file_name, folder_with};
use crate::{
    api::{self, CLIENT_SECRET, calm},
    folder::Folder,
};

const CONFIGURED: &str =
    "error: the sink `count` cannot be used as it is configured\n  in: longhaul.toml:22\n  caused by: ";
const PULLING: &str =
    "error: the stream `conversations` is not complete\n  caused by: the sink `count` failed\n  caused by: ";
const HINT: &str = "hint: this is a fault of the sink `count`; please report it to its author\n";

/// What `cc` makes of a program, which may include `longhaul_sink.h` and `count.c`. Rust links by `cc`, so there is one.
pub(super) fn compiled(program: &Path, more: &[&str]) -> Vec<u8> {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins");
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join(file_name("count"));
    let output = Command::new("cc")
        .args(["-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"])
        .arg("-I")
        .arg(plugins.join("abi"))
        .arg("-I")
        .arg(plugins.join("example"))
        .arg("-o")
        .arg(&library)
        .args(more)
        .arg(program)
        .output()
        .expect("a C compiler under the name `cc`, which Rust itself needs to link");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(library).unwrap()
}

/// The example in C, with this statement on its `table`.
pub(super) fn bent(change: &str) -> Vec<u8> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/plugins/bent.c");
    compiled(&program, &[&format!("-DCHANGE={change}")])
}

/// A folder with a pull into the bent example.
fn folder(change: &str, base_url: &str) -> Folder {
    folder_with(bent(change), base_url, "count", "path = \"{stream}.count\"")
}

#[test]
fn a_sink_in_c_receives_every_record() {
    let settings = calm(1234);
    let api = api::start(&settings);
    let folder = folder("table.write = told_write", api.base_url());
    let ended = folder.run("run");
    ended.assert_complete();
    assert_eq!(folder.read("conversations.count"), "1234\n");
    // It wrote down what it was given, page by page.
    let lines = ended.stderr.lines().map(|line| line.split_once(" info  ").map_or(line, |(_, rest)| rest));
    let records = lines.filter(|line| line.starts_with('{')).collect::<Vec<_>>().join("\n") + "\n";
    assert!(records == api::lines(&settings), "the records differ");
}

#[test]
fn the_commands_of_the_readme_build_and_check_the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let compiler = readme.lines().find(|line| line.starts_with("cc ")).unwrap();
    let folder = Folder::empty();
    std::os::unix::fs::symlink(root.join("plugins").canonicalize().unwrap(), folder.path("plugins")).unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("umask 022; {compiler}")])
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let checked = folder.run("sinks check liblonghaul_sink_count.so --read nothing");
    assert!(checked.assert_complete().stdout.contains("\n18 of 18 cases passed\n"), "{}", checked.stdout);
}

#[test]
fn a_plugin_is_told_its_options_and_its_site_and_nothing_else() {
    let api = api::start(&calm(1));
    let folder = folder("table.configure = told_configure, table.open = told_open", api.base_url());
    let ended = folder.run("run");
    ended.assert_complete().assert_silent_about(CLIENT_SECRET);
    let said = ended.said();
    let told = said.lines().filter_map(|line| line.strip_prefix("info  {")).collect::<Vec<_>>();
    assert_eq!(told.len(), 2, "{said}");
    assert_eq!(told[0], r#""path":"{stream}.count"}"#);
    let variables = told[1].strip_prefix(r#""folder":"FOLDER","values":{"date":""#).unwrap();
    assert!(variables.ends_with(r#"","stream":"conversations"}}"#), "{variables}");
}

#[test]
fn a_status_that_nobody_knows_ends_the_run_and_not_the_process() {
    let api = api::start(&calm(1));
    for (function, status, before) in [
        ("configure", 77, CONFIGURED),
        ("destination", u32::MAX, CONFIGURED),
        ("open", 77, PULLING),
        ("write", 77, PULLING),
        ("commit", 77, PULLING),
        ("finish", 7, PULLING),
    ] {
        let folder = folder(&format!("table.{function} = odd_{function}"), api.base_url());
        let ended = folder.run("run");
        let message = format!("{before}the plugin `count` answered with the unknown status {status}\n{HINT}");
        assert_eq!((ended.code, ended.closing_words()), (Some(5), message), "{function}");
        assert_eq!(folder.names_in(".").iter().find(|name| name.contains("count")), None);
    }
}

#[test]
fn an_answer_without_what_was_asked_for_ends_the_run_and_not_the_process() {
    let api = api::start(&calm(1));
    for (function, before, what) in [
        ("configure", CONFIGURED, "configured itself and gave nothing"),
        ("destination", CONFIGURED, "does not say where its records go"),
        ("open", PULLING, "opened itself and gave nothing"),
        ("commit", PULLING, "committed without a receipt"),
    ] {
        let ended = folder(&format!("table.{function} = mute_{function}"), api.base_url()).run("run");
        let message = format!("{before}the plugin `count` {what}\n{HINT}");
        assert_eq!((ended.code, ended.closing_words()), (Some(5), message), "{function}");
    }
}
