//! A store of a bucket of a stand-in.

use std::{
    error::Error,
    io::{self, Read},
    sync::Arc,
    time::{Duration, SystemTime},
};

use longhaul_core::{
    Client, Clock, Secret, Secrets,
    client::retry::RetryPolicy,
    http::transport::{Proxy, Settings, Tls, UreqTransport},
    object_store::{Content, StoreError},
};
use longhaul_s3::{CredentialSource, Credentials, Endpoint, S3Store, Signer};
use longhaul_tests::{ManualClock, S3Server};
use url::Url;

pub(crate) const SECRET_KEY: &str = "the-secret-key";

pub(crate) fn keys() -> Credentials {
    Credentials {
        access_key: "AKIAEXAMPLE".to_owned(),
        secret_key: Secret::new(SECRET_KEY),
        session_token: None,
        expiration: None,
    }
}

/// A client of the server at `url`, whose waits take no time.
pub(crate) fn client(
    clock: &Arc<ManualClock>,
) -> impl Fn(Arc<dyn longhaul_core::client::auth::Auth>, longhaul_core::Origins) -> Client {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    move |auth, origins| {
        let settings = Settings { proxy: Proxy::Direct, tls: Tls::Unused, ..Settings::default() };
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        Client::new(Arc::new(UreqTransport::new(&settings).unwrap()), auth, origins)
            .with_clock(Arc::clone(&clock))
            .with_policy(policy)
    }
}

pub(crate) fn store(server: &S3Server) -> S3Store {
    bucket(&server.url(), "data", CredentialSource::fixed(keys()))
}

pub(crate) fn bucket(url: &Url, name: &str, source: CredentialSource) -> S3Store {
    let clock = ManualClock::new();
    let of_signer: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let endpoint = Endpoint { url: Some(url.clone()), region: "us-east-1".to_owned(), path_style: None };
    let signer = Signer::new(source, "us-east-1".to_owned(), Arc::clone(&of_signer), Secrets::default());
    S3Store::new(&endpoint, name, Arc::new(signer), of_signer, client(&clock)).unwrap()
}

/// Bytes in memory.
#[derive(Debug)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Content for Bytes {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::Cursor::new(self.0.clone())))
    }
}

pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Arc<dyn Content> {
    Arc::new(Bytes(bytes.into()))
}

/// The error and its causes, one a line.
pub(crate) fn chain(error: &StoreError, server: &Url) -> String {
    let mut lines = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push(error.to_string());
        cause = error.source();
    }
    lines.join("\n").replace(server.as_str().trim_end_matches('/'), "http://store")
}

/// A time that is this long after the start of the clock.
pub(crate) fn after(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + longhaul_tests::EPOCH + Duration::from_secs(seconds)
}
