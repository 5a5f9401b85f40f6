//! The runs of random streams on one disk, and what is checked after each.

use std::thread;

use longhaul_core::{pull::PullError, state::State};
use longhaul_tests::{Fault, Random, SimulatedDisk, chain};

use super::{
    files::Files,
    run::{Counts, Run},
    shape::Shape,
    stream::Stream,
};

pub(super) struct Execution<'a> {
    streams: Vec<Stream<'a>>,
    disk: SimulatedDisk,
    /// The number of the next run.
    number: u32,
    record: Option<Record>,
    pub(super) counts: Counts,
    history: &'a mut Vec<String>,
}

/// The record of a run that is not complete, as the command has it. Streams that were completed since are not pulled again.
struct Record {
    streams: Vec<usize>,
    /// The number of its first command.
    since: u32,
}

/// The number of a stream, and the outcome of its pull.
type Outcome = (usize, Result<(), PullError>);

/// Power cuts that would leave something that can be resumed, besides the one that happens.
const POWER_CUTS: [u64; 4] = [0, 2, 3, 4];

/// How many operations are the last ones.
const LAST: u64 = 12;

impl<'a> Execution<'a> {
    pub(super) fn new(shapes: &'a [Shape], history: &'a mut Vec<String>) -> Result<Self, String> {
        let mut streams = shapes.iter().map(Stream::new).collect::<Result<Vec<_>, _>>()?;
        let disk = SimulatedDisk::new();
        for stream in &mut streams {
            stream.prepare(&disk);
        }
        Ok(Self { streams, disk, number: 0, record: None, counts: Counts::default(), history })
    }

    /// Whether all pulls are complete.
    pub(super) fn is_complete(&self) -> bool {
        self.left().is_empty()
    }

    /// A random run. A fault shows most where it is between two steps, so half of them are at one of those.
    pub(super) fn random_run(&self, random: &mut Random) -> Run {
        let undisturbed = || self.streams.iter().map(Stream::undisturbed);
        let operations = undisturbed().map(|undisturbed| undisturbed.operations).sum();
        let requests = undisturbed().map(|undisturbed| undisturbed.requests).max().unwrap_or_default();
        let run = Run::new(random, self.streams.len(), operations, requests);
        match run.fault.filter(|_| random.one_in(2)) {
            Some((_, fault)) => Run { fault: Some((self.rehearse(run, random), fault)), ..run },
            None => run,
        }
    }

    /// Does a run on a copy of the disk, and returns one of its last operations for a stream, or one that syncs a folder.
    fn rehearse(&self, run: Run, random: &mut Random) -> u64 {
        let disk = self.disk.after_kill();
        let mut last = Vec::new();
        for stream in self.pulled(run) {
            self.streams[stream].rehearse(self.number, run, &disk);
            last.extend(disk.operations().saturating_sub(LAST)..disk.operations());
        }
        let operations = random.one_of(&[last, disk.folder_syncs()]);
        if operations.is_empty() { 0 } else { random.one_of(&operations) }
    }

    /// Does one run, and checks what it leaves.
    pub(super) fn run(&mut self, run: Run) -> Result<(), String> {
        self.history.push(format!("{}: {run:?}", self.number));
        if let Some((operation, fault)) = run.fault {
            self.disk.fail_at(operation, fault);
        }
        let (named, to_pull, before) = (self.named(run), self.pulled(run), self.found());
        let since = self.since(run, &named);
        let pulled = self.pull(run, &to_pull)?;
        self.record = match since {
            None => self.record.take(),
            Some(_) if pulled.iter().all(|(_, outcome)| outcome.is_ok()) => None,
            Some(since) => Some(Record { streams: named.clone(), since }),
        };
        for (stream, outcome) in &pulled {
            let name = self.streams[*stream].shape.stream;
            let outcome = outcome.as_ref().err().map_or("complete".to_owned(), |error| chain(error));
            self.history.push(format!("    {name}: {outcome}"));
        }
        let failed = pulled.iter().filter(|(_, outcome)| outcome.is_err()).count();
        if failed > 1 && matches!(run.fault, Some((_, Fault::Once(_)))) {
            return Err("several streams failed because of one operation".to_owned());
        }
        for (stream, outcome) in &pulled {
            self.streams[*stream].check_outcome(self.number, run, outcome, &self.disk)?;
        }
        let is_other = |stream: &usize| pulled.iter().all(|(pulled, _)| pulled != stream);
        let after = self.found();
        if (0..self.streams.len()).filter(is_other).any(|stream| after[stream] != before[stream]) {
            return Err("a stream has changed that was not pulled".to_owned());
        }
        for seed in POWER_CUTS {
            self.check(&self.disk.after_power_cut(seed))?;
        }
        self.disk = match run.power_cut {
            None => self.disk.after_kill(),
            Some(seed) => self.disk.after_power_cut(seed),
        };
        self.check(&self.disk)?;
        for stream in &mut self.streams {
            stream.settle(&self.disk);
        }
        self.number += 1;
        let counts = Counts {
            runs: 1,
            failed: u64::from(failed > 0),
            power_cuts: u64::from(run.power_cut.is_some()),
            complete: (named.len() - to_pull.len()) as u64,
            unnamed: (self.streams.len() - named.len()) as u64,
            ..Counts::default()
        };
        self.counts = self.counts.and(counts);
        Ok(())
    }

