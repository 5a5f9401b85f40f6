//! Whole runs of the release program against a local server, compared with `curl`, which saves the same pages to files.
//!
//! `cargo bench -p longhaul --bench runs` measures everything, and `… --bench runs -- cpu gzip` only these two. The results
//! are medians of interleaved runs: `LONGHAUL_BENCH_ROUNDS` (9) is their number, and `LONGHAUL_BENCH_FOLDER` the folder for
//! their files. Only for Linux, because of how it reports the CPU time and the memory of a process.

#![expect(clippy::unwrap_used, reason = "a benchmark fails on any error")]
#![expect(clippy::print_stdout, reason = "the results are printed")]

mod child_process;
mod comparison;
mod measures;
mod pages;
mod program;
#[path = "../records.rs"]
mod records;
mod server;
mod tools;

use std::env;

use self::{measures::MEASURES, program::Bench};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some((child_process::FLAG, command)) =
        arguments.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return child_process::run(command);
    }
    // Cargo adds `--bench`.
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = wanted.iter().find(|name| MEASURES.iter().all(|(known, _)| known != **name)) {
        let known = MEASURES.map(|(name, _)| name).join(", ");
        println!("unknown measure `{unknown}`; known are {known}");
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
