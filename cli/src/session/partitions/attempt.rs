//! Attempts at a partition.

use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, Open, SystemDisk},
    sink::{OpenSink, Variables},
    state::{State, StateFile, Unfinished, checkpoint::Checkpoint},
};

use crate::session::{
    lock::create_private,
    partitions::{
        files::{copy_if_there, names_in, remove_if_there},
        output::Output,
    },
};

/// What is added to the name of an attempt that has ended without being complete. Another worker may take it over.
const ENDED: &str = ".ended";

/// How often a copy is tried again, because the attempt that it is copied from went on in the meantime.
const MOST_COPIES: usize = 3;

/// The attempts at a partition, in a folder that is removed when the partition is complete.
#[derive(Debug)]
pub(crate) struct Attempts {
    folder: PathBuf,
    /// What the names of all attempts of the plan start with.
    plan: String,
}

/// An attempt: only this process writes to its files.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// Its name.
    pub(crate) name: String,
    /// The file with its state.
    pub(crate) state: StateFile,
    folder: PathBuf,
    /// Where an earlier attempt stopped.
    pub(crate) from: Option<Unfinished>,
}

impl Attempts {
    /// The attempts at a partition, in `folder`. `plan` is what their names start with.
    pub(crate) fn new(folder: PathBuf, plan: &str) -> Self {
        Self { folder, plan: plan.to_owned() }
    }

