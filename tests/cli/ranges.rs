//! Ranges of time on the command line, and pulls without a configuration file.

use longhaul_tests::{FaultServer, Reply};

use crate::{
    api::{self, LINES, without_faults},
    folder::Folder,
};

/// An API that has one record for each window, with the window in it.
fn windows_api() -> FaultServer {
    api::server(|request| {
        let [from, to] = ["from", "to"].map(|name| request.query(name).unwrap());
        Reply::json(format!(r#"{{"calls":["{from}/{to}"]}}"#)).into()
    })
}

const CALLS: &str = r#"
[streams.users]
path = "/users"
sinks = ["lines"]

[streams.calls]
path = "/calls"
query = { from = "{window.start}", to = "{window.end}" }
records = "/calls"
sinks = ["lines"]
window = { from = "2026-01-01", to = "2026-01-02", timezone = "Europe/Berlin", format = "%Y-%m-%dT%H:%M:%SZ" }
"#;

fn folder(server: &FaultServer) -> Folder {
    Folder::configured(&[&api::connection(&api::root(server)), CALLS, LINES].concat())
}

#[test]
fn a_range_replaces_the_configured_one_in_the_time_zone_of_the_window() {
    let server = windows_api();
    let folder = folder(&server);
    let pulled = |arguments: &str| {
        folder.run(&format!("run calls {arguments}")).assert_complete();
        folder.read("out/calls.ndjson")
    };
    // The clocks are put back on 25 October, so the month has 31 days and an hour.
    assert_eq!(pulled("--month 2025-10"), "\"2025-09-30T22:00:00Z/2025-10-31T23:00:00Z\"\n");
    assert_eq!(
        pulled("--from 2025-03-29 --to 2025-03-31"),
        "\"2025-03-28T23:00:00Z/2025-03-30T22:00:00Z\"\n"
    );
    assert_eq!(pulled("--to 2026-01-03"), "\"2025-12-31T23:00:00Z/2026-01-02T23:00:00Z\"\n");
    let last = pulled("--last 36h");
    let (from, to) = last.trim_end().trim_matches('"').split_once('/').unwrap();
    let [from, to] = [from, to].map(|time| time.parse::<jiff::Timestamp>().unwrap());
    assert_eq!(to.duration_since(from).as_hours(), 36);
    assert_eq!(pulled(""), "\"2025-12-31T23:00:00Z/2026-01-01T23:00:00Z\"\n", "the configured one");
}

#[test]
fn each_range_has_a_state_of_its_own_and_hints_repeat_it() {
    let server = windows_api();
    let folder = folder(&server);
    let stopped = folder
        .longhaul("run calls --from 2026-01-01 --to 2026-01-04 --max-requests 2")
        .argument("--set=streams.calls.window.slice=1d")
        .argument("--set=streams.calls.concurrency=1")
        .run();
    assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
    let again = "longhaul --set streams.calls.window.slice=1d --set streams.calls.concurrency=1 run calls \
                 --from 2026-01-01 --to 2026-01-04";
    assert!(stopped.stderr.ends_with(&format!("resume with: {again}\n")), "{}", stopped.stderr);
    // It neither blocks the usual pull nor is it resumed by it.
    folder.run("run calls").assert_complete();
    let status = folder.run("status calls --set streams.calls.window.slice=1d");
    let shown = status.assert_complete().stable_stdout();
    assert!(
        shown.starts_with(
            "calls: complete since MOMENT, 1 record in 1 page\n  from MOMENT to MOMENT (exclusive)\ncalls@"
        ),
        "{shown}"
    );
    assert!(
        shown.contains(": stopped at MOMENT, 1 record (1 page) saved\n  started at MOMENT\n  from MOMENT to MOMENT (exclusive)\n  1 of 3 windows complete\n"),
        "{shown}"
    );
    assert!(shown.ends_with(&format!("  resume with: {again}\n")), "{shown}");
}

#[test]
fn ranges_that_do_not_fit_are_refused() {
    let folder = folder(&windows_api());
    let refused = |arguments: &str, error: &str| folder.run(arguments).assert_failed(2, error);
    refused(
        "run users --last 7d",
        "error: the stream `users` has no window, so `--last` does not apply to it\n\
         hint: run it without `--last`, or add a table `[streams.users.window]`\n",
    );
    refused(
        "run calls --from 2026-01-02 --to 2026-01-02",
        "error: `streams.calls.window.to` must be after `from`: the range from 2026-01-01T23:00:00Z to \
         2026-01-01T23:00:00Z is empty\n  in: --to 2026-01-02\nhint: `to` is exclusive\n",
    );
    let usage = |arguments: &str, first: &str| {
        let ended = folder.run(arguments);
        assert_eq!((ended.code, ended.stderr.lines().next()), (Some(2), Some(first)));
    };
    usage(
        "run calls --last 7d --from 2026-01-01",
        "error: the argument '--last <SPAN>' cannot be used with '--from <TIME>'",
    );
    usage(
        "run calls --month 2026-10 --last 7d",
        "error: the argument '--month <MONTH>' cannot be used with '--last <SPAN>'",
    );
    usage(
        "run calls --last 7x",
        "error: invalid value '7x' for '--last <SPAN>': unknown unit `x`; the units are `s`, `m` (minutes), `h`, `d`, \
         `w`, `M` (months) and `y`",
    );
    usage(
        "run calls --from soon",
        "error: invalid value 'soon' for '--from <TIME>': `soon` is not a time such as `2026-01-01`, \
         `2026-01-01T06:00:00Z`, `now-24h`, `now/d` or `yesterday`",
    );
    usage(
        "run calls --month October",
        "error: invalid value 'October' for '--month <MONTH>': expected a month such as 2026-10",
    );
    let future = folder.run("run calls --month 9999-01");
    let stderr = future.stderr.as_str();
    assert!(
        future.code == Some(2)
            && stderr.starts_with(
                "error: `--month 9999-01` is in the future\nhint: name a month that has begun: --month 20"
            ),
        "{stderr}"
    );
}

#[test]
fn a_stream_of_a_preset_needs_no_configuration() {
    let settings = without_faults(1750);
    let api = api::start(&settings);
    let folder = Folder::empty();
    let command =
        "--system genesys run conversations --from 2026-01-02 --to 2026-01-03 --out conversations.csv";
    let ended = api::reach(&api, folder.longhaul(command)).variable("GENESYS_REGION", "us-east-1").run();
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "conversations: complete, 250 records in 4 pages of 1 window, TIME -> FOLDER/conversations.csv\n"
    );
    let file = folder.read("conversations.csv");
    assert!(
        file.starts_with("conversationId,conversationStart,conversationEnd,"),
        "the columns that the preset suggests: {}",
        &file[..200]
    );
}

#[test]
fn the_variables_of_a_preset_choose_it() {
    let folder = Folder::empty();
    let run = |arguments: &str, variables: &[&str]| {
        let command = folder.longhaul(arguments);
        let set = |command: crate::folder::CommandLine, name: &&str| command.variable(name, "eu-west-1");
        variables.iter().fold(command, set).run()
    };
    let genesys = ["GENESYS_REGION", "GENESYS_CLIENT_ID", "GENESYS_CLIENT_SECRET"];
    let ended = run("run queues --dry-run", &genesys);
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "info  using the preset `genesys`, because `GENESYS_CLIENT_ID` is set\n"
    );
    assert!(
        ended.stdout.contains("GET https://api.mypurecloud.ie/api/v2/routing/queues?"),
        "{}",
        ended.stdout
    );
    // Both have users.
    let both = [&genesys[..], &["SLACK_BOT_TOKEN"]].concat();
    run("run users --dry-run", &both).assert_failed(
        2,
        "error: the variables of several presets with `users` are set: `genesys` (`GENESYS_CLIENT_ID`), `slack` \
         (`SLACK_BOT_TOKEN`)\nhint: choose one, for example with --system genesys\n",
    );
    run("run queues --dry-run", &both).assert_complete();
    for unknown in ["run", "run calls"] {
        let stderr = run(unknown, &genesys).stderr;
        assert!(stderr.starts_with("error: found no configuration; looked for "), "{stderr}");
    }
}

