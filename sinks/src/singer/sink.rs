//! Sends the records of a pull to a target, and keeps them until it has confirmed them.

use std::{
    hash::{BuildHasher, RandomState},
    io::{self, Read, Write},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, Open, remove_if_there},
    sink::{Batch, Mark, Receipt, Sink, SinkError, SinkErrorKind, Variables},
};
use siphasher::sip::SipHasher13;

use super::{delivery::Delivery, settings::Settings};
use crate::file::{FilePath, Spool};

/// How many complete pulls of a stream are remembered besides the last one. A pull into several targets needs one for each.
const REMEMBERED: usize = 31;

/// An open `singer` sink.
///
/// Targets store records when it suits them, most of them only at the end of their input. So each record also goes to a
/// spool, a file of the pull, and a commit makes the spool durable. A new process of the target gets from the spool all
/// records of the pull, because it may have replaced its table when it started, or may publish only when it ends. If the
/// user says that it adds records, it gets only what was not confirmed.
///
/// A second process of the target never starts beside the first, even if a run was killed and its target still stores what
/// it had received.
///
/// A receipt is the number of the pull, how many bytes of the spool the target has confirmed, and the spool's receipt.
#[derive(Debug)]
pub(super) struct SingerSink {
    settings: Arc<Settings>,
    stream: String,
    /// The folder of the spool.
    folder: FilePath,
    /// A random number that stands for the pull.
    pull: u64,
    spool: Spool,
    /// How many bytes of the spool the target has confirmed.
    confirmed: u64,
    mark: Mark,
    /// The running target, if records were sent.
    delivery: Option<Delivery>,
}

/// A pull that is complete.
#[derive(Debug)]
pub(super) struct Finished {
    receipt: Receipt,
}

/// Opens the sink of the pull at `variables`, new or rolled back to the receipt `from`.
pub(super) fn open(
    settings: &Arc<Settings>,
    variables: &Variables,
    from: Option<(&Receipt, Mark)>,
) -> Result<Box<dyn Sink>, SinkError> {
    let folder = settings.spool_folder(variables)?;
    let stream = variables.stream();
    let (from, mark) = from.unzip();
    let mark = mark.unwrap_or(Mark::START);
    let children = &settings.program.children;
    let parsed = from.map(parse).transpose()?;
    let (pull, spool, confirmed) = match parsed {
        Some((pull, confirmed, of_spool)) if mark > Mark::START => {
            let path = spool_path(&folder, stream, pull);
            let shown = path.shown.clone();
            let resume = || Spool::resume_at(Arc::clone(&settings.disk), path, &of_spool);
            match children.while_none_starts(resume)? {
                Some(spool) => (pull, spool, confirmed),
                None if is_marked_complete(&*settings.disk, &folder, stream, pull)? => {
                    return Ok(Box::new(Finished { receipt: from.cloned().unwrap_or_default() }));
                }
                None => {
                    let message =
                        format!("cannot resume `{shown}`: it is gone (restore it, or start the pull over)");
                    return Err(SinkError::new(SinkErrorKind::Rejected, message));
                }
            }
        }
        // Before the first page there is nothing to keep.
        parsed => {
            let pull = parsed.map_or_else(|| RandomState::new().hash_one(stream), |(pull, ..)| pull);
            let path = spool_path(&folder, stream, pull);
            let create = || Spool::create_at(Arc::clone(&settings.disk), path);
            (pull, children.while_none_starts(create)?, 0)
        }
    };
    let (settings, stream) = (Arc::clone(settings), stream.to_owned());
    Ok(Box::new(SingerSink { settings, stream, folder, pull, spool, confirmed, mark, delivery: None }))
}

impl SingerSink {
    /// Starts the target and sends all records of the pull so far, or what it has not confirmed.
    fn start(&mut self) -> Result<Delivery, SinkError> {
        let Settings { program, layout, .. } = &*self.settings;
        let lock = lock_path(&self.folder, &self.stream, &program.command);
        let mut delivery = Delivery::start(program, layout, &self.stream, self.pull, lock)?;
        if self.confirmed > 0 {
            log::warn!("{}: {}", self.stream, self.settings.again());
        }
        if self.settings.sends_all_again {
            self.confirmed = 0;
        }
        self.spool.batches(self.confirmed, |batch| delivery.records(batch))?;
        Ok(delivery)
    }

    /// The running target. It is started if there is none.
    fn delivery(&mut self) -> Result<&mut Delivery, SinkError> {
        let delivery = match self.delivery.take() {
            Some(delivery) => delivery,
            None => self.start()?,
        };
        Ok(self.delivery.insert(delivery))
    }

    /// Notes that the target has stored the records before `position`.
    fn confirm(&mut self, position: Option<u64>) -> Result<(), SinkError> {
        let Some(position) = position else { return Ok(()) };
        if position > self.spool.length() {
            let length = self.spool.length();
            let message =
                format!("the target confirmed {position} bytes of records, but it was sent {length}");
            return Err(SinkError::new(SinkErrorKind::Rejected, message));
        }
        self.confirmed = self.confirmed.max(position);
        Ok(())
    }

