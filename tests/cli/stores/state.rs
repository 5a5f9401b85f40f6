//! Pulls whose state is in a bucket.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use longhaul_tests::{Received, Reply, S3Server, s3_error};

use super::{LINES, all_records, configuration, long_api, reach};
use crate::{api, folder::Folder, readme::configuration_with};

const IN_FILE: &str = "type = \"ndjson\"\npath = \"out/{stream}.ndjson\"";

fn with_state(configuration: &str) -> String {
    format!("state_dir = \"s3://data/state\"\n{configuration}")
}

#[test]
fn a_run_is_resumed_on_another_machine_that_shares_the_file() {
    let (api, store) = (long_api(), S3Server::start());
    let of_page = configuration_with("s3://my-bucket/state").replace("my-bucket", "data");
    let rest = configuration(&api, IN_FILE).replace("commit_every = \"10ms\"\n", "");
    let folder = Folder::configured(&(of_page + &rest));
    let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let keys = store.bucket().keys();
    assert!(keys.contains(&"state/items.json".to_owned()), "{keys:?}");
    assert!(keys.iter().any(|key| key.starts_with("state/run-")), "{keys:?}");
    let status = reach(&store, folder.longhaul("status")).run();
    assert!(status.stdout.starts_with("items: stopped at "), "{}", status.stdout);
    let ended = reach(&store, folder.longhaul("run --set scratch_dir=other")).run();
    assert!(
        ended.assert_complete().stderr.contains("items: resuming the run started at "),
        "{}",
        ended.stderr
    );
    assert!(fs::read_to_string(folder.path("out/items.ndjson")).unwrap() == all_records());
    assert_eq!(store.bucket().keys(), ["state/items.json"]);
    assert_eq!(folder.names_in(".longhaul"), ["items.lock", "scratch"]);
}

#[test]
fn objects_are_resumed_where_their_local_parts_are() {
    let (api, store) = (long_api(), S3Server::start());
    let folder = Folder::configured(&with_state(&configuration(&api, LINES)));
    let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let resumed = reach(&store, folder.longhaul("run")).run();
    assert!(resumed.assert_complete().stderr.contains("items: resuming the run"), "{}", resumed.stderr);
    assert!(store.bucket().object("out/items.ndjson").unwrap() == all_records().into_bytes());
}

#[test]
fn objects_are_begun_again_on_another_machine_and_their_uploads_removed() {
    let (api, store) = (long_api(), S3Server::start());
    let folder = Folder::configured(&with_state(&configuration(&api, LINES)));
    let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let [(of_first, _)] = <[_; 1]>::try_from(store.bucket().uploads()).unwrap();
    let elsewhere = "run --set scratch_dir=other";
    let stopped = reach(&store, folder.longhaul(&format!("{elsewhere} --max-requests 14"))).run();
    let said = "items: starting again: what was not uploaded yet is on the machine that pulled it last\n";
    assert!(stopped.code == Some(75) && stopped.stderr.contains(said), "{}", stopped.stderr);
    let [(of_second, _)] = <[_; 1]>::try_from(store.bucket().uploads()).unwrap();
    assert_ne!(of_first, of_second);
    let ended = reach(&store, folder.longhaul(elsewhere)).run();
    assert!(ended.assert_complete().stderr.contains("items: resuming the run"), "{}", ended.stderr);
    assert!(store.bucket().object("out/items.ndjson").unwrap() == all_records().into_bytes());
    assert_eq!(store.bucket().uploads(), []);
    // The first machine has nothing to resume, and removes what it has kept.
    reach(&store, folder.longhaul("run")).run().assert_complete();
    super::assert_clean(&store, &folder);
}

/// Every page is in the sinks, and the machine is lost before the object is published.
#[test]
fn an_object_that_is_only_to_be_published_needs_the_machine_that_pulled_it() {
    let store = S3Server::with_faults(|received| {
        let completes = received.method == "POST" && received.query("uploadId").is_some();
        completes.then(|| s3_error(403, "AccessDenied", "It was not accepted").into())
    });
    let api = long_api();
    let folder = Folder::configured(&with_state(&configuration(&api, LINES)));
    assert_eq!(reach(&store, folder.longhaul("run")).run().code, Some(5));
    let elsewhere = reach(&store, folder.longhaul("run --set scratch_dir=other")).run();
    assert_eq!(elsewhere.code, Some(5), "{}", elsewhere.stderr);
    assert_eq!(
        elsewhere.last_error(),
        "error: the stream `items` is not complete\n  caused by: the sink `out` failed\n  caused by: cannot resume \
         `s3://data/out/items.ndjson`: neither its upload nor its local parts are there any more (start the pull over)\n\
         hint: resume it on the machine that pulled it last, or start again: longhaul --set scratch_dir=other run items \
         --fresh\n"
    );
    assert_eq!(store.bucket().object("out/items.ndjson"), None);
    let [(of_first, _)] = <[_; 1]>::try_from(store.bucket().uploads()).unwrap();
    let fresh = reach(&store, folder.longhaul("run items --set scratch_dir=other --fresh")).run();
    assert_eq!(fresh.code, Some(5), "{}", fresh.stderr);
    assert!(store.bucket().uploads().iter().all(|(id, _)| *id != of_first), "its upload is removed");
}

