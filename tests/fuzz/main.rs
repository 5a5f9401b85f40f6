//! The targets for fuzzing, without a fuzzer: on their seeds, and on mutations of these. The mutations are the same every
//! time. `tests/fuzz/run` fuzzes the same targets for as long as one likes.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as intended")]

mod mutations;
mod targets;

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use self::mutations::Mutations;

/// Runs the target on each seed, and on this many mutations.
#[track_caller]
fn fuzz(name: &str, mutations: u64) {
    let run = targets::find(name);
    let seeds = seeds(name);
    for (path, seed) in &seeds {
        check(name, run, seed, &format!("the seed {}", path.display()));
    }
    let mut mutated = Mutations::of(seeds.into_iter().map(|(_, seed)| seed).collect());
    for number in 0..mutations * times_as_many() {
        check(name, run, &mutated.next(), &format!("mutation {number}"));
    }
}

/// How many times as many mutations are tried: `LONGHAUL_TEST_MUTATIONS`, or 1.
fn times_as_many() -> u64 {
    let times = env::var("LONGHAUL_TEST_MUTATIONS").ok();
    times.map_or(1, |times| times.parse().expect("LONGHAUL_TEST_MUTATIONS is a number"))
}

#[track_caller]
fn check(name: &str, run: fn(&[u8]), input: &[u8], what: &str) {
    if catch_unwind(AssertUnwindSafe(|| run(input))).is_err() {
        let saved = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
        fs::write(&saved, input).unwrap();
        panic!(
            "{name} fails for {what}: `{}`\nTo keep it as a seed: cp {} tests/fuzz/seeds/{name}/",
            input.escape_ascii(),
            saved.display()
        );
    }
}

/// The seeds of a target, with their files.
fn seeds(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn each_target_has_seeds_and_a_fuzzer() {
    let manifest = include_str!("Cargo.toml");
    for target in targets::TARGETS {
        assert!(!seeds(target.name).is_empty());
        assert!(manifest.contains(&format!("[[bin]]\nname = \"{}\"\n", target.name)), "{}", target.name);
    }
}

#[test]
fn abi() {
    fuzz("abi", 6_000);
}

#[test]
fn bodies() {
    fuzz("bodies", 12_000);
}

#[test]
fn checkpoint() {
    fuzz("checkpoint", 15_000);
}

#[test]
fn configuration() {
    fuzz("configuration", 1_500);
}

#[test]
fn csv() {
    fuzz("csv", 30_000);
}

#[test]
fn dates() {
    fuzz("dates", 15_000);
}

#[test]
fn links() {
    fuzz("links", 150_000);
}

#[test]
fn ndjson() {
    fuzz("ndjson", 30_000);
}

#[test]
fn pages() {
    fuzz("pages", 150_000);
}

#[test]
fn places() {
    fuzz("places", 60_000);
}

#[test]
fn plan() {
    fuzz("plan", 6_000);
}

#[test]
fn rates() {
    fuzz("rates", 15_000);
}

#[test]
fn receipts() {
    fuzz("receipts", 15_000);
}
