//! Where the pages of a partition wait for its turn.

use std::{
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use crate::{
    disk::{Disk, DiskFile, Open, remove_if_there},
    partition::PartitionId,
    sink::{Batch, Lines, Variables},
    state::{Damage, StateError},
};

/// How much of a partition waits in memory; the rest waits on disk.
const IN_MEMORY: usize = 64 * 1024;

/// Where pages wait for their turn.
#[derive(Clone, Debug)]
pub struct SpoolFolder {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The folder, which exists.
    pub path: PathBuf,
    /// The start of the names of all files.
    pub name: String,
    /// Whether no later run needs the files. Then they have no names, where the system allows that.
    pub is_temporary: bool,
}

/// The pages of a partition that waits for its turn.
#[derive(Debug, Default)]
pub(super) struct Spool {
    /// The last pages, each after its length in 8 bytes.
    memory: Vec<u8>,
    file: Option<SpoolFile>,
}

/// The file of a spool. It is removed at the end, unless a checkpoint mentions it.
#[derive(Debug)]
pub(super) struct SpoolFile {
    file: Box<dyn DiskFile>,
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// Its length in bytes.
    length: u64,
    is_saved: bool,
}

impl SpoolFolder {
    /// The file for the pages of a partition.
    pub fn file(&self, id: PartitionId) -> PathBuf {
        self.path.join(format!("{}.{}.spool", self.name, Variables::file_name(&id.to_string())))
    }
}

impl Spool {
    /// The spool that an earlier run committed at this length.
    pub(super) fn resume(folder: &SpoolFolder, id: PartitionId, length: u64) -> Result<Self, StateError> {
        let (disk, path) = (Arc::clone(&folder.disk), folder.file(id));
        let unreadable = |source| StateError::Unreadable { path: path.clone(), source };
        let mut file = disk.open(&path, Open::Existing).map_err(unreadable)?;
        let found = file.seek(SeekFrom::End(0)).map_err(unreadable)?;
        if found < length {
            return Err(StateError::Damaged { path, source: Damage::Short { found, written: length } });
        }
        file.set_length(length).and_then(|()| file.seek(SeekFrom::Start(length))).map_err(unreadable)?;
        Ok(Self { memory: Vec::new(), file: Some(SpoolFile { file, disk, path, length, is_saved: true }) })
    }

    /// Adds a page.
    pub(super) fn push(
        &mut self,
        batch: &Batch<'_>,
        folder: &SpoolFolder,
        id: PartitionId,
    ) -> Result<(), StateError> {
        self.memory.extend((batch.bytes().len() as u64).to_le_bytes());
        self.memory.extend(batch.bytes());
        if self.memory.len() < IN_MEMORY { Ok(()) } else { self.flush(folder, id).map(drop) }
    }

    /// Makes all pages durable, and returns the length of the file.
    pub(super) fn commit(&mut self, folder: &SpoolFolder, id: PartitionId) -> Result<u64, StateError> {
        let file = self.flush(folder, id)?;
        let synced = file.file.sync().and_then(|()| file.disk.sync_folder(&folder.path));
        synced.map_err(|source| StateError::Unwritable { path: file.path.clone(), source })?;
        Ok(file.length)
    }

    /// Notes that a checkpoint mentions the file.
    pub(super) fn keep(&mut self) {
        if let Some(file) = &mut self.file {
            file.is_saved = true;
        }
    }

    /// Removes all pages, which no checkpoint mentions.
    pub(super) fn remove(&mut self) {
        if let Some(file) = self.file.take() {
            file.remove();
        }
        self.memory = Vec::new();
    }

    fn flush(&mut self, folder: &SpoolFolder, id: PartitionId) -> Result<&mut SpoolFile, StateError> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(SpoolFile::create(folder, id)?),
        };
        // If an earlier attempt failed, what it wrote is overwritten.
        let placed = file.file.seek(SeekFrom::Start(file.length));
        let written = placed.and_then(|_| file.file.write_all(&self.memory));
        written.map_err(|source| StateError::Unwritable { path: file.path.clone(), source })?;
        file.length += self.memory.len() as u64;
        self.memory = Vec::new();
        Ok(file)
    }

    /// Calls `each` with every page, in order, and returns the file, which is not needed once the pages are durable elsewhere.
    pub(super) fn drain<E: From<StateError>>(
        mut self,
        mut each: impl FnMut(&mut Lines) -> Result<(), E>,
    ) -> Result<Option<SpoolFile>, E> {
        if let Some(file) = &mut self.file {
            let path = file.path.clone();
            let unreadable = |source| StateError::Unreadable { path: path.clone(), source };
            file.file.rewind().map_err(unreadable)?;
            let mut pages = BufReader::with_capacity(IN_MEMORY, &mut *file.file);
            read(&mut pages, unreadable, &mut each)?;
        }
        let unreadable = |source| StateError::Unreadable { path: PathBuf::new(), source };
        read(&mut self.memory.as_slice(), unreadable, &mut each)?;
        Ok(self.file)
    }
}

