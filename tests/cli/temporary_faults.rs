//! Temporary faults: exit code 75.

use longhaul_tests::Reply;

use crate::{
    api::{self, without_faults},
    folder::Folder,
};

#[test]
fn a_server_that_is_down_is_retried_up_to_the_limit() {
    let folder = Folder::configured(&api::tutorial(&api::unused_url()));
    let ended = folder.run("-q run --set retry.max_attempts=3");
    ended.assert_failed(
        75,
        "error: the stream `conversations` is not complete\n  \
         caused by: could not send `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations`: no access token\n  \
         caused by: could not get an access token\n  \
         caused by: `POST http://127.0.0.1:PORT/oauth/token` failed 3 times\n  \
         caused by: no connection to the server\n  \
         caused by: io: Connection refused (os error N)\n\
         hint: check the host and port in `auth.token_url`, and that the server is up; if a proxy is needed, set \
         `api.proxy`\n",
    );
    let ended = folder.run("run --set retry.max_attempts=3");
    let warning =
        "warn  no connection to the server: io: Connection refused (os error N); retrying in TIME\n";
    assert!(ended.stable_stderr().starts_with(&warning.repeat(2)), "{}", ended.stderr);
}

#[test]
fn a_command_that_somebody_waits_for_fails_at_once_if_the_server_is_down() {
    let folder = Folder::configured(&format!(
        "[api]\nbase_url = '{}'\n[auth]\ntype = 'none'\n[streams.calls]\npath = '/calls'\n",
        api::unused_url()
    ));
    folder.run("preview calls").assert_failed(
        75,
        "error: could not fetch the first page of `calls`\n  \
         caused by: `GET http://127.0.0.1:PORT/calls` failed\n  \
         caused by: no connection to the server\n  \
         caused by: io: Connection refused (os error N)\n\
         hint: check the host and port in `api.base_url`, and that the server is up; if a proxy is needed, set \
         `api.proxy`; then run the same command again\n",
    );
    let folder = Folder::configured(&api::tutorial(&api::unused_url()));
    let ended = folder.run("token");
    assert!(
        ended.stderr.contains("/oauth/token` failed\n") && !ended.stderr.contains("retrying"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.code, Some(75));
}

#[test]
fn an_api_that_stays_down_ends_the_run_without_a_file() {
    let server = api::server(|_| Reply::status(503).into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("-q run --set retry.max_attempts=4").assert_failed(
        75,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` failed 4 times\n  \
         caused by: the server answered 503 Service Unavailable\n\
         hint: resume with: longhaul --set retry.max_attempts=4 run\n",
    );
    assert_eq!(server.received().len(), 1 + 4);
    assert_eq!(folder.names_in("out"), [""; 0]);
}

#[test]
fn a_pause_that_is_too_long_ends_the_run_at_once() {
    let server = api::server(|_| Reply::status(429).header("retry-after", "3600").into());
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("run").assert_failed(
        75,
        "error: the stream `conversations` is not complete\n  \
         caused by: `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations` must wait 3600 s, longer than \
         `retry.max_wait` allows\n  \
         caused by: the server answered 429 Too Many Requests\n\
         hint: resume with: longhaul run\n",
    );
    assert_eq!(server.received().len(), 2);
}

#[test]
fn the_same_command_succeeds_once_the_fault_is_over() {
    let settings = without_faults(120);
    let api = api::start(&settings);
    let folder = Folder::configured(&api::tutorial(api.base_url()));
    let down = format!("run --set api.base_url={} --set retry.max_attempts=2", api::unused_url());
    assert_eq!(folder.run(&down).code, Some(75));
    folder.run("run").assert_complete();
    assert!(folder.read("out/conversations.ndjson") == api::lines(&settings), "the records differ");
}
