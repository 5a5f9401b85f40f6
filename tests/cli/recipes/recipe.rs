//! A recipe from the documentation, and the check that it pulls every record once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use longhaul_tests::{FaultServer, Reaction, Received};

use crate::{
    api,
    command_output::CommandOutput,
    folder::{CommandLine, Folder},
};

const RECIPES: &str = include_str!("../../../cli/docs/recipes.md");

/// The token that the servers expect.
pub(super) const TOKEN: &str = "t0ken-of-the-recipes";

/// How many records the servers have.
pub(super) const RECORDS: usize = 25;

/// How many of them are on a page.
pub(super) const SIZE: usize = 10;

/// The records, as the servers write them.
pub(super) fn records() -> Vec<String> {
    (0..RECORDS).map(record).collect()
}

fn record(index: usize) -> String {
    format!(r#"{{"id":"r{index:02}","n":{index}.50,"sort":[{index},"r{index:02}"]}}"#)
}

/// The records from `start` on, at most a page of them, as a JSON array.
pub(super) fn page(start: usize) -> String {
    array(&records()[start.min(RECORDS)..(start + SIZE).min(RECORDS)])
}

/// The records as a JSON array.
pub(super) fn array(records: &[String]) -> String {
    format!("[{}]", records.join(","))
}

/// The index of the record after the one with this id.
pub(super) fn after(id: &str) -> usize {
    id.trim_start_matches('r').parse::<usize>().unwrap() + 1
}

/// The number in a query parameter, or `default` without one.
pub(super) fn number(request: &Received, name: &str, default: usize) -> usize {
    request.query(name).map_or(default, |text| text.parse().unwrap())
}

/// Asserts that the recipe under `heading` pulls `expected` from a server that answers with `script`: in one run; in runs
/// that are stopped after each request; and in runs that are killed at each request.
pub(super) fn assert_pulls(
    heading: &str,
    expected: &[String],
    script: impl Fn(&Received) -> Reaction + Clone + Send + Sync + 'static,
) {
    Recipe { heading, others: &[], stream: "" }.assert_pulls(expected, script);
}

/// A recipe.
#[derive(Clone, Copy)]
pub(super) struct Recipe<'a> {
    pub(super) heading: &'a str,
    /// Addresses in it besides that of the API, and the servers that stand for them.
    pub(super) others: &'a [(&'a str, String)],
    /// The stream, if the recipe has none.
    pub(super) stream: &'a str,
}

impl Recipe<'_> {
    /// Does what [`assert_pulls`] does.
    pub(super) fn assert_pulls(
        self,
        expected: &[String],
        script: impl Fn(&Received) -> Reaction + Clone + Send + Sync + 'static,
    ) {
        let heading = self.heading;
        let expected = expected.join("\n") + "\n";
        let (folder, server) = (Folder::empty(), serve(script.clone()));
        self.run(&folder, &server, "run").assert_complete();
        assert_eq!(pulled(&folder), expected, "{heading}");
        let requests = server.received().len();
        for request in server.received() {
            assert_eq!(request.bearer(), Some(TOKEN), "{heading}");
        }

        let (folder, server) = (Folder::empty(), serve(script.clone()));
        let mut runs = 0;
        while self.run(&folder, &server, "run --max-requests 2").code == Some(75) {
            runs += 1;
            assert!(runs <= 4 * requests, "{heading}: the runs make no progress");
        }
        assert_eq!(pulled(&folder), expected, "{heading}, stopped after every second request");

        for stall in 1..=requests {
            let count = Arc::new(AtomicUsize::new(0));
            let (counted, script) = (Arc::clone(&count), script.clone());
            let server = serve(move |request| {
                let number = counted.fetch_add(1, Ordering::Relaxed) + 1;
                if number == stall { Reaction::Stall } else { script(request) }
            });
            let folder = Folder::empty();
            let mut running = self.command(&folder, &api::root(&server), "run").start();
            // Requests ahead of the end may be needed or not, so a run may end earlier.
            while count.load(Ordering::Relaxed) < stall && !running.has_ended() {
                api::clock().sleep(Duration::from_millis(1));
            }
            drop(running.kill());
            // The next run needs every answer.
            count.store(stall, Ordering::Relaxed);
            self.run(&folder, &server, "run").assert_complete();
            assert_eq!(pulled(&folder), expected, "{heading}, killed at request {stall}");
        }
    }

    /// The output of a run.
    pub(super) fn run(self, folder: &Folder, server: &FaultServer, arguments: &str) -> CommandOutput {
        self.run_at(folder, &api::root(server), arguments)
    }

    /// The output of a run against a server with another address than [`FaultServer`] has.
    pub(super) fn run_at(self, folder: &Folder, root: &str, arguments: &str) -> CommandOutput {
        self.command(folder, root, arguments).run()
    }

    fn command(self, folder: &Folder, root: &str, arguments: &str) -> CommandLine {
        let configuration =
            configuration(self.heading).replace("https://api.example.com", root) + self.stream;
        let replaced = |text: String, (address, instead): &(&str, String)| text.replace(address, instead);
        let configuration = self.others.iter().fold(configuration, replaced);
        std::fs::write(folder.path("longhaul.toml"), configuration).unwrap();
        folder
            .longhaul(arguments)
            .variable("API_TOKEN", TOKEN)
            .variable("LONGHAUL_RETRY__BASE_DELAY", "1ms")
            .variable("LONGHAUL_COMMIT_EVERY", "0s")
    }
}

/// The output of a run of the recipe under `heading`.
pub(super) fn run(folder: &Folder, server: &FaultServer, heading: &str, arguments: &str) -> CommandOutput {
    Recipe { heading, others: &[], stream: "" }.run(folder, server, arguments)
}

pub(super) fn serve(script: impl Fn(&Received) -> Reaction + Send + Sync + 'static) -> FaultServer {
    api::server(script)
}

/// What was pulled, without the file's name, which is the stream's.
fn pulled(folder: &Folder) -> String {
    let names = folder.names_in("out");
    let [name] = &names[..] else { panic!("{names:?}") };
    folder.read(&format!("out/{name}"))
}

/// The configuration under `heading`, with what all recipes have in common, as far as it has no such tables itself.
fn configuration(heading: &str) -> String {
    let own = block(heading);
    let is_other = |table: &&str| !own.contains(table.lines().next().unwrap());
    let common = block_of(RECIPES).split("\n\n").filter(is_other).collect::<Vec<_>>().join("\n\n");
    format!("{common}\n\n{own}\n")
}

/// The block under `heading`.
pub(super) fn block(heading: &str) -> &'static str {
    let section = RECIPES.split_once(&format!("\n### {heading}\n"));
    block_of(section.unwrap_or_else(|| panic!("no {heading}")).1)
}

fn block_of(text: &str) -> &str {
    let (_, rest) = text.split_once("```toml\n").unwrap();
    rest.split_once("\n```").unwrap().0
}

/// Every recipe is run by a test, which names its heading.
#[test]
fn every_recipe_is_tested() {
    let tests = [
        include_str!("auth.rs"),
        include_str!("formats.rs"),
        include_str!("paging.rs"),
        include_str!("parents.rs"),
        include_str!("ends.rs"),
        include_str!("errors.rs"),
        include_str!("incremental.rs"),
        include_str!("jobs.rs"),
    ]
    .concat();
    let headings = RECIPES.lines().filter_map(|line| line.strip_prefix("### "));
    for heading in headings {
        assert!(tests.contains(&format!("{heading:?}")), "no test for {heading}");
    }
}
