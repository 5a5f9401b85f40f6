//! What is said where the database does not take the rows.

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
use longhaul_tests::{again, shelve, told as told_to, write_page};
use serde_json::{Value, json};

use crate::{
    pulls::{FIRST, with},
    support::{Folder, told},
};

/// An error as it is shown, and what lay beneath it.
fn failure(folder: &Folder, error: &SinkError) -> Vec<String> {
    let root = folder.path("").canonicalize().unwrap().display().to_string();
    let beneath = iter::successors(error.source(), |&error| error.source()).map(ToString::to_string);
    let chain = iter::once(told(error)).chain(beneath);
    chain.map(|text| text.replace(&format!("{}/", root.trim_end_matches('/')), "")).collect()
}

/// Opens the sink without the border: the locks of two copies of SQLite in one process do not know each other.
fn begin(folder: &Folder, options: Value) -> Result<Box<dyn Sink>, SinkError> {
    let sink: Sqlite = serde_json::from_value(options).unwrap();
    sink.open(&folder.variables(), None).map(|Opened { sink, .. }| sink)
}

#[test]
fn what_is_there_under_the_name_must_take_the_rows() {
    let refusal = |sql: &str, mode| {
        let folder = Folder::new();
        folder.database().execute_batch(sql).unwrap();
        let message = told(&folder.begin(with(mode, &["id"])).unwrap_err());
        let shown = format!("table `users` in `{}`", folder.path("data.db").display());
        message.strip_prefix(&format!("Rejected: cannot write to {shown}: ")).unwrap().to_owned()
    };
    assert_eq!(refusal("CREATE TABLE users (id INTEGER)", "append"), "it has no column `name`");
    assert_eq!(
        refusal("CREATE TABLE users (ID TEXT, name TEXT)", "append"),
        "its column `id` is of type TEXT, not INTEGER"
    );
    assert_eq!(
        refusal("CREATE TABLE users (id INTEGER, name TEXT)", "append"),
        "it has no PRIMARY KEY or UNIQUE constraint on `id`, which is the `key`"
    );
    assert_eq!(
        refusal("CREATE VIEW Users AS SELECT 1", "replace"),
        "there is one, but it is of the kind view"
    );
}

#[test]
fn a_failure_of_the_database_says_what_was_being_done() {
    let after = |sql: &str| {
        let folder = Folder::new();
        let mut sink = folder.begin(with("replace", &[])).unwrap();
        folder.database().execute_batch(sql).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        failure(&folder, &sink.commit(Mark(1)).and_then(|_| sink.finish()).unwrap_err())
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
        let mut sink = folder.begin(with("append", &[])).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        sink.commit(Mark(1)).and_then(|_| sink.finish())
    };
    pulled().unwrap();
    assert_eq!(
        failure(&folder, &pulled().unwrap_err()),
        [
            "Rejected: cannot finish table `users` in `data.db`: a constraint of the table keeps a row out (with a \
             `key`, later rows take the place of earlier ones)",
            "UNIQUE constraint failed: users.id"
        ]
    );
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let folder = Folder::new();
    let text = "not a database, but a text that is long enough to be looked at".repeat(20);
    fs::write(folder.path("data.db"), &text).unwrap();
    assert_eq!(
        failure(&folder, &folder.begin(json!({"path": "data.db"})).unwrap_err()),
        ["Rejected: cannot open table `users` in `data.db`", "file is not a database"]
    );
    assert_eq!(fs::read_to_string(folder.path("data.db")).unwrap(), text);
}

/// Something that is no database, and what is said of it.
fn refusal(name: &str) -> Vec<String> {
    let folder = Folder::new();
    fs::create_dir(folder.path("folder")).unwrap();
    fs::write(folder.path("file"), "").unwrap();
    failure(&folder, &begin(&folder, json!({ "path": name })).unwrap_err())
}

#[test]
fn a_place_that_no_database_can_have_is_refused_with_the_reason() {
    assert_eq!(refusal("folder"), ["Config: path: cannot write to `folder`: it is a folder"]);
    let made = refusal("file/data.db");
    assert_eq!(made[0], "Unavailable: cannot create the folder `file`");
    assert!(made[1].starts_with("File exists") || made[1].starts_with("Not a directory"), "{made:?}");
    // SQLite itself would only say that it is unable to open the file.
    let long = "x".repeat(300);
    let opened = refusal(&long);
    assert_eq!(opened[0], format!("Unavailable: cannot open table `users` in `{long}`"));
    assert!(opened[1].starts_with("File name too long"), "{opened:?}");
    assert_eq!(opened.len(), 2);
}

