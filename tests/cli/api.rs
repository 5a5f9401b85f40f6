//! What the command is let loose on: the fake API, servers that misbehave, and how to reach them.

use std::{net::TcpListener, sync::Arc, time::Duration};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{Act, FaultServer, Received, Reply};

use crate::folder::Typed;

pub(crate) const CLIENT_ID: &str = "the-client";
pub(crate) const CLIENT_SECRET: &str = "the-s3cret";

/// The machine's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(Interrupt::default()))
}

/// An API of this many conversations whose tokens outlive any test.
pub(crate) fn calm(records: usize) -> Settings {
    Settings {
        records,
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        token_life: Duration::from_secs(3600),
        rate_allowed: u32::MAX,
        ..Settings::default()
    }
}

pub(crate) fn start(settings: &Settings) -> FakeApi {
    FakeApi::start(settings.clone(), clock()).unwrap()
}

/// `typed` with the addresses of `api` in place of the preset's, and credentials in the variables that the preset knows.
pub(crate) fn reach(api: &FakeApi, typed: Typed) -> Typed {
    typed
        .variable("GENESYS_CLIENT_ID", CLIENT_ID)
        .variable("GENESYS_CLIENT_SECRET", CLIENT_SECRET)
        .variable("LONGHAUL_API__BASE_URL", api.base_url())
        .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
        .variable("LONGHAUL_RETRY__BASE_DELAY", "1ms")
}

/// A server that issues tokens, and does as `script` says with every other request.
pub(crate) fn server(script: impl Fn(&Received) -> Act + Send + Sync + 'static) -> FaultServer {
    FaultServer::start(clock(), move |request| match request.url.path() {
        "/oauth/token" => {
            Reply::json(r#"{"access_token":"t0ken","token_type":"bearer","expires_in":3600}"#).into()
        }
        _ => script(request),
    })
}

/// The root of a server that does not run.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The root of `server`, without a slash at the end.
pub(crate) fn root(server: &FaultServer) -> String {
    server.url().as_str().trim_end_matches('/').to_owned()
}

/// How to reach the API at `base_url`, on eleven lines.
pub(crate) fn connection(base_url: &str) -> String {
    format!(
        r#"[api]
base_url = "{base_url}"

[auth]
type = "client_credentials"
token_url = "{base_url}/oauth/token"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"

[retry]
base_delay = "1ms"
"#
    )
}

/// The tutorial's job: the first request is a POST, and each page names the next one.
pub(crate) const TUTORIAL: &str = r#"
[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 50 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
sinks = ["lines"]
"#;

/// Where the tutorial's job goes.
pub(crate) const LINES: &str = r#"
[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
"#;

/// The tutorial's job against the API at `base_url`.
pub(crate) fn tutorial(base_url: &str) -> String {
    [&connection(base_url), TUTORIAL, LINES].concat()
}

/// All conversations as lines.
pub(crate) fn lines(settings: &Settings) -> String {
    (0..settings.records).map(|index| settings.conversation(index) + "\n").collect()
}