/// The exit code and the error of a run whose state the store refuses like this from the second checkpoint on.
fn refused(status: u16, code: &'static str) -> (Option<i32>, String) {
    let is_checkpoint = |received: &Received| {
        received.header("if-match").is_some() && received.url.path().ends_with("items.json")
    };
    let store = S3Server::with_faults(move |received| {
        is_checkpoint(received).then(|| s3_error(status, code, "It was not accepted").into())
    });
    let api = long_api();
    let folder = Folder::configured(&with_state(&configuration(&api, IN_FILE)));
    let run = reach(&store, folder.longhaul("run")).variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "2").run();
    assert!(!folder.path("out/items.ndjson").exists(), "nothing is published");
    (run.code, run.last_error().replace("http://127.0.0.1:PORT", "http://store"))
}

#[test]
fn of_two_runs_one_fails() {
    assert_eq!(
        refused(412, "PreconditionFailed"),
        (
            Some(6),
            "error: the stream `items` is not complete\n  caused by: cannot write `s3://data/state/items.json`\n  caused \
             by: another run has written it in the meantime\nhint: wait for the other run to end, then resume with: \
             longhaul run\n"
                .to_owned()
        )
    );
}

#[test]
fn a_store_that_is_down_may_be_up_again_later() {
    assert_eq!(
        refused(503, "SlowDown"),
        (
            Some(75),
            "error: the stream `items` is not complete\n  caused by: cannot write `s3://data/state/items.json`\n  caused \
             by: http://store did not take the request\n  caused by: `PUT http://store/data/state/items.json` failed 2 \
             times\n  caused by: the server answered 503 Service Unavailable\nhint: check `stores.s3.endpoint`, or wait \
             until the store answers, then resume with: longhaul run\n"
                .to_owned()
        )
    );
    assert_eq!(
        refused(403, "AccessDenied"),
        (
            Some(6),
            "error: the stream `items` is not complete\n  caused by: cannot write `s3://data/state/items.json`\n  caused \
             by: access to the bucket `data` is denied (the credentials need the permission `s3:PutObject`)\n  caused by: \
             the store answered 403: `AccessDenied`: It was not accepted\nhint: fix the problem, then resume with: \
             longhaul run\n"
                .to_owned()
        )
    );
}

#[test]
fn the_state_and_the_sinks_need_different_places() {
    let store = S3Server::start();
    let error = |configuration: &str, command: &str| {
        let folder = Folder::configured(&with_state(configuration));
        let ended = reach(&store, folder.longhaul(command)).run();
        assert_eq!((ended.code, store.received().len()), (Some(2), 0), "{}", ended.stderr);
        ended.last_error()
    };
    let api = long_api();
    assert_eq!(
        error(&configuration(&api, &LINES.replace("out/{stream}", "state/{stream}")), "run"),
        "error: stream `items` through sink `out` would write to `s3://data/state/items.ndjson`, in the state folder\n  \
         in: longhaul.toml:17\nhint: put `{stream}` in the path, or choose another path\n"
    );
    let configuration = configuration(&api, IN_FILE).replace("commit_every", "#");
    let configuration =
        format!("{configuration}[stores.s3]\nendpoint = \"https://store\"\nregion = \"a b\"\n");
    let folder = Folder::configured(&with_state(&configuration).replace("s3://data/", "s3://da ta/"));
    let ended = reach(&store, folder.longhaul("run")).run();
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: `state_dir`: `s3://da ta`: the bucket is not a name such as `my-bucket`\n  in: longhaul.toml:1\n"
    );
}

/// Parents are local files. Those of a run that went on elsewhere are not used again.
#[test]
fn parents_of_a_run_that_went_on_elsewhere_are_pulled_again() {
    let (teams, is_broken) = (Arc::new(AtomicU64::new(2)), Arc::new(AtomicBool::new(true)));
    let (of_api, breaks) = (Arc::clone(&teams), Arc::clone(&is_broken));
    let api = api::server(move |request| {
        let path = request.url.path();
        if path == "/teams" {
            let ids = (1..=of_api.load(Ordering::SeqCst)).map(|id| format!("{{\"id\":{id}}}"));
            return Reply::json(format!("[{}]", ids.collect::<Vec<_>>().join(","))).into();
        }
        if breaks.load(Ordering::SeqCst) {
            return Reply::status(400).into();
        }
        Reply::json(format!("[{{\"of\":\"{path}\"}}]")).into()
    });
    let store = S3Server::start();
    let folder = Folder::configured(&with_state(&format!(
        "{}\n[streams.teams]\npath = \"/teams\"\nrecords = \"\"\npages.type = \"single\"\n[streams.items]\npath = \
         \"/items/{{each.team}}\"\nrecords = \"\"\npages.type = \"single\"\neach = {{ stream = \"teams\", values = {{ team = \
         \"/id\" }} }}\nsinks = [\"out\"]\n[sinks.out]\n{IN_FILE}\n",
        api::connection(&api::root(&api))
    )));
    let here = || reach(&store, folder.longhaul("run items")).run();
    let elsewhere = || reach(&store, folder.longhaul("run items --set scratch_dir=other")).run();
    let written = || fs::read_to_string(folder.path("out/items.ndjson")).unwrap().lines().count();

    assert_eq!(here().code, Some(4), "its parents stay");
    is_broken.store(false, Ordering::SeqCst);
    elsewhere().assert_complete();
    assert_eq!(written(), 2);
    teams.store(3, Ordering::SeqCst);
    is_broken.store(true, Ordering::SeqCst);
    assert_eq!(elsewhere().code, Some(4));
    is_broken.store(false, Ordering::SeqCst);
    here().assert_complete();
    assert_eq!(written(), 3);
}
