//! Builds the credentials from `[auth]`.

use std::{ffi::OsString, io, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, header::AUTHORIZATION};
use longhaul_core::{
    Client, Clock, Origins, Secret, Secrets,
    client::auth::{
        Anonymous, Auth, BaseUrl, Carrier, ClientAuth, FixedToken, Format, GrantType, OAuth2, PrivateKey,
        RefreshToken, Signer, TokenEndpoint, TokenFile, TokenForm, TokenPlaces,
    },
    disk::SystemDisk,
    http::private_key::PrivateKeyError,
};
use url::Url;

use crate::config::{self, ConfigError, Grant, Loaded, SecretSource};

/// What requests to the API are authorized with.
#[derive(Clone, Debug)]
pub(super) enum Credentials {
    None,
    /// A name and a password.
    Basic(FixedToken),
    /// A token or a key.
    Fixed(FixedToken),
    OAuth2(OAuth2),
}

impl Credentials {
    pub(super) fn auth(&self) -> Arc<dyn Auth> {
        match self {
            Self::None => Arc::new(Anonymous),
            Self::Basic(fixed) | Self::Fixed(fixed) => Arc::new(fixed.clone()),
            Self::OAuth2(oauth2) => Arc::new(oauth2.clone()),
        }
    }
}

/// Resolves the secrets of `[auth]`, and adds them to those that are never shown.
#[derive(Clone, Copy)]
pub(super) struct Resolve<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) environment: &'a [(OsString, OsString)],
    pub(super) secrets: &'a Secrets,
    /// Its waits end when the run is stopped.
    pub(super) clock: &'a dyn Clock,
}

