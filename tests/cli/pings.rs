//! `run --ping`.

use longhaul_tests::{FaultServer, Reaction, Reply};

use crate::{api, folder::Folder, repairable_api::RepairableApi};

/// The secret part of the URL.
const CHECK: &str = "5f1d4b2e-check";

/// A monitor that does this with every request.
fn monitor(reaction: impl Into<Reaction>) -> FaultServer {
    let reaction = reaction.into();
    FaultServer::start(api::clock(), move |_| reaction.clone())
}

/// `run --ping` with the URL of this monitor.
fn command(monitor: &FaultServer) -> String {
    format!("run --ping {}/{CHECK}", api::root(monitor))
}

/// What the monitor was told: the methods, paths and bodies.
fn told(monitor: &FaultServer) -> Vec<String> {
    let received = monitor.received().into_iter();
    let shown = received.map(|request| {
        let body = String::from_utf8(request.body).unwrap();
        format!("{} {} {body}", request.method, request.url.path()).trim_end().to_owned()
    });
    shown.collect()
}

#[test]
fn a_monitor_is_told_about_start_success_and_failure() {
    let (listing, monitor) = (RepairableApi::new(Reply::status(410)), monitor(Reply::status(200)));
    let folder = listing.folder();
    let failed = folder.run(&command(&monitor));
    assert_eq!(failed.code, Some(4));
    failed.assert_hides(CHECK);
    let error = format!(
        "exit code 4: the stream `conversations` is not complete: `GET {}/api/v2/tutorial/conversations` failed: the server \
         answered 410 Gone",
        api::root(&listing.server)
    );
    assert_eq!(told(&monitor), [format!("GET /{CHECK}/start"), format!("POST /{CHECK}/fail {error}")]);
    listing.repair();
    folder.run(&command(&monitor)).assert_complete().assert_hides(CHECK);
    assert_eq!(told(&monitor)[2..], [format!("GET /{CHECK}/start"), format!("GET /{CHECK}")]);
}

#[test]
fn a_monitor_is_told_that_the_configuration_is_wrong() {
    let monitor = monitor(Reply::status(200));
    let folder = Folder::configured("api.base_url = 7\n");
    assert_eq!(folder.run(&format!("{}?a=b", command(&monitor))).code, Some(2));
    let told = told(&monitor);
    let start = format!("POST /{CHECK}/fail exit code 2: `api.base_url`: expected text");
    assert!(told.len() == 2 && told[1].starts_with(&start), "{told:?}");
    assert!(monitor.received().iter().all(|request| request.url.query() == Some("a=b")));
}

#[test]
fn a_monitor_that_is_not_told_is_a_warning() {
    let listing = RepairableApi::new(Reply::status(410));
    listing.repair();
    let warnings = |why: &str| {
        ["start", "success"]
            .map(|what| format!("warn  --ping: the monitor was not told about the {what} of the run: {why}"))
    };
    for (reaction, attempts, why) in [
        (Reaction::from(Reply::status(404)), 1, "it answered 404 Not Found"),
        (Reply::status(503).into(), 2, "it answered 503 Service Unavailable"),
        (Reaction::Close, 2, "the connection closed before the answer was complete"),
    ] {
        let (monitor, folder) = (monitor(reaction), listing.folder());
        let ended = folder.run(&command(&monitor));
        ended.assert_complete().assert_hides(CHECK);
        let stderr = ended.stable_stderr();
        let found: Vec<_> = stderr.lines().filter(|line| line.contains("--ping")).collect();
        assert!(found.iter().zip(warnings(why)).all(|(line, words)| line.contains(&words)), "{stderr}");
        assert_eq!((found.len(), monitor.received().len()), (2, 2 * attempts), "{stderr}");
    }
}

#[test]
fn a_url_that_is_none_is_refused_and_not_shown() {
    for url in ["hc-ping.com/s3cret", "ftp://hc-ping.com/s3cret"] {
        let folder = Folder::empty();
        folder.run(&format!("run --ping {url}")).assert_failed(
            2,
            "error: the value of --ping is not an http or https URL\n\
             hint: give the whole URL of the check, such as https://hc-ping.com/UUID\n",
        );
    }
}
