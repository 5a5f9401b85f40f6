//! Builds object stores from `[stores]`.

use std::{
    ffi::OsString,
    fmt,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use longhaul_core::{
    Client, Clock, Origins, Secrets,
    client::{
        auth::{Anonymous, Auth},
        retry::RetryPolicy,
    },
    clock::{Interrupt, SystemClock},
    disk::SystemDisk,
    event::Observer,
    http::transport::{Proxy, Settings, Tls, Transport, UreqTransport},
    object_store::{Documents, ObjectStore},
    sink::{SinkError, SinkErrorKind},
};
use longhaul_s3::{CredentialSource, Credentials, Endpoint, Environment, Profile, S3Store, Signer};
use longhaul_sinks::{Objects, Stores};
use url::Url;

use super::client::{policy, settings};
use crate::{
    config::{Config, Loaded, S3, SecretSource},
    terminal::report::Chain,
};

/// What the stores of a run share with the rest of it.
pub(crate) struct StoreAccess<'s> {
    pub(crate) loaded: &'s Loaded,
    pub(crate) environment: &'s [(OsString, OsString)],
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) secrets: &'s Secrets,
    /// The folder for what the stores do not have yet.
    pub(crate) folder: PathBuf,
}

/// The stores of `[stores]`. They are built when a path leads to one.
pub(crate) fn objects(access: StoreAccess<'_>) -> Objects {
    let folder = access.folder.clone();
    let is_state_shared = access.loaded.config.state_bucket().is_some();
    let objects = Objects::new(Arc::new(S3Stores::new(access)), Arc::new(SystemDisk), folder);
    if is_state_shared { objects.with_shared_state() } else { objects }
}

/// The bucket `name`, for the state. Nothing is sent.
///
/// # Errors
/// The store is not configured correctly.
pub(crate) fn documents(access: StoreAccess<'_>, name: &str) -> Result<Arc<dyn Documents>, SinkError> {
    S3Stores::new(access).store(name).map(|store| Arc::new(store) as _)
}

/// The time to connect to a service of the machine. If there is none, there is no answer at all.
const METADATA_CONNECT: Duration = Duration::from_secs(1);

/// The time that a service of the machine has to answer.
const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// The time to send a part. The longest parts have 1 GiB.
const PART_TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// The longest answer of a store. The longest objects that are read are the journals of the state.
const LONGEST_ANSWER: u64 = 64 << 20;

struct S3Stores {
    config: Config,
    environment: Vec<(OsString, OsString)>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    secrets: Secrets,
    /// What all buckets share, or what is wrong with it.
    built: OnceLock<Result<Shared, String>>,
}

/// What all buckets share.
struct Shared {
    endpoint: Endpoint,
    signer: Arc<dyn Auth>,
    transport: Arc<dyn Transport>,
}

impl Stores for S3Stores {
    fn bucket(&self, name: &str) -> Result<Arc<dyn ObjectStore>, SinkError> {
        self.store(name).map(|store| Arc::new(store) as _)
    }
}

impl S3Stores {
    fn new(access: StoreAccess<'_>) -> Self {
        let StoreAccess { loaded, environment, observer, secrets, .. } = access;
        Self {
            config: loaded.config.clone(),
            environment: environment.to_owned(),
            // A stop of the run does not interrupt it: what is written must be finished. It has some time to end.
            clock: Arc::new(SystemClock::new(Interrupt::default())),
            observer,
            secrets: secrets.clone(),
            built: OnceLock::new(),
        }
    }

    fn store(&self, name: &str) -> Result<S3Store, SinkError> {
        let invalid = |message: String| SinkError::new(SinkErrorKind::Config, message);
        let built = self.built.get_or_init(|| self.build());
        let Shared { endpoint, signer, transport } =
            built.as_ref().map_err(|error| invalid(error.clone()))?;
        let store =
            S3Store::new(endpoint, name, Arc::clone(signer), Arc::clone(&self.clock), |auth, origins| {
                Client::new(Arc::clone(transport), auth, origins)
                    .with_clock(Arc::clone(&self.clock))
                    .with_policy(policy(&self.config, true))
                    .with_secrets(self.secrets.clone())
                    .with_observer(Arc::clone(&self.observer))
            });
        store.map_err(|error| invalid(format!("`s3://{name}`: {error}")))
    }

