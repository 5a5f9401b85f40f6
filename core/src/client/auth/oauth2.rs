//! Tokens from an OAuth2 token endpoint, shared by all threads and renewed before they end.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    Auth, AuthError, Grant, Renewal,
    fixed::bear,
    grant::{ClientAuth, Credentials, GrantType},
    tokens::Tokens,
};
use crate::{
    client::Client,
    http::{request::Request, secret::Secret},
};

/// A token endpoint (RFC 6749 §3.2) and what it is asked with.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    /// Its URL.
    pub url: Url,
    /// What entitles to a token.
    pub grant: GrantType,
    /// The client's id; empty for a client that does not prove itself.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// How the client proves itself.
    pub client_auth: ClientAuth,
    /// The scopes asked for; none leaves them to the server.
    pub scope: Vec<String>,
    /// Further form fields.
    pub extra: Vec<(String, Secret)>,
    /// A refresh token to begin with.
    pub refresh_token: Option<Secret>,
    /// How long before its end a token is renewed, at most.
    pub refresh_ahead: Duration,
}

/// The client-credentials and password grants (RFC 6749 §4.4, §4.3), with refresh tokens where the server gives them.
///
/// A token is renewed ahead of its end, on a thread of its own while the old one still serves. One token request is
/// under way at a time; threads that need its outcome wait for it and share it.
#[derive(Clone, Debug)]
pub struct OAuth2(Arc<Tokens>);

impl OAuth2 {
    /// Tokens from `endpoint`, asked for through `client`, whose own [`Auth`] must be [`super::Anonymous`].
    pub fn new(endpoint: TokenEndpoint, client: Client) -> Self {
        let TokenEndpoint { url, grant, client_id, client_secret, client_auth, scope, extra, .. } = endpoint;
        let credentials = Credentials { url, grant, client_id, client_secret, client_auth, scope, extra };
        let client = client.without_redirects();
        Self(Arc::new(Tokens::new(credentials, endpoint.refresh_token, endpoint.refresh_ahead, client)))
    }

    /// A token that is valid now.
    pub fn token(&self) -> Result<Secret, AuthError> {
        self.0.current().map(|held| held.access_token)
    }
}

impl Auth for OAuth2 {
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        let held = self.0.current()?;
        bear(&held.access_token, request)?;
        Ok(held.grant)
    }

    fn renew(&self, refused: Grant) -> Result<Renewal, AuthError> {
        self.0.renew(refused)?;
        Ok(Renewal::Renewed)
    }
}
