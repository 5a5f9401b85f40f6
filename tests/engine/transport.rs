//! The transport over real sockets.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use longhaul_core::{
    Clock, Request,
    clock::{Interrupt, SystemClock},
    http::transport::{
        Proxy, Settings, Transport, TransportError,
        TransportErrorKind::{self, BrokenOff, Garbled, NotConnected, TimedOut, TooLarge},
        UreqTransport,
    },
};
use longhaul_tests::{
    FakeApi, FaultServer, Lifetime, Links, ManualClock, Reaction, Reply, Setup, Tokens, records, stored_gzip,
};

/// 100,014 bytes of JSON, most of them spaces, as a gzip file of about 130 bytes.
const BOMB: &str = "H4sIAAAAAAACA+3BsREAEBAAsFWcMazilDqVp3J2t4Yiycmzxx4rcqkJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+Fa7D4oLu5OuhgEA";

fn transport(change: impl FnOnce(&mut Settings)) -> UreqTransport {
    let mut settings = Settings { proxy: Proxy::Direct, ..Settings::default() };
    change(&mut settings);
    UreqTransport::new(&settings).unwrap()
}

/// The result of one GET to a server that reacts with `act`.
fn get(
    transport: &UreqTransport,
    act: impl Fn() -> Reaction + Send + Sync + 'static,
) -> Result<Vec<u8>, TransportError> {
    let server = FaultServer::start(ManualClock::new(), move |_| act());
    let request = Request::new(Method::GET, server.url());
    let answer = transport.send(&request, b"what was here before".to_vec());
    assert_eq!(server.received().len(), 1, "one attempt");
    answer.map(|response| response.body)
}

fn kind(outcome: Result<Vec<u8>, TransportError>) -> TransportErrorKind {
    outcome.expect_err("an error").kind()
}

#[test]
fn a_compressed_body_is_read() {
    let body = records(500).join(",");
    let reply = Reply::json(stored_gzip(body.as_bytes())).header("content-encoding", "gzip");
    for act in [Reaction::Reply(reply.clone()), Reaction::Chunked(reply.clone()), Reaction::Drip(reply)] {
        assert!(get(&transport(|_| {}), move || act.clone()).unwrap() == body.as_bytes());
    }
}

#[test]
fn a_compressed_body_that_is_cut_off_or_damaged_is_a_fault() {
    let body = stored_gzip(&records(50).join(",").into_bytes());
    let reply = |body: &[u8]| Reply::json(body).header("content-encoding", "gzip");
    let half = reply(&body[..body.len() / 2]);
    assert_eq!(kind(get(&transport(|_| {}), move || half.clone().into())), Garbled);
    let mut damaged = body.clone();
    damaged[20] ^= 1;
    let damaged = reply(&damaged);
    assert_eq!(kind(get(&transport(|_| {}), move || damaged.clone().into())), Garbled);
}

#[test]
fn a_body_beyond_the_limit_is_an_error_and_not_requested_again() {
    let limited = transport(|settings| settings.max_body = 99_999);
    let bomb = STANDARD.decode(BOMB).unwrap();
    let small = Reply::json(bomb).header("content-encoding", "gzip");
    let of_limit = Reply::json(vec![b' '; 99_999]);
    assert_eq!(get(&limited, move || of_limit.clone().into()).unwrap().len(), 99_999);
    for reply in [Reply::json(vec![b' '; 100_000]), small.clone()] {
        for act in [Reaction::Reply(reply.clone()), Reaction::Chunked(reply.clone())] {
            assert_eq!(kind(get(&limited, move || act.clone())), TooLarge);
        }
    }
    assert_eq!(get(&transport(|_| {}), move || small.clone().into()).unwrap().len(), 100_014);

    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        let page = Reply::json(vec![b' '; 100_000]);
        if request.is_for_token() { tokens.issue(request.at) } else { page }.into()
    });
    let limit = Settings { max_body: 99_999, ..Settings::default() };
    let pulled = Setup::over_sockets_with(&server.url(), &clock, limit).run();
    assert!(pulled.outcome.is_err());
    assert_eq!(server.api_requests().len(), 1);
}

#[test]
fn a_hundred_and_fifty_header_fields_are_too_many_but_ninety_are_not() {
    let with_fields = |count: usize| {
        let field = |reply: Reply, n| reply.header(&format!("x-field-{n}"), "x");
        let reply = (0..count).fold(Reply::json("[]"), field);
        get(&transport(|_| {}), move || reply.clone().into())
    };
    assert_eq!(with_fields(90).unwrap(), b"[]");
    assert_eq!(kind(with_fields(150)), Garbled);
}

