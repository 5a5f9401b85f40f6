//! Servers that want a certificate of the client (mutual TLS).

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};

use crate::{api::LINES, folder::Folder};

pub(crate) const ROOT: &str = include_str!("../../support/keys/ca.pem");
pub(crate) const CLIENT: &str = include_str!("../../support/keys/client.pem");
pub(crate) const CLIENT_KEY: &str = include_str!("../../support/keys/client_key.pem");
const SERVER: &str = include_str!("../../support/keys/server.pem");
const SERVER_KEY: &str = include_str!("../../support/keys/server_key.pem");

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

/// A server with one page, for clients that prove who they are. Returns its address.
pub(crate) fn server() -> String {
    let mut roots = RootCertStore::empty();
    roots.add(certificate(ROOT)).unwrap();
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(
            vec![certificate(SERVER)],
            PrivateKeyDer::from_pem_slice(SERVER_KEY.as_bytes()).unwrap(),
        );
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        // It ends with the process.
        for stream in listener.incoming().flatten() {
            let _ = serve(stream, &config);
        }
    });
    address
}

fn serve(stream: TcpStream, config: &Arc<ServerConfig>) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if let Err(error) = stream.read_exact(&mut byte) {
            // Closing a socket with unread bytes would reset the connection, and the client would not see why.
            std::io::copy(&mut stream.sock, &mut std::io::sink())?;
            return Err(error);
        }
        head.push(byte[0]);
    }
    let body = "{\"data\":[1,2]}";
    write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())?;
    stream.conn.send_close_notify();
    stream.flush()
}

fn configured(root: &str, api: &str) -> Folder {
    let stream = "[streams.items]\npath = \"/items\"\nrecords = \"/data\"\npages.type = \"single\"\nsinks = [\"lines\"]\n";
    let configuration = format!(
        "[api]\nbase_url = \"{root}\"\nca_file = \"root.pem\"\n{api}\n[auth]\ntype = \"none\"\n\
         [retry]\nbase_delay = \"1ms\"\nmax_attempts = 2\n{stream}{LINES}"
    );
    Folder::configured(&configuration)
        .with("root.pem", ROOT)
        .with("me.pem", CLIENT)
        .with("me.key", CLIENT_KEY)
}

#[test]
fn the_client_proves_who_it_is() {
    let root = server();
    let folder = configured(&root, "client_cert = \"me.pem\"\nclient_key = { file = \"me.key\" }");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/items.ndjson"), "1\n2\n");
}

#[test]
fn a_server_that_does_not_accept_the_client_says_so_at_once() {
    // The second one is nobody that the server knows.
    for api in ["", "client_cert = \"server.pem\"\nclient_key = { file = \"server.key\" }"] {
        let folder = configured(&server(), api).with("server.pem", SERVER).with("server.key", SERVER_KEY);
        let ended = folder.run("run");
        let cause = if api.is_empty() { "CertificateRequired" } else { "UnsupportedCertificate" };
        ended.assert_failed(
            4,
            &format!(
                "error: the stream `items` is not complete\n  \
                 caused by: `GET https://127.0.0.1:PORT/items` failed\n  \
                 caused by: the server does not accept the client without a valid certificate\n  \
                 caused by: io: received fatal alert: {cause}\n\
                 hint: set `api.client_cert` and `api.client_key` to a certificate that the server accepts, and its key\n"
            ),
        );
    }
}
