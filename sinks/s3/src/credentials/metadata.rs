//! Credentials from a service of the container (ECS, EKS) or the machine (EC2).

use std::{fs, path::PathBuf, sync::Arc, time::SystemTime};

use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use longhaul_core::{
    Client, Request, Secret,
    client::{RequestError, auth::AuthError},
};
use serde::Deserialize;
use url::{Host, Url};

use super::{environment::Environment, error::CredentialsError, keys::Credentials};

/// A service that issues credentials.
#[derive(Debug)]
pub(crate) struct Metadata {
    client: Client,
    service: Service,
}

/// Where a service is.
#[derive(Debug)]
pub(crate) enum Service {
    /// One address, which may need a token.
    Container { url: Url, token: Option<Token> },
    /// The metadata of a machine, version 2: each request needs a token that is issued first.
    Machine { url: Url },
}

/// What a service of a container wants to see.
#[derive(Debug)]
pub(crate) enum Token {
    Text(Secret),
    /// The file is replaced from time to time.
    File(PathBuf),
}

/// The address of Amazon's container service.
const CONTAINER: &str = "http://169.254.170.2";

/// The address of a machine's own metadata.
const MACHINE: &str = "http://169.254.169.254/";

impl Service {
    /// The service that the variables name; without them that of the machine, unless it is turned off.
    pub(crate) fn of(environment: &Environment) -> Result<Option<Self>, CredentialsError> {
        let [relative, full] =
            ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
        let container = match (environment.get(relative), environment.get(full)) {
            (Some(path), _) => Some((relative, format!("{CONTAINER}{path}"))),
            (None, Some(url)) => Some((full, url.to_owned())),
            (None, None) => None,
        };
        Ok(if let Some((variable, url)) = container {
            let token = environment
                .get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
                .map(|path| Token::File(path.into()));
            let text = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN");
            let token = token.or_else(|| text.map(|text| Token::Text(Secret::new(text))));
            Some(Self::Container { url: local(variable, &url)?, token })
        } else if environment
            .get("AWS_EC2_METADATA_DISABLED")
            .is_some_and(|text| text.eq_ignore_ascii_case("true"))
        {
            None
        } else {
            let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
            let url = environment.get(variable).unwrap_or(MACHINE);
            Some(Self::Machine { url: local(variable, url)? })
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> &Url {
        let (Self::Container { url, .. } | Self::Machine { url }) = self;
        url
    }
}

impl Metadata {
    /// The service, which `client` asks.
    pub(crate) fn new(client: Client, service: Service) -> Self {
        Self { client, service }
    }

    /// Asks for credentials.
    pub(crate) fn get(&self) -> Result<Credentials, AuthError> {
        let document = match &self.service {
            Service::Container { url, token } => {
                let token = token.as_ref().map(Token::get).transpose()?;
                self.fetch(Method::GET, url.clone(), token.as_ref().map(|token| ("authorization", token)))?
            }
            Service::Machine { url } => self.of_machine(url)?,
        };
        serde_json::from_str::<Document>(&document).map(Document::credentials).map_err(|_| {
            AuthError::Missing {
                problem: "the service for credentials answers with something else".to_owned(),
            }
        })
    }

    fn of_machine(&self, url: &Url) -> Result<String, AuthError> {
        let at = |path: &str| {
            let mut at = url.clone();
            at.set_path(&format!("{}/latest/{path}", url.path().trim_end_matches('/')));
            at
        };
        let lifetime = Secret::new("21600");
        let token = self.fetch(
            Method::PUT,
            at("api/token"),
            Some(("x-aws-ec2-metadata-token-ttl-seconds", &lifetime)),
        )?;
        let token = Secret::new(token);
        let token = Some(("x-aws-ec2-metadata-token", &token));
        let roles = "meta-data/iam/security-credentials/";
        let listed = self.fetch(Method::GET, at(roles), token)?;
        let role = listed.lines().next().unwrap_or_default();
        self.fetch(Method::GET, at(&format!("{roles}{role}")), token)
    }

    fn fetch(
        &self,
        method: Method,
        url: Url,
        header: Option<(&'static str, &Secret)>,
    ) -> Result<String, AuthError> {
        let mut request = Request::new(method, url);
        if let Some((name, value)) = header {
            let mut value = HeaderValue::from_str(value.expose().trim()).map_err(|_| AuthError::Missing {
                problem: "the token for the service of the container cannot be sent".to_owned(),
            })?;
            value.set_sensitive(true);
            request.headers.insert(HeaderName::from_static(name), value);
        }
        let text = |body: Vec<u8>| String::from_utf8_lossy(&body).trim().to_owned();
        let sent = self.client.send(&request, Vec::new(), |answer| Ok(text(answer.response.body)));
        sent.map_err(|error: RequestError| AuthError::Unavailable { source: Arc::new(error) })
    }
}

impl Token {
    fn get(&self) -> Result<Secret, AuthError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => fs::read_to_string(path).map(Secret::new).map_err(|error| {
                let problem = format!("cannot read `{}`: {error}", path.display());
                AuthError::Missing { problem }
            }),
        }
    }
}

/// The URL in a variable. Plain HTTP must not leave the machine.
fn local(variable: &'static str, url: &str) -> Result<Url, CredentialsError> {
    let is_near = |url: &Url| match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.segments()[0] == 0xfd00,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let url = url
        .parse::<Url>()
        .ok()
        .filter(|url| url.scheme() == "https" || (url.scheme() == "http" && is_near(url)));
    url.ok_or(CredentialsError::Service { variable })
}

/// What a service answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: Secret,
    token: Option<Secret>,
    expiration: Option<String>,
}

impl Document {
    fn credentials(self) -> Credentials {
        let expiration = self.expiration.and_then(|text| text.parse::<Timestamp>().ok());
        Credentials {
            access_key: self.access_key_id,
            secret_key: self.secret_access_key,
            session_token: self.token,
            expiration: expiration.map(SystemTime::from),
        }
    }
}
