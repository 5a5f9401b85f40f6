//! Where the pages of a partition wait for its turn.

use std::{
    io::{self, BufReader, ErrorKind, Read, Seek, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    disk::{Disk, DiskFile, Open, remove_if_there},
    sink::{Batch, Lines},
    state::StateError,
};

/// How much of a partition waits in memory; the rest waits on disk.
const IN_MEMORY: usize = 64 * 1024;

/// The folder where pages wait for their turn. Nothing in it outlives the run.
#[derive(Clone, Debug)]
pub struct SpoolFolder {
    /// The disk.
    pub disk: Arc<dyn Disk>,
    /// The folder, which exists.
    pub path: PathBuf,
}

/// The pages of a partition that waits for its turn.
#[derive(Debug, Default)]
pub(super) struct Spool {
    /// The last pages, each after its length in 8 bytes.
    memory: Vec<u8>,
    file: Option<SpoolFile>,
}

/// A file that is removed at the end.
#[derive(Debug)]
struct SpoolFile {
    file: Box<dyn DiskFile>,
    disk: Arc<dyn Disk>,
    path: PathBuf,
}

impl Spool {
    /// Adds a page.
    pub(super) fn push(&mut self, batch: &Batch<'_>, folder: &SpoolFolder) -> Result<(), StateError> {
        self.memory.extend((batch.bytes().len() as u64).to_le_bytes());
        self.memory.extend(batch.bytes());
        if self.memory.len() < IN_MEMORY {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(SpoolFile::create(folder)?),
        };
        let written = file.file.write_all(&self.memory);
        self.memory = Vec::new();
        written.map_err(|source| StateError::Unwritable { path: file.path.clone(), source })
    }

    /// Calls `each` with every page, in order.
    pub(super) fn drain<E: From<StateError>>(
        &mut self,
        mut each: impl FnMut(&mut Lines) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(mut file) = self.file.take() {
            let path = file.path.clone();
            let unreadable = |source| StateError::Unreadable { path: path.clone(), source };
            file.file.rewind().map_err(unreadable)?;
            let mut pages = BufReader::with_capacity(IN_MEMORY, &mut *file.file);
            read(&mut pages, unreadable, &mut each)?;
        }
        let memory = std::mem::take(&mut self.memory);
        let unreadable = |source| StateError::Unreadable { path: PathBuf::new(), source };
        read(&mut memory.as_slice(), unreadable, &mut each)
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
    fn create(folder: &SpoolFolder) -> Result<Self, StateError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.path.join(format!("{}-{number}.spool", std::process::id()));
        let disk = Arc::clone(&folder.disk);
        // A process with the same number may have been killed here.
        let created = remove_if_there(&*disk, &path).and_then(|()| disk.open(&path, Open::NewPrivate));
        let file = created.map_err(|source| StateError::Unwritable { path: path.clone(), source })?;
        // An open file needs no name on most systems, and one without a name cannot be left behind.
        let _ = disk.remove(&path);
        Ok(Self { file, disk, path })
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        // Where an open file keeps its name, it is removed now. If that fails, too, it is only a leftover.
        let _ = remove_if_there(&*self.disk, &self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    #[test]
    fn pages_come_back_in_order_from_memory_and_disk() {
        let folder = SpoolFolder { disk: Arc::new(SystemDisk), path: std::env::temp_dir() };
        for length in [1, 5_000, 70_000] {
            let mut spool = Spool::default();
            let mut expected = Vec::new();
            for page in 0..30_usize {
                let mut lines = Lines::default();
                (0..page % 3).for_each(|_| lines.push(&[&page.to_string(), &"x".repeat(length)]));
                spool.push(&lines.batch(), &folder).unwrap();
                expected.push((lines.bytes, lines.ends));
            }
            assert_eq!(spool.file.is_some(), length > 1, "{length}");
            assert!(spool.memory.len() < IN_MEMORY);
            let mut found = Vec::new();
            spool
                .drain::<StateError>(|lines| {
                    found.push((lines.bytes.clone(), lines.ends.clone()));
                    Ok(())
                })
                .unwrap();
            assert!(found == expected, "{length}");
        }
    }
}
