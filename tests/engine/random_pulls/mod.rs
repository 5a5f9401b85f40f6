//! Random pulls in random executions: runs that are killed, whose disk fails or loses what was not synced, whose server stops
//! answering, and which discard what an earlier one has pulled. Each is followed by another, until the pull is complete. Every
//! record arrives once, in every sink.
//!
//! The model explores the protocol completely, but only at small sizes. This is the real engine, on a simulated disk.
//!
//! There are up to three streams, which share the state folder and the folders of their files. A command pulls all of them or
//! one, or there are several commands at the same time. What happens to one stream leaves the others as they are.
//!
//! [`shape`] draws what is pulled, and [`run`] what happens to each run. [`execution`] does the runs, [`stream`] the pulls in
//! them, and [`files`] says what must be on the disk afterwards.
//! `LONGHAUL_TEST_PULLS` is the number of pulls. `LONGHAUL_TEST_SEED` repeats the random numbers of the first one. If more
//! than one partition is pulled at once, the order of the operations of the disk is still up to the threads.

mod execution;
mod files;
mod run;
mod server;
mod shape;
mod sink;
mod source;
mod stream;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use longhaul_tests::Random;

use self::{
    execution::Execution,
    run::{Counts, Run},
    shape::Shape,
};

/// How many pulls there are, unless the environment says otherwise.
const PULLS: u64 = 40;

/// The names of the streams. An execution with fewer streams has the first of them.
const STREAMS: [&str; 3] = ["calls", "calls2", "users"];

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
    assert!(pulls < PULLS || counts.least() > 0, "{counts:?} in {pulls} pulls");
}

/// Executes the pulls of a seed.
fn execute(seed: u64) -> Counts {
    let mut random = Random::from_seed(seed);
    let count = random.one_of(&[1, 2, 2, 3]);
    let mut shapes: Vec<_> = STREAMS[..count].iter().map(|stream| Shape::new(&mut random, stream)).collect();
    if random.one_in(2) {
        // Streams that are alike would have the same names of files if a name were without that of the stream.
        shapes = STREAMS[..count].iter().map(|stream| shapes[0].of(stream)).collect();
    }
    let mut history = Vec::new();
    let executed = catch_unwind(AssertUnwindSafe(|| disturb(&shapes, &mut random, &mut history)));
    let fault = match executed {
        Ok(Ok(counts)) => return counts,
        Ok(Err(fault)) => fault,
        Err(_) => "a panic".to_owned(),
    };
    panic!("LONGHAUL_TEST_SEED={seed}: {fault}\n{shapes:#?}\n{}", history.join("\n"));
}

/// Disturbs some runs, and then has the pulls completed.
fn disturb(shapes: &[Shape], random: &mut Random, history: &mut Vec<String>) -> Result<Counts, String> {
    let mut execution = Execution::new(shapes, history)?;
    for _ in 0..=random.below(8) {
        if execution.is_complete() {
            break;
        }
        execution.run(execution.random_run(random))?;
    }
    while !execution.is_complete() {
        execution.run(Run::default())?;
    }
    Ok(execution.counts)
}
