//! Secrets reach the server unchanged, and nothing else shows them.

use longhaul_demo::Settings;
use longhaul_tests::{FaultServer, Reply};
use serde_json::json;

use crate::{
    api::{self, without_faults},
    folder::Folder,
};

const AWKWARD: [&str; 16] = [
    "007",
    "1.10",
    "true",
    "[a,b]",
    "{a=1}",
    "\"quoted\"",
    "'quoted'",
    "a \"b\" 'c'",
    "  blanks around and within  ",
    "a&b=c%20d+e",
    "per%cent",
    "1e400",
    "ünïcödé ✓",
    "a:b",
    "null",
    "$HOME `x` \\n",
];

fn configuration(base_url: &str) -> String {
    let configuration = api::connection(base_url).replace("client_secret = \"the-s3cret\"\n", "");
    [
        &configuration,
        "[streams.users]\npath = \"/api/v2/users\"\nrecords = \"/entities\"\npages.type = \"single\"\n",
    ]
    .concat()
}

/// What a run writes about itself.
const WRITTEN: &str = "--summary summary.json --report report.html";

#[test]
fn secrets_from_the_environment_reach_the_server_unchanged() {
    for secret in AWKWARD {
        let api = api::start(&Settings { client_secret: secret.to_owned(), ..without_faults(1) });
        let folder = Folder::configured(&configuration(api.base_url()));
        for way in ["basic", "post"] {
            let ended = folder
                .longhaul("-vv token")
                .variable("LONGHAUL_AUTH__CLIENT_SECRET", secret)
                .variable("LONGHAUL_AUTH__CLIENT_AUTH", way)
                .run();
            assert_eq!(ended.code, Some(0), "{secret:?} as {way}: {}", ended.stderr);
            if !["null", "true"].contains(&secret) {
                ended.assert_hides(secret);
            }
        }
    }
}

#[test]
fn secrets_also_come_from_a_variable_a_file_or_a_command() {
    let secret = "a \"b\" & ünï";
    let api = api::start(&Settings { client_secret: secret.to_owned(), ..without_faults(1) });
    for form in
        ["{ env = \"THE_SECRET\" }", "{ file = \"secret.txt\" }", "{ command = [\"cat\", \"secret.txt\"] }"]
    {
        let configuration =
            configuration(api.base_url()).replace("[retry]", &format!("client_secret = {form}\n\n[retry]"));
        // Editors end files with a line break, which is not part of the secret.
        let folder = Folder::configured(&configuration).with("secret.txt", format!("{secret}\n"));
        let ended = folder.longhaul("run -vv").variable("THE_SECRET", secret).run();
        assert_eq!(ended.code, Some(0), "{form}: {}", ended.stderr);
        ended.assert_hides(secret);
    }
}

