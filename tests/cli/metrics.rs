//! `run --metrics`.

use longhaul_tests::Reply;

use crate::{api, folder::Folder, repairable_api::stopped};

/// The value of a metric with its labels.
#[track_caller]
fn value<'m>(metrics: &'m str, name: &str) -> &'m str {
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name} in\n{metrics}"))
}

#[test]
fn a_failed_run_keeps_the_time_of_the_last_success() {
    let (listing, folder) = stopped(|configuration| configuration);
    let run = |code, flags: &str| {
        let ended = folder.run(&format!("run --metrics longhaul.prom{flags}"));
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        folder.read("longhaul.prom")
    };
    let complete = run(0, "");
    let of_stream = |name: &str| format!("longhaul_stream_{name}{{stream=\"conversations\"}}");
    let success = of_stream("last_success_timestamp_seconds");
    assert_eq!(value(&complete, &of_stream("complete")), "1");
    assert_eq!(value(&complete, &of_stream("records_total")), "8");
    assert_eq!(value(&complete, "longhaul_run_exit_code"), "0");
    assert_eq!(value(&complete, "longhaul_requests_total"), "3", "two pages and a token");
    let at = value(&complete, &success);
    let seconds = |text: &str| text.parse::<f64>().unwrap();
    let started = seconds(value(&complete, "longhaul_run_start_timestamp_seconds"));
    assert!(started > 1.7e9 && seconds(at) >= started);
    drop(listing);
    let failed = run(75, " --set retry.max_attempts=1");
    assert_eq!(value(&failed, &of_stream("complete")), "0");
    assert_eq!(value(&failed, "longhaul_run_exit_code"), "75");
    assert_eq!(value(&failed, &success), at);
}

#[test]
fn metrics_that_cannot_be_written_are_found_before_anything_is_sent() {
    let server = api::server(|_| Reply::json(r#"{"results":[]}"#).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("run --metrics missing/longhaul.prom").assert_failed(
        2,
        "error: cannot write the metrics `FOLDER/missing/longhaul.prom`: No such file or directory (os error N)\n\
         hint: choose another file for --metrics\n",
    );
    assert!(server.received().is_empty());
}

#[cfg(unix)]
#[test]
fn other_users_can_read_metrics() {
    use std::os::unix::fs::PermissionsExt;
    let server = api::server(|_| Reply::json(r#"{"results":[{"id":1}]}"#).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.longhaul("run --metrics longhaul.prom").after("umask 022").run().assert_complete();
    assert_eq!(folder.path("longhaul.prom").metadata().unwrap().permissions().mode() & 0o777, 0o644);
    assert!(!folder.names_in(".").iter().any(|name| name.starts_with(".tmp")));
}