    /// Whether the target need not be started: it is known to have everything, or there is nothing to tell it.
    fn has_nothing_to_send(&self) -> bool {
        let is_empty = self.spool.length() == 0;
        let can_be_empty = is_empty && !self.settings.layout.has_columns();
        // A target that replaces its table may do so at its end, after it has confirmed the last record.
        let is_stored = !self.settings.sends_all_again && !is_empty && self.confirmed == self.spool.length();
        self.delivery.is_none() && (can_be_empty || is_stored)
    }

    /// Ends the input of the target, which then stores everything.
    fn deliver_all(&mut self) -> Result<(), SinkError> {
        // Some targets confirm only what they had stored before the end of their input. They get the rest once more.
        for _ in 0..2 {
            let (mark, length) = (self.mark, self.spool.length());
            self.delivery()?.state(mark, length)?;
            let position = self.delivery.take().map(Delivery::close).transpose()?.flatten();
            self.confirm(position)?;
            if self.confirmed == length {
                return Ok(());
            }
        }
        let message = format!(
            "the target `{}` ended without confirming the last records: it must write the last state that it received to \
             standard output",
            self.settings.program.command[0]
        );
        Err(SinkError::new(SinkErrorKind::Rejected, message))
    }
}

impl Sink for SingerSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        // The target is started first, so that it does not get these records twice.
        self.delivery()?;
        self.spool.write(batch.bytes())?;
        self.delivery()?.records(batch)
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.mark = mark;
        let Receipt(of_spool) = self.spool.commit(mark)?;
        let length = self.spool.length();
        if let Some(delivery) = &mut self.delivery {
            delivery.state(mark, length)?;
            let position = delivery.confirmed()?;
            self.confirm(position)?;
        }
        Ok(Receipt(format!("{:016x} {} {of_spool}", self.pull, self.confirmed)))
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        if !self.has_nothing_to_send() {
            self.deliver_all()?;
        }
        mark_complete(&*self.settings.disk, &self.folder, &self.stream, self.pull)?;
        self.spool.remove()
    }
}

impl Sink for Finished {
    fn write(&mut self, _: &Batch<'_>) -> Result<(), SinkError> {
        Err(SinkError::new(
            SinkErrorKind::Rejected,
            "cannot write to the target: the pull is already complete",
        ))
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        Ok(self.receipt.clone())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The number of the pull, the number of confirmed bytes, and the spool's receipt.
fn parse(Receipt(text): &Receipt) -> Result<(u64, u64, Receipt), SinkError> {
    let mut parts = text.splitn(3, ' ');
    let mut parsed = || {
        let pull = u64::from_str_radix(parts.next()?, 16).ok()?;
        Some((pull, parts.next()?.parse().ok()?, Receipt(parts.next()?.to_owned())))
    };
    parsed().ok_or_else(|| {
        let message = format!("the receipt `{text}` was not issued by this sink");
        SinkError::new(SinkErrorKind::Broken, message)
    })
}

fn spool_path(folder: &FilePath, stream: &str, pull: u64) -> FilePath {
    folder.below(&format!("{}-{pull:016x}.spool", Variables::file_name(stream)))
}

/// The lock of the target of a stream. A stream may have several targets.
fn lock_path(folder: &FilePath, stream: &str, command: &[String]) -> FilePath {
    let target = SipHasher13::new().hash(command.join("\0").as_bytes());
    folder.below(&format!("{}-{target:016x}.lock", Variables::file_name(stream)))
}

/// The file with the numbers of the last complete pulls. It tells a spool that is no longer needed from one that is lost.
fn complete_path(folder: &FilePath, stream: &str) -> FilePath {
    folder.below(&format!("{}.complete", Variables::file_name(stream)))
}

fn mark_complete(disk: &dyn Disk, folder: &FilePath, stream: &str, pull: u64) -> Result<(), SinkError> {
    let path = complete_path(folder, stream);
    let new = folder.below(&format!("{}-{pull:016x}.complete", Variables::file_name(stream)));
    let write = || {
        let pulls = read_complete(disk, &path)?;
        remove_if_there(disk, &new.absolute)?;
        let mut file = disk.open(&new.absolute, Open::New)?;
        for earlier in pulls.lines().rev().take(REMEMBERED).collect::<Vec<_>>().into_iter().rev() {
            writeln!(file, "{earlier}")?;
        }
        writeln!(file, "{pull:016x}")?;
        file.sync()?;
        disk.rename(&new.absolute, &path.absolute)
    };
    write().map_err(|error| SinkError::io(format!("cannot write to `{}`", path.shown), error))
}

fn is_marked_complete(
    disk: &dyn Disk,
    folder: &FilePath,
    stream: &str,
    pull: u64,
) -> Result<bool, SinkError> {
    let path = complete_path(folder, stream);
    let pulls = read_complete(disk, &path)
        .map_err(|error| SinkError::io(format!("cannot read `{}`", path.shown), error))?;
    Ok(pulls.lines().any(|line| line == format!("{pull:016x}")))
}

fn read_complete(disk: &dyn Disk, path: &FilePath) -> io::Result<String> {
    let mut text = String::new();
    if disk.kind(&path.absolute)?.is_some() {
        disk.open(&path.absolute, Open::Existing)?.read_to_string(&mut text)?;
    }
    Ok(text)
}
