//! Credentials reach the token endpoint unchanged.

use std::sync::Arc;

use longhaul_core::{
    Secret,
    client::auth::{ClientAuth, GrantType},
};
use longhaul_tests::{FaultServer, Lifetime, ManualClock, Received, Setup, Tokens};

/// Secrets that a parser of configuration or of forms could misread.
const SECRETS: [&str; 16] = [
    "007",
    "1.10",
    "true",
    "[a,b]",
    "{a=1}",
    "\"quoted\"",
    "'",
    " blanks around ",
    "a&b",
    "a=b",
    "100%",
    "%41",
    "a+b",
    "a:b",
    "pässwörd✓",
    "~null\\n",
];

/// The token request of a pull that is changed by `change`, as it arrives at a real socket.
fn token_request(change: impl FnOnce(&mut Setup)) -> Received {
    let clock = ManualClock::new();
    let tokens = Tokens::new(Lifetime::Unlimited);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| tokens.issue(request.at).into());
    let mut setup = Setup::over_sockets(&server.url(), &clock);
    change(&mut setup);
    assert_eq!(setup.oauth2().token().unwrap().expose(), "token-1");
    server.received().remove(0)
}

#[test]
fn secrets_arrive_unchanged_by_basic_authentication() {
    for secret in SECRETS {
        let request = token_request(|setup| {
            setup.endpoint.client_id = format!("id {secret}");
            setup.endpoint.client_secret = Secret::new(secret);
        });
        assert_eq!(request.basic(), Some((format!("id {secret}"), secret.to_owned())));
        assert_eq!(request.body, b"grant_type=client_credentials");
        assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(request.header("accept"), Some("application/json"));
    }
}

#[test]
fn secrets_arrive_unchanged_in_a_form() {
    for secret in SECRETS {
        let request = token_request(|setup| {
            setup.endpoint.client_auth = ClientAuth::Post;
            setup.endpoint.client_secret = Secret::new(secret);
            setup.endpoint.scope = vec!["analytics:read".to_owned(), "users".to_owned()];
            setup.endpoint.extra = vec![("audience".to_owned(), Secret::new(secret))];
        });
        assert_eq!(request.header("authorization"), None);
        let fields = ["client_id", "client_secret", "scope", "audience", "grant_type"];
        let values = fields.map(|name| request.field(name).unwrap_or_default());
        assert_eq!(values, ["the-client", secret, "analytics:read users", secret, "client_credentials"]);
    }
}

#[test]
fn names_and_passwords_arrive_unchanged() {
    for secret in SECRETS {
        let request = token_request(|setup| {
            setup.endpoint.grant =
                GrantType::Password { username: format!("me {secret}"), password: Secret::new(secret) };
        });
        let values =
            ["grant_type", "username", "password"].map(|name| request.field(name).unwrap_or_default());
        assert_eq!(values, ["password".to_owned(), format!("me {secret}"), secret.to_owned()]);
    }
}
