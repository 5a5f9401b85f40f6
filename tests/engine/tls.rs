//! Servers that cannot be reached by TLS.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::Method;
use longhaul_core::{
    Request,
    http::transport::{
        Proxy, Settings, Transport, TransportError,
        TransportErrorKind::{BrokenOff, Garbled, Untrusted},
        UreqTransport,
    },
};
use longhaul_tests::chain;

/// A self-signed certificate for `localhost` and `127.0.0.1`.
const SELF_SIGNED: &str = "\
    MIIBmDCCAT6gAwIBAgIUXSAMaEjLNsmGzj7ywm+VSMrfmuAwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2\
    MTEyMzAwMDg1N1oYDzIxMjYxMDMwMDAwODU3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\
    AARalAMGcqBwIjOejv/oV+SyTY+MnejB+ihkAOtMIb/TLYpqEUP6O3NSu7xyKK/lI/T2zrIRnOup8f3oFnKMtwL1o2wwajAdBgNV\
    HQ4EFgQUSeasgPbEfF1Iyzr9PPA0ho6Aiw8wHwYDVR0jBBgwFoAUSeasgPbEfF1Iyzr9PPA0ho6Aiw8wGgYDVR0RBBMwEYIJbG9j\
    YWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0EAwIDSAAwRQIgcy+ZMVhTzBSw9RyyUILh95iHErt8wOlPxX/c7GNe\
    sAECIQCXjSoehFPHjOm0SBNr3v2E1PUH0jDK/B3Cu/865sEOVQ==";

/// The error of a request to a server that answers the first message of TLS with these bytes.
fn answered_with(bytes: &[u8]) -> TransportError {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let settings = Settings { proxy: Proxy::Direct, ..Settings::default() };
    let transport = UreqTransport::new(&settings).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 5];
            stream.read_exact(&mut hello).unwrap();
            let length = u16::from_be_bytes([hello[3], hello[4]]);
            stream.read_exact(&mut vec![0; length.into()]).unwrap();
            stream.write_all(bytes).unwrap();
        });
        transport.send(&Request::new(Method::GET, url), Vec::new()).unwrap_err()
    })
}

/// The first flight of a server with [`SELF_SIGNED`], in TLS 1.2, where it is not encrypted (RFC 5246 §7.4). The signature
/// of the key exchange is invalid, but the certificate is checked first.
fn self_signed() -> Vec<u8> {
    let certificate = STANDARD.decode(SELF_SIGNED).unwrap();
    let server_hello = [&[3, 3], &[7; 32][..], &[0, 0xc0, 0x2b, 0, 0, 0]].concat();
    let certificates = sized::<3>(&sized::<3>(&certificate));
    let point = [&[4], &[9; 64][..]].concat();
    let key_exchange = [&[3, 0, 23, 65], &point[..], &[4, 3], &sized::<2>(&[5; 64])].concat();
    let messages = [(2, server_hello), (11, certificates), (12, key_exchange), (14, Vec::new())];
    let flight: Vec<u8> =
        messages.iter().flat_map(|(kind, body)| [&[*kind], &sized::<3>(body)[..]].concat()).collect();
    [&[22, 3, 3], &sized::<2>(&flight)[..]].concat()
}

/// `bytes`, preceded by their length in `N` bytes.
fn sized<const N: usize>(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    [&length[4 - N..], bytes].concat()
}

#[test]
fn a_self_signed_certificate_is_not_trusted() {
    let error = answered_with(&self_signed());
    assert_eq!(error.kind(), Untrusted);
    assert!(chain(&error).contains("invalid peer certificate: "), "{}", chain(&error));
}

#[test]
fn an_answer_that_is_not_tls_is_not_a_question_of_trust() {
    let plain_http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let alert = [21, 3, 3, 0, 2, 2, 80];
    let empty_hello = [22, 3, 3, 0, 4, 2, 0, 0, 0];
    for bytes in [&plain_http[..], &alert, &empty_hello] {
        let error = answered_with(bytes);
        assert_eq!(error.kind(), Garbled, "{}", chain(&error));
    }
    assert_eq!(answered_with(b"").kind(), BrokenOff);
}
