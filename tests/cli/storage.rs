//! Disks that are full, limits on the size of files, and state that is lost.
#![cfg(unix)]

use std::fs;

use longhaul_tests::Reply;

use crate::{
    api::{self, without_faults},
    folder::Folder,
    repairable_api::{ALL, HALF, RepairableApi, stopped},
};

/// The kernel would end the process by a signal, without a message.
#[test]
fn a_limit_on_the_size_of_files_is_an_error_of_the_sink() {
    let api = api::start(&without_faults(120));
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let ended = folder.longhaul("run").after("ulimit -f 40").run();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `lines` failed\n  \
         caused by: cannot write to `out/conversations.ndjson.part`\n  \
         caused by: File too large (os error N)\n\
         hint: raise the limit on the size of files (`ulimit -f`), then resume with: longhaul run\n"
    );
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson"), api::lines(&without_faults(120)));
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_of_the_state() {
    let api = api::start(&without_faults(120));
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let ended = folder.longhaul("run").after("ulimit -f 0").run();
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: cannot use the state folder `FOLDER/.longhaul`\n  \
         caused by: File too large (os error N)\n\
         hint: raise the limit on the size of files (`ulimit -f`)\n"
    );
}

#[test]
fn a_pull_whose_state_is_lost_is_not_followed_by_another() {
    let (_listing, folder) = stopped(|configuration| configuration + "mode = \"append\"\n");
    assert_eq!(folder.read("out/conversations.ndjson"), HALF);
    fs::remove_dir_all(folder.path(".longhaul")).unwrap();
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(5));
    assert_eq!(
        ended.last_error(),
        "error: the stream `conversations` is not complete\n  \
         caused by: the sink `lines` failed\n  \
         caused by: cannot append to `out/conversations.ndjson`: what follows its first 0 bytes is of another pull, \
         which is not finished (finish that pull first; or, if its state is lost, cut the file back to 0 bytes and \
         remove `out/conversations.ndjson.appending`)\n\
         hint: correct what the sink rejects, then resume with: longhaul run\n"
    );
    // What the message says.
    fs::write(folder.path("out/conversations.ndjson"), "").unwrap();
    fs::remove_file(folder.path("out/conversations.ndjson.appending")).unwrap();
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson"), ALL);
}

#[test]
fn a_second_state_folder_does_not_append_to_the_file_of_an_unfinished_pull() {
    let (_listing, folder) = stopped(|configuration| configuration + "mode = \"append\"\n");
    let ended = folder.run("run --set state_dir=other");
    assert_eq!(ended.code, Some(5));
    let cause = "caused by: cannot append to `out/conversations.ndjson`: what follows its first 0 bytes is of another pull";
    assert!(ended.last_error().contains(cause), "{}", ended.stderr);
    assert_eq!(folder.read("out/conversations.ndjson"), HALF);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson"), ALL);
}

/// The state has more than 512 bytes, unlike the records.
#[test]
fn what_was_appended_is_taken_back_if_the_first_checkpoint_cannot_be_saved() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let configuration = ["commit_every = \"0s\"\n", &listing.configuration(), "mode = \"append\"\n"].concat();
    let folder = Folder::configured(&configuration).with("out/conversations.ndjson", "0\n");
    let ended = folder.longhaul("run").after("ulimit -f 1").run();
    assert_eq!(ended.code, Some(6), "{}", ended.stderr);
    assert!(
        ended.last_error().ends_with(
            "caused by: File too large (os error N)\n\
             hint: raise the limit on the size of files (`ulimit -f`), then resume with: longhaul run\n"
        ),
        "{}",
        ended.stderr
    );
    assert_eq!(folder.read("out/conversations.ndjson"), "0\n");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.ndjson"), ["0\n", ALL].concat());
}