#[test]
fn windows_that_requests_cannot_tell_apart_are_an_error() {
    let server = api::server(|_| Reply::json("[]").into());
    let stream = |window: &str| {
        let keys = "[streams.calls]\npath = \"/calls\"\nquery = { from = \"{window.start}\", to = \"{window.end}\" }\n";
        Folder::configured(&format!(
            "{}{keys}window = {{ {window} }}\n",
            api::connection(&api::root(&server))
        ))
    };
    let explained = |clause: &str| {
        format!(
            "error: `streams.calls.window.format`: the window from {clause} in a request\n  in: longhaul.toml:15\n\
             hint: add the time to the format, and `%:z` or a `Z` at its end, because an hour may come twice in a time zone; \
             or set a longer `slice`\n"
        )
    };
    let error =
        |start: &str, end: &str| explained(&format!("{start} to {end} would not end after its start"));
    let days = "from = \"2026-01-01\", to = \"2026-01-02\", slice = \"6h\", format = \"%Y-%m-%d\"";
    stream(days).run("run").assert_failed(2, &error("2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z"));
    let twice = "from = \"2026-10-24T22:00:00Z\", to = \"2026-10-25T03:00:00Z\", slice = \"1h\", \
                 timezone = \"Europe/Berlin\", format = \"%Y-%m-%dT%H:%M\"";
    stream(twice).run("run").assert_failed(2, &error("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"));
    let half_hours = twice.replace("1h", "30m");
    stream(&half_hours).run("run").assert_failed(2, &error("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"));
    let again = explained("2026-01-01T12:00:00Z would begin at the same time as an earlier one");
    let half_days = days.replace("%Y-%m-%d", "%Y-%m-%d %I:%M");
    stream(&half_days).run("run").assert_failed(2, &again);
    assert_eq!(server.received().len(), 0);
    stream(&twice.replace("%M", "%M%:z")).run("run").assert_complete();
    // The last window has only begun.
    stream(&days.replace("6h", "1d").replace("01-02", "01-02T06:00:00Z")).run("run").assert_complete();
}

#[test]
fn a_range_that_makes_no_sense_says_why() {
    let folder = Folder::configured(
        "[api]\nbase_url = \"http://127.0.0.1:1\"\n[auth]\ntype = \"none\"\n[streams.calls]\npath = \"/{window.start}\"\n\
         window = { from = \"2026-01-01\", to = \"2026-01-02\", slice = \"1h\" }\n",
    );
    folder.run("run --from 0000-01-01").assert_failed(
        2,
        "error: `streams.calls.window.slice`: there would be more than 1,000,000 windows\n  in: longhaul.toml:7\nhint: start \
         later, or set a longer slice\n",
    );
    let ended = folder.run("run --last -1d");
    assert_eq!(ended.code, Some(2));
    let said = "error: invalid value '-1d' for '--last <SPAN>': `-1d` is negative; for the time from 1d ago to now, write `1d`";
    assert!(ended.stderr.starts_with(said), "{}", ended.stderr);
}
