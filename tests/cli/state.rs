//! The contents and permissions of the state folder.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt};

use longhaul_tests::Reply;

use crate::{
    api::{self, CLIENT_SECRET},
    folder::Folder,
    repairable_api::stopped,
};

/// The token of the server in `api`.
const TOKEN: &str = "t0ken";

fn assert_hides(folder: &Folder, name: &str, secrets: &[&str]) {
    let text = String::from_utf8_lossy(&fs::read(folder.path(name)).unwrap()).into_owned();
    for secret in secrets {
        assert!(!text.contains(secret), "{name} shows {secret}: {text}");
    }
}

fn mode(folder: &Folder, name: &str) -> u32 {
    fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_can_read_the_state() {
    let (_listing, folder) = stopped(|configuration| configuration);
    assert_eq!(mode(&folder, ".longhaul"), 0o700);
    let names = folder.names_in(".longhaul");
    assert_eq!(
        names,
        ["conversations.json", "conversations.lock", "conversations.pages", "run-5aabc64f.json"]
    );
    for name in names {
        assert_eq!(mode(&folder, &format!(".longhaul/{name}")), 0o600, "{name}");
    }
}

#[test]
fn no_secret_is_saved() {
    let (_listing, folder) = stopped(|configuration| {
        configuration.replace("\n[auth]", "headers = { X-Key = \"k3y-in-a-header\" }\n\n[auth]")
    });
    folder.run("run --max-requests 2 --summary summary.json");
    let secrets = [CLIENT_SECRET, TOKEN, "k3y-in-a-header"];
    for name in folder.names_in(".longhaul") {
        assert_hides(&folder, &format!(".longhaul/{name}"), &secrets);
    }
    assert_hides(&folder, "summary.json", &secrets);
}

/// A next link with a secret cannot be saved. The run resumes from the last one without.
#[test]
fn a_next_link_with_a_secret_is_not_saved() {
    let server = api::server(|request| match request.query("page").as_deref() {
        None => Reply::json(r#"{"results":[{"id":1}],"nextPageUri":"?page=2&api_key=k3y-in-a-link"}"#).into(),
        Some("2") => {
            Reply::json(r#"{"results":[{"id":2}],"nextPageUri":"?page=3&sig=k3y-in-a-header"}"#).into()
        }
        Some(_) => Reply::status(410).into(),
    });
    let configuration = api::tutorial(&api::root(&server));
    let configuration =
        configuration.replace("\n[auth]", "headers = { X-Key = \"k3y-in-a-header\" }\n\n[auth]");
    let folder = Folder::configured(&["commit_every = \"0s\"\n", &configuration].concat());
    let ended = folder.run("-vv run --summary summary.json");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    for secret in ["k3y-in-a-header", "k3y-in-a-link"] {
        ended.assert_hides(secret);
        for name in folder.names_in(".longhaul") {
            assert_hides(&folder, &format!(".longhaul/{name}"), &[secret]);
        }
        assert_hides(&folder, "summary.json", &[secret]);
    }
}

#[test]
fn a_state_file_that_was_lost_is_an_error_and_not_a_fresh_start() {
    let (_listing, folder) = stopped(|configuration| configuration);
    fs::remove_file(folder.path(".longhaul/conversations.json")).unwrap();
    folder.run("run").assert_failed(
        6,
        "error: `FOLDER/.longhaul/conversations.json` is missing, although `FOLDER/.longhaul/conversations.pages` is \
         there\n\
         hint: restore the file, or discard it and start again: longhaul run conversations --fresh\n",
    );
    folder.run("run --fresh").assert_complete();
}

#[test]
fn a_state_folder_that_others_can_enter_is_closed() {
    let (_listing, folder) = stopped(|configuration| configuration);
    let state = folder.path(".longhaul");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
    let ended = folder.run("run");
    let warning = "warn  others could enter the state folder `FOLDER/.longhaul`; now only its owner can\n";
    assert!(ended.assert_complete().stable_stderr().starts_with(warning), "{}", ended.stderr);
    assert_eq!(mode(&folder, ".longhaul"), 0o700);
    assert!(!folder.run("run").stderr.contains("others could enter"));
}
