//! Sessions that a login request opens, and answers that are not those of RFC 6749.

use std::time::{Duration, SystemTime};

use longhaul_tests::{FaultServer, Received, Reply};
use serde_json::json;

use super::strict_api::{Accepts, Call, Pull};
use crate::{
    api::{self, LINES},
    folder::Folder,
};

/// A login with a JSON body. The token is in a header of the answer, whose body is empty.
struct Session;

impl Accepts for Session {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let expected = Call {
            method: "POST".to_owned(),
            target: "/oauth/token".to_owned(),
            headers: vec!["content-type: application/json".to_owned()],
            body: json!({ "user": { "name": "mé", "pass": "p4ss{\"word" }, "keep": true }).to_string(),
        };
        call.is(&expected).map(|()| Reply::status(204).header("x-session", token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("x-auth-token: {token}")])
    }
}

#[test]
fn a_login_opens_a_session() {
    Pull {
        accepts: Session,
        auth: "type = 'password'\ntoken_url = 'ROOT/oauth/token'\nusername = 'mé'\npassword = 'p4ss{\"word'\n\
               header = 'X-Auth-Token'\nscheme = ''\n\
               response = { token = 'header:X-Session', expires_in = '15m' }\n\
               [auth.request]\nformat = 'json'\n\
               fields = { user = { name = '{username}', pass = '{password}' }, keep = true }",
        secrets: &["p4ss{\"word"],
    }
    .assert_complete();
}

/// A login by a form with names of its own. The token is in the body, and goes into the query.
struct Form;

impl Accepts for Form {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let body = "api_user=id&f=json&key=s3cret%26more";
        call.is(&Call::form(&[], body))?;
        let until = api::clock().now() + Duration::from_secs(3600);
        let until = until.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis().to_string();
        Ok(Reply::json(json!({ "result": [{ "token": token, "until": until }] }).to_string()))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        let mark = if target.contains('?') { "&" } else { "?" };
        let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
        Call::get(&format!("{target}{mark}session={token}"), &[])
    }
}

#[test]
fn the_token_goes_into_the_query() {
    Pull {
        accepts: Form,
        auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'id'\n\
               client_secret = 's3cret&more'\nquery = 'session'\n\
               request.fields = { api_user = '{client_id}', key = '{client_secret}', f = 'json' }\n\
               response = { token = '$.result[0].token', expires_at = '/result/0/until' }",
        secrets: &["s3cret&more"],
    }
    .assert_complete();
}

/// Another scheme, and a refresh token as a field of the user.
struct Scheme;

impl Accepts for Scheme {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        call.is(&Call::form(&[], "id=app&secret=s3cret&token=r3fresh"))?;
        let answer = json!({ "access_token": token, "token_type": "Zoho", "expires_in_sec": 3600 });
        Ok(Reply::json(answer.to_string()))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Zoho-oauthtoken {token}")])
    }
}

#[test]
fn the_token_has_another_scheme() {
    Pull {
        accepts: Scheme,
        auth: "type = 'refresh_token'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'app'\n\
               client_secret = 's3cret'\nrefresh_token = 'r3fresh'\nscheme = 'Zoho-oauthtoken'\n\
               request.fields = { id = '{client_id}', secret = '{client_secret}', token = '{refresh_token}' }\n\
               response.expires_in = ['/expires_in', '/expires_in_sec']",
        secrets: &["s3cret", "r3fresh"],
    }
    .assert_complete();
}

const STREAM: &str = "[streams.items]\npath = \"/items\"\nrecords = \"/data\"\npages.type = \"single\"\n\
                      sinks = [\"lines\"]\n";

/// A pull with client credentials from `root`.
fn configuration(root: &str, auth: &str) -> String {
    api::connection(root).replace("[retry]", &format!("{auth}\n[retry]")) + STREAM + LINES
}

fn page() -> Reply {
    Reply::json(json!({ "data": [1, 2] }).to_string())
}

#[test]
fn the_answer_names_the_address_of_the_api() {
    let instance = FaultServer::start(api::clock(), |received| {
        if received.url.path() == "/v1/gone" {
            return Reply::status(410).into();
        }
        let links_to_itself = received.query("page").is_none() && received.url.path() == "/v1/items";
        let next = if links_to_itself { json!("?page=2") } else { json!(null) };
        if received.bearer() == Some("t0ken") {
            Reply::json(json!({ "data": [received.url.path()], "next": next }).to_string()).into()
        } else {
            Reply::status(401).into()
        }
    });
    let named = api::root(&instance) + "/v1/";
    let login = FaultServer::start(api::clock(), move |received: &Received| match received.url.path() {
        "/oauth/token" => Reply::json(json!({ "access_token": "t0ken", "url": named }).to_string()).into(),
        _ => Reply::status(404).into(),
    });
    let auth = "response.base_url = '/url'";
    let allowed = format!("allowed_origins = [\"{}\"]\n\n[auth]", api::root(&instance));
    let pages = "pages = { type = 'next_url', next = '/next' }";
    let configuration = configuration(&api::root(&login), auth).replace("pages.type = \"single\"", pages);
    let folder = Folder::configured(&configuration.replace("[auth]", &allowed));
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/items.ndjson"), "\"/v1/items\"\n\"/v1/items\"\n");
    assert_eq!((login.received().len(), instance.received().len()), (1, 2));
    let port = instance.url().port().unwrap();
    let named = folder.run("run --set streams.items.path='/gone'").stderr;
    assert!(named.contains(&format!("`GET http://127.0.0.1:{port}/v1/gone` failed\n")), "{named}");
}