/// Calls `each` with every page in `pages`.
fn read<E: From<StateError>>(
    pages: &mut dyn Read,
    unreadable: impl Fn(io::Error) -> StateError,
    each: &mut impl FnMut(&mut Lines) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = Lines::default();
    let mut length = [0; 8];
    loop {
        match pages.read_exact(&mut length) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read.map_err(&unreadable)?,
        }
        let length = u64::from_le_bytes(length);
        lines.clear();
        let read = pages.take(length).read_to_end(&mut lines.bytes).map_err(&unreadable)?;
        if read as u64 != length {
            return Err(unreadable(ErrorKind::UnexpectedEof.into()).into());
        }
        lines.ends.extend(memchr::memchr_iter(b'\n', &lines.bytes).map(|end| end + 1));
        each(&mut lines)?;
    }
}

impl SpoolFile {
    fn create(folder: &SpoolFolder, id: PartitionId) -> Result<Self, StateError> {
        let (disk, path) = (Arc::clone(&folder.disk), folder.file(id));
        // A run that was killed may have left one.
        let created = remove_if_there(&*disk, &path).and_then(|()| disk.open(&path, Open::NewPrivate));
        let file = created.map_err(|source| StateError::Unwritable { path: path.clone(), source })?;
        if folder.is_temporary {
            // If this fails, it is removed at the end.
            let _ = disk.remove(&path);
        }
        Ok(Self { file, disk, path, length: 0, is_saved: false })
    }

    /// Whether a checkpoint mentions it.
    pub(super) fn is_saved(&self) -> bool {
        self.is_saved
    }

    /// Removes it, because no checkpoint mentions it any more.
    pub(super) fn remove(mut self) {
        self.is_saved = false;
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        if !self.is_saved {
            // If this fails, it is only a leftover.
            let _ = remove_if_there(&*self.disk, &self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    /// The bytes of a page, and the ends of its lines.
    type Page = (Vec<u8>, Vec<usize>);

    fn pages(spool: Spool) -> (Vec<Page>, Option<SpoolFile>) {
        let mut found = Vec::new();
        let file = spool.drain::<StateError>(|lines| {
            found.push((lines.bytes.clone(), lines.ends.clone()));
            Ok(())
        });
        (found, file.unwrap())
    }

    #[test]
    fn pages_come_back_in_order_from_memory_and_disk() {
        let name = format!("longhaul-spool-{}", std::process::id());
        let folder =
            SpoolFolder { disk: Arc::new(SystemDisk), path: std::env::temp_dir(), name, is_temporary: false };
        for (number, length) in [1, 5_000, 70_000].into_iter().enumerate() {
            let id = PartitionId { parent: Some(number as u64), window: None };
            let mut spool = Spool::default();
            let (mut expected, mut committed) = (Vec::new(), (0, 0));
            for page in 0..30_usize {
                let mut lines = Lines::default();
                (0..page % 3).for_each(|_| lines.push(&[&page.to_string(), &"x".repeat(length)]));
                spool.push(&lines.batch(), &folder, id).unwrap();
                expected.push((lines.bytes, lines.ends));
                if page == 20 {
                    committed = (spool.commit(&folder, id).unwrap(), expected.len());
                }
            }
            assert!(spool.memory.len() < IN_MEMORY);
            spool.keep();
            let (found, file) = pages(spool);
            assert!(found == expected, "{length}");
            assert!(file.unwrap().is_saved());
            // It was saved, so a later run finds it.
            let resumed = Spool::resume(&folder, id, committed.0).unwrap();
            let (found, file) = pages(resumed);
            assert!(found == expected[..committed.1], "{length}");
            file.unwrap().remove();
            assert!(matches!(Spool::resume(&folder, id, 1), Err(StateError::Unreadable { .. })));
        }
    }
}
