//! A disk in memory that fails on request, and shows what a kill or a power cut leaves.

mod contents;
mod losses;
mod names;
#[cfg(test)]
mod tests;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use longhaul_core::disk::{Disk, DiskFile, Identity, Kind, Open};

use self::{
    contents::Contents,
    losses::Losses,
    names::{Names, Node},
};

/// A disk in memory. Clones are the same disk. Paths are absolute; there are no links.
///
/// As in POSIX, only what was synced survives a power cut, and the names in a folder are synced separately from the contents
/// of its files: a synced file may lose its name if its folder was not synced, and an unsynced rename may be undone.
///
/// Changes are operations: creating a file or folder, writing, setting a length, renaming, removing, syncing. Operations
/// are counted from 0.
#[derive(Clone, Debug, Default)]
pub struct SimulatedDisk(Arc<Mutex<State>>);

/// How a [`SimulatedDisk`] fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Only this operation fails.
    Once(Done),
    /// This and all later operations that need space fail. Half of a failing write is written. Operations that free space
    /// succeed.
    Full,
    /// This operation and everything later fails, including reads: the process was killed, or the power failed.
    Stop(Done),
}

impl Fault {
    /// All of them.
    pub const EVERY: [Self; 7] = [
        Self::Once(Done::Nothing),
        Self::Once(Done::Half),
        Self::Once(Done::All),
        Self::Full,
        Self::Stop(Done::Nothing),
        Self::Stop(Done::Half),
        Self::Stop(Done::All),
    ];
}

/// What a failing operation did before it failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// Nothing.
    Nothing,
    /// Half of a write; nothing of any other operation.
    Half,
    /// Everything: only the result was lost.
    All,
}

#[derive(Debug, Default)]
struct State {
    names: Names,
    /// The contents of all files, including removed ones.
    files: Vec<Contents>,
    operations: u64,
    /// The operations that made names durable.
    folder_syncs: Vec<u64>,
    fault: Option<(u64, Fault)>,
}

#[derive(Debug)]
struct SimulatedFile {
    disk: SimulatedDisk,
    file: usize,
    position: usize,
}

/// Whether an operation needs space on the disk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Space {
    Needed,
    NotNeeded,
}

