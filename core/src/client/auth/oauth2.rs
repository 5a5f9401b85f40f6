//! Tokens from an OAuth2 token endpoint, shared by all threads and renewed before they expire.

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

/// A token endpoint (RFC 6749 §3.2) and the credentials for it.
#[derive(Clone, Debug)]
pub struct TokenEndpoint {
    /// Its URL.
    pub url: Url,
    /// The grant that a token is requested with.
    pub grant: GrantType,
    /// The client's id. Empty for a client that does not authenticate.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
    /// The scopes to request. If it is empty, the server chooses.
    pub scope: Vec<String>,
    /// Additional form fields.
    pub extra: Vec<(String, Secret)>,
    /// A refresh token for the first request.
    pub refresh_token: Option<Secret>,
    /// How long before it expires a token is renewed, at most.
    pub refresh_ahead: Duration,
}

/// The client-credentials and password grants (RFC 6749 §4.4, §4.3). Refresh tokens are used if the server issues them.
///
/// A token is renewed before it expires, on another thread, while the old one is still used. There is one token request
/// at a time; threads that need its outcome wait for it and share it.
#[derive(Clone, Debug)]
pub struct OAuth2(Arc<Tokens>);

impl OAuth2 {
    /// Fetches tokens from `endpoint` with `client`, whose own [`Auth`] must be [`super::Anonymous`].
    pub fn new(endpoint: TokenEndpoint, client: Client) -> Self {
        let TokenEndpoint { url, grant, client_id, client_secret, client_auth, scope, extra, .. } = endpoint;
        let credentials = Credentials { url, grant, client_id, client_secret, client_auth, scope, extra };
        let client = client.without_redirects();
        Self(Arc::new(Tokens::new(credentials, endpoint.refresh_token, endpoint.refresh_ahead, client)))
    }

    /// Returns a token that is valid now, and fetches one first if there is none.
    ///
    /// # Errors
    /// There is no token.
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
