//! The servers for the command: the fake API and servers with faults, and configurations for them.

use std::{net::TcpListener, sync::Arc, time::Duration};

use longhaul_core::clock::{Clock, Interrupt, SystemClock};
use longhaul_demo::{FakeApi, Settings};
use longhaul_tests::{FaultServer, Reaction, Received, Reply};

use crate::folder::CommandLine;

pub(crate) const CLIENT_ID: &str = "the-client";
pub(crate) const CLIENT_SECRET: &str = "the-s3cret";

/// The clock of the system.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(Interrupt::default()))
}

/// An API with this many conversations, without faults, whose tokens last longer than any test.
pub(crate) fn without_faults(records: usize) -> Settings {
    Settings {
        records,
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        token_lifetime: Duration::from_secs(3600),
        rate_allowed: u32::MAX,
        ..Settings::default()
    }
}

pub(crate) fn start(settings: &Settings) -> FakeApi {
    FakeApi::start(settings.clone(), clock()).unwrap()
}

/// `command` with the addresses of `api` instead of those of the preset, and with credentials in the variables of the preset.
pub(crate) fn reach(api: &FakeApi, command: CommandLine) -> CommandLine {
    command
        .variable("GENESYS_CLIENT_ID", CLIENT_ID)
        .variable("GENESYS_CLIENT_SECRET", CLIENT_SECRET)
        .variable("LONGHAUL_API__BASE_URL", api.base_url())
        .variable("LONGHAUL_AUTH__TOKEN_URL", api.token_url())
        .variable("LONGHAUL_RETRY__BASE_DELAY", "1ms")
}

/// A server that issues tokens, and answers every other request by `script`.
pub(crate) fn server(script: impl Fn(&Received) -> Reaction + Send + Sync + 'static) -> FaultServer {
    FaultServer::start(clock(), move |request| match request.url.path() {
        "/oauth/token" => {
            Reply::json(r#"{"access_token":"t0ken","token_type":"bearer","expires_in":3600}"#).into()
        }
        _ => script(request),
    })
}

/// The root URL of a server that is not running.
pub(crate) fn unused_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The root URL of `server`, without a trailing slash.
pub(crate) fn root(server: &FaultServer) -> String {
    server.url().as_str().trim_end_matches('/').to_owned()
}

/// The connection to the API at `base_url`, in eleven lines.
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

/// The stream of the tutorial: the first request is a POST, and each page has the URL of the next one.
pub(crate) const TUTORIAL: &str = r#"
[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = { pageSize = 50 }
records = "/results"
pages = { type = "next_url", next = "/nextPageUri" }
sinks = ["lines"]
"#;

/// The sink of the stream of the tutorial.
pub(crate) const LINES: &str = r#"
[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
"#;

/// The configuration of the tutorial for the API at `base_url`.
pub(crate) fn tutorial(base_url: &str) -> String {
    [&connection(base_url), TUTORIAL, LINES].concat()
}

/// All conversations as lines.
pub(crate) fn lines(settings: &Settings) -> String {
    (0..settings.records).map(|index| settings.conversation(index) + "\n").collect()
}
