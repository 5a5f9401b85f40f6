//! The transport over TCP, by ureq. Its defaults differ from the contract in every point, so all are set here.

use std::{
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};

use ::ureq::{
    Agent,
    http::Request as HttpRequest,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector, DefaultConnector},
    },
};
use http::HeaderValue;

use super::{
    Response, Transport, TransportError, TransportErrorKind,
    receive::{Limits, Received},
    timeouts::Timeouts,
};
use crate::http::{request::Request, secret::Secret};

/// The settings of a [`UreqTransport`]: timeouts, limits, proxy and TLS.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time to establish a connection, including TLS.
    pub connect_timeout: Duration,
    /// The time until the first byte of the response.
    pub timeout: Duration,
    /// The time between two bytes of the response.
    pub idle_timeout: Duration,
    /// The time for the whole attempt.
    pub max_time: Duration,
    /// The maximum size of a body, in bytes after decompression.
    pub max_body: u64,
    /// The proxy to use.
    pub proxy: Proxy,
    /// Whether any request uses TLS.
    pub tls: Tls,
    /// A PEM file of certificates to trust in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// The maximum number of idle connections to keep open.
    pub connections: usize,
    /// The folder for bodies that do not fit in memory, if it exists. Otherwise, the system's folder for temporary files.
    pub spool_folder: Option<PathBuf>,
}

/// The proxy to use.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Proxy {
    /// No proxy.
    Direct,
    /// For https, the proxy named by `HTTPS_PROXY` or `ALL_PROXY`, except for hosts in `NO_PROXY`.
    #[default]
    Environment,
    /// The proxy at this URL, which may contain a password.
    Url(Secret),
}

/// Whether any request uses TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tls {
    /// Some requests may.
    Used,
    /// No request does, so the system's certificates are not read. Reading them takes longer than a small pull.
    Unused,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(30),
            max_time: Duration::from_secs(30 * 60),
            max_body: 256 << 20,
            proxy: Proxy::Environment,
            tls: Tls::Used,
            ca_file: None,
            connections: 8,
            spool_folder: None,
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// `ca_file` cannot be read.
    #[error("cannot read the certificates in `{}`", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// `ca_file` contains no certificate.
    #[error("there is no PEM certificate in `{}`", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The URL of the proxy is not valid.
    #[error("the proxy is not a URL such as `http://host:port`")]
    Proxy,
}

/// A [`Transport`] over TCP and TLS. Connections are kept alive and shared by all threads.
#[derive(Debug)]
pub struct UreqTransport {
    agent: Agent,
    proxy: Proxy,
    limits: Limits,
}

impl UreqTransport {
    /// Creates a transport. Nothing is sent yet.
    ///
    /// # Errors
    /// The certificates or the URL of the proxy cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let proxy = match &settings.proxy {
            Proxy::Direct => None,
            Proxy::Environment => ::ureq::Proxy::try_from_env(),
            Proxy::Url(url) => Some(::ureq::Proxy::new(url.expose()).map_err(|_| SetupError::Proxy)?),
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("longhaul/", env!("CARGO_PKG_VERSION")))
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots(settings)?).build())
            .timeout_resolve(Some(settings.connect_timeout))
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_send_request(Some(settings.idle_timeout))
            .timeout_send_body(Some(settings.timeout))
            .timeout_recv_response(Some(settings.timeout))
            .timeout_per_read(Some(settings.idle_timeout))
            .timeout_global(Some(settings.max_time))
            .max_idle_connections(settings.connections)
            .max_idle_connections_per_host(settings.connections)
            .build();
        let connector = DefaultConnector::new().chain(Timeouts);
        let agent = Agent::with_parts(agent, connector, DefaultResolver::default());
        let limits = Limits { max_body: settings.max_body, folder: settings.spool_folder.clone() };
        Ok(Self { agent, proxy: settings.proxy.clone(), limits })
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        let body = request.body.encode();
        let mut outgoing = HttpRequest::builder()
            .method(request.method.clone())
            .uri(request.url.as_str())
            .body(body.as_ref())
            .map_err(|error| TransportError::new(TransportErrorKind::Unsendable).because(error))?;
        outgoing.headers_mut().extend(request.headers.clone());
        if let Some(content_type) = request.body.content_type() {
            let fields = outgoing.headers_mut();
            fields.entry(http::header::CONTENT_TYPE).or_insert(content_type);
        }
        let fields = outgoing.headers_mut();
        fields.entry(http::header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        let mut configured = self.agent.configure_request(outgoing).allow_non_standard_methods(true);
        if self.bypasses_proxy(request) {
            configured = configured.proxy(None);
        }
        let outgoing = configured.build();
        let (head, body) = self.agent.run(outgoing).map_err(classify)?.into_parts();
        let body = Classified(body.into_reader());
        let Received { body, spooled } =
            self.limits.receive(head.status, &head.headers, request.expects, body, buffer)?;
        Ok(Response { status: head.status, headers: head.headers, body, spooled })
    }

    fn interrupt(&self) {
        self.agent.clone().shutdown();
    }
}

