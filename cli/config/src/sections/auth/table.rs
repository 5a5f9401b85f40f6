//! `[auth]` as it is written.

use std::time::Duration;

use http::{HeaderName, header::AUTHORIZATION};
use longhaul_core::client::auth::{Algorithm, Carrier};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{Auth, ClientAuth, Grant, Signing, TokenRequest, TokenResponse};
use crate::{
    sections::answers::{ANSWERS, Answer},
    values::{
        choice,
        described::described,
        duration, header,
        http_url::HttpUrl,
        secret::{SecretSource, Secrets},
    },
};

/// How longhaul authenticates.
// An internally tagged enum would lose which key an error is about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Auth")]
struct Table {
    /// Algorithm of signatures. It must fit `private_key`.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(with = "String", extend("oneOf" = words(), "x-types" = GRANTS, "x-default" = "`RS256` for RSA; for an elliptic curve, that of the curve"))]
    algorithm: Option<Algorithm>,
    /// What responses of the token endpoint mean, besides the built-in rules. The first rule that matches decides.
    #[serde(default)]
    #[schemars(extend("x-value" = ANSWERS, "x-types" = GRANTS, "default" = []))]
    answers: Vec<Answer>,
    /// Audience of signed assertions (`aud`).
    #[schemars(extend("x-types" = GRANTS, "x-default" = "`token_url`"))]
    audience: Option<String>,
    /// How the client authenticates to the token endpoint.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(extend("x-types" = GRANTS, "x-default" = "`basic`; `none` for `jwt_bearer` and with `request.fields`"))]
    client_auth: Option<ClientAuth>,
    /// Id of the client. A `password` or `refresh_token` with `client_auth = "none"`, and a request with fields of its own, may
    /// do without.
    #[schemars(extend("x-types" = GRANTS, "x-required" = true))]
    client_id: Option<String>,
    /// Secret of the client.
    #[schemars(extend("x-types" = GRANTS, "x-required" = ["client_credentials"]))]
    client_secret: Option<SecretSource>,
    /// Further fields of the token request.
    #[serde(default)]
    #[schemars(extend("x-types" = GRANTS))]
    extra: Secrets,
    /// Header in which requests carry the token or the key.
    #[serde(default, deserialize_with = "header::Name::optional")]
    #[schemars(with = "Option<header::Name>", extend("x-types" = CARRIED, "x-default" = "`Authorization`, except for `api_key`"))]
    header: Option<HeaderName>,
    /// The key.
    #[schemars(extend("x-types" = ["api_key"], "x-required" = true))]
    key: Option<SecretSource>,
    /// Name by which the server knows `private_key` (`kid`).
    #[schemars(extend("x-types" = GRANTS))]
    key_id: Option<String>,
    /// Password of the user.
    #[schemars(extend("x-types" = ["basic", "password"], "x-required" = true))]
    password: Option<SecretSource>,
    /// Private key that signs assertions: RSA, P-256 or P-384, as PEM in the form PKCS#8 or PKCS#1.
    #[schemars(extend("x-types" = GRANTS, "x-required" = ["jwt_bearer"]))]
    private_key: Option<SecretSource>,
    /// Query parameter in which requests carry the token or the key, instead of a header. It is never shown.
    #[schemars(extend("x-types" = CARRIED))]
    query: Option<String>,
    /// How long before its expiry a token is renewed, at most.
    #[serde(default, deserialize_with = "duration::Any::optional")]
    #[schemars(with = "Option<duration::Any>", extend("x-types" = GRANTS, "default" = "5m"))]
    refresh_ahead: Option<Duration>,
    /// Refresh token to start with. If it is in a file, a new one that the server issues is written there.
    #[schemars(extend("x-types" = GRANTS, "x-required" = ["refresh_token"]))]
    refresh_token: Option<SecretSource>,
    /// The form of token requests, where it is not that of RFC 6749.
    #[schemars(extend("x-types" = GRANTS, "default" = {}))]
    request: Option<TokenRequest>,
    /// Where the answer to a token request has its values.
    #[schemars(extend("x-types" = GRANTS, "default" = {}))]
    response: Option<TokenResponse>,
    /// Word before the token in the header; `""` for none.
    #[schemars(extend("x-types" = TOKENS, "x-default" = "`Bearer`"))]
    scheme: Option<String>,
    /// Scopes to request. An assertion of `jwt_bearer` has them as a claim.
    #[serde(default)]
    #[schemars(extend("x-types" = GRANTS, "default" = []))]
    scope: Vec<String>,
    /// User that the assertion is about.
    #[schemars(extend("x-types" = ["jwt_bearer"], "x-default" = "`client_id`"))]
    subject: Option<String>,
    /// The token.
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
    #[schemars(extend("x-types" = ["basic", "password"], "x-required" = true))]
    username: Option<String>,
}

