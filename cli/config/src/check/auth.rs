//! Checks of `[auth]`, and of the certificate that belongs to it.

use http::{
    HeaderValue, Method,
    header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE},
};
use longhaul_core::{
    client::{
        answer::Then,
        auth::{Carrier, Fields, Lifetime, PlaceholderError},
    },
    http::place::{Place, Places},
};
use serde_json::{Map, Value};

use super::Check;
use crate::{
    error::ConfigError,
    origin::Origin,
    sections::auth::{Auth, ClientAuth, Grant, RequestFormat},
    tree,
};

/// What a response of the token endpoint can mean.
const OF_TOKENS: [Then; 5] = [Then::Page, Then::Retry, Then::Throttle, Then::Wait, Then::Fail];

impl Check<'_> {
    pub(super) fn auth(&self) -> Result<(), ConfigError> {
        let of_username = match &self.config.auth {
            Auth::Basic { username, .. } if username.contains(':') => {
                Err(self.wrong("auth.username", "a user name for HTTP Basic cannot contain a colon"))
            }
            _ => Ok(()),
        };
        let of_grant = self.config.auth.grant().into_iter().flat_map(|grant| {
            [
                self.answers(&["auth"], &grant.answers, &OF_TOKENS),
                self.signing(grant),
                self.client_secret(grant),
                self.fields(grant),
                self.response(grant),
            ]
        });
        let mut auth = self.config.auth.clone();
        let empty =
            auth.secrets_mut().into_iter().filter(|(path, secret)| path.len() == 1 && secret.is_empty_text());
        let of_secrets =
            empty.map(|(path, _)| Err(self.error(&["auth", path[0]], |key| format!("`{key}` is empty"))));
        // What is wrong with a key may follow from its type.
        self.belongs(&["auth"])?;
        ConfigError::all([self.carrier(), of_username].into_iter().chain(of_grant).chain(of_secrets))
    }

    /// A certificate and its key are useless without one another.
    pub(super) fn client_certificate(&self) -> Result<(), ConfigError> {
        let api = &self.config.api;
        let (present, missing) = match (&api.client_cert, &api.client_key) {
            (Some(_), None) => ("api.client_cert", "api.client_key"),
            (None, Some(_)) => ("api.client_key", "api.client_cert"),
            _ => return Ok(()),
        };
        Err(self.at(present, &format!("`{missing}` is missing; `{present}` needs it")))
    }

    /// Where the credential goes.
    fn carrier(&self) -> Result<(), ConfigError> {
        let has = |name: &str| self.has(&["auth", name]);
        let twice = (has("header") && has("query")).then(|| {
            self.wrong("auth.query", "the credential goes into `auth.header` already")
                .with_hint("remove one of them")
        });
        let scheme_of_query = (has("scheme") && has("query")).then(|| {
            self.wrong("auth.scheme", "a query parameter has no scheme, only a value").with_hint("remove it")
        });
        let is_key = matches!(self.config.auth, Auth::ApiKey { .. });
        let nowhere = (is_key && !has("header") && !has("query")).then(|| {
            self.at("auth", "`auth.header` or `auth.query` is missing").with_hint(
                "say where the key goes, such as `header = \"X-Api-Key\"` or `query = \"api_key\"`",
            )
        });
        let (name, scheme) = match self.config.auth.carrier() {
            Some(Carrier::Header { name, scheme }) => {
                let is_own = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, UPGRADE].contains(&name);
                let cannot_be_sent = HeaderValue::from_str(&scheme).is_err();
                (
                    is_own.then(|| self.wrong("auth.header", "longhaul sets this header itself")),
                    cannot_be_sent.then(|| self.wrong("auth.scheme", "a header cannot contain this")),
                )
            }
            Some(Carrier::Query(name)) if name.is_empty() => {
                (Some(self.wrong("auth.query", "the name is empty")), None)
            }
            _ => (None, None),
        };
        let wrong = [twice, scheme_of_query, nowhere, name, scheme];
        ConfigError::all(wrong.into_iter().flatten().map(Err))
    }

    /// The keys for signing are there if something is signed, and only then.
    fn signing(&self, grant: &Grant) -> Result<(), ConfigError> {
        let authenticates = grant.client_auth == ClientAuth::PrivateKeyJwt;
        if !authenticates && !matches!(self.config.auth, Auth::JwtBearer { .. }) {
            let names = ["private_key", "key_id", "audience", "algorithm"];
            let unused = names.into_iter().filter(|name| self.has(&["auth", name]));
            return ConfigError::all(unused.map(|name| {
                let error = self.wrong(&format!("auth.{name}"), "nothing is signed, so this has no effect");
                Err(error.with_hint("remove it, or set `client_auth = \"private_key_jwt\"`"))
            }));
        }
        if grant.signing.private_key.is_none() {
            let message = "`auth.private_key` is missing; `client_auth = \"private_key_jwt\"` signs with it";
            let error = self.at("auth.client_auth", message);
            return Err(error.with_hint("add it, such as `private_key = { file = \"key.pem\" }`"));
        }
        Ok(())
    }

    /// A secret that nobody sends is a mistake.
    fn client_secret(&self, grant: &Grant) -> Result<(), ConfigError> {
        let way = match grant.client_auth {
            ClientAuth::None => "none",
            ClientAuth::PrivateKeyJwt => "private_key_jwt",
            ClientAuth::Basic | ClientAuth::Post => return Ok(()),
        };
        // A variable may be there for other configurations.
        let path = ["auth", "client_secret"].map(str::to_owned);
        let is_variable = matches!(self.stack.origin(&path), Origin::Environment { .. });
        if grant.client_secret.is_none() || grant.request.fields.is_some() || is_variable {
            return Ok(());
        }
        let clause = format!("with `client_auth = \"{way}\"`, it is not sent");
        let error = self.wrong("auth.client_secret", &clause);
        Err(error.with_hint("remove it, or set `client_auth` to `basic` or `post`"))
    }

    /// The fields that the user writes instead of the standard ones.
    fn fields(&self, grant: &Grant) -> Result<(), ConfigError> {
        let request = &grant.request;
        let has_body = request.method != Method::GET || request.format == RequestFormat::Query;
        let without_body = (!has_body).then(|| {
            let error = self.wrong("auth.request.method", "a GET has no body for the fields");
            Err(error.with_hint("set `request.format = \"query\"`, or use POST"))
        });
        let Some(written) = &request.fields else { return without_body.unwrap_or(Ok(())) };
        let known = self.config.auth.placeholders();
        let of_each = written.iter().map(|(name, value)| {
            if (value.is_array() || value.is_object()) && request.format != RequestFormat::Json {
                let clause = "a form or query has only texts, numbers and booleans";
                let error = self.wrong(&format!("auth.request.fields.{name}"), clause);
                return Err(error.with_hint("set `request.format = \"json\"`"));
            }
            let one = [(name.clone(), value.clone())].into_iter().collect();
            Fields::new(one, &known).map(drop).map_err(|error| self.placeholder(name, &error, &known))
        });
        let of_post = (grant.client_auth == ClientAuth::Post).then(|| {
            let clause = "`post` has no effect, because `request.fields` replaces all fields";
            let error = self.wrong("auth.client_auth", clause);
            Err(error.with_hint(
                "remove it, and add fields such as `client_id = \"{client_id}\"` and `client_secret = \"{client_secret}\"`",
            ))
        });
        let is_sent = matches!(self.config.auth, Auth::RefreshToken(_));
        let of_refresh_token = (grant.refresh_token.is_some() && !is_sent).then(|| {
            let clause = "`request.fields` replaces all fields, so it is not sent";
            let error = self.wrong("auth.refresh_token", clause);
            Err(error.with_hint("remove it, or use `type = \"refresh_token\"` and a field `{refresh_token}`"))
        });
        let alone =
            [without_body, of_post, of_refresh_token, Some(self.needed_field(grant, written, &known))];
        ConfigError::all(of_each.chain(alone.into_iter().flatten()))
    }

    /// The field without which the request makes no sense is there, unless a field cannot be read.
    fn needed_field(
        &self,
        grant: &Grant,
        written: &Map<String, Value>,
        known: &[&str],
    ) -> Result<(), ConfigError> {
        let needed = match (&self.config.auth, grant.client_auth) {
            (Auth::JwtBearer { .. }, _) => "assertion",
            (Auth::RefreshToken(_), _) => "refresh_token",
            (_, ClientAuth::PrivateKeyJwt) => "client_assertion",
            _ => return Ok(()),
        };
        match Fields::new(written.clone(), known) {
            Ok(fields) if !fields.mention(needed) => {
                Err(self.wrong("auth.request.fields", &format!("a field must be `{{{needed}}}`")))
            }
            _ => Ok(()),
        }
    }

    fn placeholder(&self, name: &str, error: &PlaceholderError, known: &[&str]) -> ConfigError {
        let hint = match error {
            PlaceholderError::OfShell { name } => format!(
                "set a key such as `auth.password` to `{{ env = \"{name}\" }}`, and write `{{password}}` here"
            ),
            _ if known.is_empty() => "there are no placeholders here; `{{` is a brace".to_owned(),
            _ => {
                let list = known.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(", ");
                format!("the placeholders are {list}; `{{{{` is a brace")
            }
        };
        self.wrong(&format!("auth.request.fields.{name}"), &error.to_string()).with_hint(hint)
    }

    /// The answer to a token request has no records.
    fn response(&self, grant: &Grant) -> Result<(), ConfigError> {
        let response = &grant.response;
        let expires_in = match &response.expires_in {
            Lifetime::At(places) => Some(places),
            Lifetime::Fixed(_) => None,
        };
        let has_last = |places: &&Places| places.iter().any(|place| matches!(place, Place::Last(_)));
        let places = [
            ("token", Some(&response.token)),
            ("expires_in", expires_in),
            ("expires_at", Some(&response.expires_at)),
            ("refresh_token", Some(&response.refresh_token)),
            ("base_url", response.base_url.as_ref()),
        ];
        let wrong = places.into_iter().filter(|(_, places)| places.as_ref().is_some_and(has_last));
        ConfigError::all(wrong.map(|(name, _)| {
            let clause = "a token response has no records; use another place than `last:`";
            Err(self.wrong(&format!("auth.response.{name}"), clause))
        }))
    }

    fn has(&self, path: &[&str]) -> bool {
        tree::at(&self.stack.values(), path).is_some()
    }

    fn wrong(&self, key: &str, clause: &str) -> ConfigError {
        self.at(key, &format!("`{key}`: {clause}"))
    }

    fn at(&self, key: &str, message: &str) -> ConfigError {
        self.error(&key.split('.').collect::<Vec<_>>(), |_| message.to_owned())
    }
}
