//! A model of how every record arrives exactly once, whatever stops a run.
//!
//! The engine keeps four things in step: the sinks, the checkpoint that says where they stand, the pages that wait for their
//! turn, and the record of the run. A crash can happen between any two changes, and a power cut undoes what was not synced.
//! These rules are all that is needed:
//!
//! 1. *Commit, then save.* A checkpoint says only what is durable in every sink. After a crash, pages come again, and the
//!    sinks are cut back to the checkpoint, so nothing is lost and nothing is there twice. Journals are extended before a
//!    checkpoint mentions them, and spools are removed after one no longer does.
//! 2. *Save, then roll back.* If a partition is split, restarted or skipped, the checkpoint says so before the sinks are cut,
//!    because afterwards they no longer have what an earlier checkpoint says.
//! 3. *Finish, then publish, then complete.* Files get their names once the checkpoint says that nothing else is left, and the
//!    pull is complete once these names are durable.
//! 4. *Discard, then undo, then forget.* A pull that is being discarded is not resumed: nothing would notice that files of
//!    complete partitions are gone.
//! 5. *Confirm first.* A run that was killed may have renamed the checkpoint, but not durably. The next one syncs it before it
//!    opens a sink where it says.
//! 6. *A run has a record until all its streams are complete*, so that one that is complete is not pulled again.
//!
//! [`protocol`] has the sequences of steps, in the words of the engine (`core/src/pull`): read it first. [`shape`] says what is
//! pulled, and [`world`] what is saved. [`apply`], [`save`] and [`notes`] say what a step does; [`disk`] and [`sink`] what a
//! crash leaves of it. [`explore`] takes every step in every order, with a crash between any two, again and again until there
//! is nothing new. [`mutations`] break each rule, and each is noticed.
//!
//! A step is what one sync makes durable. What happens within it is left out, because a power cut before it may already leave
//! any part of what it makes durable. Also left out are jobs, and the note beside a file in append mode.

mod apply;
mod disk;
mod explore;
mod mutations;
mod notes;
mod protocol;
mod run;
mod save;
mod shape;
mod sink;
mod step;
mod world;

use std::thread;

use self::{
    explore::{Limits, explore},
    mutations::Mutation,
    shape::{Ends, Kind, SinkType, Stream},
};

/// What is pulled, and how much happens meanwhile.
type Shape = (&'static str, Vec<Stream>, Limits);

const ONCE: Limits = Limits { fresh: 0, pulls: 1 };
const DISCARDED: Limits = Limits { fresh: 1, pulls: 1 };
const TWICE: Limits = Limits { fresh: 0, pulls: 2 };

fn shared(kind: Kind) -> SinkType {
    SinkType { kind, is_own: false }
}

fn own(kind: Kind) -> SinkType {
    SinkType { kind, is_own: true }
}

/// Two partitions. The first one ends in this way.
fn two(ends: Ends, sinks: &[SinkType]) -> Stream {
    Stream { sinks: sinks.to_vec(), workers: 1, ..Stream::default() }
        .with(&[1, 2], ends)
        .with(&[3], Ends::Complete)
        .with_half(&[1], Ends::Complete)
        .with_half(&[2], Ends::Complete)
}

const HALVES: Ends = Ends::TooDeep(1, [2, 3]);

/// Two partitions at once. The second one ends in this way.
fn at_once(ends: Ends) -> Stream {
    let sinks = vec![shared(Kind::Append)];
    let stream =
        Stream { sinks, workers: 2, ..Stream::default() }.with(&[1], Ends::Complete).with(&[2], ends);
    stream.with_half(&[], Ends::Complete).with_half(&[2], Ends::Complete)
}

fn shapes() -> Vec<Shape> {
    let (replace, append) = (shared(Kind::Replace), shared(Kind::Append));
    let with_keys = |stream| Stream { has_keys: true, ..stream };
    let own_at_once = Stream { sinks: vec![own(Kind::Replace)], workers: 2, ..Stream::default() };
    vec![
        ("replaced", vec![Stream::listing(&[1, 2, 3], Kind::Replace)], DISCARDED),
        ("appended", vec![Stream::listing(&[1, 2], Kind::Append)], DISCARDED),
        ("appended twice", vec![Stream::listing(&[1], Kind::Append)], TWICE),
        ("database", vec![two(Ends::Complete, &[shared(Kind::Database), replace])], ONCE),
        ("restarted", vec![two(Ends::Expires(1), &[replace, append])], ONCE),
        ("skipped", vec![two(Ends::Gone(1), &[append])], DISCARDED),
        ("split", vec![two(HALVES, &[append])], DISCARDED),
        ("split with keys", vec![with_keys(two(HALVES, &[append]))], ONCE),
        ("own files", vec![two(HALVES, &[own(Kind::Append)])], DISCARDED),
        ("own files and one for all", vec![two(HALVES, &[own(Kind::Replace), append])], ONCE),
        ("own files at once", vec![own_at_once.with(&[1], Ends::Complete).with(&[2], Ends::Complete)], ONCE),
        ("at once", vec![at_once(Ends::Complete).with_pages(1, &[2, 3])], ONCE),
        ("split ahead of its turn", vec![at_once(HALVES)], ONCE),
        ("restarted ahead of its turn", vec![at_once(Ends::Expires(1))], ONCE),
        (
            "two streams",
            vec![Stream::listing(&[1], Kind::Append), Stream::listing(&[1], Kind::Replace)],
            DISCARDED,
        ),
    ]
}

#[test]
#[expect(clippy::print_stdout, reason = "the number of states shows what was explored")]
fn every_execution_delivers_each_record_once() {
    let explored = thread::scope(|scope| {
        let explored = shapes().into_iter().map(|(name, streams, limits)| {
            scope.spawn(move || match explore(&streams, limits, None) {
                Ok(explored) => (name, explored),
                Err(found) => panic!("{name}: {}\n{}", found.fault, found.steps.join("\n")),
            })
        });
        let threads: Vec<_> = explored.collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    for (name, found) in &explored {
        println!("{name}: {} states, {} of them without a process", found.states, found.crashed);
    }
    let states: usize = explored.iter().map(|(_, found)| found.states).sum();
    println!("{states} states");
    assert!(states > 20_000, "a model that explores little shows little: {states} states");
}

#[test]
fn each_fault_of_the_protocol_is_found() {
    let shapes = shapes();
    let unnoticed: Vec<_> = Mutation::ALL
        .into_iter()
        .filter(|mutation| {
            let (_, streams, limits) = shapes.iter().find(|(name, ..)| *name == mutation.shape()).unwrap();
            explore(streams, *limits, Some(*mutation)).is_ok()
        })
        .collect();
    assert!(unnoticed.is_empty(), "the model does not notice {unnoticed:?}");
}
