//! Token requests.

use std::{borrow::Cow, sync::Arc};

use http::{
    HeaderValue,
    header::{ACCEPT, AUTHORIZATION},
};
use serde_json::Value;

use super::{
    Auth, AuthError, Fields, Grant, Renewal,
    assertion::Claims,
    credentials::{Credentials, Format},
    grant::{ClientAuth, GrantType},
};
use crate::{
    clock::Clock,
    http::{
        request::{Body, Request},
        secret::{Secret, Secrets},
    },
};

/// One token request. Each attempt is made anew, because an assertion can be used only once.
#[derive(Debug)]
pub(super) struct TokenRequest {
    pub(super) credentials: Arc<Credentials>,
    /// The refresh token to exchange; without one, the grant is used.
    pub(super) refresh_token: Option<Secret>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) secrets: Secrets,
}

impl Auth for TokenRequest {
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        let credentials = &*self.credentials;
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if matches!(credentials.client_auth, ClientAuth::Basic) && !credentials.client_id.is_empty() {
            request.headers.insert(AUTHORIZATION, credentials.basic());
        }
        request.headers.extend(credentials.form.headers.clone());
        let mut fields = match &credentials.form.fields {
            Some(fields) => self.filled(fields)?,
            None => self.standard()?,
        };
        fields.extend(credentials.extra.iter().map(|(name, value)| field(name, value.expose())));
        match credentials.form.format {
            Format::Form => request.body = Body::Form(texts(fields).collect()),
            Format::Json => request.body = Body::Json(Value::Object(fields.into_iter().collect()).into()),
            Format::Query => texts(fields).for_each(|(name, text)| self.add_to_query(request, name, text)),
        }
        Ok(Grant::FIRST)
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(Renewal::Unsupported)
    }

    fn query(&self) -> Option<&str> {
        None
    }
}

impl TokenRequest {
    /// The fields of RFC 6749, and of RFC 7523 where something is signed.
    fn standard(&self) -> Result<Vec<(String, Value)>, AuthError> {
        let credentials = &*self.credentials;
        let mut fields = match (&credentials.grant, &self.refresh_token) {
            (_, Some(refresh_token)) => {
                vec![field("grant_type", "refresh_token"), field("refresh_token", refresh_token.expose())]
            }
            (GrantType::ClientCredentials, None) => vec![field("grant_type", "client_credentials")],
            (GrantType::RefreshToken, None) => vec![field("grant_type", "refresh_token")],
            (GrantType::Password { username, password }, None) => vec![
                field("grant_type", "password"),
                field("username", username),
                field("password", password.expose()),
            ],
            (GrantType::JwtBearer { .. }, None) => vec![
                field("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                field("assertion", self.assertion()?.unwrap_or_default().expose()),
            ],
        };
        // The scope of an assertion is one of its claims.
        let is_claim = matches!(credentials.grant, GrantType::JwtBearer { .. });
        if !credentials.scope.is_empty() && !is_claim {
            // RFC 6749 §3.3: scopes are separated by spaces.
            fields.push(field("scope", &credentials.scope.join(" ")));
        }
        match &credentials.client_auth {
            _ if credentials.client_id.is_empty() => {}
            ClientAuth::Basic => {}
            ClientAuth::Post => {
                fields.push(field("client_id", &credentials.client_id));
                fields.push(field("client_secret", credentials.client_secret.expose()));
            }
            ClientAuth::PrivateKeyJwt(_) => {
                let assertion = self.client_assertion()?.unwrap_or_default();
                fields.push(field("client_id", &credentials.client_id));
                fields.push(field(
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ));
                fields.push(field("client_assertion", assertion.expose()));
            }
            // The assertion names the client already.
            ClientAuth::None if is_claim => {}
            ClientAuth::None => fields.push(field("client_id", &credentials.client_id)),
        }
        Ok(fields)
    }

    /// Adds a field to the query. Only what is secret is hidden: a message may contain the other words.
    fn add_to_query(&self, request: &mut Request, name: String, text: String) {
        if self.secrets.redact(&text) == text {
            request.url.query_pairs_mut().append_pair(&name, &text);
        } else {
            request.secret_query.push((name, Secret::new(text)));
        }
    }

    /// The fields of the user.
    fn filled(&self, fields: &Fields) -> Result<Vec<(String, Value)>, AuthError> {
        let credentials = &*self.credentials;
        let assertion = fields.mention("assertion").then(|| self.assertion()).transpose()?.flatten();
        let client_assertion =
            fields.mention("client_assertion").then(|| self.client_assertion()).transpose()?.flatten();
        let user = match &credentials.grant {
            GrantType::Password { username, password } => Some((username.as_str(), password)),
            _ => None,
        };
        let scope = credentials.scope.join(" ");
        Ok(fields.fill(&|name| {
            let text = match name {
                "assertion" => assertion.as_ref()?.expose(),
                "client_assertion" => client_assertion.as_ref()?.expose(),
                "client_id" => &credentials.client_id,
                "client_secret" => credentials.client_secret.expose(),
                "password" => user?.1.expose(),
                "refresh_token" => self.refresh_token.as_ref()?.expose(),
                "scope" => &scope,
                "username" => user?.0,
                _ => return None,
            };
            Some(text.to_owned())
        }))
    }

    /// The assertion that is exchanged for a token (RFC 7523 §2.1).
    fn assertion(&self) -> Result<Option<Secret>, AuthError> {
        let credentials = &*self.credentials;
        let GrantType::JwtBearer { signer, subject } = &credentials.grant else { return Ok(None) };
        let issuer = credentials.client_id.as_str();
        let subject = subject.as_deref().unwrap_or(issuer);
        let assertion =
            signer.sign(Claims { issuer, subject, scope: &credentials.scope }, self.clock.now())?;
        self.secrets.add(&assertion);
        Ok(Some(assertion))
    }

    /// The assertion that authenticates the client (RFC 7523 §2.2).
    fn client_assertion(&self) -> Result<Option<Secret>, AuthError> {
        let ClientAuth::PrivateKeyJwt(signer) = &self.credentials.client_auth else { return Ok(None) };
        let issuer = self.credentials.client_id.as_str();
        let assertion = signer.sign(Claims { issuer, subject: issuer, scope: &[] }, self.clock.now())?;
        self.secrets.add(&assertion);
        Ok(Some(assertion))
    }
}

fn field(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), value.into())
}