/// The types that get tokens from a token endpoint.
const GRANTS: [&str; 4] = ["client_credentials", "jwt_bearer", "password", "refresh_token"];

/// The types that send a token.
const TOKENS: [&str; 5] = ["client_credentials", "jwt_bearer", "password", "refresh_token", "token"];

/// The types whose credential can go anywhere.
const CARRIED: [&str; 6] =
    ["api_key", "client_credentials", "jwt_bearer", "password", "refresh_token", "token"];

/// The names of the algorithms.
fn words() -> Vec<serde_json::Value> {
    let names = ["ES256", "ES384", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"];
    names.into_iter().map(|name| serde_json::json!({ "const": name })).collect()
}

#[derive(Clone, Copy, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Type {
    /// A key with every request.
    ApiKey,
    /// A name and a password with every request (RFC 7617).
    Basic,
    /// The client credentials grant.
    ClientCredentials,
    /// A signed assertion as the grant (RFC 7523).
    JwtBearer,
    /// The API needs no credentials.
    None,
    /// The password grant, or a login.
    Password,
    /// A refresh token from a login in a browser.
    RefreshToken,
    /// A fixed token.
    Token,
}

described!(Auth as Table);

impl<'de> Deserialize<'de> for Auth {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        Ok(match table.kind {
            Type::ApiKey => {
                let carrier = table.carrier("");
                Self::ApiKey { key: required("key", table.key)?, carrier }
            }
            Type::Basic => Self::Basic {
                username: required("username", table.username)?,
                password: required("password", table.password)?,
            },
            Type::ClientCredentials => Self::ClientCredentials(table.grant()?),
            Type::JwtBearer => {
                let subject = table.subject.take();
                let grant = table.grant()?;
                grant.signing.private_key.as_ref().ok_or_else(|| de::Error::missing_field("private_key"))?;
                Self::JwtBearer { grant, subject }
            }
            Type::None => Self::None,
            Type::Password => Self::Password {
                username: required("username", table.username.take())?,
                password: required("password", table.password.take())?,
                grant: table.grant()?,
            },
            Type::RefreshToken => {
                let grant = table.grant()?;
                grant.refresh_token.as_ref().ok_or_else(|| de::Error::missing_field("refresh_token"))?;
                Self::RefreshToken(grant)
            }
            Type::Token => {
                let carrier = table.carrier(BEARER);
                Self::Token { token: required("token", table.token)?, carrier }
            }
        })
    }
}

const BEARER: &str = "Bearer";

impl Table {
    /// Where the credential goes. That the keys agree is checked elsewhere.
    fn carrier(&mut self, scheme: &str) -> Carrier {
        if let Some(query) = self.query.take() {
            return Carrier::Query(query);
        }
        Carrier::Header {
            name: self.header.take().unwrap_or(AUTHORIZATION),
            scheme: self.scheme.take().unwrap_or_else(|| scheme.to_owned()),
        }
    }

    fn grant<E: de::Error>(mut self) -> Result<Grant, E> {
        let carrier = self.carrier(BEARER);
        let request = required("request", self.request)?;
        let has_fields = request.fields.is_some();
        let client_auth = self.client_auth.unwrap_or(if has_fields || self.kind == Type::JwtBearer {
            ClientAuth::None
        } else {
            ClientAuth::Basic
        });
        let is_named = matches!(self.kind, Type::ClientCredentials | Type::JwtBearer);
        let client_id = match self.client_id {
            None if has_fields || client_auth == ClientAuth::None && !is_named => String::new(),
            client_id => required("client_id", client_id)?,
        };
        let sends_secret = matches!(client_auth, ClientAuth::Basic | ClientAuth::Post);
        if self.kind == Type::ClientCredentials && sends_secret && !has_fields && self.client_secret.is_none()
        {
            return Err(E::missing_field("client_secret"));
        }
        Ok(Grant {
            answers: self.answers,
            carrier,
            client_auth,
            client_id,
            client_secret: self.client_secret,
            extra: self.extra,
            refresh_ahead: required("refresh_ahead", self.refresh_ahead)?,
            refresh_token: self.refresh_token,
            request,
            response: required("response", self.response)?,
            scope: self.scope,
            signing: Signing {
                algorithm: self.algorithm,
                audience: self.audience,
                key_id: self.key_id,
                private_key: self.private_key,
            },
            token_url: required("token_url", self.token_url)?,
        })
    }
}

fn required<T, E: de::Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
