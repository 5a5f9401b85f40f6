//! `run --limit`: samples, which are never taken for complete pulls.

use longhaul_tests::FaultServer;
use longhaul_tests::Reply;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

/// An API with 300 numbers, ten on a page, and their total.
fn numbers() -> FaultServer {
    api::server(|request| {
        let page: u64 = request.query("page").unwrap().parse().unwrap();
        let numbers: Vec<_> = (page * 10 - 9..=(page * 10).min(300)).collect();
        Reply::json(format!(r#"{{"total":300,"data":{numbers:?}}}"#)).into()
    })
}

const NUMBERS: &str = r#"
[streams.numbers]
path = "/numbers"
records = "/data"
pages = { type = "page_number", param = "page", total = "/total" }
sinks = ["lines"]
"#;

fn folder(server: &FaultServer) -> Folder {
    Folder::configured(&[&api::connection(&api::root(server)), NUMBERS, LINES].concat())
}

fn first(count: usize) -> String {
    (1..=count).map(|number| number.to_string() + "\n").collect()
}

#[test]
fn a_sample_is_a_file_without_a_state() {
    let server = numbers();
    let folder = folder(&server);
    let ended = folder.run("run --limit 25 --out sample.ndjson --summary s.json");
    let stderr = ended.assert_complete().stable_stderr();
    let start = "numbers: not complete, a sample of 25 records from 3 pages, as --limit 25 says, ";
    assert!(stderr.starts_with(start) && stderr.ends_with(" -> FOLDER/sample.ndjson\n"), "{stderr}");
    assert_eq!(folder.read("sample.ndjson"), first(25));
    assert_eq!(folder.names_in(".longhaul"), [""; 0], "no state");
    let summary: serde_json::Value = serde_json::from_str(&folder.read("s.json")).unwrap();
    let pull = &summary["pulls"][0];
    assert_eq!(
        (&pull["complete"], &pull["sample"], &pull["records"]),
        (&false.into(), &true.into(), &25.into())
    );
    let requests = server.api_requests().len();
    assert!(requests < 12, "{requests} requests");
    let on_stdout = folder.run("run --limit 3 --sink stdout");
    assert_eq!(on_stdout.assert_complete().stdout, first(3));
    assert_eq!(folder.run("status").stable_stdout(), "numbers: never run\n");
    let whole = folder.run("run --limit 1000 --out all.ndjson");
    assert_eq!(
        whole.assert_complete().stable_stderr(),
        "numbers: complete, 300 records in 31 pages, TIME -> FOLDER/all.ndjson\n"
    );
}

#[test]
fn a_sample_replaces_and_disturbs_nothing() {
    let server = numbers();
    let folder = folder(&server);
    let elsewhere = "hint: choose another file with --out, or standard output with --sink stdout\n";
    assert_eq!(folder.run("run --max-requests 5").code, Some(75));
    let of_file = |name: &str| {
        format!(
            "error: `out/{name}` exists, and a sample does not replace it\n  in: longhaul.toml:21\n{elsewhere}"
        )
    };
    folder.run("run --limit 10").assert_failed(2, &of_file("numbers.ndjson.part"));
    folder.run("run").assert_complete();
    folder.run("run --limit 10").assert_failed(2, &of_file("numbers.ndjson"));
    assert_eq!(folder.read("out/numbers.ndjson"), first(300));
    folder.run("run --limit 10 --out out/numbers.ndjson").assert_failed(
        2,
        &format!(
            "error: `out/numbers.ndjson` exists, and a sample does not replace it\n  in: --out out/numbers.ndjson\n{elsewhere}"
        ),
    );
}

#[test]
fn what_has_no_clear_start_or_end_has_no_sample() {
    let server = numbers();
    let folder = folder(&server).with(
        "other.toml",
        format!(
            "{}{NUMBERS}{LINES}{}",
            api::connection(&api::root(&server)),
            "[streams.since]\npath = \"/s\"\nincremental = { at = \"\", param = \"s\" }\nsinks = [\"add\"]\n\
             [streams.days]\npath = \"/d\"\nquery = { day = \"{window.start}\" }\nsinks = [\"add\"]\n\
             window = { from = \"2026-01-01\", incremental = true }\n\
             [streams.parts]\npath = \"/p/{each.n}\"\neach = { stream = \"numbers\", values = { n = \"\" } }\n\
             [sinks.add]\ntype = \"ndjson\"\npath = \"add/{stream}.ndjson\"\nmode = \"append\"\n"
        ),
    );
    let refused = |stream: &str, error: &str| {
        folder.run(&format!("-c other.toml run {stream} --limit 5")).assert_failed(2, error);
    };
    let continues = |name| {
        format!("error: `--limit` does not apply to `{name}`, which continues where the last run ended\n")
    };
    refused("since", &(continues("since") + "hint: see its first page instead: longhaul preview since\n"));
    refused("days", &(continues("days") + "hint: give a range of time, for example with --last 1d\n"));
    refused(
        "parts --sink stdout",
        "error: `--limit` does not apply to `parts`: its parents would be pulled in full\n\
         hint: see its first page instead: longhaul preview parts\n",
    );
    let ended = folder.run("-c other.toml run numbers --limit 5 --strict");
    let first = ended.stderr.lines().next();
    assert_eq!(first, Some("error: the argument '--limit <NUMBER>' cannot be used with '--strict'"));
    assert!(server.api_requests().is_empty(), "nothing was sent");
}
