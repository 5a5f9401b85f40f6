//! The errors of the database.

use std::{
    error::Error,
    fs, iter,
    process::{Stdio, exit},
    sync::Arc,
};

use longhaul_core::{
    clock::{Interrupt, SystemClock},
    sink::{Mark, OpenSink, Opened, Sink, SinkError},
};
use longhaul_demo::{FakeApi, Settings};
use longhaul_sink_sqlite::Sqlite;
use longhaul_tests::{child_args, install_plugin, test_in_child, write_page};
use serde_json::{Value, json};

use crate::{
    pulls::{FIRST, with},
    support::{Folder, describe},
};

/// An error as it is shown, and its causes.
fn chain(folder: &Folder, error: &SinkError) -> Vec<String> {
    let root = folder.path("").canonicalize().unwrap().display().to_string();
    let causes = iter::successors(error.source(), |&error| error.source()).map(ToString::to_string);
    let messages = iter::once(describe(error)).chain(causes);
    messages.map(|text| text.replace(&format!("{}/", root.trim_end_matches('/')), "")).collect()
}

/// Opens the linked sink: two copies of SQLite in one process do not see each other's locks.
fn open(folder: &Folder, options: Value) -> Result<Box<dyn Sink>, SinkError> {
    let sink: Sqlite = serde_json::from_value(options).unwrap();
    sink.open(&folder.variables(), None).map(|Opened { sink, .. }| sink)
}

#[test]
fn an_existing_table_must_match() {
    let mismatch = |sql: &str, mode| {
        let folder = Folder::new();
        folder.database().execute_batch(sql).unwrap();
        let message = describe(&folder.open(with(mode, &["id"])).unwrap_err());
        let shown = format!("table `users` in `{}`", folder.path("data.db").display());
        message.strip_prefix(&format!("Rejected: cannot write to {shown}: ")).unwrap().to_owned()
    };
    assert_eq!(mismatch("CREATE TABLE users (id INTEGER)", "append"), "it has no column `name`");
    assert_eq!(
        mismatch("CREATE TABLE users (ID TEXT, name TEXT)", "append"),
        "its column `id` is of type TEXT, not INTEGER"
    );
    assert_eq!(
        mismatch("CREATE TABLE users (id INTEGER, name TEXT)", "append"),
        "it has no PRIMARY KEY or UNIQUE constraint for the `key`, `id`"
    );
    assert_eq!(mismatch("CREATE VIEW Users AS SELECT 1", "replace"), "it already exists as a view");
}

#[test]
fn an_error_of_the_database_says_what_failed() {
    let after = |sql: &str| {
        let folder = Folder::new();
        let mut sink = folder.open(with("replace", &[])).unwrap();
        folder.database().execute_batch(sql).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        chain(&folder, &sink.commit(Mark(1)).and_then(|_| sink.finish()).unwrap_err())
    };
    assert_eq!(
        after("DROP TABLE _longhaul"),
        ["Rejected: cannot write to table `users` in `data.db`", "no such table: main._longhaul"]
    );
    assert_eq!(
        after("DROP TABLE _longhaul_users"),
        ["Rejected: cannot commit to table `users` in `data.db`", "no such table: main._longhaul_users"]
    );
    assert_eq!(
        after("CREATE VIEW users AS SELECT 1"),
        ["Rejected: cannot finish table `users` in `data.db`", "use DROP VIEW to delete view users"]
    );
    let folder = Folder::new();
    folder.database().execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)").unwrap();
    let pulled = || {
        let mut sink = folder.open(with("append", &[])).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        sink.commit(Mark(1)).and_then(|_| sink.finish())
    };
    pulled().unwrap();
    assert_eq!(
        chain(&folder, &pulled().unwrap_err()),
        [
            "Rejected: cannot finish table `users` in `data.db`: a row violates a constraint of the table (set `key` to let \
             later rows replace earlier ones)",
            "UNIQUE constraint failed: users.id"
        ]
    );
}

#[test]
fn a_file_that_is_not_a_database_is_left_alone() {
    let folder = Folder::new();
    let text = "not a database, but a text that is long enough to be looked at".repeat(20);
    fs::write(folder.path("data.db"), &text).unwrap();
    assert_eq!(
        chain(&folder, &folder.open(json!({"path": "data.db"})).unwrap_err()),
        ["Rejected: cannot open table `users` in `data.db`", "file is not a database"]
    );
    assert_eq!(fs::read_to_string(folder.path("data.db")).unwrap(), text);
}

/// The error of opening `name`, which is not a database.
fn open_error(name: &str) -> Vec<String> {
    let folder = Folder::new();
    fs::create_dir(folder.path("folder")).unwrap();
    fs::write(folder.path("file"), "").unwrap();
    chain(&folder, &open(&folder, json!({ "path": name })).unwrap_err())
}

