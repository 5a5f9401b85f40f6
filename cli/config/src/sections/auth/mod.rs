//! `[auth]`: how longhaul authenticates.

mod request;
mod response;
mod table;

use std::time::Duration;

use longhaul_core::client::auth::{Algorithm, Carrier, Fields};
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

pub use self::{
    request::{RequestFormat, TokenRequest},
    response::TokenResponse,
};
use crate::{
    sections::answers::Answer,
    values::secret::{SecretSource, Secrets},
};

/// How longhaul authenticates.
#[derive(Clone, Debug)]
pub enum Auth {
    /// A key.
    ApiKey {
        /// The key.
        key: SecretSource,
        /// Where requests carry it.
        carrier: Carrier,
    },
    /// A name and a password with every request (RFC 7617).
    Basic {
        /// The password.
        password: SecretSource,
        /// The name.
        username: String,
    },
    /// The client credentials grant (RFC 6749 §4.4).
    ClientCredentials(Grant),
    /// A signed assertion as the grant (RFC 7523 §2.1).
    JwtBearer {
        /// The client and the token endpoint.
        grant: Grant,
        /// The user that the assertion is about.
        subject: Option<String>,
    },
    /// No authentication.
    None,
    /// The resource owner password credentials grant (RFC 6749 §4.3), or a login.
    Password {
        /// The client and the token endpoint.
        grant: Grant,
        /// The password of the resource owner.
        password: SecretSource,
        /// The name of the resource owner.
        username: String,
    },
    /// Only a refresh token (RFC 6749 §6).
    RefreshToken(Grant),
    /// A fixed token (RFC 6750).
    Token {
        /// The token.
        token: SecretSource,
        /// Where requests carry it.
        carrier: Carrier,
    },
}

/// What all grants have: a client and a token endpoint.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What responses of the token endpoint mean.
    pub answers: Vec<Answer>,
    /// Where requests to the API carry the token.
    pub carrier: Carrier,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
    /// The id of the client; empty if it has none.
    pub client_id: String,
    /// The secret of the client. A public client has none (RFC 6749 §2.1).
    pub client_secret: Option<SecretSource>,
    /// Further fields of the token request.
    pub extra: Secrets,
    /// How long before its expiry a token is renewed, at most.
    pub refresh_ahead: Duration,
    /// A refresh token to start with, instead of the grant (RFC 6749 §6).
    pub refresh_token: Option<SecretSource>,
    /// The form of token requests.
    pub request: TokenRequest,
    /// Where the answers have their values.
    pub response: TokenResponse,
    /// The scopes to request (RFC 6749 §3.3).
    pub scope: Vec<String>,
    /// How assertions are signed.
    pub signing: Signing,
    /// The token endpoint.
    pub token_url: Url,
}

/// How assertions are signed (RFC 7523).
#[derive(Clone, Debug)]
pub struct Signing {
    /// The algorithm, if it is not the usual one of the key.
    pub algorithm: Option<Algorithm>,
    /// The audience of assertions, if it is not `token_url`.
    pub audience: Option<String>,
    /// The name of the key.
    pub key_id: Option<String>,
    /// The private key.
    pub private_key: Option<SecretSource>,
}

/// How a client authenticates to the token endpoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum ClientAuth {
    /// In the `Authorization` header (RFC 6749 §2.3.1).
    Basic,
    /// Not at all.
    None,
    /// In the form.
    Post,
    /// With an assertion that `private_key` signs (RFC 7523 §2.2).
    PrivateKeyJwt,
}

impl Auth {
    /// The client and the token endpoint, if there are any.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::ClientCredentials(grant)
            | Self::JwtBearer { grant, .. }
            | Self::Password { grant, .. }
            | Self::RefreshToken(grant) => Some(grant),
            Self::ApiKey { .. } | Self::Basic { .. } | Self::None | Self::Token { .. } => None,
        }
    }

    /// Where requests carry the credential; `None` if there is none.
    pub fn carrier(&self) -> Option<Carrier> {
        match self {
            Self::ApiKey { carrier, .. } | Self::Token { carrier, .. } => Some(carrier.clone()),
            // The scheme is another one, but the header is the same.
            Self::Basic { .. } => Some(Carrier::default()),
            Self::None => None,
            _ => self.grant().map(|grant| grant.carrier.clone()),
        }
    }

    /// The names of the placeholders that the fields of a token request may have.
    pub(crate) fn placeholders(&self) -> Vec<&'static str> {
        let Some(grant) = self.grant() else { return Vec::new() };
        let has_user = matches!(self, Self::Password { .. });
        let possible = [
            ("assertion", matches!(self, Self::JwtBearer { .. })),
            ("client_assertion", grant.client_auth == ClientAuth::PrivateKeyJwt),
            ("client_id", !grant.client_id.is_empty()),
            ("client_secret", grant.client_secret.is_some()),
            ("password", has_user),
            ("refresh_token", matches!(self, Self::RefreshToken(_))),
            ("scope", !grant.scope.is_empty()),
            ("username", has_user),
        ];
        possible.into_iter().filter(|(_, has_value)| *has_value).map(|(name, _)| name).collect()
    }

    /// The fields of a token request, if the user writes them.
    pub fn fields(&self) -> Option<Fields> {
        // The placeholders were checked when the configuration was loaded.
        Fields::new(self.grant()?.request.fields.clone()?, &self.placeholders()).ok()
    }

    /// All secrets with their keys.
    pub(crate) fn secrets_mut(&mut self) -> Vec<(Vec<&str>, &mut SecretSource)> {
        match self {
            Self::ApiKey { key, .. } => vec![(vec!["key"], key)],
            Self::Basic { password, .. } => vec![(vec!["password"], password)],
            Self::ClientCredentials(grant) | Self::JwtBearer { grant, .. } | Self::RefreshToken(grant) => {
                grant.secrets_mut()
            }
            Self::None => Vec::new(),
            Self::Password { grant, password, .. } => {
                let mut secrets = grant.secrets_mut();
                secrets.push((vec!["password"], password));
                secrets
            }
            Self::Token { token, .. } => vec![(vec!["token"], token)],
        }
    }
}

impl Grant {
    fn secrets_mut(&mut self) -> Vec<(Vec<&str>, &mut SecretSource)> {
        let named = [
            ("client_secret", &mut self.client_secret),
            ("private_key", &mut self.signing.private_key),
            ("refresh_token", &mut self.refresh_token),
        ];
        let named = named.into_iter().filter_map(|(name, secret)| Some((vec![name], secret.as_mut()?)));
        let extra = self.extra.iter_mut().map(|(name, secret)| (vec!["extra", name.as_str()], secret));
        let headers = self.request.headers.iter_mut();
        let headers = headers.map(|(name, secret)| (vec!["request", "headers", name.as_str()], secret));
        named.chain(extra).chain(headers).collect()
    }
}
