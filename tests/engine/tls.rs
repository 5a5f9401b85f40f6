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
        TransportErrorKind::{BrokenOff, Garbled, NotTls, OldTls, SelfSigned, Untrusted},
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

/// The same, as a certificate authority, as `openssl req -x509` creates it.
const OWN_AUTHORITY: &str = "\
    MIIBmzCCAUGgAwIBAgIUdxQGQg1fk6N0RofrfCP9Ig+LWfgwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEz\
    MDAyNTcxOFoYDzIxMjYxMTA2MDI1NzE4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATMcmmY\
    aUB9LPfRrp86PK3fmSlTHsH5gOZyX6+Z5JTO7iU2r+YPBdJQoONS59mJr+e32AWhDCRQDmnfFQLTdRAno28wbTAdBgNVHQ4EFgQUhxAv\
    HdfH1cVqX0sVf6mvr3aQR+MwHwYDVR0jBBgwFoAUhxAvHdfH1cVqX0sVf6mvr3aQR+MwDwYDVR0TAQH/BAUwAwEB/zAaBgNVHREEEzAR\
    gglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIgMjtfhiVunh2M3UmQ9ttrEcQWtNR5RxUdyD0i9loMGjkCIQDgy5rkahif\
    iz+pWPYTnB+YLcVhyk0+dBVGRH02GL9GCg==";

/// The error of a request to a server that answers the first message of TLS with these bytes.
fn answered_with(bytes: &[u8]) -> TransportError {
    answered_and_trusted(bytes, None)
}

/// The same, if this certificate is trusted.
fn answered_and_trusted(bytes: &[u8], trusted: Option<&str>) -> TransportError {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = trusted.map(|certificate| {
        let path = folder.path().join("ca.pem");
        let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
        std::fs::write(&path, pem).unwrap();
        path
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap()).parse().unwrap();
    let settings = Settings { proxy: Proxy::Direct, ca_file, ..Settings::default() };
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

/// The first flight of a server with this certificate, in TLS 1.2, where it is not encrypted (RFC 5246 §7.4). The signature
/// of the key exchange is invalid, but the certificate is checked first.
fn flight_with(certificate: &str) -> Vec<u8> {
    let certificate = STANDARD.decode(certificate).unwrap();
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
    let error = answered_with(&flight_with(SELF_SIGNED));
    assert_eq!(error.kind(), Untrusted);
    assert!(chain(&error).contains("invalid peer certificate: "), "{}", chain(&error));
}

#[test]
fn a_server_that_is_its_own_authority_is_named() {
    let error = answered_and_trusted(&flight_with(OWN_AUTHORITY), Some(OWN_AUTHORITY));
    assert_eq!(error.kind(), SelfSigned, "{}", chain(&error));
    assert_eq!(error.to_string(), "the server's certificate is its own authority, which no server may be");
    let error = answered_and_trusted(&flight_with(SELF_SIGNED), Some(SELF_SIGNED));
    // The certificate itself is accepted, unlike the signature made up here.
    assert_eq!(error.kind(), Untrusted, "{}", chain(&error));
    assert!(chain(&error).contains("BadSignature"), "{}", chain(&error));
}

#[test]
fn a_port_without_tls_and_old_versions_of_it_are_named() {
    let plain_http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let error = answered_with(plain_http);
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (NotTls, "the server does not speak TLS at this port")
    );
    let alert_protocol_version = [21, 3, 1, 0, 2, 2, 70];
    let hello_of_tls_1_1 =
        [&[22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2][..], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
    for bytes in [&alert_protocol_version[..], &hello_of_tls_1_1] {
        let error = answered_with(bytes);
        assert_eq!(error.kind(), OldTls, "{}", chain(&error));
        assert_eq!(error.to_string(), "the server offers no version of TLS from 1.2 on");
    }
}

#[test]
fn damage_in_transit_is_not_a_question_of_trust() {
    let alert = [21, 3, 3, 0, 2, 2, 80];
    let empty_hello = [22, 3, 3, 0, 4, 2, 0, 0, 0];
    for bytes in [&alert[..], &empty_hello] {
        let error = answered_with(bytes);
        assert_eq!(error.kind(), Garbled, "{}", chain(&error));
    }
    assert_eq!(answered_with(b"").kind(), BrokenOff);
}
