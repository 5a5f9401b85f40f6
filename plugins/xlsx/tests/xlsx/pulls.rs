//! Successive and resumed pulls.

use std::fs;

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::support::{Folder, describe};

fn options() -> Value {
    json!({"path": "a.xlsx", "columns": "record"})
}

#[test]
fn a_file_appears_only_when_it_is_complete() {
    let folder = Folder::new();
    let mut sink = folder.open(options()).unwrap();
    write_page(&mut sink, &["1", "2"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    write_page(&mut sink, &["3"]).unwrap();
    assert_eq!(folder.names(), [".a.xlsx.spool"]);
    drop(sink);
    assert_eq!(fs::read_to_string(folder.path(".a.xlsx.spool")).unwrap(), "1\n2\n");
    let mut sink = folder.resume(options(), &receipt.0).unwrap();
    write_page(&mut sink, &["4"]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(folder.texts("a.xlsx"), ["1", "2", "4"]);
    assert_eq!(folder.names(), ["a.xlsx"]);
}

#[test]
fn a_pull_that_was_killed_while_finishing_finishes_with_the_same_bytes() {
    let folder = Folder::new();
    let receipt = folder.pull(options(), &["1", "2"]).unwrap();
    let file = fs::read(folder.path("a.xlsx")).unwrap();
    let finish = || folder.resume(options(), &receipt.0).unwrap().finish().unwrap();
    // Killed before the file was renamed.
    fs::remove_file(folder.path("a.xlsx")).unwrap();
    fs::write(folder.path(".a.xlsx.spool"), "1\n2\n").unwrap();
    fs::write(folder.path(".a.xlsx.part"), &file[..20]).unwrap();
    finish();
    assert!(fs::read(folder.path("a.xlsx")).unwrap() == file);
    assert_eq!(folder.names(), ["a.xlsx"]);
    // Killed after that, but before the spool was removed.
    fs::write(folder.path(".a.xlsx.spool"), "1\n2\n").unwrap();
    finish();
    assert!(fs::read(folder.path("a.xlsx")).unwrap() == file);
    assert_eq!(folder.names(), ["a.xlsx"]);
    // Killed after everything.
    finish();
    assert!(fs::read(folder.path("a.xlsx")).unwrap() == file);
}

#[test]
fn an_invalid_receipt_is_rejected_with_the_reason() {
    let folder = Folder::new();
    let path = folder.path("a.xlsx");
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
    fs::write(folder.path(".a.xlsx.spool"), "1\n").unwrap();
    assert_eq!(
        error("4"),
        format!(
            "Rejected: cannot resume `{}`: it has 2 bytes, but 4 were committed",
            folder.path(".a.xlsx.spool").display()
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
    assert_eq!(error_with(".a.xlsx.spool"), "Unavailable: cannot remove `.a.xlsx.spool`");
    assert_eq!(error_with(".a.xlsx.part"), "Unavailable: cannot create `.a.xlsx.part`");
    let mut sink = folder.open(options()).unwrap();
    sink.commit(Mark::START).unwrap();
    fs::create_dir(folder.path("a.xlsx")).unwrap();
    let (part, path) = (folder.path(".a.xlsx.part"), folder.path("a.xlsx"));
    assert_eq!(
        describe(&sink.finish().unwrap_err()),
        format!("Unavailable: cannot rename `{}` to `{}`", part.display(), path.display())
    );
}

#[cfg(unix)]
#[test]
fn a_link_stays_when_its_target_is_replaced() {
    let folder = Folder::new();
    folder.pull(json!({"path": "real.xlsx", "columns": "record"}), &["1"]).unwrap();
    std::os::unix::fs::symlink("real.xlsx", folder.path("a.xlsx")).unwrap();
    folder.pull(options(), &["2"]).unwrap();
    assert!(folder.path("a.xlsx").is_symlink());
    assert_eq!(folder.texts("real.xlsx"), ["2"]);
}
