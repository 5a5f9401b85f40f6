//! What token requests contain, and their form.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method};
use url::{Url, form_urlencoded};

use super::{
    Fields,
    grant::{ClientAuth, GrantType},
};
use crate::http::secret::{Secret, Secrets};

/// The contents of token requests.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) url: Url,
    pub(super) grant: GrantType,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) client_auth: ClientAuth,
    pub(super) scope: Vec<String>,
    pub(super) extra: Vec<(String, Secret)>,
    pub(super) form: TokenForm,
}

/// The form of token requests, where it is not that of RFC 6749.
#[derive(Clone, Debug)]
pub struct TokenForm {
    /// The method.
    pub method: Method,
    /// How the fields are sent.
    pub format: Format,
    /// Further headers.
    pub headers: HeaderMap,
    /// The fields, instead of the standard ones.
    pub fields: Option<Fields>,
}

/// How the fields of a token request are sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// As `application/x-www-form-urlencoded`.
    Form,
    /// As a JSON object.
    Json,
    /// In the query of the URL.
    Query,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { method: Method::POST, format: Format::Form, headers: HeaderMap::new(), fields: None }
    }
}

impl Credentials {
    /// Adds the secrets of all token requests to `secrets`.
    pub(super) fn register(&self, secrets: &Secrets) {
        let password = match &self.grant {
            GrantType::Password { password, .. } => Some(password),
            _ => None,
        };
        let extra = self.extra.iter().map(|(_, value)| value);
        [&self.client_secret].into_iter().chain(password).chain(extra).for_each(|secret| secrets.add(secret));
        if !self.client_secret.expose().is_empty() {
            secrets.add(&Secret::new(self.basic_credentials()));
        }
    }

    /// Whether the server may exchange refresh tokens. With fields of the user, only if one of them is the refresh token.
    pub(super) fn can_refresh(&self) -> bool {
        self.form.fields.as_ref().is_none_or(|fields| fields.mention("refresh_token"))
    }

    /// Whether there is anything but a refresh token.
    pub(super) fn has_grant(&self) -> bool {
        !matches!(self.grant, GrantType::RefreshToken)
    }

    /// RFC 6749 §2.3.1: id and secret are form-encoded, and then joined by a colon (RFC 7617 §2). A space becomes `%20`,
    /// because servers that decode percent signs only are more common than those that know `+` only.
    fn basic_credentials(&self) -> String {
        let encode = |text: &str| {
            let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            encoded.replace('+', "%20")
        };
        STANDARD.encode(format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose())))
    }

    /// The value of the `Authorization` header.
    pub(super) fn basic(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("Basic {}", self.basic_credentials()))
            .unwrap_or_else(|_| unreachable!("base64 is visible ASCII"));
        value.set_sensitive(true);
        value
    }
}