#[cfg(unix)]
#[test]
fn a_file_or_folder_that_may_not_be_written_to_says_so() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path};

    let may_write = |place: &Path| fs::OpenOptions::new().write(true).open(place).is_ok();
    let folder = Folder::new();
    folder.pull(with("replace", &[]), &FIRST).unwrap();
    let file = folder.path("data.db");
    fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    // Root may write to everything.
    if !may_write(&file) {
        assert_eq!(
            failure(&folder, &begin(&folder, with("replace", &[])).unwrap_err()),
            ["Unavailable: cannot open table `users` in `data.db`", "attempt to write a readonly database"]
        );
        fs::set_permissions(folder.path(""), Permissions::from_mode(0o500)).unwrap();
        let said = failure(&folder, &begin(&folder, json!({"path": "new.db"})).unwrap_err());
        fs::set_permissions(folder.path(""), Permissions::from_mode(0o700)).unwrap();
        assert_eq!(said[0], "Unavailable: cannot open table `users` in `new.db`");
        assert!(said[1].starts_with("Permission denied"), "{said:?}");
    }
}

#[test]
fn a_database_that_is_damaged_says_so_and_is_left_alone() {
    let folder = Folder::new();
    folder.pull(with("replace", &[]), &FIRST).unwrap();
    let mut bytes = fs::read(folder.path("data.db")).unwrap();
    // The first page stays what it is, and all that it leads to is gone.
    bytes[4096..].fill(0xA5);
    bytes[100..108].fill(0xA5);
    fs::write(folder.path("data.db"), &bytes).unwrap();
    assert_eq!(
        failure(&folder, &begin(&folder, with("replace", &[])).unwrap_err()),
        ["Rejected: cannot open table `users` in `data.db`", "database disk image is malformed"]
    );
    assert!(fs::read(folder.path("data.db")).unwrap() == bytes);
}

#[test]
fn whoever_has_the_database_locked_is_told_of() {
    let locked = |doing: &str| {
        let more = "another program has kept it locked for longer than `busy_timeout`";
        [
            format!("Unavailable: cannot {doing} table `users` in `data.db`: {more}"),
            "database is locked".into(),
        ]
    };
    let folder = Folder::new();
    let impatient = || {
        let mut options = with("append", &[]);
        options["busy_timeout"] = "0s".into();
        options
    };
    folder.pull(impatient(), &FIRST).unwrap();
    let other = folder.database();
    let hold = |sql: &str| other.execute_batch(sql).unwrap();

    hold("BEGIN EXCLUSIVE");
    assert_eq!(failure(&folder, &begin(&folder, impatient()).unwrap_err()), locked("open"));
    hold("COMMIT");

    let mut sink = begin(&folder, impatient()).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    hold("BEGIN IMMEDIATE");
    assert_eq!(failure(&folder, &sink.commit(Mark(1)).unwrap_err()), locked("write to"));
    hold("COMMIT");
    // Nothing is lost of it: what waited still waits.
    sink.commit(Mark(1)).unwrap();
    hold("BEGIN; SELECT * FROM users");
    assert_eq!(failure(&folder, &sink.finish().unwrap_err()), locked("finish"));
    hold("COMMIT");
    assert_eq!(folder.texts("SELECT name FROM users"), ["a", "b"]);
}

/// The lock is held by this process, and the command runs in another.
#[test]
fn a_run_that_meets_a_lock_says_so_and_is_taken_up_again() {
    if let Some(arguments) = told_to() {
        exit(longhaul::run(arguments).code().into());
    }
    let settings = Settings { records: 7, rate_allowed: u32::MAX, ..Settings::default() };
    let expected: Vec<_> = (0..settings.records).map(|index| settings.conversation(index)).collect();
    let api = FakeApi::start(settings, Arc::new(SystemClock::new(Interrupt::default()))).unwrap();
    let folder = Folder::new();
    shelve("sqlite", &folder.path("plugins"));
    let configuration = include_str!("../../example.toml").replace("https://api.example.com", api.base_url());
    let configuration = configuration.replace("https://login.example.com", api.base_url());
    let (configuration, _) = configuration.split_once("mode = ").unwrap();
    fs::write(folder.path("longhaul.toml"), format!("{configuration}busy_timeout = \"1ms\"\n")).unwrap();
    fs::create_dir(folder.path("out")).unwrap();
    let run = || {
        let name = "failures::a_run_that_meets_a_lock_says_so_and_is_taken_up_again";
        let mut command = again(name, "longhaul run -q");
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
             cannot open table `conversations` in `{}`: another program has kept it locked for longer than \
             `busy_timeout`\n  caused by: database is locked\nhint: mend the cause, then run it again: longhaul run \
             conversations\n",
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
