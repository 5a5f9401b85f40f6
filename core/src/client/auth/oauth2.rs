//! Tokens from a token endpoint, shared by all threads and renewed before they expire.

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    Auth, AuthError, Carrier, Grant, RefreshToken, Renewal, TokenForm, TokenPlaces,
    credentials::Credentials,
    grant::{ClientAuth, GrantType},
    tokens::Tokens,
};
use crate::{
    client::Client,
    http::{request::Request, secret::Secret},
};

/// A token endpoint (RFC 6749 §3.2), the credentials for it, and what differs from the RFC.
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
    /// Additional fields.
    pub extra: Vec<(String, Secret)>,
    /// The form of the requests.
    pub form: TokenForm,
    /// Where the answers have their values.
    pub places: TokenPlaces,
    /// A refresh token for the first request.
    pub refresh_token: Option<RefreshToken>,
    /// How long before it expires a token is renewed, at most.
    pub refresh_ahead: Duration,
    /// Where requests to the API carry the token.
    pub carrier: Carrier,
}

impl TokenEndpoint {
    /// The token endpoint at `url`, as in RFC 6749.
    pub fn new(url: Url, grant: GrantType) -> Self {
        Self {
            url,
            grant,
            client_id: String::new(),
            client_secret: Secret::default(),
            client_auth: ClientAuth::Basic,
            scope: Vec::new(),
            extra: Vec::new(),
            form: TokenForm::default(),
            places: TokenPlaces::default(),
            refresh_token: None,
            refresh_ahead: Duration::from_secs(300),
            carrier: Carrier::default(),
        }
    }
}

/// The grants of RFC 6749 and RFC 7523, and logins that work like them. Refresh tokens are used if the server issues them.
///
/// A token is renewed before it expires, on another thread, while the old one is still used. There is one token request
/// at a time; threads that need its outcome wait for it and share it.
#[derive(Clone, Debug)]
pub struct OAuth2(Arc<Tokens>);

impl OAuth2 {
    /// Fetches tokens from `endpoint` with `client`, whose own [`Auth`] is not used.
    pub fn new(endpoint: TokenEndpoint, client: Client) -> Self {
        let TokenEndpoint { url, grant, client_id, client_secret, client_auth, scope, extra, form, .. } =
            endpoint;
        let credentials =
            Credentials { url, grant, client_id, client_secret, client_auth, scope, extra, form };
        let TokenEndpoint { places, refresh_token, refresh_ahead, carrier, .. } = endpoint;
        let client = client.without_redirects();
        Self(Arc::new(Tokens::new(credentials, places, carrier, refresh_token, refresh_ahead, client)))
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
        self.0.attach(&held, request)?;
        Ok(held.grant)
    }

    fn renew(&self, refused: Grant) -> Result<Renewal, AuthError> {
        self.0.renew(refused)?;
        Ok(Renewal::Renewed)
    }

    fn query(&self) -> Option<&str> {
        self.0.carrier().query()
    }
}
