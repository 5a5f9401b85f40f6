//! Whole runs of the release program against a server on this machine, beside `curl` fetching the same pages into files.
//!
//! `cargo bench -p longhaul --bench runs` measures everything, `… --bench runs -- cpu gzip` only those. Figures are
//! medians of interleaved runs; `LONGHAUL_BENCH_ROUNDS` (9) says of how many, `LONGHAUL_BENCH_FOLDER` where the files go.
//! Linux alone, for how it counts a process's CPU and memory.

#![expect(clippy::unwrap_used, reason = "what a measurement cannot go on without makes it fail")]
#![expect(clippy::print_stdout, reason = "the figures are the product")]

mod child;
mod comparison;
mod measures;
mod pages;
mod program;
#[path = "../records.rs"]
mod records;
mod server;

use std::env;

use self::{measures::MEASURES, program::Bench};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some((child::MARK, command)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return child::run(command);
    }
    // Cargo adds `--bench`.
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| MEASURES.iter().all(|(known, _)| known != **name)) {
        let known = MEASURES.map(|(name, _)| name).join(", ");
        println!("there is no measure `{unknown}`, but {known}");
        std::process::exit(2);
    }
    let bench = Bench::new();
    for (name, measure) in MEASURES {
        if wanted.is_empty() || wanted.iter().any(|wanted| *wanted == name) {
            println!("\n{name}");
            measure(&bench);
        }
    }
}