impl Resolve<'_> {
    /// The credentials. `origins` are those of the API; `client` builds the client for the token endpoint at a URL.
    pub(super) fn credentials(
        self,
        origins: Origins,
        client: impl FnOnce(&Url) -> Client,
    ) -> Result<Credentials, ConfigError> {
        let auth = &self.loaded.config.auth;
        Ok(match auth {
            config::Auth::None => Credentials::None,
            config::Auth::Basic { username, password } => {
                let fixed = FixedToken::basic(username, &self.secret(password)?);
                self.secrets.add(fixed.secret());
                Credentials::Basic(fixed)
            }
            config::Auth::ApiKey { key, carrier } => {
                Credentials::Fixed(self.fixed("auth.key", key, carrier)?)
            }
            config::Auth::Token { token, carrier } => {
                Credentials::Fixed(self.fixed("auth.token", token, carrier)?)
            }
            _ => match auth.grant() {
                Some(grant) => {
                    let endpoint = self.endpoint(grant, origins)?;
                    let client = client(&endpoint.url);
                    Credentials::OAuth2(OAuth2::new(endpoint, client))
                }
                None => Credentials::None,
            },
        })
    }

    fn fixed(self, key: &str, source: &SecretSource, carrier: &Carrier) -> Result<FixedToken, ConfigError> {
        let secret = self.secret(source)?;
        if !carrier.can_carry(&secret) {
            return Err(
                self.wrong(key, "a header cannot contain it; only visible ASCII characters are allowed")
            );
        }
        Ok(FixedToken::new(secret).carried_by(carrier.clone()))
    }

    fn endpoint(self, grant: &Grant, origins: Origins) -> Result<TokenEndpoint, ConfigError> {
        let auth = &self.loaded.config.auth;
        let signer = grant.signing.private_key.as_ref().map(|key| self.signer(grant, key)).transpose()?;
        // It was checked that there is a key if something is signed.
        let signer = || {
            let missing = || self.wrong("auth.private_key", "it is missing");
            signer.clone().ok_or_else(missing)
        };
        let client_auth = match grant.client_auth {
            config::ClientAuth::Basic => ClientAuth::Basic,
            config::ClientAuth::Post => ClientAuth::Post,
            config::ClientAuth::PrivateKeyJwt => ClientAuth::PrivateKeyJwt(signer()?),
            config::ClientAuth::None => ClientAuth::None,
        };
        let grant_type = match auth {
            config::Auth::Password { username, password, .. } => {
                GrantType::Password { username: username.clone(), password: self.secret(password)? }
            }
            config::Auth::JwtBearer { subject, .. } => {
                GrantType::JwtBearer { signer: signer()?, subject: subject.clone() }
            }
            config::Auth::RefreshToken(_) => GrantType::RefreshToken,
            _ => GrantType::ClientCredentials,
        };
        let extra = grant.extra.iter().map(|(name, value)| Ok((name.clone(), self.secret(value)?)));
        let client_secret = grant.client_secret.as_ref().map(|secret| self.secret(secret)).transpose()?;
        let refresh_token =
            grant.refresh_token.as_ref().map(|token| self.refresh_token(token)).transpose()?;
        let response = &grant.response;
        let base_url = response.base_url.as_ref().map(|at| BaseUrl {
            at: at.clone(),
            replaces: self.loaded.config.api.base_url.clone(),
            origins,
        });
        Ok(TokenEndpoint {
            client_id: grant.client_id.clone(),
            client_secret: client_secret.unwrap_or_default(),
            client_auth,
            scope: grant.scope.clone(),
            extra: extra.collect::<Result<_, ConfigError>>()?,
            form: self.form(grant)?,
            places: TokenPlaces {
                token: response.token.clone(),
                expires_in: response.expires_in.clone(),
                expires_at: response.expires_at.clone(),
                refresh_token: response.refresh_token.clone(),
                base_url,
            },
            refresh_token,
            refresh_ahead: grant.refresh_ahead,
            carrier: grant.carrier.clone(),
            ..TokenEndpoint::new(grant.token_url.clone(), grant_type)
        })
    }

    fn form(self, grant: &Grant) -> Result<TokenForm, ConfigError> {
        let request = &grant.request;
        let mut headers = HeaderMap::new();
        for (name, source) in &request.headers {
            let key = format!("auth.request.headers.{name}");
            let header =
                HeaderName::try_from(name).map_err(|_| self.wrong(&key, "not a valid header name"))?;
            if header == AUTHORIZATION
                && grant.client_auth == config::ClientAuth::Basic
                && !grant.client_id.is_empty()
            {
                let error = self.wrong(&key, "this header carries the id and secret of the client");
                return Err(error.with_hint("to set your own, use `client_auth = \"none\"`"));
            }
            let text = self.secret(source)?;
            let invalid = || self.wrong(&key, "the value contains a line break or control character");
            let mut value = HeaderValue::try_from(text.expose()).map_err(|_| invalid())?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        // Secrets should be keys of `auth`, but people write them here, too.
        for (name, value) in request.fields.iter().flatten() {
            let text = value.as_str().filter(|text| config::sounds_secret(name) && !text.contains('{'));
            self.secrets.add(&Secret::new(text.unwrap_or_default()));
        }
        Ok(TokenForm {
            method: request.method.clone(),
            format: match request.format {
                config::RequestFormat::Form => Format::Form,
                config::RequestFormat::Json => Format::Json,
                config::RequestFormat::Query => Format::Query,
            },
            headers,
            fields: self.loaded.config.auth.fields(),
        })
    }

    fn signer(self, grant: &Grant, source: &SecretSource) -> Result<Signer, ConfigError> {
        let key = PrivateKey::from_pem(&self.secret(source)?, grant.signing.algorithm).map_err(|error| {
            let key = match error {
                PrivateKeyError::OtherAlgorithm(_) => "auth.algorithm",
                _ => "auth.private_key",
            };
            self.wrong(key, &error.to_string()).with_hint(key_hint(error))
        })?;
        Ok(Signer {
            key: Arc::new(key),
            key_id: grant.signing.key_id.clone(),
            audience: grant.signing.audience.clone().unwrap_or_else(|| grant.token_url.to_string()),
        })
    }

    fn refresh_token(self, source: &SecretSource) -> Result<RefreshToken, ConfigError> {
        let file = source.file().map(|path| TokenFile::new(Arc::new(SystemDisk), path));
        if let (Some(file), Some(path)) = (&file, source.file().filter(|path| path.exists())) {
            let prepared = match file.prepare(self.clock) {
                // The run is stopped, and says so itself.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
                prepared => prepared,
            };
            prepared.map_err(|error| {
                let clause = format!("cannot save a new refresh token in `{}`: {error}", path.display());
                let error = self.wrong("auth.refresh_token", &clause);
                error.with_hint(
                    "make the folder writable; or, if the server never issues new ones, use `{ command = [\"cat\", \"FILE\"] }`",
                )
            })?;
        }
        Ok(RefreshToken { token: self.secret(source)?, file })
    }

    fn secret(self, source: &SecretSource) -> Result<Secret, ConfigError> {
        let secret = source.resolve(self.environment)?;
        self.secrets.add(&secret);
        Ok(secret)
    }

    fn wrong(self, key: &str, clause: &str) -> ConfigError {
        ConfigError::new(format!("`{key}`: {clause}")).at(key, self.loaded.origin_of(key))
    }
}

/// How to fix a private key.
pub(super) fn key_hint(error: PrivateKeyError) -> &'static str {
    match error {
        PrivateKeyError::Encrypted => {
            "decrypt it: openssl pkey -in KEY -out NEW; or let `{ command = [\"openssl\", \"pkey\", …] }` print it"
        }
        PrivateKeyError::Missing => {
            "the file must have a block `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`"
        }
        PrivateKeyError::OtherAlgorithm(_) => "remove it, or set it to an algorithm of the key",
        PrivateKeyError::Sec1 => "convert it: openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW",
        PrivateKeyError::Damaged => {
            "copy the key again, with all its lines; to check it: openssl pkey -in KEY -check"
        }
        _ => "create another one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out KEY",
    }
}
