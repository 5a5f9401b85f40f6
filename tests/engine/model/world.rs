//! Everything outside the process, what is saved there, and what a crash leaves of it.

use std::collections::BTreeMap;

use super::{
    disk::{File, Replaced},
    run::Run,
    shape::{Content, Id, Place, Stream},
    sink::Sink,
};

/// A state of the model.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct World {
    pub(super) streams: Vec<StreamOnDisk>,
    /// Whether there is a record of an unfinished run. It says when the run started, so that streams that were completed
    /// since then are not pulled again.
    pub(super) record: Replaced<bool>,
    /// The process. A crash ends it.
    pub(super) run: Option<Run>,
    /// How often a pull may still be discarded.
    pub(super) fresh: u8,
    /// How many runs were complete, up to a few.
    pub(super) complete_runs: usize,
}

/// What a stream has on the disk.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct StreamOnDisk {
    /// The state file.
    pub(super) state: Replaced<Saved>,
    /// The journal of keys.
    pub(super) keys: Option<File>,
    /// The pages of partitions ahead of their turn.
    pub(super) spools: BTreeMap<Id, File>,
    pub(super) sinks: BTreeMap<Place, Sink>,
}

/// The content of a state file.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Saved {
    /// How many pulls were completed.
    pub(super) pulls: usize,
    /// Whether the last one was completed after the run had started that is not complete.
    pub(super) is_of_run: bool,
    pub(super) unfinished: Option<Checkpoint>,
}

/// How far a pull is.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Checkpoint {
    /// Whether nothing is left but to publish.
    pub(super) is_finishing: bool,
    /// Whether it is being discarded.
    pub(super) is_discarding: bool,
    /// How many of the pull's partitions are complete or in `partitions`.
    pub(super) taken: usize,
    /// The partitions that were started and are not complete, in order.
    pub(super) partitions: Vec<Progress>,
    /// Where the shared sinks stand.
    pub(super) sinks: Option<Position>,
    /// Where they stood before the pull.
    pub(super) before: Option<Position>,
    /// What the journal of keys has. The engine saves its length and a checksum.
    pub(super) keys: Content,
    /// Where the files of complete partitions stood before them. The engine has a journal for this.
    pub(super) ended: Vec<(Id, Position)>,
}

/// How far a partition is.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Progress {
    pub(super) id: Id,
    /// How many pages were read.
    pub(super) pages: usize,
    /// Whether the last page was read.
    pub(super) is_read: bool,
    /// What waits in the spool, if it was committed.
    pub(super) spool: Option<Content>,
    /// Where the partition's own files stand.
    pub(super) own: Option<Position>,
    /// Where they stood before the first page.
    pub(super) own_before: Option<Position>,
    /// Where the shared sinks and the keys stood before the first page, if the partition may be rolled back.
    pub(super) before: Option<(Position, Content)>,
}

/// Where sinks stood at a commit.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Position {
    /// How many pages they had received.
    pub(super) mark: u8,
    /// The receipt of each.
    pub(super) receipts: Vec<Content>,
    /// Whether other pages follow than before. A sink that is ahead has the wrong ones then.
    pub(super) is_before_others: bool,
}

impl Progress {
    /// Whether any of its pages are in the sinks.
    pub(super) fn has_begun(&self) -> bool {
        (self.pages > 0 || self.is_read) && self.spool.is_none()
    }

    /// The partition, before its first page.
    pub(super) fn of(id: Id) -> Self {
        Self { id, ..Self::default() }
    }
}

impl World {
    /// Before the first run.
    pub(super) fn new(streams: &[Stream], fresh: u8) -> Self {
        let on_disk = |stream: &Stream| StreamOnDisk {
            sinks: stream.shared().map(|place| (place, stream.sink(place))).collect(),
            ..StreamOnDisk::default()
        };
        let streams = streams.iter().map(on_disk).collect();
        Self { streams, record: Replaced::default(), run: None, fresh, complete_runs: 0 }
    }

    /// Whether nothing is left to do: a run was complete, and each stream has been pulled this often. If a power cut undoes the
    /// end of a run that was complete, the next one pulls some streams again, which could go on forever.
    pub(super) fn is_done(&self, pulls: usize) -> bool {
        let mut pulled = self.streams.iter().map(|stream| stream.state.now.pulls);
        let most = pulled.clone().max().unwrap_or_default();
        self.run.is_none() && !self.record.now && (most > pulls || pulled.all(|times| times >= pulls))
    }

    /// What is left if the process is killed.
    pub(super) fn after_kill(&self) -> Self {
        let mut left = Self { run: None, ..self.clone() };
        for sink in left.streams.iter_mut().flat_map(|stream| stream.sinks.values_mut()) {
            *sink = sink.after_kill();
        }
        left
    }

    /// What may be left if the power fails. Everything that was not synced has a fate of its own.
    pub(super) fn after_power_cut(&self) -> Vec<Self> {
        let mut left = vec![Self { run: None, ..self.clone() }];
        vary(&mut left, &self.record.after_power_cut(), |world, record| world.record = record);
        for (number, stream) in self.streams.iter().enumerate() {
            vary(&mut left, &stream.state.after_power_cut(), |world, state| {
                world.streams[number].state = state;
            });
            if let Some(keys) = &stream.keys {
                vary(&mut left, &keys.after_power_cut(), |world, keys| world.streams[number].keys = keys);
            }
            for (id, spool) in &stream.spools {
                vary(&mut left, &spool.after_power_cut(), |world, spool| {
                    let spools = &mut world.streams[number].spools;
                    match spool {
                        None => spools.remove(id),
                        Some(spool) => spools.insert(*id, spool),
                    };
                });
            }
            for (place, sink) in &stream.sinks {
                vary(&mut left, &sink.after_power_cut(), |world, sink| {
                    world.streams[number].sinks.insert(*place, sink);
                });
            }
        }
        left
    }

    /// What differs from the promise: in a stream that is complete, every record is there once, and each run pulls it once. At
    /// any time, a file that is replaced is the old one or the complete new one.
    pub(super) fn broken_promise(&self, streams: &[Stream]) -> Option<String> {
        streams.iter().zip(&self.streams).find_map(|(stream, on_disk)| {
            let Saved { pulls, unfinished, .. } = &on_disk.state.now;
            if *pulls > self.complete_runs + 1 {
                return Some("a stream was pulled again although its run was not complete".to_owned());
            }
            let is_complete = unfinished.is_none() && *pulls > 0 && self.run.is_none();
            let wrong = |expected: Vec<_>| {
                expected.into_iter().find_map(|(place, content): (Place, Content)| {
                    let found = on_disk.sinks.get(&place).and_then(Sink::published).cloned();
                    (found.as_ref() != Some(&content))
                        .then(|| format!("{place:?} has {found:?}, not {content:?}"))
                })
            };
            if is_complete && let Some(wrong) = wrong(stream.expected(*pulls)) {
                return Some(wrong);
            }
            stream.expected(1).into_iter().find_map(|(place, content)| {
                let found = on_disk.sinks.get(&place)?.replaced_by()?;
                (*found != content).then(|| format!("{place:?} was replaced by {found:?}, not {content:?}"))
            })
        })
    }
}

/// Every world with every value.
fn vary<T: Clone>(worlds: &mut Vec<World>, values: &[T], set: impl Fn(&mut World, T)) {
    *worlds = worlds
        .iter()
        .flat_map(|world| {
            values.iter().map(|value| {
                let mut world = world.clone();
                set(&mut world, value.clone());
                world
            })
        })
        .collect();
}
