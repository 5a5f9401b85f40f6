//! Connections.

use std::{
    io::{BufReader, ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    sync::Arc,
};

use super::{ManualClock, client::Reply, start};
use crate::{FakeApi, Settings};

fn connect(api: &FakeApi) -> TcpStream {
    TcpStream::connect(api.base_url().trim_start_matches("http://")).unwrap()
}

#[test]
fn a_connection_serves_many_requests_also_before_they_are_asked_for() {
    let (api, _, _) = start(Settings::default());
    let mut stream = connect(&api);
    stream.write_all(&b"GET / HTTP/1.1\r\nHost: h\r\n\r\n".repeat(3)).unwrap();
    let mut reader = BufReader::new(&stream);
    for _ in 0..3 {
        let reply = Reply::read(&mut reader).unwrap();
        assert_eq!((reply.status, reply.header("connection")), (404, None));
    }
    (&stream).write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").unwrap();
    assert_eq!(Reply::read(&mut reader).unwrap().header("connection"), Some("close"));
    assert_eq!(reader.read(&mut [0]).unwrap(), 0);
}

#[test]
fn chunked_bodies_are_understood() {
    let (api, client, _) = start(Settings { records: 3, ..Settings::default() });
    let authorization = client.authorization();
    let mut stream = connect(&api);
    write!(stream, "POST /api/v2/tutorial/conversations HTTP/1.1\r\nHost: h\r\n{authorization}").unwrap();
    write!(stream, "Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"pag\r\nA\r\neSize\": 2}}\r\n0\r\n\r\n")
        .unwrap();
    assert_eq!(Reply::read(&mut BufReader::new(stream)).unwrap().elements("results").len(), 2);
}

#[test]
fn garbage_is_refused_in_the_platform_s_shape_and_harms_nobody() {
    let (api, client, _) = start(Settings::default());
    let large =
        format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 600000\r\n\r\n{}", "x".repeat(600_000));
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000));
    for (text, status) in [
        ("\0\u{1}\u{16}\u{3}\r\n\r\n", 400),
        ("GET\r\n\r\n", 400),
        ("GET / HTTP/3\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400),
        (large.as_str(), 413),
        (long.as_str(), 431),
    ] {
        let mut stream = connect(&api);
        stream.write_all(text.as_bytes()).unwrap();
        let reply = Reply::read(&mut BufReader::new(&stream)).unwrap();
        assert_eq!((reply.status, reply.header("connection")), (status, Some("close")));
        assert_eq!(reply.json()["contextId"].as_str(), reply.header("inin-correlation-id"));
    }
    let too_large = connect(&api);
    (&too_large).write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 512001\r\n\r\n").unwrap();
    let reply = Reply::read(&mut BufReader::new(&too_large)).unwrap();
    assert_eq!(reply.refusal(), (413, "request.entity.too.large".into()));
    assert_eq!(reply.json()["message"], "The request is malformed: the body is larger than 512000 bytes.");
    assert_eq!(client.get("/api/v2/users").status, 200);
}

#[test]
fn a_client_that_breaks_off_anywhere_harms_nobody() {
    let (api, client, _) = start(Settings::default());
    let request = b"POST /oauth/token HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd";
    for end in 0..request.len() {
        let mut stream = connect(&api);
        stream.write_all(&request[..end]).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "{end}");
    }
    assert_eq!(client.get("/api/v2/users").status, 200);
}

#[test]
fn when_it_is_dropped_its_connections_are_closed_and_its_port_is_free() {
    let (api, _, _) = start(Settings::default());
    let address = api.base_url().trim_start_matches("http://").to_owned();
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut idle = connect(&api);
    idle.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    Reply::read(&mut BufReader::new(&idle)).unwrap();
    drop(api);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    assert_eq!(TcpStream::connect(&address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    let again = Settings { port, ..Settings::default() };
    let api = FakeApi::start(again.clone(), Arc::new(ManualClock::default())).unwrap();
    assert_eq!(api.token_url(), format!("http://{address}/oauth/token"));
    let taken = FakeApi::start(again, Arc::new(ManualClock::default())).unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::AddrInUse);
}

#[test]
fn many_at_once_are_answered() {
    let (api, client, _) = start(Settings { rate_allowed: 1000, ..Settings::default() });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(client.get("/api/v2/users?pageSize=1").status, 200);
                }
            });
        }
    });
    assert_eq!(api.stats().pages, 80);
}