#[test]
fn an_address_that_is_not_allowed_gets_nothing() {
    let instance = FaultServer::start(api::clock(), |_| page().into());
    let named = api::root(&instance);
    let login = FaultServer::start(api::clock(), move |_| {
        Reply::json(json!({ "access_token": "t0ken", "url": named }).to_string()).into()
    });
    let folder = Folder::configured(&configuration(&api::root(&login), "response.base_url = '/url'"));
    folder.run("run").assert_failed(
        4,
        "error: the stream `items` is not complete\n  \
         caused by: could not send `GET http://127.0.0.1:PORT/items`: no access token\n  \
         caused by: the token endpoint's answer names an address for the API that is not allowed\n  \
         caused by: the server points to `http://127.0.0.1:PORT`, but credentials are sent only to `http://127.0.0.1:PORT`\n\
         hint: check `auth.response.base_url`; credentials go only to the origins of `api.base_url` and `api.allowed_origins`\n",
    );
    assert_eq!(instance.received().len(), 0);
}

/// The error of a pull whose token endpoint answers with `reply`.
fn refused(reply: Reply, auth: &str) -> (Option<i32>, String) {
    let server = FaultServer::start(api::clock(), move |_| reply.clone().into());
    let ended = Folder::configured(&configuration(&api::root(&server), auth)).run("run");
    let causes = ended.last_error();
    let causes = causes.split_once("no access token\n").unwrap_or_else(|| panic!("{causes}")).1.to_owned();
    (ended.code, causes)
}

#[test]
fn answers_without_a_token_say_what_is_wrong() {
    let zoho = Reply::json(json!({ "error": "invalid_code", "message": "the-s3cret is wrong" }).to_string());
    assert_eq!(
        refused(zoho, ""),
        (
            Some(3),
            "  caused by: the token endpoint's answer is the error `invalid_code`: *** is wrong\n\
             hint: check the credentials in `auth`, and `auth.token_url`; `longhaul config` shows where they come from\n"
                .to_owned()
        )
    );
    let places = "hint: check that `auth.token_url` is the address of the token endpoint, and `auth.response` the places of its answer\n";
    let other = Reply::json(json!({ "data": { "token": "x" } }).to_string());
    assert_eq!(
        refused(other.clone(), ""),
        (
            Some(3),
            format!("  caused by: the token endpoint's answer has no token at `/access_token`\n{places}")
        )
    );
    assert_eq!(
        refused(other.clone(), "response = { token = '/data/token', base_url = '/data/url' }"),
        (
            Some(3),
            format!(
                "  caused by: the token endpoint's answer has no address of the API at `/data/url`\n{places}"
            )
        )
    );
    assert_eq!(
        refused(other, "response = { token = '/data/token', base_url = '/data/token' }"),
        (
            Some(3),
            format!(
                "  caused by: the token endpoint's answer has something else than the URL of the API at `/data/token`\n{places}"
            )
        )
    );
}

#[test]
fn rules_apply_to_answers_of_the_token_endpoint() {
    let server = {
        let met = std::sync::atomic::AtomicU32::new(0);
        FaultServer::start(api::clock(), move |received| {
            if received.url.path() == "/items" {
                return page().into();
            }
            match met.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0 => Reply::json(
                    json!({ "error": "busy", "error_description": "too many requests" }).to_string(),
                ),
                _ => Reply::json(json!({ "access_token": "t0ken" }).to_string()),
            }
            .into()
        })
    };
    let rule =
        "[[auth.answers]]\nwhen = { at = \"/error\", is = \"busy\" }\nthen = \"throttle\"\nafter = \"1ms\"\n";
    let folder = Folder::configured(&configuration(&api::root(&server), rule));
    folder.run("run").assert_complete();
    assert_eq!(server.token_requests().len(), 2);

    let reply = Reply::json(json!({ "error": "locked" }).to_string());
    let rule = "[[auth.answers]]\nwhen = { at = \"/error\", exists = true }\nthen = \"fail\"\nhint = \"unlock the app\"\n";
    let (code, causes) = refused(reply, rule);
    assert_eq!(code, Some(3));
    assert!(causes.ends_with("the server answered 200 OK: locked\nhint: unlock the app\n"), "{causes}");
}
