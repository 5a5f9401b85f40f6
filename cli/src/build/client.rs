//! Builds the client from `[api]`, `[auth]`, `[rate]` and `[retry]`.

use std::{ffi::OsString, path::PathBuf, sync::Arc, time::Duration};

use longhaul_core::{
    Client, Clock, Origins, Secret, Secrets,
    client::{
        answer::Rules,
        auth::{self, Anonymous, Auth, AuthError, FixedToken, GrantType, OAuth2, TokenEndpoint},
        rate::{ConfiguredLimit, RateLimit, RatePlaces},
        retry::RetryPolicy,
    },
    event::Observer,
    http::transport::{Proxy, Settings, Tls, Transport, UreqTransport},
};

use crate::{
    build::{request_limit::LimitedTransport, rules},
    config::{self, Config, ConfigError, Loaded, SecretSource},
    stop::Stop,
    terminal::failure::Failure,
};

/// Access to the API: the client, and its credentials for the command `token`.
#[derive(Debug)]
pub(crate) struct Access {
    /// Sends requests to the API.
    pub(crate) client: Arc<Client>,
    credentials: Credentials,
    /// Sends all requests. It is interrupted when the run is stopped.
    pub(crate) transport: Arc<dyn Transport>,
}

#[derive(Clone, Debug)]
enum Credentials {
    None,
    Fixed(Secret),
    OAuth2(OAuth2),
}

impl Access {
    /// A valid access token; `None` if the API needs none.
    pub(crate) fn token(&self) -> Result<Option<Secret>, AuthError> {
        match &self.credentials {
            Credentials::None => Ok(None),
            Credentials::Fixed(token) => Ok(Some(token.clone())),
            Credentials::OAuth2(oauth2) => oauth2.token().map(Some),
        }
    }
}

/// The limits of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Limits {
    /// The maximum number of requests.
    pub(crate) requests: Option<u64>,
    /// Stops the run.
    pub(crate) stop: Stop,
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
) -> Result<Access, Failure> {
    let config = &loaded.config;
    let mut transport: Arc<dyn Transport> = Arc::new(transport(
        &Settings { spool_folder: Some(limits.spool_folder), ..settings(config) },
        loaded,
    )?);
    if let Some(requests) = limits.requests {
        transport = Arc::new(LimitedTransport::new(transport, requests, limits.stop));
    }
    let client = |auth: Arc<dyn Auth>, origins: Origins, rules: Rules| {
        Client::new(Arc::clone(&transport), auth, origins)
            .with_clock(Arc::clone(clock))
            .with_policy(policy(config))
            .with_refusals(config.errors.format())
            .with_rules(rules)
            .with_secrets(secrets.clone())
            .with_observer(Arc::clone(observer))
    };
    let credentials = match &config.auth {
        config::Auth::None => Credentials::None,
        config::Auth::Token(token) => {
            let token = token.resolve(environment)?;
            secrets.add(&token);
            Credentials::Fixed(token)
        }
        config::Auth::ClientCredentials(grant) | config::Auth::Password { grant, .. } => {
            let endpoint = endpoint(&config.auth, grant, environment)?;
            let anonymous =
                client(Arc::new(Anonymous), Origins::of([&endpoint.url]), rules::of_token_endpoint(config));
            Credentials::OAuth2(OAuth2::new(endpoint, anonymous))
        }
    };
    let client = client(credentials.auth(), origins(config), rules::of_api(config)).with_rate(rate(config));
    Ok(Access { client: Arc::new(client), credentials, transport })
}

/// The time limit of a request that is sent after the run was stopped.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

