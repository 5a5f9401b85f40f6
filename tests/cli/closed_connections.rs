//! Bodies that end where the connection closes (RFC 9112 §6.3).

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use longhaul_tests::{Reaction, compress};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::{
    api::{self, LINES},
    auth::mutual_tls::{ROOT, SERVER, SERVER_KEY},
    folder::Folder,
};

/// How a server closes a connection by TLS.
#[derive(Clone, Copy)]
enum Closing {
    /// With the alert that says so (RFC 8446 §6.1).
    Notified,
    /// Without, as if the connection had been cut.
    Silent,
}

/// A server by TLS that answers each request with these bytes. Returns its address.
fn server(answer: Vec<u8>, closing: Closing) -> String {
    let key = PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from_pem_slice(SERVER.as_bytes()).unwrap()], key);
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        // It ends with the process.
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, &config, &answer, closing);
        }
    });
    address
}

fn serve(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    answer: &[u8],
    closing: Closing,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    stream.write_all(answer)?;
    if let Closing::Notified = closing {
        stream.conn.send_close_notify();
    }
    stream.flush()
}

fn folder(base_url: &str) -> Folder {
    let configuration = format!(
        "[api]\nbase_url = \"{base_url}\"\nca_file = \"root.pem\"\n[auth]\ntype = \"none\"\n\
         [retry]\nbase_delay = \"1ms\"\nmax_attempts = 2\n\
         [streams.events]\npath = \"/events\"\nformat = \"ndjson\"\nsinks = [\"lines\"]\n{LINES}"
    );
    Folder::configured(&configuration).with("root.pem", ROOT)
}

/// A body without a length, of these files.
fn answer(files: &[Vec<u8>]) -> Vec<u8> {
    let head = b"HTTP/1.0 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n";
    [&head[..], &files.concat()].concat()
}

/// Exactly between two of its members, a cut gzip file looks complete.
#[test]
fn a_packed_body_ends_where_tls_says_that_it_does() {
    let members = ["1\n", "2\n"].map(|text| compress("gzip", text));
    let complete = folder(&server(answer(&members), Closing::Notified));
    complete.run("run").assert_complete();
    assert_eq!(complete.read("out/events.ndjson"), "1\n2\n");
    for sent in [&members[..1], &members] {
        let cut = folder(&server(answer(sent), Closing::Silent));
        let ended = cut.run("run");
        assert_eq!(ended.code, Some(75), "{}", ended.stderr);
        assert!(
            ended.last_error().contains("caused by: the connection closed before the answer was complete\n"),
            "{}",
            ended.stderr
        );
        assert!(!cut.names_in("out").contains(&"events.ndjson".to_owned()), "nothing is published");
    }
}

#[test]
fn a_packed_body_without_tls_must_say_where_it_ends() {
    let whole = answer(&["1\n", "2\n"].map(|text| compress("gzip", text)));
    let server = api::server(move |_| Reaction::Raw(whole.clone()));
    let folder = folder(&api::root(&server));
    folder.run("run").assert_failed(
        4,
        "error: the stream `events` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
         caused by: the answer does not say where it ends, so a part of it could be missing\n\
         hint: the API must send `Content-Length` or chunks (HTTP/1.1): check for a proxy that removes them, or report it to the API's operator\n",
    );
}
