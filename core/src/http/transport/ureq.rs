//! The transport over TCP, by ureq. Its defaults differ from the contract in every point, so all are set here.

use std::{
    env,
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};

use ::ureq::{
    Agent, AsSendBody, SendBody,
    http::Request as HttpRequest,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::{resolver::DefaultResolver, transport::Connector},
};
use http::{
    HeaderValue,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};

use super::{
    Response, Transport, TransportError, TransportErrorKind,
    classify::classify,
    client_certificate::ClientCertificate,
    lookup::{Later, Lookup},
    proxy::{Proxy, Route},
    receive::{Limits, Received},
    setup_error::SetupError,
    timeouts::Timeouts,
};
use crate::http::request::{Body, Request};

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
    /// What the client proves its own identity with (mutual TLS).
    pub client_certificate: Option<ClientCertificate>,
    /// The maximum number of idle connections to keep open.
    pub connections: usize,
    /// The folder for bodies that do not fit in memory, if it exists. Otherwise, the system's folder for temporary files.
    pub spool_folder: Option<PathBuf>,
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
            client_certificate: None,
            connections: 8,
            spool_folder: None,
        }
    }
}

/// A [`Transport`] over TCP and TLS. Connections are kept alive and shared by all threads.
#[derive(Debug)]
pub struct UreqTransport {
    agent: Agent,
    route: Route,
    limits: Limits,
}

impl UreqTransport {
    /// Creates a transport. Nothing is sent yet.
    ///
    /// # Errors
    /// The certificates or the URL of the proxy cannot be used.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let route = Route::new(&settings.proxy, |name| env::var(name).ok())?;
        let own = settings.client_certificate.as_ref().map(ClientCertificate::read).transpose()?;
        let tls = TlsConfig::builder().root_certs(roots(settings)?).client_cert(own).build();
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(concat!("longhaul/", env!("CARGO_PKG_VERSION")))
            .proxy(route.proxy.clone())
            .tls_config(tls)
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_send_request(Some(settings.idle_timeout))
            .timeout_send_body(Some(settings.timeout))
            .timeout_recv_response(Some(settings.timeout))
            .timeout_per_read(Some(settings.idle_timeout))
            .timeout_global(Some(settings.max_time))
            .max_idle_connections(settings.connections)
            .max_idle_connections_per_host(settings.connections)
            .build();
        let connector = Lookup::with(DefaultResolver::default()).chain(Timeouts);
        let agent = Agent::with_parts(agent, connector, Later);
        let limits = Limits { max_body: settings.max_body, folder: settings.spool_folder.clone() };
        Ok(Self { agent, route, limits })
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        match &request.body {
            Body::Stream(content) => {
                let length = content.length();
                let opened = content.open();
                let mut stream =
                    opened.map_err(|error| TransportError::new(TransportErrorKind::Disk).because(error))?;
                let mut outgoing = outgoing(request, SendBody::from_reader(&mut stream))?;
                // Without it, the body would be sent in chunks, which Amazon S3 does not accept.
                outgoing.headers_mut().insert(CONTENT_LENGTH, length.into());
                self.run(request, outgoing, buffer)
            }
            body => self.run(request, outgoing(request, body.encode().as_ref())?, buffer),
        }
    }

    fn interrupt(&self) {
        self.agent.clone().shutdown();
    }
}

impl UreqTransport {
    fn run(
        &self,
        request: &Request,
        outgoing: HttpRequest<impl AsSendBody>,
        buffer: Vec<u8>,
    ) -> Result<Response, TransportError> {
        let mut configured = self.agent.configure_request(outgoing).allow_non_standard_methods(true);
        let through = self.route.through(&request.url);
        if through.is_none() {
            configured = configured.proxy(None);
        }
        let sent = self.agent.run(configured.build());
        let (head, body) = sent.map_err(|error| classify(error, through.clone()))?.into_parts();
        let body = Classified { body: body.into_reader(), through };
        let Received { body, spooled } =
            self.limits.receive(head.status, &head.headers, request.expects, body, buffer)?;
        Ok(Response { status: head.status, headers: head.headers, body, spooled })
    }
}

/// `request` with `body`, as ureq sends it.
fn outgoing<B>(request: &Request, body: B) -> Result<HttpRequest<B>, TransportError> {
    let mut outgoing = HttpRequest::builder()
        .method(request.method.clone())
        .uri(request.target().as_str())
        .body(body)
        .map_err(|error| TransportError::new(TransportErrorKind::Unsendable).because(error))?;
    let fields = outgoing.headers_mut();
    fields.extend(request.headers.clone());
    if let Some(content_type) = request.body.content_type() {
        fields.entry(CONTENT_TYPE).or_insert(content_type);
    }
    fields.entry(ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
    Ok(outgoing)
}

/// A body whose errors are [`TransportError`]s.
struct Classified<R> {
    body: R,
    through: Option<String>,
}

impl<R: Read> Read for Classified<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.body.read(into).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(classify(error.into(), self.through.clone())),
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
