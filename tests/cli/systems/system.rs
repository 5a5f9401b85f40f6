//! A stand-in for the API of a built-in preset, and the check that the preset pulls every record of it once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::Value;

use crate::{api, command_output::CommandOutput, folder::Folder};

/// How many records a stand-in has.
pub(crate) const RECORDS: usize = 25;

/// How many of them are on a page.
pub(crate) const SIZE: usize = 10;

/// A pull of one stream of a built-in preset.
pub(super) struct Pull<'a, S> {
    pub(super) system: &'a str,
    pub(super) stream: &'a str,
    /// What a user sets besides the address of the API. `ROOT` stands for the address of the stand-in.
    pub(super) settings: &'a str,
    /// The variables of the preset with the right credentials; the last one is the secret.
    pub(super) variables: &'a [(&'a str, &'a str)],
    /// Which requests are authenticated. All others are answered with `refusal`.
    pub(super) accepts: fn(&Received) -> bool,
    /// What the API says to wrong credentials.
    pub(super) refusal: Reply,
    /// What the API answers when there are too many requests; with a wait that a test can afford.
    pub(super) throttled: Reply,
    /// What the API answers to everything else.
    pub(super) script: S,
}

impl<S: Fn(&Received) -> Reaction + Clone + Send + Sync + 'static> Pull<'_, S> {
    /// Asserts that the preset pulls `expected`: in one run; in runs that are stopped after each request; and if the API
    /// throttles every third request. Wrong credentials are an error with this exit code and this text in it.
    pub(super) fn assert_pulls(&self, expected: &[String], (code, words): (i32, &str)) {
        let what = format!("{} of {}", self.stream, self.system);
        let lines = expected.join("\n") + "\n";

        let requests = self.assert_pulls_in_one_run(expected);

        let (folder, (server, _)) = (Folder::empty(), self.serve(usize::MAX));
        let mut runs = 0;
        while self.run(&folder, &server, "run --max-requests 2").code == Some(75) {
            runs += 1;
            assert!(runs <= 4 * requests, "{what}: the runs make no progress");
        }
        assert!(runs > 0, "{what}: nothing was resumed");
        assert_eq!(self.pulled(&folder), lines, "{what}, stopped after every second request");

        let (folder, (server, accepted)) = (Folder::empty(), self.serve(3));
        self.run(&folder, &server, "run").assert_complete();
        assert_eq!(self.pulled(&folder), lines, "{what}, throttled");
        assert!(accepted.load(Ordering::Relaxed) >= 3, "{what}: nothing was throttled");

        let (folder, (server, _)) = (Folder::empty(), self.serve(usize::MAX));
        let (secret, _) = *self.variables.last().unwrap();
        let ended = self.command(&folder, &server, "run").variable(secret, "wr0ng").run();
        assert_eq!(ended.code, Some(code), "{what}: {}", ended.stderr);
        assert!(ended.last_error().contains(words), "{what}: {}", ended.stderr);
        assert_eq!(folder.names_in("out"), [""; 0]);
    }

    /// Asserts that the preset pulls `expected` in one run, and returns the number of its requests.
    pub(super) fn assert_pulls_in_one_run(&self, expected: &[String]) -> usize {
        let (folder, (server, _)) = (Folder::empty(), self.serve(usize::MAX));
        self.run(&folder, &server, "run").assert_complete();
        let lines = expected.join("\n") + "\n";
        assert_eq!(self.pulled(&folder), lines, "{} of {}", self.stream, self.system);
        server.received().len()
    }

    /// The result of a run against an API that answers every request for data with `reply`.
    pub(super) fn answered_with(&self, reply: Reply) -> CommandOutput {
        let (accepts, script) = (self.accepts, self.script.clone());
        let server = FaultServer::start(api::clock(), move |request| {
            let is_for_data = accepts(request) && !request.url.path().contains("token");
            if is_for_data { reply.clone().into() } else { script(request) }
        });
        self.run(&Folder::empty(), &server, "run")
    }

    /// A stand-in that throttles every `nth` request that it accepts, and the number of these.
    fn serve(&self, nth: usize) -> (FaultServer, Arc<AtomicUsize>) {
        let (accepts, script) = (self.accepts, self.script.clone());
        let (refusal, throttled) = (self.refusal.clone(), self.throttled.clone());
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        let server = FaultServer::start(api::clock(), move |request| {
            if !accepts(request) {
                return refusal.clone().into();
            }
            if (count.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(nth) {
                return throttled.clone().into();
            }
            script(request)
        });
        (server, accepted)
    }

    fn run(&self, folder: &Folder, server: &FaultServer, arguments: &str) -> CommandOutput {
        self.command(folder, server, arguments).run()
    }

    fn command(&self, folder: &Folder, server: &FaultServer, arguments: &str) -> crate::folder::CommandLine {
        let Self { system, stream, settings, .. } = self;
        let text = format!(
            "system = \"{system}\"\napi.base_url = \"ROOT\"\nstreams.{stream}.sinks = [\"lines\"]\n{settings}\n{}",
            api::LINES
        );
        std::fs::write(folder.path("longhaul.toml"), text.replace("ROOT", &api::root(server))).unwrap();
        let command = folder.longhaul(arguments).variable("LONGHAUL_RETRY__BASE_DELAY", "1ms");
        let command = command.variable("LONGHAUL_COMMIT_EVERY", "0s");
        self.variables.iter().fold(command, |command, (name, value)| command.variable(name, value))
    }

    fn pulled(&self, folder: &Folder) -> String {
        folder.read(&format!("out/{}.ndjson", self.stream))
    }
}

/// The records, as the stand-ins write them.
pub(crate) fn records() -> Vec<String> {
    (0..RECORDS).map(|index| format!(r#"{{"id":"r{index:02}","n":{index}.50}}"#)).collect()
}

/// The records from `start` on, at most a page of them, as a JSON array.
pub(crate) fn page(start: usize) -> String {
    format!("[{}]", records()[start.min(RECORDS)..end(start)].join(","))
}

/// The index after the last record on the page that starts at `start`.
pub(crate) fn end(start: usize) -> usize {
    (start + SIZE).min(RECORDS)
}

/// The index of the record after the one with this id.
pub(crate) fn after(id: &str) -> usize {
    id.trim_start_matches('r').parse::<usize>().unwrap() + 1
}

/// The number in a query parameter, or `default` without one.
pub(crate) fn number(request: &Received, name: &str, default: usize) -> usize {
    request.query(name).map_or(default, |text| text.parse().unwrap())
}

/// The value of a query parameter, or nothing.
pub(crate) fn parameter(request: &Received, name: &str) -> String {
    request.query(name).unwrap_or_default()
}

/// The scheme, host and port of a request.
pub(crate) fn root(request: &Received) -> String {
    request.url.origin().ascii_serialization()
}

/// The body as JSON.
pub(crate) fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// An answer without a body that names the time to wait in `Retry-After`.
pub(crate) fn too_many_requests() -> Reply {
    Reply::status(429).header("retry-after", "0")
}
