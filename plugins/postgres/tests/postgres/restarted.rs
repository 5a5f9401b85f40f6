//! A server that crashes and comes back during a pull.

use std::time::Duration;

use longhaul_demo::Settings;

use crate::{
    run::{Pull, act_as_command, failure, saved},
    server::Server,
};

#[test]
fn the_run_fails_and_the_same_command_resumes() {
    act_as_command();
    let Some(mut server) = Server::start() else { return };
    let settings = Settings {
        records: 200,
        rate_allowed: u32::MAX,
        latency: Duration::from_millis(5),
        ..Settings::default()
    };
    let test = "restarted::the_run_fails_and_the_same_command_resumes";
    let pull = Pull::new(test, settings, server.url(), 2, ["commit_every = \"0s\"", ""]);
    let running = pull.command("longhaul run").spawn().unwrap();
    pull.wait_for_pages(20);
    server.tell("restart");
    let output = running.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    let place = format!("127.0.0.1:{}/postgres", server.port);
    assert_is_crash(&stderr, &place);
    assert!(saved(&stderr) > 0, "{stderr}");

    let (code, stderr) = pull.run("longhaul run");
    assert_eq!(code, Some(0), "{stderr}");
    pull.assert_complete(server.texts("SELECT record FROM conversations"), "");
}

/// The run ended because its server crashed.
#[track_caller]
pub(crate) fn assert_is_crash(stderr: &str, place: &str) {
    // The server may have said why before it closed the connection.
    let expected = ["write to", "commit to"].into_iter().flat_map(|doing| {
        ["the server closed the connection", "terminating connection due to immediate shutdown command"].map(
            |cause| {
                let what = format!("cannot {doing} table `public.conversations` in `{place}`");
                failure(&[&what, cause], "fix the problem, then resume with: longhaul run")
            },
        )
    });
    assert!(expected.into_iter().any(|error| stderr.ends_with(&error)), "{stderr}");
}
