//! A server that issues tokens only for exactly the right request, and pages only for exactly the right credential.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::json;

use crate::{
    api::{self, LINES},
    folder::Folder,
    secrets::spellings,
};

/// How many pages a token is valid for.
const USES: usize = 2;

/// How many pages there are, with one record each.
const PAGES: usize = 6;

/// The page that fails in the first run.
const FAILING: usize = 4;

/// The part of a request that authentication is about: its method, its target, the headers that are not in every request,
/// and the body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// What the server accepts.
pub(crate) trait Accepts: Send + Sync + 'static {
    /// The answer to a token request, in which `token` is the token; or what is wrong with the request.
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String>;

    /// The request for a page with `token`. Its target has the parameter `page` unless it is the first.
    fn page(&self, target: &str, token: &str) -> Call;
}

/// A pull that authenticates: what the server accepts, the table `[auth]`, and what must never be shown.
pub(crate) struct Pull<'a, A> {
    pub(crate) accepts: A,
    /// `ROOT` stands for the address of the server.
    pub(crate) auth: &'a str,
    pub(crate) secrets: &'a [&'a str],
}

impl Call {
    fn of(received: &Received) -> Self {
        const USUAL: [&str; 6] =
            ["accept", "accept-encoding", "connection", "content-length", "host", "user-agent"];
        let others = received.headers.iter().filter(|(name, _)| !USUAL.contains(&name.as_str()));
        let mut headers: Vec<_> =
            others.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        headers.sort();
        let query = received.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Self {
            method: received.method.to_string(),
            target: format!("{}{query}", received.url.path()),
            headers,
            body: String::from_utf8(received.body.clone()).unwrap(),
        }
    }

    /// A POST of a form to the token endpoint.
    pub(crate) fn form(headers: &[&str], body: &str) -> Self {
        let mut headers: Vec<_> = headers.iter().map(|header| (*header).to_owned()).collect();
        headers.push("content-type: application/x-www-form-urlencoded".to_owned());
        headers.sort();
        Self { method: "POST".to_owned(), target: "/oauth/token".to_owned(), headers, body: body.to_owned() }
    }

    /// A GET.
    pub(crate) fn get(target: &str, headers: &[&str]) -> Self {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        Self { method: "GET".to_owned(), target: target.to_owned(), headers, body: String::new() }
    }

    /// Nothing if this is `expected`; otherwise the difference.
    pub(crate) fn is(&self, expected: &Self) -> Result<(), String> {
        if self == expected { Ok(()) } else { Err(format!("expected {expected:?}, got {self:?}")) }
    }
}

/// The answer of RFC 6749, without a lifetime.
pub(crate) fn issued(token: &str) -> Reply {
    Reply::json(json!({ "access_token": token, "token_type": "Bearer" }).to_string())
}

#[derive(Default)]
struct State {
    issued: usize,
    uses: usize,
    /// The first request that was wrong.
    wrong: Option<String>,
    /// The last token request, for the server to quote.
    last: String,
}

fn token(number: usize) -> String {
    format!("t0ken-{number}/of+this=run")
}

/// The reaction to any request.
fn react(accepts: &impl Accepts, state: &Mutex<State>, failed: &AtomicBool, received: &Received) -> Reaction {
    let (call, mut state) = (Call::of(received), state.lock().unwrap());
    if received.url.path() == "/oauth/token" {
        state.last = format!("{} {:?} {}", call.target, call.headers, call.body);
        let next = token(state.issued + 1);
        return match accepts.issue(&call, &next) {
            Ok(reply) => {
                (state.issued, state.uses) = (state.issued + 1, 0);
                reply.into()
            }
            Err(wrong) => {
                state.wrong.get_or_insert(wrong);
                Reply::refusal(400, &json!({ "error": "invalid_request" })).into()
            }
        };
    }
    let page = received.query("page").map_or(1, |page| page.parse().unwrap());
    let target = if page == 1 { "/items".to_owned() } else { format!("/items?page={page}") };
    if let Err(wrong) = call.is(&accepts.page(&target, &token(state.issued))) {
        // A token of an earlier run is refused, too, but is no mistake.
        state.wrong.get_or_insert(wrong);
        return Reply::refusal(401, &json!({ "error": "invalid_token" })).into();
    }
    state.uses += 1;
    if state.uses > USES {
        return Reply::refusal(401, &json!({ "error": "expired" })).into();
    }
    if page == FAILING && !failed.swap(true, Ordering::SeqCst) {
        let quoted = format!("no {} {:?}; you are {}", call.target, call.headers, state.last);
        return Reply::refusal(410, &json!({ "error": "gone", "message": quoted })).into();
    }
    let next = if page < PAGES { json!((page + 1).to_string()) } else { json!(null) };
    Reply::json(json!({ "data": [page], "next": next }).to_string()).into()
}