    fn build(&self) -> Result<Shared, String> {
        let mut config = self.config.clone();
        // The store has nothing to do with the certificate for the API.
        config.api.client_key = None;
        let s3 = &config.stores.clone().and_then(|stores| stores.s3).unwrap_or_default();
        let environment = Environment::new(&self.environment);
        let profile = Profile::read(&environment).map_err(|error| error.to_string())?;
        let endpoint = endpoint(s3, &environment, &profile)?;
        let general = settings(&config, &self.environment).map_err(|error| error.to_string())?;
        let is_plain = endpoint.url.as_ref().is_some_and(|url| url.scheme() == "http");
        let general = Settings {
            timeout: PART_TIMEOUT,
            max_body: LONGEST_ANSWER,
            tls: if is_plain { Tls::Unused } else { Tls::Used },
            ..general
        };
        let transport = UreqTransport::new(&general).map_err(|error| Chain(&error).to_string())?;
        let source = match self.configured(s3)? {
            Some(credentials) => CredentialSource::fixed(credentials),
            None => CredentialSource::find(&environment, &profile, |url| self.metadata(&general, url))?,
        };
        let region = endpoint.region.clone();
        let signer = Signer::new(source, region, Arc::clone(&self.clock), self.secrets.clone());
        Ok(Shared { endpoint, signer: Arc::new(signer), transport: Arc::new(transport) })
    }

    /// The credentials in the configuration.
    fn configured(&self, s3: &S3) -> Result<Option<Credentials>, String> {
        // It was checked that both keys are there or none.
        let (Some(access_key), Some(secret_key)) = (&s3.access_key, &s3.secret_key) else { return Ok(None) };
        let resolve =
            |source: &SecretSource| source.resolve(&self.environment).map_err(|error| error.to_string());
        Ok(Some(Credentials {
            access_key: resolve(access_key)?.expose().to_owned(),
            secret_key: resolve(secret_key)?,
            session_token: s3.session_token.as_ref().map(resolve).transpose()?,
            expiration: None,
        }))
    }

    /// The client of a service of the machine or the container.
    fn metadata(&self, general: &Settings, url: &Url) -> Result<Client, String> {
        let settings = Settings {
            connect_timeout: METADATA_CONNECT,
            timeout: METADATA_TIMEOUT,
            max_time: METADATA_TIMEOUT,
            proxy: Proxy::Direct,
            tls: if url.scheme() == "https" { Tls::Used } else { Tls::Unused },
            ..general.clone()
        };
        let transport = UreqTransport::new(&settings).map_err(|error| Chain(&error).to_string())?;
        let policy = RetryPolicy { max_attempts: 3, ..policy(&self.config, true) };
        let client = Client::new(Arc::new(transport), Arc::new(Anonymous), Origins::of([url]))
            .with_clock(Arc::clone(&self.clock))
            .with_policy(policy)
            .with_secrets(self.secrets.clone())
            .without_redirects();
        Ok(client)
    }
}

/// Where the store is: as configured, or else as the environment or the profile says.
fn endpoint(s3: &S3, environment: &Environment, profile: &Profile) -> Result<Endpoint, String> {
    let elsewhere = || {
        let text = environment.endpoint().or_else(|| profile.endpoint())?;
        Some(text.parse::<Url>().ok().filter(|url| ["http", "https"].contains(&url.scheme())).ok_or_else(|| {
            format!("the endpoint `{text}` of the environment is not a URL that starts with `https://` or `http://`")
        }))
    };
    let url = s3.endpoint.clone().map(Ok).or_else(elsewhere).transpose()?;
    let region = s3.region.as_deref().or_else(|| environment.region()).or_else(|| profile.region());
    // Other stores ignore it.
    let region = region.unwrap_or("us-east-1").to_owned();
    Ok(Endpoint { url, region, path_style: s3.path_style })
}

impl fmt::Debug for S3Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Stores")
    }
}
