//! Builds the client from `[api]`, `[auth]`, `[rate]` and `[retry]`.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use longhaul_core::{
    Client, Clock, Origins, Secret, Secrets,
    client::{
        answer::Rules,
        auth::{Anonymous, Auth, AuthError, Replayed},
        rate::{ConfiguredLimit, ConfiguredRate, LeftPlaces, RateLimit, RatePlaces, RenewalPlaces, Share},
        retry::RetryPolicy,
    },
    event::Observer,
    http::transport::{
        ClientCertificate, ClientCertificateError, Proxy, Settings, SetupError, Tls, Transport, UreqTransport,
    },
};

use crate::{
    build::{
        credentials::{Credentials, Resolve, key_hint},
        exchanges::Exchanges,
        request_limit::{LimitedTransport, RequestLimit},
        rules,
    },
    config::{self, Config, ConfigError, Loaded, Stream},
    stop::Stop,
    terminal::{failure::Failure, report::Chain},
};

/// Access to the API: the client, and its credentials for the command `token`.
#[derive(Debug)]
pub(crate) struct Access {
    /// Sends requests to the API.
    client: Arc<Client>,
    /// The same for each stream with a limit of its own.
    limited: BTreeMap<String, Arc<Client>>,
    credentials: Credentials,
    /// Sends all requests. It is interrupted when the run is stopped.
    pub(crate) transport: Arc<dyn Transport>,
    /// How it is sent.
    settings: Settings,
    exchanges: Exchanges,
}

impl Access {
    /// Sends the requests of a stream.
    pub(crate) fn client(&self, stream: &str) -> &Arc<Client> {
        self.limited.get(stream).unwrap_or(&self.client)
    }

    /// A valid access token; `None` if the API needs none.
    pub(crate) fn token(&self) -> Result<Option<Secret>, AuthError> {
        match &self.credentials {
            Credentials::None | Credentials::Basic(_) => Ok(None),
            Credentials::Fixed(fixed) => Ok(Some(fixed.secret().clone())),
            Credentials::OAuth2(oauth2) => oauth2.token().map(Some),
        }
    }
}

/// The limits of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// The maximum number of requests.
    pub(crate) requests: Option<u64>,
    /// Whether requests are sent again if there was no connection to the server.
    pub(crate) reconnect: bool,
    /// Stops the run.
    pub(crate) stop: Stop,
    /// The share of the rate limits that the run has.
    pub(crate) share: Share,
    /// The folder for answers that do not fit in memory, if it exists.
    pub(crate) spool_folder: PathBuf,
}

/// Builds the client, and resolves the secrets, which are added to `secrets`. Nothing is sent.
pub(crate) fn connect(
    loaded: &Loaded,
    environment: &[(OsString, OsString)],
    clock: &Arc<dyn Clock>,
    observer: &Arc<dyn Observer>,
    secrets: &Secrets,
    limits: Limits,
    exchanges: &Exchanges,
) -> Result<Access, Failure> {
    let config = &loaded.config;
    let policy = policy(config, limits.reconnect);
    let settings = Settings { spool_folder: Some(limits.spool_folder), ..settings(config, environment)? };
    let limit = limits.requests.map(|requests| Arc::new(RequestLimit::new(requests, limits.stop)));
    let new_transport = || -> Result<Arc<dyn Transport>, ConfigError> {
        let transport = transport(&settings, loaded, exchanges)?;
        Ok(match &limit {
            Some(limit) => Arc::new(LimitedTransport::new(transport, Arc::clone(limit))),
            None => transport,
        })
    };
    let network = new_transport()?;
    let transport = exchanges.recording(Arc::clone(&network));
    // A stop of the run interrupts `transport`. An answer that may have a new refresh token must not be cut off.
    let saves = config.auth.grant().and_then(|grant| grant.refresh_token.as_ref()?.file()).is_some();
    let token_transport = if saves { new_transport()? } else { network };
    let client = |transport: &Arc<dyn Transport>, auth: Arc<dyn Auth>, origins: Origins, rules: Rules| {
        Client::new(Arc::clone(transport), auth, origins)
            .with_clock(Arc::clone(clock))
            .with_policy(policy.clone())
            .with_refusals(config.errors.format())
            .with_rules(rules)
            .with_secrets(secrets.clone())
            .with_observer(Arc::clone(observer))
    };
    let resolve = Resolve { loaded, environment, secrets, clock: &**clock };
    let credentials = resolve.credentials(origins(config), |url| {
        client(&token_transport, Arc::new(Anonymous), Origins::of([url]), rules::of_token_endpoint(config))
    })?;
    let auth = auth(&credentials, exchanges);
    let client = client(&transport, auth, origins(config), rules::of_api(config));
    let share = limits.share;
    let client = client.with_rate(RateLimit { share, ..rate(config) });
    let client = if exchanges.replayed().is_some() { client.without_limits() } else { client };
    let limits = config.streams.iter().filter_map(|(name, stream)| Some((name, stream.rate.as_ref()?)));
    let limited =
        limits.map(|(name, rate)| (name.clone(), Arc::new(client.limited_to(share.of(stream_limit(rate))))));
    let limited = limited.collect();
    let exchanges = exchanges.clone();
    Ok(Access { client: Arc::new(client), limited, credentials, transport, settings, exchanges })
}