/// The fields as text, for a form or a query.
fn texts(fields: Vec<(String, Value)>) -> impl Iterator<Item = (String, String)> {
    fields.into_iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| Cow::Owned(value.to_string()), Cow::Borrowed).into_owned();
        (name, text)
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::json;

    use super::*;
    use crate::client::auth::TokenForm;
    use crate::clock::{Interrupt, SystemClock};

    fn credentials(client_auth: ClientAuth, secret: &str) -> Credentials {
        Credentials {
            url: "https://login.example/oauth/token".parse().unwrap(),
            grant: GrantType::ClientCredentials,
            client_id: "id".to_owned(),
            client_secret: Secret::new(secret),
            client_auth,
            scope: vec!["a".to_owned(), "b".to_owned()],
            extra: vec![("audience".to_owned(), Secret::new("x y"))],
            form: TokenForm::default(),
        }
    }

    fn request(credentials: Credentials, refresh_token: Option<&str>) -> Request {
        let mut request = Request::new(credentials.form.method.clone(), credentials.url.clone());
        let secrets = Secrets::default();
        credentials.register(&secrets);
        let token_request = TokenRequest {
            credentials: Arc::new(credentials),
            refresh_token: refresh_token.map(Secret::new),
            clock: Arc::new(SystemClock::new(Interrupt::default())),
            secrets,
        };
        token_request.authorize(&mut request).unwrap();
        request
    }

    fn form(request: &Request) -> String {
        String::from_utf8(request.body.encode().into_owned()).unwrap()
    }

    #[test]
    fn basic_encodes_each_part_before_joining_them() {
        let request = request(credentials(ClientAuth::Basic, "a:b c%é+"), None);
        let basic = request.headers[AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(basic).unwrap(), b"id:a%3Ab%20c%25%C3%A9%2B");
        assert!(request.headers[AUTHORIZATION].is_sensitive());
        assert_eq!(form(&request), "grant_type=client_credentials&scope=a+b&audience=x+y");
    }

    #[test]
    fn post_puts_the_client_into_the_form() {
        let request = request(credentials(ClientAuth::Post, "a&b=c"), Some("r"));
        assert!(!request.headers.contains_key(AUTHORIZATION));
        assert_eq!(
            form(&request),
            "grant_type=refresh_token&refresh_token=r&scope=a+b&client_id=id&client_secret=a%26b%3Dc&audience=x+y"
        );
    }

    #[test]
    fn a_client_that_does_not_authenticate_only_says_who_it_is() {
        let request = request(credentials(ClientAuth::None, ""), None);
        assert!(!request.headers.contains_key(AUTHORIZATION));
        assert_eq!(form(&request), "grant_type=client_credentials&scope=a+b&client_id=id&audience=x+y");
    }

    #[test]
    fn a_password_grant_names_the_user() {
        let grant = GrantType::Password { username: "me".to_owned(), password: Secret::new("007") };
        let request = request(Credentials { grant, ..credentials(ClientAuth::Basic, "s") }, None);
        assert!(form(&request).starts_with("grant_type=password&username=me&password=007&"));
    }

    #[test]
    fn fields_of_the_user_replace_the_standard_ones_in_every_format() {
        let Value::Object(fields) = json!({ "user": "{username}", "pw": "{password}", "life": 60 }) else {
            panic!()
        };
        let fields = Fields::new(fields, &["username", "password"]).unwrap();
        let with = |format| {
            let form = TokenForm { format, fields: Some(fields.clone()), ..TokenForm::default() };
            let grant = GrantType::Password { username: "me".to_owned(), password: Secret::new("a b") };
            request(Credentials { grant, form, ..credentials(ClientAuth::None, "") }, None)
        };
        assert_eq!(form(&with(Format::Form)), "life=60&pw=a+b&user=me&audience=x+y");
        let json: Value = serde_json::from_str(&form(&with(Format::Json))).unwrap();
        assert_eq!(json, json!({ "user": "me", "pw": "a b", "life": 60, "audience": "x y" }));
        let query = with(Format::Query);
        assert_eq!(query.url.query(), Some("life=60&user=me"));
        assert_eq!(query.target().query(), Some("life=60&user=me&pw=a+b&audience=x+y"));
        assert_eq!(form(&query), "");
    }
}