impl<A: Accepts> Pull<'_, A> {
    /// Runs the pull twice: the first run fails, with a server that quotes every credential, and the second one finishes it.
    /// Tokens expire in between. Nothing shows a secret.
    #[track_caller]
    pub(crate) fn assert_complete(self) {
        let issued = self.run(Folder::configured);
        assert_eq!(issued, 4, "two in each run");
    }

    /// The same, in a folder with more files. Returns how many tokens were issued.
    #[track_caller]
    pub(crate) fn run(self, folder: impl FnOnce(&str) -> Folder) -> usize {
        let Self { accepts, auth, secrets } = self;
        let (state, failed) = (Arc::new(Mutex::new(State::default())), AtomicBool::new(false));
        let of_server = Arc::clone(&state);
        let server =
            FaultServer::start(api::clock(), move |received| react(&accepts, &of_server, &failed, received));
        let root = api::root(&server);
        let auth = auth.replace("ROOT", &root);
        let stream =
            "pages = { type = \"cursor\", param = \"page\", cursor = \"/next\" }\nsinks = [\"lines\"]\n";
        let configuration = format!(
            "commit_every = \"0s\"\n[api]\nbase_url = \"{root}\"\n[retry]\nbase_delay = \"1ms\"\n\
             [auth]\n{auth}\n[streams.items]\npath = \"/items\"\nrecords = \"/data\"\n{stream}{LINES}"
        );
        let folder = folder(&configuration);
        let first = folder.run("-vv run --log-format json --summary summary.json");
        let wrong = || state.lock().unwrap().wrong.clone();
        assert_eq!((first.code, wrong()), (Some(4), None), "{}", first.stderr);
        assert!(first.stderr.contains("410 Gone: `gone`: no /items"), "{}", first.stderr);
        let shown = first.stderr.clone() + &folder.read("summary.json") + &state_files(&folder);
        assert_hidden(&shown, secrets);
        let second = folder.run("-vv run");
        assert_eq!(wrong(), None, "{}", second.stderr);
        second.assert_complete();
        assert_hidden(&second.stderr, secrets);
        assert_eq!(folder.read("out/items.ndjson"), "1\n2\n3\n4\n5\n6\n");
        let pages = server.received().into_iter().filter(|received| received.url.path() == "/items");
        let firsts = pages.filter(|received| received.query("page").is_none()).count();
        assert_eq!(firsts, 1, "the second run resumes");
        state.lock().unwrap().issued
    }
}

/// The saved state, as text.
pub(crate) fn state_files(folder: &Folder) -> String {
    let names = folder.names_in(".longhaul").into_iter();
    let read = |name| {
        String::from_utf8_lossy(&std::fs::read(folder.path(&format!(".longhaul/{name}"))).unwrap())
            .into_owned()
    };
    names.map(read).collect()
}

/// `shown` has none of `secrets` and no token, in any spelling.
#[track_caller]
pub(crate) fn assert_hidden(shown: &str, secrets: &[&str]) {
    let tokens = (1..9).map(token);
    for secret in secrets.iter().map(|secret| (*secret).to_owned()).chain(tokens) {
        for spelling in spellings(&secret) {
            assert!(!shown.contains(&spelling), "{spelling} in {shown}");
        }
    }
}