    fn check(&self, disk: &SimulatedDisk) -> Result<(), String> {
        self.streams.iter().try_for_each(|stream| {
            let checked = stream.check(disk).and_then(|()| stream.check_resumable(disk));
            checked.map_err(|fault| format!("{}: {fault}", stream.shape.stream))
        })
    }

    /// Pulls these streams, and returns the outcome of each. If one fails, the others still run.
    fn pull(&mut self, run: Run, to_pull: &[usize]) -> Result<Vec<Outcome>, String> {
        let (number, disk) = (self.number, &self.disk);
        let pull = |(index, stream): (usize, &mut Stream<'_>)| {
            let mut counts = Counts::default();
            let pulled = stream.pull(number, run, run.stops_at(index), disk, &mut counts)?;
            Ok(((index, pulled), counts))
        };
        let streams = self.streams.iter_mut().enumerate().filter(|(index, _)| to_pull.contains(index));
        let pulled: Result<Vec<_>, String> = if run.is_at_once {
            thread::scope(|scope| {
                let threads: Vec<_> = streams.map(|stream| scope.spawn(move || pull(stream))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            })
        } else {
            streams.map(pull).collect()
        };
        let (outcomes, counts): (_, Vec<_>) = pulled?.into_iter().unzip();
        self.counts = counts.into_iter().fold(self.counts, Counts::and);
        Ok(outcomes)
    }

    /// The number of the first command of the run that this one is about.
    fn since(&self, run: Run, named: &[usize]) -> Option<u32> {
        // A command of one stream is a run of its own, and so are commands at the same time.
        if named.len() == 1 || run.is_at_once {
            return None;
        }
        let record = self.record.as_ref().filter(|record| record.streams == named && !run.is_fresh);
        Some(record.map_or(self.number, |record| record.since))
    }

    /// The streams that a command pulls: those that it names, without those that an earlier command of the run has completed.
    fn pulled(&self, run: Run) -> Vec<usize> {
        let named = self.named(run);
        let since = self.since(run, &named);
        let is_complete = |stream: &Stream<'_>| {
            let completed = stream.completed_in(&self.disk).zip(since);
            completed.is_some_and(|(number, since)| number >= since)
                && stream.state(&self.disk).unfinished.is_none()
        };
        named.into_iter().filter(|stream| !is_complete(&self.streams[*stream])).collect()
    }

    /// The streams whose pulls are not all complete.
    fn left(&self) -> Vec<usize> {
        let is_left = |stream: &Stream<'_>| stream.completed(&self.disk) < stream.shape.pulls;
        let left = self.streams.iter().enumerate().filter(|(_, stream)| is_left(stream));
        left.map(|(index, _)| index).collect()
    }

    /// The streams that a command names and that have pulls left.
    fn named(&self, run: Run) -> Vec<usize> {
        let left = self.left();
        match run.only {
            Some(stream) if left.contains(&stream) => vec![stream],
            _ => left,
        }
    }

    /// The files and the state of each stream.
    fn found(&self) -> Vec<(Files, State)> {
        let found = |stream: &Stream<'_>| (Files::of(&self.disk, stream.shape), stream.state(&self.disk));
        self.streams.iter().map(found).collect()
    }
}