fn auth(credentials: &Credentials, exchanges: &Exchanges) -> Arc<dyn Auth> {
    match exchanges.replayed() {
        Some(recording) => Arc::new(Replayed::new(Arc::clone(recording))),
        None => credentials.auth(),
    }
}

/// The time limit of a request that is sent after the run was stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

impl Access {
    /// A client for requests after the run was stopped, because its own client is stopped, too. It never retries.
    /// No more of its requests are in flight than the limits allow.
    pub(crate) fn shutdown_client(&self, loaded: &Loaded, stream: &Stream) -> Result<Client, Failure> {
        let config = &loaded.config;
        let settings = Settings {
            connect_timeout: SHUTDOWN_TIMEOUT,
            timeout: SHUTDOWN_TIMEOUT,
            max_time: SHUTDOWN_TIMEOUT,
            ..self.settings.clone()
        };
        let transport = self.exchanges.recording(transport(&settings, loaded, &self.exchanges)?);
        let once = RetryPolicy { max_attempts: 1, max_wait: Duration::ZERO, ..RetryPolicy::default() };
        let auth = auth(&self.credentials, &self.exchanges);
        let client = Client::new(transport, auth, origins(config)).with_policy(once);
        let of_all = config.rate.as_ref().and_then(|rate| rate.concurrent);
        let of_stream = stream.rate.as_ref().and_then(|rate| rate.concurrent);
        let limits = [of_all, of_stream].map(|concurrent| ConfiguredLimit { rate: None, concurrent });
        Ok(limits.into_iter().fold(client, |client, limit| client.limited_to(limit)))
    }
}

/// What sends requests. In a replay, they are answered from the recording instead.
fn transport(
    settings: &Settings,
    loaded: &Loaded,
    exchanges: &Exchanges,
) -> Result<Arc<dyn Transport>, ConfigError> {
    match exchanges.replaying(settings.spool_folder.as_ref()) {
        Some(transport) => Ok(transport),
        None => Ok(Arc::new(over_sockets(settings, loaded)?)),
    }
}

/// Sends requests over sockets.
fn over_sockets(settings: &Settings, loaded: &Loaded) -> Result<UreqTransport, ConfigError> {
    UreqTransport::new(settings).map_err(|error| {
        let wrong = |key: &str, message: String| ConfigError::new(message).at(key, loaded.origin_of(key));
        match error {
            SetupError::ClientCertificate(ClientCertificateError::Key(error)) => {
                let key = "api.client_key";
                wrong(key, format!("`{key}`: {error}")).with_hint(key_hint(error))
            }
            SetupError::ClientCertificate(error) => {
                let key = "api.client_cert";
                wrong(key, format!("`{key}`: {}", Chain(&error)))
            }
            SetupError::ProxyVariable { .. } => ConfigError::new(error.to_string())
                .with_hint("correct the variable, or set `api.proxy`, which comes before it"),
            SetupError::Proxy => wrong("api.proxy", error.to_string()),
            error => wrong("api.ca_file", error.to_string()),
        }
    })
}