#[test]
fn a_path_that_cannot_be_a_database_is_rejected_with_the_reason() {
    assert_eq!(open_error("folder"), ["Config: path: cannot write to `folder`: it is a folder"]);
    let made = open_error("file/data.db");
    assert_eq!(made[0], "Unavailable: cannot create the folder `file`");
    assert!(made[1].starts_with("File exists") || made[1].starts_with("Not a directory"), "{made:?}");
    // SQLite itself would only say that it is unable to open the file.
    let long = "x".repeat(300);
    let opened = open_error(&long);
    assert_eq!(opened[0], format!("Unavailable: cannot open table `users` in `{long}`"));
    assert!(opened[1].starts_with("File name too long"), "{opened:?}");
    assert_eq!(opened.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_file_or_folder_without_write_access_is_an_error() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

    let is_writable = |path: &Path| fs::OpenOptions::new().write(true).open(path).is_ok();
    let folder = Folder::new();
    folder.pull(with("replace", &[]), &FIRST).unwrap();
    let file = folder.path("data.db");
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    // Root can write to everything.
    if !is_writable(&file) {
        assert_eq!(
            chain(&folder, &open(&folder, with("replace", &[])).unwrap_err()),
            ["Unavailable: cannot open table `users` in `data.db`", "attempt to write a readonly database"]
        );
        fs::set_permissions(folder.path(""), Permissions::from_mode(0o500)).unwrap();
        let messages = chain(&folder, &open(&folder, json!({"path": "new.db"})).unwrap_err());
        fs::set_permissions(folder.path(""), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(messages[0], "Unavailable: cannot open table `users` in `new.db`");
        assert!(messages[1].starts_with("Permission denied"), "{messages:?}");
    }
}

#[test]
fn a_damaged_database_is_an_error_and_is_left_alone() {
    let folder = Folder::new();
    folder.pull(with("replace", &[]), &FIRST).unwrap();
    let mut bytes = fs::read(folder.path("data.db")).unwrap();
    // The first page stays valid, and everything that it points to is destroyed.
    bytes[4096..].fill(0xA5);
    bytes[100..108].fill(0xA5);
    fs::write(folder.path("data.db"), &bytes).unwrap();
    assert_eq!(
        chain(&folder, &open(&folder, with("replace", &[])).unwrap_err()),
        ["Rejected: cannot open table `users` in `data.db`", "database disk image is malformed"]
    );
    assert!(fs::read(folder.path("data.db")).unwrap() == bytes);
}

#[test]
fn a_locked_database_is_an_error() {
    let locked = |doing: &str| {
        let more = "another program has locked it for longer than `busy_timeout`";
        [
            format!("Unavailable: cannot {doing} table `users` in `data.db`: {more}"),
            "database is locked".into(),
        ]
    };
    let folder = Folder::new();
    let without_waiting = || {
        let mut options = with("append", &[]);
        options["busy_timeout"] = "0s".into();
        options
    };
    folder.pull(without_waiting(), &FIRST).unwrap();
    let other = folder.database();
    let hold = |sql: &str| other.execute_batch(sql).unwrap();

    hold("BEGIN EXCLUSIVE");
    assert_eq!(chain(&folder, &open(&folder, without_waiting()).unwrap_err()), locked("open"));
    hold("COMMIT");

    let mut sink = open(&folder, without_waiting()).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    hold("BEGIN IMMEDIATE");
    assert_eq!(chain(&folder, &sink.commit(Mark(1)).unwrap_err()), locked("write to"));
    hold("COMMIT");
    // No row is lost: the uncommitted rows are still there.
    sink.commit(Mark(1)).unwrap();
    hold("BEGIN; SELECT * FROM users");
    assert_eq!(chain(&folder, &sink.finish().unwrap_err()), locked("finish"));
    hold("COMMIT");
    assert_eq!(folder.texts("SELECT name FROM users"), ["a", "b"]);
}

/// This process holds the lock, and the command runs in another process.
#[test]
fn a_run_fails_on_a_locked_database_and_resumes() {
    if let Some(arguments) = child_args() {
        exit(longhaul::run(arguments).code().into());
    }
    let settings = Settings { records: 7, rate_allowed: u32::MAX, ..Settings::default() };
    let expected: Vec<_> = (0..settings.records).map(|index| settings.conversation(index)).collect();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    install_plugin("sqlite", &folder.path("plugins"));
    let configuration = include_str!("../../example.toml").replace("https://api.example.com", api.base_url());
    let configuration = configuration.replace("https://login.example.com", api.base_url());
    let (configuration, _) = configuration.split_once("mode = ").unwrap();
    fs::write(
        folder.path("longhaul.toml"),
        format!("{configuration}columns = \"record\"\nbusy_timeout = \"1ms\"\n"),
    )
    .unwrap();
    fs::create_dir(folder.path("out")).unwrap();
    let run = || {
        let name = "errors::a_run_fails_on_a_locked_database_and_resumes";
        let mut command = test_in_child(name, "longhaul run -q");
        command.current_dir(folder.path("")).stdin(Stdio::null()).output().unwrap()
    };
    let other = rusqlite::Connection::open(folder.path("out/data.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let output = run();
    let shown = folder.path("out/data.db").canonicalize().unwrap();
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: the stream `conversations` is not complete\n  caused by: the sink `sqlite` failed\n  caused by: \
             cannot open table `conversations` in `{}`: another program has locked it for longer than \
             `busy_timeout`\n  caused by: database is locked\nhint: fix the problem, then resume with: longhaul run\n",
            shown.display()
        )
    );
    assert_eq!(output.status.code(), Some(5));
    other.execute_batch("COMMIT").unwrap();
    let output = run();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rows = other.prepare("SELECT record FROM conversations ORDER BY rowid").unwrap();
    let rows: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(|row| row.unwrap()).collect();
    assert!(rows == expected);
}