#[test]
fn every_status_is_an_answer_and_the_buffer_is_emptied() {
    for status in [200, 204, 301, 307, 400, 401, 403, 404, 429, 500, 503, 599] {
        let body = get(&transport(|_| {}), move || Reply::status(status).into()).unwrap();
        assert_eq!(body, b"", "{status}");
    }
}

#[test]
fn a_connection_serves_many_requests() {
    let (clock, expected) = (ManualClock::new(), records(40));
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(7)), &expected, 1, Links::Absolute);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| api.answer(request).into());
    assert_eq!(Setup::over_sockets(&server.url(), &clock).run().records(), expected);
    assert_eq!(server.connections(), 1);
    let agents = server
        .received()
        .into_iter()
        .all(|request| request.header("user-agent").is_some_and(|agent| agent.starts_with("longhaul/")));
    assert!(agents);
}

#[test]
fn a_connection_that_the_server_closed_is_replaced() {
    let (clock, expected) = (ManualClock::new(), records(30));
    let (api, count) =
        (FakeApi::new(Tokens::new(Lifetime::Unlimited), &expected, 1, Links::Relative), AtomicUsize::new(0));
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        let reply = api.answer(request);
        if count.fetch_add(1, Ordering::SeqCst) % 3 == 0 {
            Reaction::ReplyAndClose(reply)
        } else {
            Reaction::Reply(reply)
        }
    });
    assert_eq!(Setup::over_sockets(&server.url(), &clock).run().records(), expected);
    assert!(server.connections() > 10);
}

#[test]
fn a_port_without_a_listener_is_reported_as_no_connection() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    drop(listener);
    let outcome = transport(|_| {}).send(&Request::new(Method::GET, url), Vec::new());
    assert_eq!(kind(outcome.map(|response| response.body)), NotConnected);
}

#[test]
fn broken_connections_are_distinguished_from_garbage() {
    let one = || transport(|_| {});
    assert_eq!(kind(get(&one(), || Reaction::Close)), BrokenOff);
    assert_eq!(kind(get(&one(), || Reaction::Reset)), BrokenOff);
    assert_eq!(kind(get(&one(), || Reaction::Raw(b"HTTP/1.1 200 OK\r\ncontent-le".to_vec()))), BrokenOff);
    assert_eq!(kind(get(&one(), || Reaction::Raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec()))), Garbled);
    let chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    assert_eq!(kind(get(&one(), move || Reaction::Raw(chunk.to_vec()))), Garbled);
}

#[test]
fn a_chunk_extension_that_does_not_end_is_final() {
    let start = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;".to_vec();
    let endless = [start, vec![b'x'; 1 << 20]].concat();
    let kind = kind(get(&transport(|_| {}), move || Reaction::Raw(endless.clone())));
    assert_eq!(kind, TransportErrorKind::Overlong);
}

const SOON: Duration = Duration::from_millis(100);

#[test]
fn a_server_that_sends_nothing_times_out() {
    let hung = transport(|settings| settings.timeout = SOON);
    assert_eq!(kind(get(&hung, || Reaction::Stall)), TimedOut);
    let hung = transport(|settings| settings.idle_timeout = SOON);
    assert_eq!(kind(get(&hung, || Reaction::StallInBody(Reply::json("[1,2]")))), TimedOut);
    let hung = transport(|settings| settings.max_time = SOON);
    assert_eq!(kind(get(&hung, || Reaction::StallInBody(Reply::json("[1,2]")))), TimedOut);
}

#[test]
fn the_idle_timeout_does_not_apply_before_the_first_byte() {
    let patient = transport(|settings| settings.idle_timeout = SOON);
    let pauses = SystemClock::new(Interrupt::default());
    let body = get(&patient, move || {
        pauses.sleep(3 * SOON);
        Reply::json("[]").into()
    });
    assert_eq!(body.unwrap(), b"[]");
}

#[test]
fn a_run_recovers_from_answers_that_hang() {
    let (clock, expected) = (ManualClock::new(), records(6));
    let (api, count) =
        (FakeApi::new(Tokens::new(Lifetime::Unlimited), &expected, 2, Links::Relative), AtomicUsize::new(0));
    // First the token endpoint hangs, then the API before its answer, then the API in a body.
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        match count.fetch_add(1, Ordering::SeqCst) {
            0 | 2 => Reaction::Stall,
            4 => Reaction::StallInBody(api.answer(request)),
            _ => api.answer(request).into(),
        }
    });
    let timeout = Duration::from_millis(500);
    let settings = Settings { timeout, idle_timeout: timeout, ..Settings::default() };
    assert_eq!(Setup::over_sockets_with(&server.url(), &clock, settings).run().records(), expected);
}
