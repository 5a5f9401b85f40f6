//! What a person reads when something is wrong with a store.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Reply, S3Server, s3_error};

use super::{LINES, SECRET_KEY, assert_clean, configuration, long_api, reach};
use crate::{api, folder::Folder};

fn one_page() -> FaultServer {
    api::server(|_| Reply::json(r#"{"pages":1,"items":[{"id":1}]}"#).into())
}

/// The exit code and the error lines of a pull into a store that answers every request like this.
fn error(reply: Reply) -> (Option<i32>, String) {
    let store = S3Server::with_faults(move |_| Some(Reaction::Reply(reply.clone())));
    let folder = Folder::configured(&configuration(&one_page(), LINES));
    let ended = reach(&store, folder.longhaul("run").variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "2")).run();
    ended.assert_hides(SECRET_KEY);
    assert_eq!(folder.names_in(".longhaul/uploads"), [""; 0]);
    (ended.code, ended.last_error().replace("http://127.0.0.1:PORT", "http://store"))
}

#[test]
fn a_bucket_that_cannot_be_used_is_reported_before_anything_is_pulled() {
    let start = "error: the stream `items` is not complete\n  caused by: the sink `out` failed\n  caused by: cannot write \
                 to `s3://data/out/items.ndjson`\n";
    let end = "hint: fix the problem, then resume with: longhaul run\n";
    assert_eq!(
        error(s3_error(404, "NoSuchBucket", "The specified bucket does not exist")),
        (
            Some(5),
            format!(
                "{start}  caused by: there is no bucket `data` at http://store (create it, or correct its name)\n  caused \
                 by: the store answered 404: `NoSuchBucket`: The specified bucket does not exist\n{end}"
            )
        )
    );
    assert_eq!(
        error(s3_error(400, "ExpiredToken", "The provided token has expired.")),
        (Some(5), format!("{start}  caused by: the session token has expired (get a new one)\n{end}"))
    );
}

#[test]
fn a_store_that_is_down_may_be_up_again_later() {
    let start = "error: the stream `items` is not complete\n  caused by: the sink `out` failed\n  caused by: cannot write \
                 to `s3://data/out/items.ndjson`\n  caused by: http://store did not take the request\n";
    let end = "hint: resume with: longhaul run\n";
    assert_eq!(
        error(s3_error(503, "SlowDown", "Please reduce your request rate.")),
        (
            Some(75),
            format!(
                "{start}  caused by: `GET http://store/data/` failed 2 times\n  caused by: the server answered 503 Service \
                 Unavailable\n{end}"
            )
        )
    );
    // Nothing listens there.
    let folder = Folder::configured(&configuration(&one_page(), LINES));
    let run = folder.longhaul("run").variable("LONGHAUL_RETRY__MAX_ATTEMPTS", "2");
    let run = reach(&S3Server::start(), run).variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1").run();
    assert_eq!(run.code, Some(75), "{}", run.stderr);
    assert_eq!(
        run.last_error().replace("http://127.0.0.1:PORT", "http://store"),
        format!(
            "{start}  caused by: `GET http://store/data/` failed 2 times\n  caused by: no connection to the server\n  \
             caused by: io: Connection refused (os error N)\nhint: check the host and port in \
             `stores.s3.endpoint`, and that the server is up; if a proxy is needed, set `api.proxy`; then resume with: \
             longhaul run\n"
        )
    );
}

#[test]
fn missing_credentials_are_reported_before_anything_is_sent_to_the_api() {
    let api = one_page();
    for sink in [LINES, "type = \"csv\"\npath = \"s3://data/{stream}.csv\""] {
        let folder = Folder::configured(&configuration(&api, sink));
        let command = folder.longhaul("run").variable("AWS_EC2_METADATA_DISABLED", "true");
        let ended = command.variable("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9").run();
        assert_eq!(ended.code, Some(5), "{}", ended.stderr);
        let address = if sink == LINES { "s3://data/out/items.ndjson" } else { "s3://data/items.csv" };
        assert_eq!(
            ended.last_error(),
            format!(
                "error: the stream `items` is not complete\n  caused by: the sink `out` failed\n  caused by: cannot write \
                 to `{address}`\n  caused by: there are no credentials for http://127.0.0.1:PORT: neither `stores.s3`, nor \
                 `AWS_ACCESS_KEY_ID`, nor a profile has credentials, and instance metadata is turned off\nhint: fix the \
                 problem, then resume with: longhaul run\n"
            )
        );
    }
    assert_eq!(api.received().len(), 0);
}

#[test]
fn a_store_that_refuses_a_part_loses_nothing() {
    let is_denied = Arc::new(AtomicBool::new(true));
    let of_faults = Arc::clone(&is_denied);
    let store = S3Server::with_faults(move |received| {
        let is_denied = received.query("partNumber").is_some() && of_faults.load(Ordering::SeqCst);
        is_denied.then(|| s3_error(403, "AccessDenied", "Access Denied").into())
    });
    let api = long_api();
    let folder = Folder::configured(&configuration(&api, LINES));
    let ended = reach(&store, folder.longhaul("run")).run();
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert_eq!(
        ended.last_error(),
        "error: the stream `items` is not complete\n  caused by: the sink `out` failed\n  caused by: cannot upload \
         `s3://data/out/items.ndjson`\n  caused by: access to the bucket `data` is denied (the credentials need the \
         permission `s3:PutObject`)\n  caused by: the store answered 403: `AccessDenied`: Access Denied\nhint: fix the \
         problem, then resume with: longhaul run\n"
    );
    is_denied.store(false, Ordering::SeqCst);
    reach(&store, folder.longhaul("run")).run().assert_complete();
    assert!(store.bucket().object("out/items.ndjson").unwrap() == super::all_records().into_bytes());
    assert_clean(&store, &folder);
}

/// The error of a configuration. Nothing is sent.
fn usage(change: impl Fn(String) -> String) -> String {
    let (api, store) = (one_page(), S3Server::start());
    let folder = Folder::configured(&change(configuration(&api, LINES)));
    let ended = reach(&store, folder.longhaul("run")).run();
    assert_eq!((ended.code, store.received().len()), (Some(2), 0), "{}", ended.stderr);
    ended.last_error()
}

#[test]
fn a_mistake_in_the_configuration_is_found_before_anything_is_sent() {
    let append = |text: String| text.replace("[streams.items]", "mode = \"append\"\n\n[streams.items]");
    assert_eq!(
        usage(append),
        "error: cannot set up the sink `out`\n  in: longhaul.toml:18\n  caused by: `mode = \"append\"` needs a file: an \
         object in a store can only be replaced as a whole (put `{date}` or `{window.start}` in the path to keep earlier \
         ones)\n"
    );
    let twice = |text: String| {
        let stream = text[text.find("[streams.items]").unwrap()..].replace("items]", "more]");
        text.replace("{stream}", "x") + &stream
    };
    assert_eq!(
        usage(twice),
        "error: stream `items` through sink `out` and stream `more` through sink `out` both write to \
         `s3://data/out/x.ndjson`\n  in: longhaul.toml:16\nhint: put `{stream}` in the path, or choose another path\n"
    );
    assert_eq!(
        usage(|text| text + "[stores.s3]\nsecret_key = \"x\"\n"),
        "error: `stores.s3.access_key` is missing\n  in: longhaul.toml:23\nhint: add it to a configuration file, or set the \
         environment variable `LONGHAUL_STORES__S3__ACCESS_KEY`\n"
    );
    assert_eq!(
        usage(|text| text + "[stores.s3]\nendpoint = \"http://minio.example\"\n"),
        "error: `stores.s3.endpoint`: plain http would send records to `minio.example` unencrypted\n  in: \
         longhaul.toml:24\nhint: use https, or set `stores.s3.allow_http` to true\n"
    );
    assert_eq!(
        usage(|text| text.replace("s3://data/", "s3://da ta/")),
        "error: cannot set up the sink `out`\n  in: longhaul.toml:14\n  caused by: `s3://da ta`: the bucket is not a name \
         such as `my-bucket`\n"
    );
}
