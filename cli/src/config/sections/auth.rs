//! `[auth]`: how longhaul authenticates.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::config::{
    sections::answers::{ANSWERS, Answer},
    values::{
        choice, duration,
        http_url::HttpUrl,
        secret::{SecretSource, Secrets},
    },
};

/// How longhaul authenticates.
#[derive(Clone, Debug)]
pub enum Auth {
    /// The client credentials grant (RFC 6749 §4.4).
    ClientCredentials(Grant),
    /// No authentication.
    None,
    /// The resource owner password credentials grant (RFC 6749 §4.3).
    Password {
        /// The client and the token endpoint.
        grant: Grant,
        /// The password of the resource owner.
        password: SecretSource,
        /// The name of the resource owner.
        username: String,
    },
    /// A fixed bearer token (RFC 6750).
    Token(SecretSource),
}

/// What all grants have: a client and a token endpoint.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What responses of the token endpoint mean.
    pub answers: Vec<Answer>,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
    /// The id of the client.
    pub client_id: String,
    /// The secret of the client. Client credentials require it; a public client has none (RFC 6749 §2.1).
    pub client_secret: Option<SecretSource>,
    /// Further fields of the token request.
    pub extra: Secrets,
    /// How long before its expiry a token is renewed, at most.
    pub refresh_ahead: Duration,
    /// A refresh token to start with, instead of the grant (RFC 6749 §6).
    pub refresh_token: Option<SecretSource>,
    /// The scopes to request (RFC 6749 §3.3).
    pub scope: Vec<String>,
    /// The token endpoint.
    pub token_url: Url,
}

/// How a client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    Basic,
    /// In the form.
    Post,
}

impl Auth {
    /// The client and the token endpoint, if there are any.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::ClientCredentials(grant) | Self::Password { grant, .. } => Some(grant),
            Self::None | Self::Token(_) => None,
        }
    }

    /// All secrets with their keys.
    pub(in crate::config) fn secrets_mut(&mut self) -> Vec<(Vec<&str>, &mut SecretSource)> {
        match self {
            Self::ClientCredentials(grant) => grant.secrets_mut(),
            Self::None => Vec::new(),
            Self::Password { grant, password, .. } => {
                let mut secrets = grant.secrets_mut();
                secrets.push((vec!["password"], password));
                secrets
            }
            Self::Token(token) => vec![(vec!["token"], token)],
        }
    }
}

impl Grant {
    fn secrets_mut(&mut self) -> Vec<(Vec<&str>, &mut SecretSource)> {
        let named = [("client_secret", &mut self.client_secret), ("refresh_token", &mut self.refresh_token)];
        let named = named.into_iter().filter_map(|(name, secret)| Some((vec![name], secret.as_mut()?)));
        named.chain(self.extra.iter_mut().map(|(name, secret)| (vec!["extra", name], secret))).collect()
    }
}

/// How longhaul authenticates.
// An internally tagged enum would lose which key an error is about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Auth")]
struct Table {
    /// What responses of the token endpoint mean, besides the built-in rules. The first rule that matches decides.
    #[serde(default)]
    #[schemars(extend("x-value" = ANSWERS, "x-types" = GRANTS, "default" = []))]
    answers: Vec<Answer>,
    /// How the client authenticates to the token endpoint.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(extend("x-types" = GRANTS, "default" = "basic"))]
    client_auth: Option<ClientAuth>,
    /// Id of the client.
    #[schemars(extend("x-types" = GRANTS, "x-required" = true))]
    client_id: Option<String>,
    /// Secret of the client.
    #[schemars(extend("x-types" = GRANTS, "x-required" = ["client_credentials"]))]
    client_secret: Option<SecretSource>,
    /// Further fields of the token request.
    #[serde(default)]
    #[schemars(extend("x-types" = GRANTS))]
    extra: Secrets,
    /// Password of the user.
    #[schemars(extend("x-types" = ["password"], "x-required" = true))]
    password: Option<SecretSource>,
    /// How long before its expiry a token is renewed, at most.
    #[serde(default, deserialize_with = "duration::Any::optional")]
    #[schemars(with = "Option<duration::Any>", extend("x-types" = GRANTS, "default" = "5m"))]
    refresh_ahead: Option<Duration>,
    /// Refresh token to start with.
    #[schemars(extend("x-types" = GRANTS))]
    refresh_token: Option<SecretSource>,
    /// Scopes to request.
    #[serde(default)]
    #[schemars(extend("x-types" = GRANTS, "default" = []))]
    scope: Vec<String>,
    /// The bearer token.
    #[schemars(extend("x-types" = ["token"], "x-required" = true))]
    token: Option<SecretSource>,
    /// URL of the token endpoint.
    #[serde(default, deserialize_with = "HttpUrl::optional")]
    #[schemars(with = "Option<HttpUrl>", extend("x-types" = GRANTS, "x-required" = true))]
    token_url: Option<Url>,
    /// How to get an access token.
    #[serde(rename = "type", deserialize_with = "choice::read")]
    kind: Type,
    /// Name of the user.
    #[schemars(extend("x-types" = ["password"], "x-required" = true))]
    username: Option<String>,
}

/// The types that get tokens from a token endpoint.
const GRANTS: [&str; 2] = ["client_credentials", "password"];

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Type {
    /// The client credentials grant.
    ClientCredentials,
    /// The API needs no credentials.
    None,
    /// The password grant.
    Password,
    /// A fixed bearer token.
    Token,
}

impl JsonSchema for Auth {
    fn schema_name() -> Cow<'static, str> {
        Table::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Table::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        Ok(match table.kind {
            Type::ClientCredentials => {
                let grant = table.grant()?;
                grant.client_secret.as_ref().ok_or_else(|| de::Error::missing_field("client_secret"))?;
                Self::ClientCredentials(grant)
            }
            Type::None => Self::None,
            Type::Password => Self::Password {
                username: required("username", table.username.take())?,
                password: required("password", table.password.take())?,
                grant: table.grant()?,
            },
            Type::Token => Self::Token(required("token", table.token)?),
        })
    }
}

impl Table {
    fn grant<E: de::Error>(self) -> Result<Grant, E> {
        Ok(Grant {
            answers: self.answers,
            client_auth: required("client_auth", self.client_auth)?,
            client_id: required("client_id", self.client_id)?,
            client_secret: self.client_secret,
            extra: self.extra,
            refresh_ahead: required("refresh_ahead", self.refresh_ahead)?,
            refresh_token: self.refresh_token,
            scope: self.scope,
            token_url: required("token_url", self.token_url)?,
        })
    }
}

fn required<T, E: de::Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
