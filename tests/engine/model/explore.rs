//! Every execution: each order of the steps of the workers, with a kill or a power cut between any two steps, any number of
//! times.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use super::{
    mutations::Mutation,
    protocol::{self, Protocol},
    run::Run,
    shape::Stream,
    step::Step,
    world::World,
};

/// How much happens in an execution, besides crashes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// How often a pull is discarded, at most.
    pub(super) fresh: u8,
    /// How often each stream is pulled.
    pub(super) pulls: usize,
}

/// What was explored.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Explored {
    pub(super) states: usize,
    /// How many of these are states of a disk without a process.
    pub(super) crashed: usize,
}

/// How an execution breaks the promise.
#[derive(Debug)]
pub(super) struct Counterexample {
    pub(super) fault: String,
    /// The steps, from the first run on.
    pub(super) steps: Vec<String>,
}

/// Explores every execution, in order of length. So a counterexample is as short as possible.
pub(super) fn explore(
    streams: &[Stream],
    Limits { fresh, pulls }: Limits,
    mutation: Option<Mutation>,
) -> Result<Explored, Counterexample> {
    let mut found = Explored::default();
    let mut known = HashSet::new();
    let mut frontier = VecDeque::from([(World::new(streams, fresh), 0)]);
    // The steps that led to each state: the number of the state before, and what happened then.
    let mut history: Vec<(usize, String)> = vec![(0, String::new())];
    known.insert(fingerprint(&frontier[0].0));
    while let Some((world, number)) = frontier.pop_front() {
        found.states += 1;
        found.crashed += usize::from(world.run.is_none());
        let counterexample = |fault: String, last: Option<String>| Counterexample {
            fault,
            steps: steps_to(&history, number, last),
        };
        if let Some(fault) = world.broken_promise(streams) {
            return Err(counterexample(fault, None));
        }
        let next = match successors(&world, streams, pulls, mutation) {
            Ok(next) => next,
            Err((step, fault)) => return Err(counterexample(fault, Some(step))),
        };
        if next.iter().all(|(step, _)| is_crash(step)) && !world.is_done(pulls) {
            return Err(counterexample("the run does not end".to_owned(), None));
        }
        for (step, next) in next {
            if known.insert(fingerprint(&next)) {
                history.push((number, step));
                frontier.push_back((next, history.len() - 1));
            }
        }
    }
    Ok(found)
}

/// What can happen next, and where that leads.
pub(super) fn successors(
    world: &World,
    streams: &[Stream],
    pulls: usize,
    mutation: Option<Mutation>,
) -> Result<Vec<(String, World)>, (String, String)> {
    let Some(run) = &world.run else {
        if world.is_done(pulls) {
            return Ok(power_cuts(world));
        }
        let started = World { run: Some(Run::new(protocol::start(world, mutation))), ..world.clone() };
        return Ok([("start".to_owned(), started)].into_iter().chain(power_cuts(world)).collect());
    };
    let mut next = power_cuts(world);
    next.push(("kill".to_owned(), world.after_kill()));
    for (number, worker) in run.workers.iter().enumerate() {
        if worker.todo.is_empty() {
            for steps in (Protocol { streams, world, mutation }).choices(run, number) {
                let what = steps
                    .iter()
                    .take_while(|step| matches!(step, Step::Note(_)))
                    .map(|step| format!("{step:?} "));
                let what = format!("worker {number} decides: {}", what.collect::<String>());
                match world.after_choice(streams, number, steps) {
                    Ok(after) => next.push((what, after)),
                    Err(refusal) => return Err((what, refusal.to_owned())),
                }
            }
        } else {
            let step =
                worker.todo.front().map(|step| format!("worker {number}: {step:?}")).unwrap_or_default();
            match world.after_step(streams, number) {
                Ok(after) => next.push((step, after)),
                Err(refusal) => return Err((step, refusal.to_owned())),
            }
        }
    }
    Ok(next)
}

fn power_cuts(world: &World) -> Vec<(String, World)> {
    world.after_power_cut().into_iter().map(|left| ("power cut".to_owned(), left)).collect()
}

fn is_crash(step: &str) -> bool {
    matches!(step, "kill" | "power cut")
}

fn steps_to(history: &[(usize, String)], mut number: usize, last: Option<String>) -> Vec<String> {
    let mut steps: Vec<String> = last.into_iter().collect();
    while number != 0 {
        let (before, step) = &history[number];
        steps.extend(Some(step.clone()).filter(|step| !step.is_empty()));
        number = *before;
    }
    steps.reverse();
    steps
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}
