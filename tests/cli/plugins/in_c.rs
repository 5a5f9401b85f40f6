//! Sinks compiled from C with the header alone: the example, and variants that break the contract.

use std::{fs, path::Path, process::Command};

use super::{ALL_CASES, file_name, folder_with};
use crate::{
    api::{self, CLIENT_SECRET, without_faults},
    folder::Folder,
};

const CONFIGURED: &str = "error: cannot set up the sink `count`\n  in: longhaul.toml:22\n  caused by: ";
const PULLING: &str =
    "error: the stream `conversations` is not complete\n  caused by: the sink `count` failed\n  caused by: ";
const HINT: &str = "hint: this is a bug in the sink `count`; please report it to its author\n";

/// Compiles a program that may include `longhaul_sink.h` and `count.c`. Rust links with `cc`, so it is always
/// installed.
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
        .expect("the C compiler `cc`, which Rust also needs for linking");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(library).unwrap()
}

/// The example in C, changed by a statement on its `table`.
pub(super) fn changed(change: &str) -> Vec<u8> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cli/plugins/changed.c");
    compiled(&program, &[&format!("-DCHANGE={change}")])
}

/// A folder with a pull into the changed example.
fn folder(change: &str, base_url: &str) -> Folder {
    folder_with(changed(change), base_url, "count", "path = \"{stream}.count\"")
}

#[test]
fn a_sink_in_c_receives_every_record() {
    let settings = without_faults(1234);
    let api = api::start(&settings);
    let folder = folder("table.write = logged_write", api.base_url());
    let ended = folder.run("run");
    ended.assert_complete();
    assert_eq!(folder.read("conversations.count"), "1234\n");
    // It logged each page that it received.
    let lines = ended.stderr.lines().map(|line| line.split_once(" info  ").map_or(line, |(_, rest)| rest));
    let records = lines.filter(|line| line.starts_with('{')).collect::<Vec<_>>().join("\n") + "\n";
    assert!(records == api::lines(&settings), "the records differ");
}

#[test]
fn the_commands_of_the_readme_build_and_check_the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("plugins/README.md")).unwrap();
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
    assert!(
        checked.assert_complete().stdout.contains(&format!("\n{ALL_CASES} passed\n")),
        "{}",
        checked.stdout
    );
}

#[test]
fn a_plugin_receives_its_options_and_variables_and_nothing_else() {
    let api = api::start(&without_faults(1));
    let folder = folder("table.configure = logged_configure, table.open = logged_open", api.base_url());
    let ended = folder.run("run");
    ended.assert_complete().assert_hides(CLIENT_SECRET);
    let stderr = ended.stable_stderr();
    let logged = stderr.lines().filter_map(|line| line.strip_prefix("info  {")).collect::<Vec<_>>();
    assert_eq!(logged.len(), 2, "{stderr}");
    assert_eq!(logged[0], r#""path":"{stream}.count"}"#);
    let variables = logged[1].strip_prefix(r#""folder":"FOLDER","values":{"date":""#).unwrap();
    assert!(variables.ends_with(r#"","stream":"conversations"}}"#), "{variables}");
}

#[test]
fn an_unknown_status_ends_the_run_with_an_error() {
    let api = api::start(&without_faults(1));
    for (function, status, before) in [
        ("configure", 77, CONFIGURED),
        ("destination", u32::MAX, CONFIGURED),
        ("open", 77, PULLING),
        ("write", 77, PULLING),
        ("commit", 77, PULLING),
        ("finish", 7, PULLING),
    ] {
        let folder = folder(&format!("table.{function} = unknown_{function}"), api.base_url());
        let ended = folder.run("run");
        let message = format!("{before}the plugin `count` returned the unknown status {status}\n{HINT}");
        assert_eq!((ended.code, ended.last_error()), (Some(5), message), "{function}");
        assert_eq!(folder.names_in(".").iter().find(|name| name.contains("count")), None);
    }
}

#[test]
fn a_missing_result_ends_the_run_with_an_error() {
    let api = api::start(&without_faults(1));
    for (function, before, what) in [
        ("configure", CONFIGURED, "returned no configured sink"),
        ("destination", CONFIGURED, "returned no destination"),
        ("open", PULLING, "returned no open sink"),
        ("commit", PULLING, "returned no receipt"),
    ] {
        let ended = folder(&format!("table.{function} = empty_{function}"), api.base_url()).run("run");
        let message = format!("{before}the plugin `count` {what}\n{HINT}");
        assert_eq!((ended.code, ended.last_error()), (Some(5), message), "{function}");
    }
}