    /// Their folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins an attempt, where an earlier one stopped if possible.
    pub(crate) fn begin(&self, outputs: &[Output<'_>]) -> io::Result<Attempt> {
        create_private(&self.folder)?;
        let names = names_in(&self.folder)?;
        let is_name = |name: &str| name.starts_with(&self.plan) && !name.contains('.');
        // That with the most pages first.
        let mut earlier: Vec<_> = names
            .iter()
            .map(|name| (name.strip_suffix(ENDED).unwrap_or(name), name.ends_with(ENDED)))
            .filter(|(name, _)| is_name(name))
            .map(|(name, has_ended)| (name, has_ended, self.unfinished(name)))
            .collect();
        let pages = |unfinished: &Option<Unfinished>| {
            unfinished.as_ref().map_or(0, |unfinished| unfinished.checkpoint.so_far().pages)
        };
        earlier.sort_by_key(|(_, has_ended, unfinished)| (pages(unfinished), *has_ended));
        for (name, has_ended, unfinished) in earlier.into_iter().rev() {
            if has_ended
                && fs::rename(self.folder.join(format!("{name}{ENDED}")), self.folder.join(name)).is_ok()
            {
                return Ok(self.attempt(name, unfinished));
            }
            if unfinished.is_some_and(|unfinished| !unfinished.checkpoint.is_blank())
                && let Some(attempt) = self.copy(name, outputs)?
            {
                return Ok(attempt);
            }
        }
        self.start()
    }

    /// Begins an attempt from the first page.
    pub(crate) fn start(&self) -> io::Result<Attempt> {
        create_private(&self.folder)?;
        let name = format!("{}{:08x}", self.plan, RandomState::new().build_hasher().finish() >> 32);
        // The file says that there is such an attempt, before it has any other.
        SystemDisk.open(&self.folder.join(&name), Open::NewPrivate)?;
        Ok(self.attempt(&name, None))
    }

    fn attempt(&self, name: &str, from: Option<Unfinished>) -> Attempt {
        Attempt { name: name.to_owned(), state: self.state(name), folder: self.folder.clone(), from }
    }

    fn state(&self, name: &str) -> StateFile {
        StateFile::new(Arc::new(SystemDisk), &self.folder, name)
    }

    /// What an attempt has saved. A damaged state is of no use, and no error: the partition can be pulled again.
    fn unfinished(&self, name: &str) -> Option<Unfinished> {
        self.state(name).load().ok()?.unfinished
    }

    /// Begins an attempt with copies of what another one has written, which may still be running. `None` if it cannot be
    /// copied.
    fn copy(&self, other: &str, outputs: &[Output<'_>]) -> io::Result<Option<Attempt>> {
        let attempt = self.start()?;
        for _ in 0..MOST_COPIES {
            let Some(before) = self.unfinished(other) else { break };
            let copied = self.copy_files(other, &attempt.name, outputs);
            let is_same = |after: &Checkpoint| is_continued(&before.checkpoint, after);
            let is_usable = copied.is_ok()
                && self.unfinished(other).is_some_and(|after| is_same(&after.checkpoint))
                && opens(&before.checkpoint, &attempt.name, outputs);
            if is_usable {
                let state = State { unfinished: Some(before.clone()), ..State::default() };
                if attempt.state.save(&state).is_ok() {
                    return Ok(Some(Attempt { from: Some(before), ..attempt }));
                }
            }
        }
        self.remove(&attempt.name, outputs)?;
        Ok(None)
    }

    fn copy_files(&self, from: &str, to: &str, outputs: &[Output<'_>]) -> io::Result<()> {
        for output in outputs {
            let of = |attempt| output.files_of(attempt).map_err(io::Error::other);
            for (from, to) in of(from)?.into_iter().zip(of(to)?) {
                copy_if_there(&from, &to)?;
            }
            let folder = output.path_of(to).map_err(io::Error::other)?;
            SystemDisk.sync_folder(folder.parent().unwrap_or(&folder))?;
        }
        for journal in ["pages", "keys", "ended"] {
            let path = |attempt| self.folder.join(format!("{attempt}.{journal}"));
            copy_if_there(&path(from), &path(to))?;
        }
        Ok(())
    }

    /// Removes everything that attempts at the partition have left, because it is complete or starts again.
    pub(crate) fn remove_all(&self, outputs: &[Output<'_>]) -> io::Result<()> {
        let names = names_in(&self.folder)?;
        for name in &names {
            let name = name.split('.').next().unwrap_or(name);
            self.remove(name, outputs)?;
        }
        match fs::remove_dir(&self.folder) {
            // Another worker removed it first, or is about to; or a network file system still has a file that is open.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                Ok(())
            }
            removed => removed,
        }
    }

    /// Removes an attempt. The file that says that there is one goes last.
    fn remove(&self, name: &str, outputs: &[Output<'_>]) -> io::Result<()> {
        for output in outputs {
            let files = output.files_of(name).map_err(io::Error::other)?;
            files.iter().try_for_each(|file| remove_if_there(file))?;
        }
        let mut files = names_in(&self.folder)?;
        files.retain(|file| {
            file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        files.sort_by_key(|file| (file == name || file.ends_with(ENDED), file.len()));
        files.iter().try_for_each(|file| remove_if_there(&self.folder.join(file)))
    }
}

impl Attempt {
    /// A file of the attempt, beside its state.
    pub(crate) fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }

    /// Ends the attempt, so that another one can take it over.
    pub(crate) fn end(&self) {
        let name = self.folder.join(&self.name);
        // Otherwise the next attempt copies the files.
        let _ = fs::rename(&name, self.folder.join(format!("{}{ENDED}", self.name)));
    }

    /// Writes a file of the attempt.
    pub(crate) fn write(&self, ending: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.file(ending);
        remove_if_there(&path)?;
        let mut file = SystemDisk.open(&path, Open::NewPrivate)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        Ok(path)
    }
}

/// Whether what was committed at `before` was still there at `after`: nothing was rolled back in between.
fn is_continued(before: &Checkpoint, after: &Checkpoint) -> bool {
    let rollbacks = |checkpoint: &Checkpoint| -> Vec<_> {
        checkpoint.partitions.iter().map(|partition| (partition.id, partition.restarts)).collect()
    };
    rollbacks(before) == rollbacks(after) && before.so_far().pages <= after.so_far().pages
}

/// Whether the sinks can resume from the checkpoint with the files of the attempt.
fn opens(checkpoint: &Checkpoint, attempt: &str, outputs: &[Output<'_>]) -> bool {
    let Some(position) = &checkpoint.sinks else { return false };
    outputs.iter().all(|output| {
        let sink = output.sink_of(attempt);
        let receipt = position.receipts.get(output.sink_name);
        receipt.is_some_and(|receipt| {
            let opened = sink.open(&Variables::default(), Some((receipt, position.mark)));
            opened.is_ok_and(|opened| opened.at >= position.mark)
        })
    })
}
