//! Connections that do not come about: proxies, TLS and host names.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use longhaul_tests::{FaultServer, Reply};

use crate::{api, command_output::CommandOutput, ends::stream, folder::Folder};

/// The outcome of a run at an API over https, with these environment variables.
fn run(base_url: &str, variables: &[(&str, &str)]) -> CommandOutput {
    let folder = Folder::configured(&api::tutorial(base_url));
    let command = folder.longhaul("-q run --set retry.max_attempts=2");
    variables.iter().fold(command, |command, (name, value)| command.variable(name, value)).run()
}

/// What follows the request in an error message.
fn cause(output: &CommandOutput) -> String {
    let text = output.stable_stderr();
    text.split_once("/oauth/token` ").unwrap_or_else(|| panic!("{text}")).1.to_owned()
}

const API: &str = "https://api.example.com";

#[test]
fn a_proxy_that_refuses_is_named_and_not_asked_again() {
    for (status, text) in [(407, "407 Proxy Authentication Required"), (403, "403 Forbidden")] {
        let proxy = api::server(move |_| Reply::status(status).into());
        let url = api::root(&proxy).replace("http://", "http://me:hunter2@");
        let output = run(API, &[("HTTPS_PROXY", &url)]);
        assert_eq!(output.code, Some(4));
        assert_eq!(
            cause(&output),
            format!(
                "failed\n  \
                 caused by: the connection was refused (by way of the proxy `127.0.0.1:PORT`)\n  \
                 caused by: it answered {text}\n\
                 hint: check the user and password of the proxy in `api.proxy` or `HTTPS_PROXY`, and whether it may \
                 connect to this host; the hosts in `NO_PROXY` are reached without it\n"
            )
        );
        output.assert_hides("hunter2");
        assert_eq!(proxy.received().len(), 1);
    }
}

#[test]
fn a_proxy_that_is_down_is_named() {
    let proxy = api::unused_url();
    let output = run(API, &[("HTTPS_PROXY", &proxy)]);
    assert_eq!(output.code, Some(75));
    assert_eq!(
        cause(&output),
        "failed 2 times\n  \
         caused by: no connection to the server (by way of the proxy `127.0.0.1:PORT`)\n  \
         caused by: io: Connection refused (os error N)\n\
         hint: check the proxy in `api.proxy` or `HTTPS_PROXY`\n"
    );
}

#[test]
fn an_invalid_proxy_in_the_environment_is_an_error() {
    run(API, &[("HTTPS_PROXY", "ftp://proxy:3128")]).assert_failed(
        2,
        "error: the environment variable `HTTPS_PROXY` is not a URL such as `http://host:port`\n\
         hint: correct the variable, or set `api.proxy`, which comes before it\n",
    );
}

#[test]
fn a_host_and_port_of_no_proxy_is_reached_directly() {
    let plain = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let host = plain.local_addr().unwrap().to_string();
    let base_url = format!("https://{host}");
    let answering = thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let proxy = api::unused_url();
    let output = run(&base_url, &[("HTTPS_PROXY", &proxy), ("NO_PROXY", &host)]);
    answering.join().unwrap();
    assert_eq!(output.code, Some(4));
    assert!(
        cause(&output).contains("caused by: the server does not speak TLS at this port\n"),
        "{}",
        cause(&output)
    );
    assert!(
        cause(&output).ends_with("hint: check the port and `https` in `auth.token_url`\n"),
        "{}",
        cause(&output)
    );
    assert_eq!(run(&base_url, &[("HTTPS_PROXY", &proxy), ("NO_PROXY", "127.0.0.1:1")]).code, Some(75));
}

#[test]
fn an_unknown_host_names_the_keys_it_may_come_from() {
    // A label of more than 63 characters is refused before a name server is asked (RFC 1035 §2.3.4).
    let output = run(&format!("https://{}.example.com", "a".repeat(64)), &[]);
    assert_eq!(output.code, Some(75));
    let cause = cause(&output);
    assert!(cause.contains("caused by: the host name has no address\n"), "{cause}");
    assert!(
        cause.ends_with(
            "hint: check the host in `auth.token_url`, or the `region` that it follows from, and whether a proxy is \
             needed (`api.proxy`)\n"
        ),
        "{cause}"
    );
}

/// The first bytes of a body that brotli packed.
const BROTLI: [u8; 6] = [0x8b, 0x02, 0x80, 0x7b, 0x7d, 0x03];

#[test]
fn an_encoding_that_was_not_requested_is_named() {
    for format in ["", "format = \"ndjson\"\n", "format = \"csv\"\n"] {
        let (folder, server) = stream(format, |_| {
            Reply { body: BROTLI.to_vec(), ..Reply::status(200) }.header("content-encoding", "br")
        });
        let ended = folder.run("run");
        assert_eq!(ended.code, Some(4));
        assert_eq!(
            ended.last_error(),
            "error: the stream `events` is not complete\n  \
             caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
             caused by: the answer has the encoding `br`, which was not requested and cannot be read\n\
             hint: set `streams.events.headers = { Accept-Encoding = \"identity\" }`, or check for a proxy that \
             compresses answers\n"
        );
        assert_eq!(server.received().len(), 2, "it is not requested again");
    }
}

/// A response of the size that no server needs is a final error, wherever it comes from.
#[test]
fn oversized_tokens_and_headers_are_final() {
    let server = FaultServer::start(api::clock(), |request| match request.url.path() {
        "/oauth/token" => {
            let token = "x".repeat(1 << 20);
            Reply::json(format!(r#"{{"access_token":"{token}","expires_in":3600}}"#)).into()
        }
        _ => Reply::json(r#"{"results":[]}"#).into(),
    });
    let ended = Folder::configured(&api::tutorial(&api::root(&server))).run("run");
    assert_eq!(
        (ended.code, ended.last_error().as_str()),
        (
            Some(3),
            "error: the stream `conversations` is not complete\n  \
             caused by: could not send `POST http://127.0.0.1:PORT/api/v2/tutorial/conversations`: no access token\n  \
             caused by: the token endpoint's answer has a token of 1048576 bytes, more than a request can carry\n\
             hint: check that `auth.token_url` is the address of the token endpoint, and `auth.response` the places of its \
             answer\n"
        )
    );
    let server =
        api::server(|_| Reply::json(r#"{"results":[]}"#).header("x-next", "x".repeat(1 << 20)).into());
    let ended = Folder::configured(&api::tutorial(&api::root(&server))).run("run");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let cause = "caused by: a header or chunk line of the answer is too long\n";
    assert!(ended.last_error().contains(cause), "{}", ended.stderr);
}