impl SimulatedDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same disk, for code that writes to it.
    pub fn handle(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    /// Adds a durable file, and the folders above it. Not an operation.
    pub fn put(&self, path: impl AsRef<Path>, bytes: impl Into<Vec<u8>>) {
        let mut state = self.lock();
        let file = state.add(Contents::durable(bytes.into()));
        state.names.put(path.as_ref(), Node::File(file));
    }

    /// Adds a durable folder, and the folders above it. Not an operation.
    pub fn put_folder(&self, path: impl AsRef<Path>) {
        self.lock().names.put(path.as_ref(), Node::Folder);
    }

    /// Makes the operation with this number fail, instead of any set before.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        self.lock().fault = Some((operation, fault));
    }

    /// The number of operations so far.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// The operations so far that synced a folder. Before each, a power cut may undo changes of names.
    pub fn folder_syncs(&self) -> Vec<u64> {
        self.lock().folder_syncs.clone()
    }

    /// The contents of the file; `None` if it does not exist.
    pub fn contents(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.lock();
        match state.names.get(path.as_ref()) {
            Some(Node::File(file)) => Some(state.files[file].bytes.clone()),
            _ => None,
        }
    }

    /// The paths of all files, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        self.lock().names.files()
    }

    /// Tells disks apart: those with the same fingerprint behave in the same way, as long as they do not fail.
    pub fn fingerprint(&self) -> u64 {
        let (state, mut hasher) = (self.lock(), DefaultHasher::new());
        state.names.hash(&mut hasher);
        for number in state.names.numbers() {
            state.files[number].hash(&mut hasher);
        }
        hasher.finish()
    }

    /// The disk that the next process finds after a kill. It has every change, but a power cut can still undo unsynced ones.
    /// It does not fail, and counts operations from 0.
    #[must_use]
    pub fn after_kill(&self) -> Self {
        let state = self.lock();
        Self::with(state.names.clone(), state.files.clone())
    }

    /// The disk after a power cut. It has all synced changes. `seed` decides which of the others: 0 keeps none, 1 keeps all,
    /// other seeds keep some. It does not fail, and counts operations from 0.
    #[must_use]
    pub fn after_power_cut(&self, seed: u64) -> Self {
        let state = self.lock();
        let mut losses = Losses::new(seed);
        let names = state.names.after_power_cut(&mut losses);
        let files = state.files.iter().map(|file| Contents::durable(file.after_power_cut(&mut losses)));
        Self::with(names, files.collect())
    }

    fn with(names: Names, files: Vec<Contents>) -> Self {
        Self(Arc::new(Mutex::new(State { names, files, ..State::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, contents: Contents) -> usize {
        self.files.push(contents);
        self.files.len() - 1
    }

    fn identity(&self, file: usize) -> Identity {
        Identity { file: (0, file as u64), length: self.files[file].bytes.len() as u64 }
    }

    /// Fails if the disk has stopped. For operations that only read.
    fn running(&self) -> io::Result<&Self> {
        match self.fault {
            Some((at, Fault::Stop(_))) if self.operations > at => Err(gone()),
            _ => Ok(self),
        }
    }

    /// Counts an operation. Returns how much of it is done, and its result.
    fn next(&mut self, space: Space) -> (Done, io::Result<()>) {
        let operation = self.operations;
        self.operations += 1;
        match self.fault {
            Some((at, Fault::Once(done))) if operation == at => (done, Err(full())),
            Some((at, Fault::Full)) if operation == at && space == Space::Needed => (Done::Half, Err(full())),
            Some((at, Fault::Full)) if operation > at && space == Space::Needed => {
                (Done::Nothing, Err(full()))
            }
            Some((at, Fault::Stop(done))) if operation == at => (done, Err(gone())),
            Some((at, Fault::Stop(_))) if operation > at => (Done::Nothing, Err(gone())),
            _ => (Done::All, Ok(())),
        }
    }

    /// An atomic operation.
    fn operate<T>(
        &mut self,
        space: Space,
        operation: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.next(space) {
            (_, Ok(())) => operation(self),
            (Done::All, Err(error)) => operation(self).and(Err(error)),
            (_, Err(error)) => Err(error),
        }
    }

    fn create(&mut self, path: &Path) -> io::Result<usize> {
        self.operate(Space::Needed, |state| {
            let file = state.add(Contents::default());
            state.names.create(path, Node::File(file)).map(|()| file)
        })
    }
}

impl Disk for SimulatedDisk {
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.lock();
        let found = state.running()?.names.get(path);
        let file = match (found, open) {
            (Some(Node::File(file)), Open::Existing | Open::ExistingOrNew) => file,
            (Some(Node::Folder), Open::Existing | Open::ExistingOrNew) => {
                return Err(ErrorKind::IsADirectory.into());
            }
            (None, Open::Existing) => return Err(ErrorKind::NotFound.into()),
            (_, Open::New | Open::NewPrivate) | (None, Open::ExistingOrNew) => state.create(path)?,
        };
        Ok(Box::new(SimulatedFile { disk: self.clone(), file, position: 0 }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.lock().operate(Space::NotNeeded, |state| state.names.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.lock().operate(Space::NotNeeded, |state| state.names.remove(path))
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.lock().operate(Space::Needed, |state| state.names.create(path, Node::Folder))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.lock();
        let operation = state.operations;
        state.folder_syncs.push(operation);
        state.operate(Space::NotNeeded, |state| state.names.sync(path))
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        let state = self.lock();
        let kind = state.running()?.names.get(path).map(|node| match node {
            Node::Folder => Kind::Folder,
            Node::File(file) => Kind::File(state.files[file].bytes.len() as u64),
        });
        Ok(kind)
    }

    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        let state = self.lock();
        let file = state.running()?.names.get(path).and_then(|node| match node {
            Node::Folder => None,
            Node::File(file) => Some(file),
        });
        Ok(file.map(|file| state.identity(file)))
    }
}

impl DiskFile for SimulatedFile {
    fn set_length(&self, length: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let length = index(length)?;
        let room = if length > state.files[self.file].bytes.len() { Space::Needed } else { Space::NotNeeded };
        state.operate(room, |state| {
            state.files[self.file].set_length(length);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.lock().operate(Space::NotNeeded, |state| {
            state.files[self.file].sync();
            Ok(())
        })
    }

    fn identity(&self) -> io::Result<Identity> {
        let state = self.disk.lock();
        Ok(state.running()?.identity(self.file))
    }

    fn try_lock(&self) -> io::Result<bool> {
        Ok(true)
    }
}

impl Read for SimulatedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.disk.lock();
        let bytes = &state.running()?.files[self.file].bytes;
        let mut rest = &bytes[self.position.min(bytes.len())..];
        let read = rest.read(buffer)?;
        self.position += read;
        Ok(read)
    }
}

impl Write for SimulatedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.disk.lock();
        let (done, answer) = state.next(Space::Needed);
        let written = match done {
            Done::Nothing => &[],
            Done::Half => &bytes[..bytes.len() / 2],
            Done::All => bytes,
        };
        state.files[self.file].write(self.position, written);
        self.position += written.len();
        answer.map(|()| written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for SimulatedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let state = self.disk.lock();
        let length = state.running()?.files[self.file].bytes.len() as u64;
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
            SeekFrom::Current(offset) => (self.position as u64).checked_add_signed(offset),
        };
        let position = position.ok_or(ErrorKind::InvalidInput)?;
        self.position = index(position)?;
        Ok(position)
    }
}

fn index(position: u64) -> io::Result<usize> {
    usize::try_from(position).map_err(|_| ErrorKind::InvalidInput.into())
}

fn full() -> io::Error {
    ErrorKind::StorageFull.into()
}

fn gone() -> io::Error {
    io::Error::other("the disk is gone")
}
