//! Pulls after pulls, and taken up again.

use std::fs;

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::support::{Folder, told};

fn options() -> Value {
    json!({"path": "a.parquet"})
}

#[test]
fn a_file_is_whole_or_not_there() {
    let folder = Folder::new();
    let mut sink = folder.begin(options()).unwrap();
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
fn a_pull_that_died_while_it_finished_finishes_and_gives_the_same_bytes() {
    let folder = Folder::new();
    let receipt = folder.pull(options(), &["1", "2"]).unwrap();
    let file = fs::read(folder.path("a.parquet")).unwrap();
    let finish = || folder.resume(options(), &receipt.0).unwrap().finish().unwrap();
    // Before the file had its name.
    fs::remove_file(folder.path("a.parquet")).unwrap();
    fs::write(folder.path(".a.parquet.spool"), "1\n2\n").unwrap();
    fs::write(folder.path(".a.parquet.part"), &file[..20]).unwrap();
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
    assert_eq!(folder.names(), ["a.parquet"]);
    // After that, but before the spool was gone.
    fs::write(folder.path(".a.parquet.spool"), "1\n2\n").unwrap();
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
    assert_eq!(folder.names(), ["a.parquet"]);
    // After all of it.
    finish();
    assert!(fs::read(folder.path("a.parquet")).unwrap() == file);
}

#[test]
fn a_receipt_that_leads_nowhere_is_refused_with_the_reason() {
    let folder = Folder::new();
    let path = folder.path("a.parquet");
    let refusal = |receipt: &str| told(&folder.resume(options(), receipt).unwrap_err());
    let shown = path.display();
    assert_eq!(
        refusal("x"),
        format!("Rejected: cannot go on with `{shown}`: the receipt `x` is not a length")
    );
    let gone = format!("Rejected: cannot go on with `{shown}`: what it was to be made of is gone");
    assert_eq!(refusal("4"), gone);
    let receipt = folder.pull(options(), &["1", "2"]).unwrap();
    assert_eq!(refusal("2"), gone);
    let mut sink = folder.resume(options(), &receipt.0).unwrap();
    assert_eq!(
        told(&write_page(&mut sink, &["3"]).unwrap_err()),
        format!("Rejected: cannot write to `{shown}`: it is complete already")
    );
    fs::write(folder.path(".a.parquet.spool"), "1\n").unwrap();
    assert_eq!(
        refusal("4"),
        format!(
            "Rejected: cannot go on with `{}`: it has 2 bytes, and 4 were committed",
            folder.path(".a.parquet.spool").display()
        )
    );
}

#[test]
fn a_failure_of_the_system_says_what_was_being_done() {
    let folder = Folder::new();
    let failure = |name: &str| {
        fs::create_dir_all(folder.path(name)).unwrap();
        let error = folder.pull(options(), &["1"]).unwrap_err();
        fs::remove_dir(folder.path(name)).unwrap();
        told(&error).replace(&format!("{}/", folder.path("").display().to_string().trim_end_matches('/')), "")
    };
    assert_eq!(failure(".a.parquet.spool"), "Unavailable: cannot remove `.a.parquet.spool`");
    assert_eq!(failure(".a.parquet.part"), "Unavailable: cannot create `.a.parquet.part`");
    let mut sink = folder.begin(options()).unwrap();
    sink.commit(Mark::START).unwrap();
    fs::create_dir(folder.path("a.parquet")).unwrap();
    let (part, path) = (folder.path(".a.parquet.part"), folder.path("a.parquet"));
    assert_eq!(
        told(&sink.finish().unwrap_err()),
        format!("Unavailable: cannot rename `{}` to `{}`", part.display(), path.display())
    );
}

#[cfg(unix)]
#[test]
fn a_link_stays_when_the_file_that_it_leads_to_is_replaced() {
    let folder = Folder::new();
    folder.pull(json!({"path": "real.parquet"}), &["1"]).unwrap();
    std::os::unix::fs::symlink("real.parquet", folder.path("a.parquet")).unwrap();
    folder.pull(options(), &["2"]).unwrap();
    assert!(folder.path("a.parquet").is_symlink());
    assert_eq!(folder.texts("real.parquet"), ["2"]);
}
