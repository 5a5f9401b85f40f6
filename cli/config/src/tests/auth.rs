//! `[auth]`: the keys of each type, and their defaults.

use http::{HeaderName, Method};
use longhaul_core::client::auth::{Carrier, Lifetime};

use super::Case;
use crate::{Auth, ClientAuth, Grant, RequestFormat};

fn auth(keys: &str) -> Auth {
    let text = format!("[api]\nbase_url = 'https://api.example.com'\n[auth]\n{keys}\n");
    Case::toml(&text).load().config.auth
}

fn grant(kind: &str, keys: &str) -> Grant {
    let auth = auth(&format!("type = '{kind}'\ntoken_url = 'https://login.example.com'\n{keys}"));
    auth.grant().unwrap().clone()
}

fn header(name: &'static str, scheme: &str) -> Carrier {
    Carrier::Header { name: HeaderName::from_static(name), scheme: scheme.to_owned() }
}

#[test]
fn how_a_client_authenticates_depends_on_the_type_and_the_fields() {
    let of = |kind, keys| grant(kind, keys).client_auth;
    let client = "client_id = 'c'\nclient_secret = 's'";
    assert_eq!(of("client_credentials", client), ClientAuth::Basic);
    assert_eq!(of("refresh_token", "client_id = 'c'\nrefresh_token = 'r'"), ClientAuth::Basic);
    assert_eq!(of("jwt_bearer", "client_id = 'c'\nprivate_key = 'k'"), ClientAuth::None);
    let fields = "username = 'me'\npassword = 'p'\nrequest.fields = { user = '{username}' }";
    assert_eq!(of("password", fields), ClientAuth::None);
    let basic = format!("{fields}\nclient_auth = 'basic'\n{client}");
    assert_eq!(of("password", &basic), ClientAuth::Basic);
    let signs = "client_id = 'c'\nclient_auth = 'private_key_jwt'\nprivate_key = 'k'";
    assert_eq!(of("client_credentials", signs), ClientAuth::PrivateKeyJwt);
}

#[test]
fn a_credential_goes_where_the_keys_say() {
    let of = |keys| auth(keys).carrier();
    assert_eq!(of("type = 'none'"), None);
    assert_eq!(of("type = 'token'\ntoken = 't'"), Some(header("authorization", "Bearer")));
    assert_eq!(of("type = 'token'\ntoken = 't'\nheader = 'X-Key'\nscheme = ''"), Some(header("x-key", "")));
    assert_eq!(of("type = 'api_key'\nkey = 'k'\nheader = 'X-Key'"), Some(header("x-key", "")));
    assert_eq!(of("type = 'api_key'\nkey = 'k'\nquery = 'k'"), Some(Carrier::Query("k".to_owned())));
    let login = "type = 'password'\ntoken_url = 'https://login.example.com'\nclient_auth = 'none'\n\
                 username = 'me'\npassword = 'p'\nquery = 'session'";
    assert_eq!(of(login), Some(Carrier::Query("session".to_owned())));
}

#[test]
fn the_request_and_the_response_are_those_of_the_rfc_by_default() {
    let usual = grant("client_credentials", "client_id = 'c'\nclient_secret = 's'");
    assert_eq!((&usual.request.method, usual.request.format), (&Method::POST, RequestFormat::Form));
    assert!(usual.request.fields.is_none() && usual.request.headers.is_empty());
    let response = &usual.response;
    assert_eq!(response.token.to_string(), "`/access_token`");
    assert_eq!(response.expires_at.to_string(), "`/expires_at`");
    assert_eq!(response.refresh_token.to_string(), "`/refresh_token`");
    assert!(matches!(&response.expires_in, Lifetime::At(at) if at.to_string() == "`/expires_in`"));
    assert!(response.base_url.is_none());

    let other = "client_id = 'c'\nclient_secret = 's'\nrequest = { method = 'GET', format = 'query' }\n\
                 response = { expires_in = '90s', token = ['header:X-A', '/b'], base_url = '/c' }";
    let other = grant("client_credentials", other);
    assert_eq!((&other.request.method, other.request.format), (&Method::GET, RequestFormat::Query));
    assert!(matches!(other.response.expires_in, Lifetime::Fixed(life) if life.as_secs() == 90));
    assert_eq!(other.response.token.to_string(), "`header:x-a` or `/b`");
    assert_eq!(other.response.base_url.unwrap().to_string(), "`/c`");
}

#[test]
fn a_secret_in_a_variable_that_is_not_sent_is_no_mistake() {
    let text = "[api]\nbase_url = 'https://api.example.com'\n[auth]\ntype = 'client_credentials'\n\
                token_url = 'https://login.example.com'\nclient_id = 'c'\nclient_auth = 'none'\n";
    Case::toml(text).variable("LONGHAUL_AUTH__CLIENT_SECRET", "hunter2").load();
    let written = Case::toml(&format!("{text}client_secret = 'hunter2'\n"));
    assert_eq!(
        written.refusal(),
        (
            "`auth.client_secret`: with `client_auth = \"none\"`, it is not sent".to_owned(),
            "longhaul.toml:8".to_owned()
        )
    );
}