fn origins(config: &Config) -> Origins {
    let trusted = [&config.api.base_url].into_iter().chain(&config.api.allowed_origins);
    Origins::of(trusted).with_public(&config.api.public_origins)
}

pub(super) fn settings(
    config: &Config,
    environment: &[(OsString, OsString)],
) -> Result<Settings, ConfigError> {
    let api = &config.api;
    let client_certificate = api.client_cert.as_ref().zip(api.client_key.as_ref());
    let client_certificate = client_certificate.map(|(certificates, key)| {
        Ok(ClientCertificate { certificates: certificates.clone(), key: key.resolve(environment)? })
    });
    Ok(Settings {
        connect_timeout: api.connect_timeout,
        timeout: api.timeout,
        idle_timeout: api.idle_timeout,
        max_time: api.max_time,
        max_body: api.max_page,
        proxy: match &api.proxy {
            None => Proxy::Environment,
            Some(config::Proxy::Direct) => Proxy::Direct,
            Some(config::Proxy::Through(url)) => Proxy::Url(Secret::new(url.as_str())),
        },
        tls: tls(config),
        ca_file: api.ca_file.clone(),
        client_certificate: client_certificate.transpose()?,
        ..Settings::default()
    })
}

fn rate(config: &Config) -> RateLimit {
    let Some(config::Rate { concurrent, requests, per, headers }) = config.rate.clone() else {
        return RateLimit::default();
    };
    let (configured, reported) = (limit(concurrent, requests, per), headers.and_then(rate_places));
    RateLimit { configured, reported, ..RateLimit::default() }
}

/// Where responses report the limit. It was checked that nothing is missing.
fn rate_places(headers: config::RateHeaders) -> Option<RatePlaces> {
    let config::RateHeaders { cost, limit, remaining, reset, restore, used } = headers;
    let renewal = match (restore, reset) {
        (Some(amount), _) => RenewalPlaces::Restore { amount, most: limit.clone() },
        (None, Some(config::Reset::At(places))) => RenewalPlaces::Reset(places),
        (None, Some(config::Reset::Within(period))) => RenewalPlaces::Every(period),
        (None, None) => return None,
    };
    let left = match (remaining, limit, used) {
        (Some(remaining), ..) => LeftPlaces::Remaining(remaining),
        (None, Some(limit), Some(used)) => LeftPlaces::Difference { limit, used },
        _ => return None,
    };
    Some(RatePlaces { left, cost, renewal })
}

fn stream_limit(rate: &config::StreamRate) -> ConfiguredLimit {
    limit(rate.concurrent, rate.requests, rate.per)
}

fn limit(concurrent: Option<NonZeroUsize>, requests: Option<NonZeroU32>, per: Duration) -> ConfiguredLimit {
    ConfiguredLimit { rate: requests.map(|requests| ConfiguredRate { requests, per }), concurrent }
}

fn tls(config: &Config) -> Tls {
    let api = &config.api;
    let token_url = config.auth.grant().map(|grant| &grant.token_url);
    let mut urls =
        [&api.base_url].into_iter().chain(&api.allowed_origins).chain(&api.public_origins).chain(token_url);
    // The connection to a proxy may use TLS itself.
    let is_plain =
        !matches!(api.proxy, Some(config::Proxy::Through(_))) && urls.all(|url| url.scheme() == "http");
    if is_plain { Tls::Unused } else { Tls::Used }
}

/// When requests are sent again. `reconnect`: also if there was no connection to the server.
pub(super) fn policy(config: &Config, reconnect: bool) -> RetryPolicy {
    let retry = &config.retry;
    RetryPolicy {
        max_attempts: retry.max_attempts.get(),
        base_delay: retry.base_delay,
        max_delay: retry.max_delay,
        max_wait: retry.max_wait,
        reconnect,
    }
}
