//! Random pulls in random executions: runs that are killed, whose disk fails or loses what was not synced, whose server stops
//! answering, and which discard what an earlier one has pulled. Each is followed by another, until the pull is complete. Every
//! record arrives once, in every sink.
//!
//! The model explores the protocol completely, but only at small sizes. This is the real engine, on a simulated disk.
//!
//! [`shape`] draws what is pulled, [`execution`] what happens to each run, and [`files`] says what must be on the disk afterwards.
//! `LONGHAUL_TEST_PULLS` is the number of pulls. `LONGHAUL_TEST_SEED` repeats the random numbers of the first one. If more
//! than one partition is pulled at once, the order of the operations of the disk is still up to the threads.

mod execution;
mod files;
mod server;
mod shape;
mod sink;
mod source;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use longhaul_tests::Random;

use self::{
    execution::{Counts, Execution, Run, Undisturbed},
    shape::Shape,
};

/// How many pulls there are, unless the environment says otherwise.
const PULLS: u64 = 300;

/// How many of them run at once.
const THREADS: u8 = 4;

#[test]
#[expect(clippy::print_stdout, reason = "the number of runs shows what was explored")]
fn each_record_arrives_once_whatever_stops_a_run() {
    let pulls = env::var("LONGHAUL_TEST_PULLS").ok();
    let pulls = pulls.map_or(PULLS, |pulls| pulls.parse().expect("LONGHAUL_TEST_PULLS is a number"));
    let first = Random::new().seed();
    let seeds = |thread: u8| {
        move || -> Counts {
            let seeds = (u64::from(thread)..pulls).step_by(THREADS.into());
            seeds.map(|number| execute(first.wrapping_add(number))).fold(Counts::default(), Counts::and)
        }
    };
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(seeds(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).fold(Counts::default(), Counts::and)
    });
    println!("{counts:?} in {pulls} pulls");
    // Without these, the test would show little.
    let least = if pulls < PULLS { 0 } else { pulls / 10 };
    assert!(counts.least() >= least, "{counts:?} in {pulls} pulls");
}

/// Executes the pull of a seed.
fn execute(seed: u64) -> Counts {
    let mut random = Random::from_seed(seed);
    let shape = Shape::new(&mut random);
    let mut history = Vec::new();
    let executed = catch_unwind(AssertUnwindSafe(|| disturb(&shape, &mut random, &mut history)));
    let fault = match executed {
        Ok(Ok(counts)) => return counts,
        Ok(Err(fault)) => fault,
        Err(_) => "a panic".to_owned(),
    };
    panic!("LONGHAUL_TEST_SEED={seed}: {fault}\n{shape:#?}\n{}", history.join("\n"));
}

/// Disturbs some runs, and then has the pull completed.
fn disturb(shape: &Shape, random: &mut Random, history: &mut Vec<String>) -> Result<Counts, String> {
    let undisturbed = Undisturbed::new(shape)?;
    let mut execution = Execution::new(shape, history);
    for _ in 0..1 + random.below(8) {
        if execution.is_complete() {
            break;
        }
        execution.run(Run::new(random, &undisturbed), &undisturbed)?;
    }
    while !execution.is_complete() {
        execution.run(Run::default(), &undisturbed)?;
    }
    Ok(execution.counts)
}
