//! A recording contains no secrets.

use std::sync::atomic::{AtomicU32, Ordering};

use longhaul_tests::{FaultServer, Reply};
use serde_json::json;

use super::{content, files};
use crate::{api, folder::Folder, secrets::spellings};

const SECRET: &str = "s3cret/&\"+more";
const TOKEN: &str = "t0ken.of-this~run";
const KEY: &str = "k3y=of/the+api";
const SIGNATURE: &str = "ab12cd34ef56ab12cd34";
const COOKIE: &str = "se55ion-of-the-client";

fn configuration(root: &str) -> String {
    let configuration = api::connection(root).replace("the-s3cret", &SECRET.replace('"', "\\\""));
    let stream = "[streams.events]\npath = \"/events\"\nrecords = \"/data\"\nsinks = [\"lines\"]\n\
                  headers = { X-Api-Key = { env = \"KEY\" } }\n\
                  pages = { type = \"next_url\", next = \"/next\" }\n";
    [&configuration, stream, api::LINES].concat()
}

#[test]
fn no_file_of_a_recording_contains_a_secret_in_any_spelling() {
    let met = AtomicU32::new(0);
    let server = FaultServer::start(api::clock(), move |request| {
        if request.url.path() == "/oauth/token" {
            let token = json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3600 });
            return Reply::json(token.to_string()).into();
        }
        let quoted = [SECRET, TOKEN, KEY].map(spellings).concat().join(" , ");
        let page = |next: &str| {
            let signed = format!("https://files.example/1?X-Amz-Date=1&X-Amz-Signature={SIGNATURE}");
            let body = json!({ "data": [{ "text": quoted, "file": signed }], "next": next });
            Reply::json(body.to_string())
                .header("set-cookie", format!("id={COOKIE}"))
                .header("x-echo", TOKEN)
                .header("x-auth-access-token", COOKIE)
        };
        match met.fetch_add(1, Ordering::SeqCst) {
            0 => Reply { status: 503, ..Reply::json(json!({ "message": quoted }).to_string()) }.into(),
            1 => page(&format!("/events?page=2&sig={SIGNATURE}&api_key={KEY}")).into(),
            _ => page("").into(),
        }
    });
    let folder = Folder::configured(&configuration(&api::root(&server)));
    let ended = folder.longhaul("run --record rec").variable("KEY", KEY).run();
    ended.assert_complete();
    let said = "3 answers contained a secret, which the recording has as `***`; a replay has it, too";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    let recorded = files(&folder.path("rec"));
    // Three answers, and the exchanges, the recording, the configuration and the state of the stream.
    assert_eq!(recorded.len(), 7, "{recorded:?}");
    let secrets = [SECRET, TOKEN, KEY].map(spellings).concat();
    for path in recorded {
        let text = String::from_utf8(content(&path)).unwrap();
        for secret in secrets.iter().map(String::as_str).chain([SIGNATURE, COOKIE]) {
            assert!(!text.contains(secret), "{} shows `{secret}`: {text}", path.display());
        }
    }

    // The replay has them replaced, too, and needs none.
    let replayed = Folder::configured(&configuration(&api::unused_url()));
    replayed.longhaul("run --replay").argument(folder.path("rec")).run().assert_complete();
    let hidden = replayed.read("out/events.ndjson");
    assert_eq!(hidden.lines().count(), 2);
    assert!(hidden.contains("X-Amz-Signature=***") && !hidden.contains(TOKEN), "{hidden}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_a_recording() {
    use std::os::unix::fs::PermissionsExt;
    let server = api::server(|_| Reply::json(r#"{"results":[{"id":1}]}"#).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.longhaul("run --record a/rec").after("umask 0").run().assert_complete();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for path in files(&folder.path("a/rec")) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    for name in ["a/rec", "a/rec/bodies", "a/rec/state"] {
        assert_eq!(mode(&folder.path(name)), 0o700, "{name}");
    }
}

#[test]
fn a_token_in_a_path_is_neither_recorded_nor_shown() {
    let quoting = |text: &str| {
        let inner = json!({ "asked": text }).to_string();
        json!({ "results": [{ "id": 1, "inner": inner, "url": format!("/r?to={}", text.replace('/', "%252F")) }] })
    };
    let server = api::server(move |request| {
        let token = request.query("token").unwrap_or_default();
        Reply::json(quoting(&token).to_string()).into()
    });
    let stream = "[streams.events]\npath = \"/feed?token=pa%2Fth-t%22ken\"\nrecords = \"/results\"\n\
                  sinks = [\"lines\"]\npages.type = \"single\"\n";
    let configuration = |root: &str| [&api::connection(root), stream, api::LINES].concat();
    let folder = Folder::configured(&configuration(&api::root(&server)));
    let ended = folder.run("run -vv --record rec --report report.html --summary summary.json");
    ended.assert_complete();
    let mut shown = ended.stderr.clone() + &folder.read("report.html") + &folder.read("summary.json");
    for path in files(&folder.path("rec")) {
        shown += &String::from_utf8(content(&path)).unwrap();
    }
    for spelling in ["pa/th", "pa%2Fth", "pa%252Fth", "t\"ken", "t%22ken", "t\\\"ken"] {
        assert!(!shown.contains(spelling), "{spelling}: {shown}");
    }
    let replayed = Folder::configured(&configuration(&api::unused_url()));
    replayed.longhaul("run --replay").argument(folder.path("rec")).run().assert_complete();
}

#[test]
fn a_key_in_the_query_is_not_recorded_and_links_that_repeat_it_are_followed() {
    let server = api::server(|request| {
        let next = request.query("page").is_none().then(|| format!("/events?page=2&api_key={KEY}"));
        Reply::json(json!({ "data": [{ "id": 1 }], "next": next }).to_string()).into()
    });
    let configuration = |root: &str| {
        format!(
            "[api]\nbase_url = \"{root}\"\n\n[auth]\ntype = \"api_key\"\nkey = {{ env = \"KEY\" }}\n\
             query = \"api_key\"\n\n[streams.events]\npath = \"/events\"\nrecords = \"/data\"\n\
             sinks = [\"lines\"]\npages = {{ type = \"next_url\", next = \"/next\" }}\n{}",
            api::LINES
        )
    };
    let folder = Folder::configured(&configuration(&api::root(&server)));
    folder.longhaul("run --record rec").variable("KEY", KEY).run().assert_complete();
    for path in files(&folder.path("rec")) {
        let text = String::from_utf8(content(&path)).unwrap();
        assert!(!text.contains("k3y"), "{} shows it: {text}", path.display());
    }
    let replayed = Folder::configured(&configuration(&api::unused_url()));
    replayed.longhaul("run --replay").argument(folder.path("rec")).run().assert_complete();
    assert_eq!(replayed.read("out/events.ndjson"), "{\"id\":1}\n{\"id\":1}\n");
}
