//! Successive and resumed pulls.

use std::{fs, path::Path};

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::support::{Folder, describe};

fn options() -> Value {
    json!({"path": "a.parquet", "columns": "record"})
}

#[test]
fn a_file_appears_only_when_it_is_complete() {
    let folder = Folder::new();
    let mut sink = folder.open(options()).unwrap();
    write_page(&mut sink, &["1", "2"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    write_page(&mut sink, &["3"]).unwrap();
    assert_eq!(folder.names(), [".a.parquet.spool"]);
    drop(sink);
    assert_eq!(fs::read_to_string(folder.path(".a.parquet.spool")).unwrap(), "1\n2\n");
    let mut sink = folder.resume(options(), &receipt.0).unwrap();
    write_page(&mut sink, &["4"]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(folder.texts("a.parquet"), ["1", "2", "4"]);
    assert_eq!(folder.names(), ["a.parquet"]);
}

#[test]
fn a_pull_that_was_killed_while_finishing_finishes_with_the_same_bytes() {
    let folder = Folder::new();
    let receipt = folder.pull(options(), &["1", "2"]).unwrap();
    let file = fs::read(folder.path("a.parquet")).unwrap();
    let finish = || folder.resume(options(), &receipt.0).unwrap().finish().unwrap();
    // Killed before the file was renamed.
    fs::remove_file(folder.path("a.parquet")).unwrap();
    fs::write(folder.path(".a.parquet.spool"), "1\n2\n").unwrap();
    fs::write(folder.path(".a.parquet.part"), &file[..20]).unwrap();
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
    assert_eq!(folder.names(), ["a.parquet"]);
    // Killed after that, but before the spool was removed.
    fs::write(folder.path(".a.parquet.spool"), "1\n2\n").unwrap();
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
    assert_eq!(folder.names(), ["a.parquet"]);
    // Killed after everything.
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
}

#[test]
fn an_invalid_receipt_is_rejected_with_the_reason() {
    let folder = Folder::new();
    let path = folder.path("a.parquet");
    let error = |receipt: &str| describe(&folder.resume(options(), receipt).unwrap_err());
    let shown = path.display();
    assert_eq!(error("x"), format!("Rejected: cannot resume `{shown}`: the receipt `x` is not a length"));
    let gone = format!("Rejected: cannot resume `{shown}`: its spool is gone");
    assert_eq!(error("4"), gone);
    let receipt = folder.pull(options(), &["1", "2"]).unwrap();
    assert_eq!(error("2"), gone);
    let mut sink = folder.resume(options(), &receipt.0).unwrap();
    assert_eq!(
        describe(&write_page(&mut sink, &["3"]).unwrap_err()),
        format!("Rejected: cannot write to `{shown}`: it is already complete")
    );
    fs::write(folder.path(".a.parquet.spool"), "1\n").unwrap();
    assert_eq!(
        error("4"),
        format!(
            "Rejected: cannot resume `{}`: it has 2 bytes, but 4 were committed",
            folder.path(".a.parquet.spool").display()
        )
    );
}

#[test]
fn an_error_of_the_system_says_what_failed() {
    let folder = Folder::new();
    let error_with = |name: &str| {
        fs::create_dir_all(folder.path(name)).unwrap();
        let error = folder.pull(options(), &["1"]).unwrap_err();
        fs::remove_dir(folder.path(name)).unwrap();
        describe(&error)
            .replace(&format!("{}/", folder.path("").display().to_string().trim_end_matches('/')), "")
    };
    assert_eq!(error_with(".a.parquet.spool"), "Unavailable: cannot remove `.a.parquet.spool`");
    assert_eq!(error_with(".a.parquet.part"), "Unavailable: cannot create `.a.parquet.part`");
    let mut sink = folder.open(options()).unwrap();
    sink.commit(Mark::START).unwrap();
    fs::create_dir(folder.path("a.parquet")).unwrap();
    let (part, path) = (folder.path(".a.parquet.part"), folder.path("a.parquet"));
    assert_eq!(
        describe(&sink.finish().unwrap_err()),
        format!("Unavailable: cannot rename `{}` to `{}`", part.display(), path.display())
    );
}

/// So that `--fresh` works.
#[test]
fn a_pull_without_records_starts_over_even_if_its_spool_is_gone() {
    let folder = Folder::new();
    let mut sink = folder.open(options()).unwrap();
    assert_eq!(sink.commit(Mark(1)).unwrap().0, "0");
    drop(sink);
    fs::remove_file(folder.path(".a.parquet.spool")).unwrap();
    let mut sink = folder.resume(options(), "0").unwrap();
    write_page(&mut sink, &["1"]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(folder.texts("a.parquet"), ["1"]);
}

#[test]
fn a_spool_that_another_program_changes_does_not_become_a_file() {
    let truncate = |path: &Path| fs::write(path, "").unwrap();
    let replace = |path: &Path| {
        let text = fs::read(path).unwrap();
        fs::remove_file(path).unwrap();
        fs::write(path, text).unwrap();
    };
    for (change, what) in [(truncate as fn(&Path), "truncated"), (replace, "replaced")] {
        let folder = Folder::new();
        let mut sink = folder.open(options()).unwrap();
        write_page(&mut sink, &["1", "2"]).unwrap();
        sink.commit(Mark(1)).unwrap();
        let spool = folder.path(".a.parquet.spool");
        change(&spool);
        let shown = spool.display();
        let said = format!("Rejected: another program has {what} `{shown}` during the run");
        assert_eq!(describe(&sink.commit(Mark(2)).unwrap_err()), said);
        assert_eq!(describe(&sink.finish().unwrap_err()), said);
        assert_eq!(folder.names(), [".a.parquet.spool"]);
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_when_its_target_is_replaced() {
    let folder = Folder::new();
    folder.pull(json!({"path": "real.parquet", "columns": "record"}), &["1"]).unwrap();
    std::os::unix::fs::symlink("real.parquet", folder.path("a.parquet")).unwrap();
    folder.pull(options(), &["2"]).unwrap();
    assert!(folder.path("a.parquet").is_symlink());
    assert_eq!(folder.texts("real.parquet"), ["2"]);
}