impl Access {
    /// A client for requests after the run was stopped, because its own client is stopped, too. It never retries.
    pub(crate) fn shutdown_client(&self, loaded: &Loaded) -> Result<Client, Failure> {
        let config = &loaded.config;
        let settings = Settings {
            connect_timeout: SHUTDOWN_TIMEOUT,
            timeout: SHUTDOWN_TIMEOUT,
            max_time: SHUTDOWN_TIMEOUT,
            ..settings(config)
        };
        let transport = Arc::new(transport(&settings, loaded)?);
        let once = RetryPolicy { max_attempts: 1, max_wait: Duration::ZERO, ..policy(config) };
        Ok(Client::new(transport, self.credentials.auth(), origins(config)).with_policy(once))
    }
}

impl Credentials {
    fn auth(&self) -> Arc<dyn Auth> {
        match self {
            Self::None => Arc::new(Anonymous),
            Self::Fixed(token) => Arc::new(FixedToken::new(token.clone())),
            Self::OAuth2(oauth2) => Arc::new(oauth2.clone()),
        }
    }
}

fn transport(settings: &Settings, loaded: &Loaded) -> Result<UreqTransport, ConfigError> {
    UreqTransport::new(settings).map_err(|error| {
        let key = if settings.ca_file.is_some() { "api.ca_file" } else { "api.proxy" };
        ConfigError::new(error.to_string()).at(key, loaded.origin_of(key))
    })
}

fn origins(config: &Config) -> Origins {
    Origins::of([&config.api.base_url].into_iter().chain(&config.api.allowed_origins))
}

fn settings(config: &Config) -> Settings {
    let api = &config.api;
    Settings {
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
        ..Settings::default()
    }
}

fn rate(config: &Config) -> RateLimit {
    let Some(config::Rate { requests, per, headers }) = config.rate.clone() else {
        return RateLimit::default();
    };
    RateLimit {
        configured: requests.map(|requests| ConfiguredLimit { requests, per }),
        reported: headers.map(|config::RateHeaders { limit, used, reset }| RatePlaces { limit, used, reset }),
    }
}

fn tls(config: &Config) -> Tls {
    let api = &config.api;
    let token_url = match &config.auth {
        config::Auth::ClientCredentials(grant) | config::Auth::Password { grant, .. } => {
            Some(&grant.token_url)
        }
        config::Auth::None | config::Auth::Token(_) => None,
    };
    let mut urls = [&api.base_url].into_iter().chain(&api.allowed_origins).chain(token_url);
    // The connection to a proxy may use TLS itself.
    let is_plain =
        !matches!(api.proxy, Some(config::Proxy::Through(_))) && urls.all(|url| url.scheme() == "http");
    if is_plain { Tls::Unused } else { Tls::Used }
}

fn policy(config: &Config) -> RetryPolicy {
    let retry = &config.retry;
    RetryPolicy {
        max_attempts: retry.max_attempts.get(),
        base_delay: retry.base_delay,
        max_delay: retry.max_delay,
        max_wait: retry.max_wait,
    }
}

fn endpoint(
    auth: &config::Auth,
    grant: &config::Grant,
    environment: &[(OsString, OsString)],
) -> Result<TokenEndpoint, ConfigError> {
    let look_up = |source: &SecretSource| source.resolve(environment);
    let extra = grant.extra.iter().map(|(name, value)| Ok((name.clone(), look_up(value)?)));
    Ok(TokenEndpoint {
        url: grant.token_url.clone(),
        grant: match auth {
            config::Auth::Password { username, password, .. } => {
                GrantType::Password { username: username.clone(), password: look_up(password)? }
            }
            _ => GrantType::ClientCredentials,
        },
        client_id: grant.client_id.clone(),
        client_secret: grant.client_secret.as_ref().map(look_up).transpose()?.unwrap_or_default(),
        client_auth: match grant.client_auth {
            config::ClientAuth::Basic => auth::ClientAuth::Basic,
            config::ClientAuth::Post => auth::ClientAuth::Post,
        },
        scope: grant.scope.clone(),
        extra: extra.collect::<Result<_, ConfigError>>()?,
        refresh_token: grant.refresh_token.as_ref().map(look_up).transpose()?,
        refresh_ahead: grant.refresh_ahead,
    })
}
