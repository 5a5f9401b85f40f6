//! Token requests.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Method, header::AUTHORIZATION};
use url::{Url, form_urlencoded};

use crate::http::{
    request::{Body, Request},
    secret::Secret,
};

/// How the client authenticates to the token endpoint (RFC 6749 §2.3.1).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ClientAuth {
    /// HTTP Basic, with id and secret form-encoded first, as the RFC requires.
    #[default]
    Basic,
    /// `client_id` and `client_secret` as form fields.
    Post,
}

/// The grant that a token is requested with.
#[derive(Clone, Debug)]
pub enum GrantType {
    /// The client's own credentials (RFC 6749 §4.4).
    ClientCredentials,
    /// A user's name and password (RFC 6749 §4.3).
    Password {
        /// The user's name.
        username: String,
        /// The user's password.
        password: Secret,
    },
}

/// The contents of a token request.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) url: Url,
    pub(super) grant: GrantType,
    pub(super) client_id: String,
    pub(super) client_secret: Secret,
    pub(super) client_auth: ClientAuth,
    pub(super) scope: Vec<String>,
    pub(super) extra: Vec<(String, Secret)>,
}

impl Credentials {
    /// The request for a first token.
    pub(super) fn grant_request(&self) -> Request {
        let fields = match &self.grant {
            GrantType::ClientCredentials => vec![field("grant_type", "client_credentials")],
            GrantType::Password { username, password } => vec![
                field("grant_type", "password"),
                field("username", username),
                field("password", password.expose()),
            ],
        };
        self.request(fields)
    }

    /// The request that exchanges `refresh_token` for a new token (RFC 6749 §6).
    pub(super) fn refresh_request(&self, refresh_token: &Secret) -> Request {
        self.request(vec![
            field("grant_type", "refresh_token"),
            field("refresh_token", refresh_token.expose()),
        ])
    }

    /// `text`, with the secrets of a token request replaced by `***`.
    pub(super) fn redact(&self, text: &str) -> String {
        let secrets = self.secrets().into_iter();
        let text = secrets.fold(text.to_owned(), |text, secret| secret.redact(&text));
        Secret::new(self.basic_credentials()).redact(&text)
    }

    /// The secrets of a token request.
    pub(super) fn secrets(&self) -> Vec<&Secret> {
        let password = match &self.grant {
            GrantType::Password { password, .. } => Some(password),
            GrantType::ClientCredentials => None,
        };
        let extra = self.extra.iter().map(|(_, value)| value);
        [&self.client_secret].into_iter().chain(password).chain(extra).collect()
    }

    fn request(&self, mut fields: Vec<(String, String)>) -> Request {
        let mut request = Request::new(Method::POST, self.url.clone());
        request.headers.insert(http::header::ACCEPT, HeaderValue::from_static("application/json"));
        if !self.scope.is_empty() {
            // RFC 6749 §3.3: scopes are separated by spaces.
            fields.push(field("scope", &self.scope.join(" ")));
        }
        fields.extend(self.extra.iter().map(|(name, value)| field(name, value.expose())));
        match self.client_auth {
            _ if self.client_id.is_empty() => {}
            ClientAuth::Basic => {
                request.headers.insert(AUTHORIZATION, self.basic());
            }
            ClientAuth::Post => {
                fields.push(field("client_id", &self.client_id));
                fields.push(field("client_secret", self.client_secret.expose()));
            }
        }
        request.body = Body::Form(fields);
        request
    }

    fn basic(&self) -> HeaderValue {
        let mut value = HeaderValue::try_from(format!("Basic {}", self.basic_credentials()))
            .unwrap_or_else(|_| unreachable!("base64 is visible ASCII"));
        value.set_sensitive(true);
        value
    }

    /// RFC 6749 §2.3.1: id and secret are form-encoded, and then joined by a colon (RFC 7617 §2).
    fn basic_credentials(&self) -> String {
        let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        STANDARD.encode(format!("{}:{}", encode(&self.client_id), encode(self.client_secret.expose())))
    }
}

fn field(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(client_auth: ClientAuth, secret: &str) -> Credentials {
        Credentials {
            url: "https://login.example/oauth/token".parse().unwrap(),
            grant: GrantType::ClientCredentials,
            client_id: "id".to_owned(),
            client_secret: Secret::new(secret),
            client_auth,
            scope: vec!["a".to_owned(), "b".to_owned()],
            extra: vec![("audience".to_owned(), Secret::new("x y"))],
        }
    }

    fn form(request: &Request) -> String {
        String::from_utf8(request.body.encode().into_owned()).unwrap()
    }

    #[test]
    fn basic_encodes_each_part_before_joining_them() {
        let request = credentials(ClientAuth::Basic, "a:b c%é").grant_request();
        let basic = request.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(basic).unwrap(), b"id:a%3Ab+c%25%C3%A9");
        assert!(request.headers[AUTHORIZATION].is_sensitive());
        assert_eq!(form(&request), "grant_type=client_credentials&scope=a+b&audience=x+y");
    }

    #[test]
    fn post_puts_the_client_into_the_form() {
        let request = credentials(ClientAuth::Post, "a&b=c").refresh_request(&Secret::new("r"));
        assert!(!request.headers.contains_key(AUTHORIZATION));
        assert_eq!(
            form(&request),
            "grant_type=refresh_token&refresh_token=r&scope=a+b&audience=x+y&client_id=id&client_secret=a%26b%3Dc"
        );
    }

    #[test]
    fn a_password_grant_names_the_user() {
        let grant = GrantType::Password { username: "me".to_owned(), password: Secret::new("007") };
        let request = Credentials { grant, ..credentials(ClientAuth::Basic, "s") }.grant_request();
        assert!(form(&request).starts_with("grant_type=password&username=me&password=007&"));
    }
}
