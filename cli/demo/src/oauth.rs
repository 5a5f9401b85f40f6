//! The token endpoint (RFC 6749).

use std::{collections::HashMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use url::form_urlencoded;

use crate::{
    json::{self, Literal},
    request::Request,
    response::Response,
    settings::{ReportedLifetime, Settings},
    tokens::Tokens,
};

/// The response to a token request.
pub(crate) fn token(request: &Request, settings: &Settings, tokens: &mut Tokens, now: Duration) -> Response {
    let granted = form(request).and_then(|form| grant(request, &form, settings, tokens, now));
    let mut response = granted.unwrap_or_else(TokenError::response);
    // RFC 6749 §5.1: caches must not store the response.
    response.headers.extend([("Cache-Control", "no-store".into()), ("Pragma", "no-cache".into())]);
    response
}

/// The response to a token request that comes too soon. The platform answers 400 here, not 429.
pub(crate) fn too_fast() -> Response {
    let description = "rate limit exceeded; wait before the next token request";
    TokenError::new("invalid_request", description).response()
}

/// An error in the token endpoint's format, which differs from the platform's.
#[derive(Debug)]
struct TokenError {
    status: u16,
    error: &'static str,
    description: String,
}

#[derive(Serialize)]
struct ErrorBody<'e> {
    error: &'e str,
    description: &'e str,
    error_description: &'e str,
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<Literal>,
}

impl TokenError {
    fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: 400, error, description: description.into() }
    }

    fn response(self) -> Response {
        let body = ErrorBody {
            error: self.error,
            description: &self.description,
            error_description: &self.description,
        };
        let mut response = Response::json(self.status, json::text(&body));
        if self.status == 401 {
            // RFC 6749 §5.2: if the client used the Authorization field, the response names the scheme.
            response.headers.push(("WWW-Authenticate", "Basic realm=\"oauth\"".into()));
        }
        response
    }
}

type Form = HashMap<String, String>;

fn form(request: &Request) -> Result<Form, TokenError> {
    let media_type = request.headers.find("content-type").and_then(|value| value.split(';').next());
    if !media_type.is_some_and(|known| known.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    {
        return Err(TokenError::new("invalid_request", "the body must be application/x-www-form-urlencoded"));
    }
    let mut form = Form::new();
    for (name, value) in form_urlencoded::parse(&request.body).into_owned() {
        // RFC 6749 §3.2: an empty parameter counts as omitted, and no parameter may be repeated.
        if !value.is_empty() && form.insert(name.clone(), value).is_some() {
            return Err(TokenError::new("invalid_request", format!("{name} is given twice")));
        }
    }
    Ok(form)
}

fn grant(
    request: &Request,
    form: &Form,
    settings: &Settings,
    tokens: &mut Tokens,
    now: Duration,
) -> Result<Response, TokenError> {
    authenticate(request, form, settings)?;
    let field = |name: &str| form.get(name).map_or("", String::as_str);
    let refreshable = match field("grant_type") {
        "" => return Err(TokenError::new("invalid_request", "grant_type is missing")),
        // RFC 6749 §4.4.3: this grant returns no refresh token.
        "client_credentials" => false,
        "password" if field("username") == settings.username && field("password") == settings.password => {
            true
        }
        "password" => return Err(TokenError::new("invalid_grant", "bad username or password")),
        "refresh_token" if tokens.redeem(field("refresh_token")) => true,
        "refresh_token" => return Err(TokenError::new("invalid_grant", "the refresh token is not valid")),
        other => {
            return Err(TokenError::new(
                "unsupported_grant_type",
                format!("unsupported grant type: {other}"),
            ));
        }
    };
    let granted = Granted {
        access_token: tokens.issue(now),
        refresh_token: refreshable.then(|| tokens.issue_refresh()),
        token_type: "bearer",
        expires_in: match &settings.reported_lifetime {
            ReportedLifetime::Absent => None,
            ReportedLifetime::Exact => Some(Literal(settings.token_lifetime.as_secs().to_string())),
            ReportedLifetime::Literal(text) => Some(Literal(text.clone())),
        },
    };
    Ok(Response::json(200, json::text(&granted)))
}

/// Checks the client's credentials (RFC 6749 §2.3.1).
fn authenticate(request: &Request, form: &Form, settings: &Settings) -> Result<(), TokenError> {
    let basic = request.headers.find("authorization");
    let posted = form.get("client_secret");
    let known = match (basic, posted) {
        (Some(_), Some(_)) => {
            return Err(TokenError::new("invalid_request", "the client authenticates in two ways"));
        }
        (Some(value), None) => is_known(value, settings),
        (None, Some(secret)) => {
            form.get("client_id") == Some(&settings.client_id) && *secret == settings.client_secret
        }
        (None, None) => false,
    };
    let status = if basic.is_some() { 401 } else { 400 };
    let unknown =
        TokenError { status, ..TokenError::new("invalid_client", "client not found or bad secret") };
    if known { Ok(()) } else { Err(unknown) }
}

/// Whether `value` is the client's Basic credentials (RFC 7617). RFC 6749 requires form-encoding both parts, but the
/// platform's own clients do not do that, so both forms are accepted.
fn is_known(value: &str, settings: &Settings) -> bool {
    let Some((scheme, encoded)) = value.split_once(' ') else { return false };
    let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some((id, secret)) = decoded.as_deref().and_then(|text| text.split_once(':')) else { return false };
    let expected = (settings.client_id.as_str(), settings.client_secret.as_str());
    let (plain_id, plain_secret) = (form_decoded(id), form_decoded(secret));
    scheme.eq_ignore_ascii_case("basic")
        && ((id, secret) == expected || (plain_id.as_str(), plain_secret.as_str()) == expected)
}

fn form_decoded(text: &str) -> String {
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
