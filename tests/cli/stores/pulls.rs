//! What arrives in the store.

use longhaul_tests::{Operation, Reply, S3Checksums, S3Server, decompress};

use super::{LINES, SECRET_KEY, all_records, assert_clean, configuration, long_api, reach};
use crate::{api, folder::Folder};

fn short_api() -> longhaul_tests::FaultServer {
    api::server(|_| Reply::json(r#"{"pages":1,"items":[{"id":1, "b":1.0},{"id":2}]}"#).into())
}

#[test]
fn a_short_pull_is_one_object() {
    let (api, store) = (short_api(), S3Server::start());
    let folder = Folder::configured(&configuration(&api, LINES));
    let ended = reach(&store, folder.longhaul("run -vv")).run();
    let stderr = &ended.assert_complete().stderr;
    assert!(stderr.contains("-> s3://data/out/items.ndjson\n"), "{stderr}");
    ended.assert_hides(SECRET_KEY);
    assert!(!stderr.contains("X-Amz"), "no signature is shown: {stderr}");
    let object = store.bucket().object("out/items.ndjson").unwrap();
    assert_eq!(String::from_utf8(object).unwrap(), "{\"id\":1,\"b\":1.0}\n{\"id\":2}\n");
    assert_eq!(store.bucket().operations(), [Operation::Put(26)]);
    assert_clean(&store, &folder);
}

#[test]
fn a_long_pull_is_uploaded_in_parts_of_8_mib() {
    let (api, store) = (long_api(), S3Server::start());
    let folder = Folder::configured(&configuration(&api, LINES));
    reach(&store, folder.longhaul("run")).run().assert_complete();
    assert!(store.bucket().object("out/items.ndjson").unwrap() == all_records().into_bytes());
    let operations = store.bucket().operations();
    assert_eq!(operations.len(), 6, "{operations:?}");
    assert!(
        operations.contains(&Operation::Part(3, 8 << 20)) && operations.contains(&Operation::Complete(4))
    );
    assert_clean(&store, &folder);
}

#[test]
fn compressed_objects_and_tables_have_every_record() {
    let (api, store) = (short_api(), S3Server::start());
    let sinks = "type = \"ndjson\"\npath = \"s3://data/{stream}.ndjson.gz\"\n\n[sinks.listed]\ntype = \"csv\"\n\
                 path = \"s3://data/listed.csv\"\ncolumns = [\"/id\"]\n\n[sinks.all]\ntype = \"csv\"\n\
                 path = \"s3://data/all.csv\"";
    let configuration = configuration(&api, sinks).replace("[\"out\"]", "[\"out\", \"listed\", \"all\"]");
    let folder = Folder::configured(&configuration);
    reach(&store, folder.longhaul("run")).run().assert_complete();
    let object = |key: &str| store.bucket().object(key).unwrap();
    let lines = decompress("gzip", &object("items.ndjson.gz"));
    assert_eq!(String::from_utf8(lines).unwrap(), "{\"id\":1,\"b\":1.0}\n{\"id\":2}\n");
    assert_eq!(String::from_utf8(object("listed.csv")).unwrap(), "id\r\n1\r\n2\r\n");
    assert_eq!(String::from_utf8(object("all.csv")).unwrap(), "id,b\r\n1,1.0\r\n2,\r\n");
    assert_clean(&store, &folder);
}

#[test]
fn each_window_has_its_own_object() {
    let api = api::server(|request| {
        let from = request.query("from").unwrap();
        Reply::json(format!(r#"{{"items":[{{"from":"{from}"}}]}}"#)).into()
    });
    let store = S3Server::start();
    let connection = api::connection(&api::root(&api));
    let folder = Folder::configured(&format!(
        "{connection}\n[sinks.out]\ntype = \"ndjson\"\npath = \"s3://data/{{window.start}}.ndjson\"\n[streams.items]\n\
         path = \"/items\"\nquery = {{ from = \"{{window.start}}\" }}\nrecords = \"/items\"\nsinks = [\"out\"]\n\
         concurrency = 2\npages.type = \"single\"\nwindow = {{ from = \"2026-01-01\", to = \"2026-01-04\", slice = \"1d\" }}\n"
    ));
    reach(&store, folder.longhaul("run")).run().assert_complete();
    let keys = ["20260101T000000Z.ndjson", "20260102T000000Z.ndjson", "20260103T000000Z.ndjson"];
    assert_eq!(store.bucket().keys(), keys);
    assert_clean(&store, &folder);
}

/// The records are those of a run that was not stopped, and no part is sent twice.
#[test]
fn a_stopped_pull_continues_after_the_parts_that_are_there() {
    let (api, store) = (long_api(), S3Server::start());
    let folder = Folder::configured(&configuration(&api, LINES));
    let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    assert_eq!(store.bucket().object("out/items.ndjson"), None);
    assert_eq!(store.bucket().uploads().len(), 1);
    reach(&store, folder.longhaul("run")).run().assert_complete();
    assert!(store.bucket().object("out/items.ndjson").unwrap() == all_records().into_bytes());
    let begun =
        store.bucket().operations().iter().filter(|operation| **operation == Operation::Begin).count();
    assert_eq!(begun, 1);
    assert_clean(&store, &folder);
}

#[test]
fn a_store_that_does_not_compare_sha256_gets_every_record_too() {
    for checksums in [S3Checksums::Ignored, S3Checksums::Promised, S3Checksums::Refused(501)] {
        let (api, store) = (long_api(), S3Server::with(checksums, |_| None));
        let folder = Folder::configured(&configuration(&api, LINES));
        let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
        assert_eq!(stopped.code, Some(75), "{checksums:?}: {}", stopped.stderr);
        reach(&store, folder.longhaul("run")).run().assert_complete();
        let object = store.bucket().object("out/items.ndjson").unwrap();
        assert!(object == all_records().into_bytes(), "{checksums:?}: the records differ");
        assert_clean(&store, &folder);
    }
}

#[test]
fn a_fresh_start_removes_the_unfinished_upload() {
    let (api, store) = (long_api(), S3Server::start());
    let folder = Folder::configured(&configuration(&api, LINES));
    let stopped = reach(&store, folder.longhaul("run --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let [(unfinished, _)] = <[_; 1]>::try_from(store.bucket().uploads()).unwrap();
    let stopped = reach(&store, folder.longhaul("run items --fresh --max-requests 14")).run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    assert!(store.bucket().uploads().iter().all(|(id, _)| *id != unfinished));
    reach(&store, folder.longhaul("run")).run().assert_complete();
    assert!(store.bucket().object("out/items.ndjson").unwrap() == all_records().into_bytes());
    assert_clean(&store, &folder);
}
