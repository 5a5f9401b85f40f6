//! Credentials that the token endpoint or the API rejects.

use std::sync::Arc;

use longhaul_core::{
    Client, Origins, Secret,
    client::{
        AttemptError,
        auth::{Anonymous, Auth, ClientAuth, FixedToken},
        retry::StopReason,
    },
    listing::Pages,
};
use longhaul_tests::{FakeApi, Lifetime, Links, ManualClock, Reply, Setup, Tokens, chain, records};
use serde_json::json;

fn api(lifetime: Lifetime) -> FakeApi {
    FakeApi::new(Tokens::new(lifetime), &records(4), 2, Links::Relative)
}

#[test]
fn an_api_that_rejects_every_token_gets_two_requests() {
    let (clock, api) = (ManualClock::new(), api(Lifetime::Zero));
    let (setup, transport) = Setup::scripted(&clock, move |request| Ok(api.answer(request)));

    let pulled = setup.run();

    assert_eq!(pulled.request_error().reason(), StopReason::Unauthorized);
    let paths: Vec<_> = transport.received().iter().map(|request| request.url.path().to_owned()).collect();
    assert_eq!(paths, ["/oauth/token", "/api/v2/details/query", "/oauth/token", "/api/v2/details/query"]);
    assert_eq!(
        chain(pulled.error()),
        "`POST https://api.example/api/v2/details/query` was refused, although the token is new\n\
         the server answered 401 Unauthorized: `bad.credentials`: Invalid login credentials."
    );
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_credential_that_cannot_be_renewed_is_sent_once() {
    let fixed = FixedToken::new(Secret::new("t0p-s3cret"));
    for auth in [Arc::new(fixed) as Arc<dyn Auth>, Arc::new(Anonymous)] {
        let (clock, api) = (ManualClock::new(), api(Lifetime::Zero));
        let (setup, transport) = Setup::scripted(&clock, move |request| Ok(api.answer(request)));
        let origins = Origins::of([&setup.request.url]);
        let client = Client::new(Arc::clone(&setup.transport), auth, origins);

        let error = Pages::new(&client, setup.listing()).fetch().unwrap_err();

        assert_eq!(transport.received().len(), 1);
        assert_eq!(
            chain(&error),
            "`POST https://api.example/api/v2/details/query` was refused\n\
             the server answered 401 Unauthorized: `bad.credentials`: Invalid login credentials."
        );
        assert!(!format!("{client:?} {error:?}").contains("t0p-s3cret"));
    }
}

#[test]
fn a_wrong_secret_is_final_and_never_shown() {
    // Form encoding changes these characters, and a server may quote what it received.
    const SECRET: &str = "p&ss=w0rd %é\"";
    const ENCODED: &str = "p%26ss%3Dw0rd+%25%C3%A9%22";
    for (client_auth, status) in [(ClientAuth::Basic, 401), (ClientAuth::Post, 400)] {
        let (clock, quoted) = (ManualClock::new(), format!("is it `{SECRET}` or `{ENCODED}`?"));
        let (mut setup, transport) = Setup::scripted(&clock, move |request| {
            let basic = request.header("authorization").unwrap_or("none");
            let description = format!("authentication failed: {quoted} {basic}");
            Ok(Reply::refusal(status, &json!({"error": "invalid_client", "error_description": description})))
        });
        setup.endpoint.client_secret = Secret::new(SECRET);
        setup.endpoint.client_auth = client_auth;

        let pulled = setup.run();

        let basic = transport.received()[0].header("authorization").unwrap_or("Basic dGhl").to_owned();
        assert_eq!(transport.received().len(), 1, "one token request, and nothing to the API");
        assert_eq!(pulled.request_error().reason(), StopReason::NoCredential);
        let report = chain(pulled.error());
        assert!(
            report.contains("`invalid_client`: authentication failed: is it `***` or `***`?"),
            "{report}"
        );
        let everything = format!("{report} {pulled:?} {pulled:#?} {setup:?} {:?}", setup.client());
        for form in [SECRET, ENCODED, &basic["Basic ".len()..], "w0rd"] {
            assert!(!everything.contains(form), "{form} is shown in {everything}");
        }
    }
}

#[test]
fn a_rejected_client_is_reported_with_the_message_of_the_server() {
    for (status, text) in [(400, "400 Bad Request"), (401, "401 Unauthorized")] {
        let clock = ManualClock::new();
        let (setup, _) = Setup::scripted(&clock, move |_| {
            Ok(Reply::refusal(
                status,
                &json!({"error": "invalid_client", "description": "client not found: 1a2b"}),
            ))
        });
        let verb = if status == 401 { "was refused" } else { "failed" };
        assert_eq!(
            chain(setup.run().error()),
            format!(
                "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
                 the token endpoint refused to issue a token\n\
                 `POST https://api.example/oauth/token` {verb}\n\
                 the server answered {text}: `invalid_client`: client not found: 1a2b"
            )
        );
    }
}

#[test]
fn a_token_answer_without_a_token_is_final() {
    for (answer, problem) in [
        (json!({"token": "t"}), "has no token at `/access_token`"),
        (json!({"error": "in\u{1b}[31mvalid"}), "is the error `in [31mvalid`"),
        (json!({"access_token": "t", "token_type": "m\u{7}ac"}), "is a token of type `m ac`, not `bearer`"),
        (json!({"access_token": "t\nt"}), "has a token that a header field cannot contain"),
    ] {
        let clock = ManualClock::new();
        let (setup, transport) = Setup::scripted(&clock, move |_| Ok(Reply::json(answer.to_string())));
        assert_eq!(
            chain(setup.run().error()),
            format!(
                "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
                 the token endpoint's answer {problem}"
            )
        );
        assert_eq!(transport.received().len(), 1);
    }
}

#[test]
fn a_forbidden_request_is_reported_and_does_not_renew_the_token() {
    let (clock, api) = (ManualClock::new(), api(Lifetime::Unlimited));
    let (setup, transport) = Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(api.answer(request));
        }
        let body = json!({"message": "Unable to perform the requested action. You must have the permission.",
            "code": "missing.permissions", "status": 403});
        Ok(Reply::refusal(403, &body).header("ININ-Correlation-Id", "c0ffee"))
    });

    let pulled = setup.run();

    assert_eq!((transport.api_requests().len(), transport.token_requests().len()), (1, 1));
    assert_eq!(pulled.request_error().reason(), StopReason::Refused);
    assert!(matches!(pulled.request_error().last_error(), Some(AttemptError::Refused { .. })));
    assert_eq!(
        chain(pulled.error()),
        "`POST https://api.example/api/v2/details/query` failed\n\
         the server answered 403 Forbidden: `missing.permissions`: Unable to perform the requested action. \
         You must have the permission. (correlation id c0ffee)"
    );
}