impl UreqTransport {
    /// Whether to ignore the proxy of the environment. `HTTPS_PROXY` is only for https, but ureq uses it for any scheme.
    fn bypasses_proxy(&self, request: &Request) -> bool {
        self.proxy == Proxy::Environment && request.url.scheme() == "http"
    }
}

/// A body whose errors are [`TransportError`]s.
struct Classified<R>(R);

impl<R: Read> Read for Classified<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(classify(::ureq::Error::from(error))),
        })
    }
}

fn roots(settings: &Settings) -> Result<RootCerts, SetupError> {
    let system = match settings.tls {
        Tls::Used => rustls_native_certs::load_native_certs().certs,
        Tls::Unused => Vec::new(),
    };
    let mut trusted: Vec<_> =
        system.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
    if let Some(path) = &settings.ca_file {
        let pem = std::fs::read(path).map_err(|source| SetupError::CaFile { path: path.clone(), source })?;
        let own = parse_pem(&pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let before = trusted.len();
        trusted.extend(own);
        if trusted.len() == before {
            return Err(SetupError::NoCertificate { path: path.clone() });
        }
    }
    Ok(RootCerts::new_with_certs(&trusted))
}

fn classify(error: ::ureq::Error) -> TransportError {
    use ::ureq::Error;
    let kind = match &error {
        Error::ConnectionFailed
        | Error::HostNotFound
        | Error::ConnectProxyFailed(_)
        | Error::Timeout(::ureq::Timeout::Resolve | ::ureq::Timeout::Connect) => {
            TransportErrorKind::NotConnected
        }
        Error::Timeout(_) => TransportErrorKind::TimedOut,
        Error::Tls(_) | Error::Rustls(_) => TransportErrorKind::Untrusted,
        Error::Protocol(_) => TransportErrorKind::Garbled,
        Error::LargeResponseHeader(..) | Error::BodyStalled => TransportErrorKind::Overlong,
        Error::Io(io) => classify_io(io),
        _ => TransportErrorKind::Unsendable,
    };
    TransportError::new(kind).because(error)
}

fn classify_io(error: &io::Error) -> TransportErrorKind {
    use io::ErrorKind;
    match error.kind() {
        // rustls reports all its errors as invalid data. Only the text distinguishes an untrusted certificate from a
        // record that was damaged in transit.
        ErrorKind::InvalidData if error.to_string().starts_with("invalid peer certificate") => {
            TransportErrorKind::Untrusted
        }
        ErrorKind::InvalidData => TransportErrorKind::Garbled,
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable
        | ErrorKind::NotFound => TransportErrorKind::NotConnected,
        // A failed name lookup has no kind of its own, only its text.
        _ if error.to_string().contains("lookup address") => TransportErrorKind::NotConnected,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TransportErrorKind::TimedOut,
        _ => TransportErrorKind::BrokenOff,
    }
}