#[test]
fn a_configured_header_may_be_a_secret_and_is_never_shown() {
    let server = api::server(|_| Reply::json(r#"{"results":[]}"#).into());
    let configuration = api::tutorial(&api::root(&server))
        .replace("\n[auth]", "headers = { X-Key = { env = \"THE_KEY\" } }\n\n[auth]");
    let folder = Folder::configured(&configuration);
    for line in ["-vv run", "config"] {
        let ended = folder.longhaul(line).variable("THE_KEY", "k3y").run();
        ended.assert_complete().assert_hides("k3y");
    }
    let received = server.received();
    let keys: Vec<_> = received.iter().map(|request| request.header("x-key")).collect();
    // It is not sent to the token endpoint.
    assert_eq!(keys, [None, Some("k3y")]);
}

/// The spellings in which the servers of the next test quote a secret.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let percent: String = secret.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    let units: String =
        secret.encode_utf16().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"));
    let entities: String =
        secret.chars().fold(String::new(), |text, c| text + &format!("&#{};", u32::from(c)));
    vec![
        secret.to_owned(),
        form.to_lowercase(),
        form,
        percent.to_lowercase(),
        percent,
        units,
        secret.replace('/', "\\/").replace('"', "\\\""),
        entities,
        secret.replace('&', "&amp;").replace('"', "&quot;"),
        STANDARD.encode(secret),
        STANDARD.encode(format!("the-client:{secret}")),
    ]
}

#[test]
fn what_servers_quote_is_shown_nowhere_in_any_spelling() {
    const SECRET: &str = "s3cret/&\"+more";
    const TOKEN: &str = "t0ken.of-this~run";
    const KEY: &str = "k3y=of/the+api";
    let quoted = [SECRET, TOKEN, KEY].map(spellings).concat();
    let text = quoted.join(" , ");
    // The page that fails, and the token request that is refused once.
    for failing in ["temporary", "final", "success"] {
        let (text, met) = (text.clone(), std::sync::atomic::AtomicU32::new(0));
        let server = FaultServer::start(api::clock(), move |request| {
            let is_first = met.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            // Before the token is issued, nobody knows it.
            let text = if is_first { spellings(SECRET).join(" , ") } else { text.clone() };
            let error = |status| Reply {
                status,
                ..Reply::json(json!({ "error": "e", "message": text }).to_string())
            };
            if request.url.path() == "/oauth/token" {
                let token = json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3600 });
                return if is_first { error(503) } else { Reply::json(token.to_string()) }.into();
            }
            match (failing, request.query("page")) {
                (_, None) => Reply::json(r#"{"data":[1],"next":"2"}"#).into(),
                ("temporary", _) => error(503).into(),
                ("final", _) => error(400).into(),
                _ => Reply::json(json!({ "errors": [{ "message": text }] }).to_string()).into(),
            }
        });
        let configuration =
            api::connection(&api::root(&server)).replace("the-s3cret", &SECRET.replace('"', "\\\""));
        let stream = "[streams.events]\npath = \"/events\"\nrecords = \"/data\"\nsinks = [\"lines\"]\n\
                      headers = { X-Api-Key = { env = \"KEY\" } }\n\
                      pages = { type = \"cursor\", param = \"page\", cursor = \"/next\" }\n";
        let folder = Folder::configured(&[&configuration, stream, api::LINES].concat());
        for format in ["text", "json"] {
            let command = format!("-vv run --log-format {format} {WRITTEN} --set retry.max_attempts=2");
            let ended = folder.longhaul(&command).variable("KEY", KEY).run();
            assert_ne!(ended.code, Some(0));
            let state = folder
                .names_in(".longhaul")
                .into_iter()
                .map(|name| folder.path(&format!(".longhaul/{name}")));
            let files = state.chain(["summary.json", "report.html"].map(|name| folder.path(name)));
            let shown = files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
            let shown = ended.stderr.clone() + &shown.collect::<String>();
            assert!(shown.contains("***"), "{shown}");
            for spelling in &quoted {
                assert!(!shown.contains(spelling), "{failing}, {format}: {spelling} in {shown}");
            }
        }
    }
}

#[test]
fn what_a_token_endpoint_quotes_is_shown_nowhere_in_any_spelling() {
    use std::sync::atomic::{AtomicU32, Ordering};
    const PASSWORD: &str = "p4ss/&\"+word";
    const EXTRA: &str = "3xtra=/&+field";
    const REFRESH: &str = "r3fresh/token+of=it";
    const TOKEN: &str = "t0ken.of-this~run";
    for refusal in [400, 503] {
        let requests = AtomicU32::new(0);
        let server = FaultServer::start(api::clock(), move |request| {
            // Only what the client has can be recognized.
            let issued: &[&str] = if requests.load(Ordering::Relaxed) > 1 { &[REFRESH, TOKEN] } else { &[] };
            let quoted: Vec<_> =
                [PASSWORD, EXTRA].iter().chain(issued).flat_map(|secret| spellings(secret)).collect();
            let text = json!({ "error": "x", "error_description": quoted.join(" , ") }).to_string();
            let error = |status| Reply { status, ..Reply::json(text.clone()) };
            if request.url.path() == "/oauth/token" {
                return match requests.fetch_add(1, Ordering::Relaxed) {
                    0 => error(503),
                    1 => Reply::json(
                        json!({ "access_token": TOKEN, "refresh_token": REFRESH, "expires_in": 3600 })
                            .to_string(),
                    ),
                    _ => error(refusal),
                }
                .into();
            }
            match request.query("page") {
                None => Reply::json(r#"{"results":[1],"nextPageUri":"?page=2"}"#).into(),
                _ => error(401).into(),
            }
        });
        let configuration = api::tutorial(&api::root(&server)).replace(
            "\"client_credentials\"",
            &format!(
                "\"password\"\nusername = \"me\"\npassword = '{PASSWORD}'\nextra = {{ key = '{EXTRA}' }}"
            ),
        );
        let folder = Folder::configured(&configuration);
        let ended = folder.run(&format!("-vv run --log-format json {WRITTEN} --set retry.max_attempts=2"));
        assert!([Some(3), Some(75)].contains(&ended.code), "{}", ended.stderr);
        let state =
            folder.names_in(".longhaul").into_iter().map(|name| folder.path(&format!(".longhaul/{name}")));
        let files = state.chain(["summary.json", "report.html"].map(|name| folder.path(name)));
        let shown = files.map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned());
        let shown = ended.stderr.clone() + &shown.collect::<String>();
        assert!(shown.contains("***"), "{shown}");
        for spelling in [PASSWORD, EXTRA, REFRESH, TOKEN].into_iter().flat_map(spellings) {
            assert!(!shown.contains(&spelling), "{refusal}: {spelling} in {shown}");
        }
    }
}
