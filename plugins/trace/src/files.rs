//! The files that were written, and whether they are synced.

use std::{
    collections::{BTreeMap, btree_map::Entry, hash_map::DefaultHasher},
    fs::{self, File, Metadata, OpenOptions},
    hash::Hasher,
    io::{self, Read},
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    path::PathBuf,
};

use nix::{libc, unistd::Pid};

/// A file's identity: its device and inode.
pub(crate) type Id = (u64, u64);

/// All files that were written.
#[derive(Debug, Default)]
pub(crate) struct Files {
    written: BTreeMap<Id, Written>,
    /// Counts the writes, so that a sync covers only those before it.
    writes: u64,
}

/// A file that was written.
#[derive(Debug)]
struct Written {
    /// Keeps the inode, so that its number is not used again, and knows the current name of the file.
    file: File,
    /// The last write that no sync covers.
    unsynced: Option<u64>,
    /// For a mapped file: a hash of its content when it was last synced. Writes to memory are no system calls.
    mapped: Option<u64>,
}

/// The syncs that a call will have made when it returns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syncing {
    /// The file; `None` for all files.
    file: Option<Id>,
    /// The last write that is covered.
    up_to: u64,
}

impl Files {
    /// Adds a write to the file that `thread` has open as `descriptor`.
    pub(crate) fn write(&mut self, thread: Pid, descriptor: u64) -> io::Result<()> {
        self.writes += 1;
        let number = self.writes;
        if let Some(written) = self.find(thread, descriptor)? {
            written.unsynced = Some(number);
        }
        Ok(())
    }

    /// Adds a shared mapping of the file.
    pub(crate) fn map(&mut self, thread: Pid, descriptor: u64) -> io::Result<()> {
        if let Some(written) = self.find(thread, descriptor)?
            && written.mapped.is_none()
        {
            written.mapped = Some(written.hash()?);
        }
        Ok(())
    }

    /// Begins to sync this file, or all files. [`synced`](Self::synced) ends it.
    pub(crate) fn sync(&mut self, file: Option<Id>) -> io::Result<Syncing> {
        for written in self.covered(file) {
            if written.mapped.is_some() {
                written.mapped = Some(written.hash()?);
            }
        }
        Ok(Syncing { file, up_to: self.writes })
    }

    /// Ends a sync.
    pub(crate) fn synced(&mut self, Syncing { file, up_to }: Syncing) {
        for written in self.covered(file) {
            written.unsynced = written.unsynced.filter(|&write| write > up_to);
        }
    }

    /// The mapped file with this inode. The list of mappings may show another device than the file has.
    pub(crate) fn mapped(&self, inode: u64) -> Option<Id> {
        self.written
            .iter()
            .find(|((_, found), file)| *found == inode && file.mapped.is_some())
            .map(|(id, _)| *id)
    }

    /// The files that would lose data in a crash, in order of their names.
    pub(crate) fn unsynced(&self) -> io::Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        for written in self.written.values() {
            let has_name = written.file.metadata()?.nlink() > 0;
            if has_name && written.would_lose_data()? {
                names.push(fs::read_link(written.magic_link())?);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether anything was written.
    pub(crate) fn any(&self) -> bool {
        !self.written.is_empty()
    }

    fn covered(&mut self, file: Option<Id>) -> impl Iterator<Item = &mut Written> {
        self.written
            .iter_mut()
            .filter(move |(id, _)| file.is_none_or(|file| **id == file))
            .map(|(_, file)| file)
    }

    /// `None` if it is not a regular file.
    fn find(&mut self, thread: Pid, descriptor: u64) -> io::Result<Option<&mut Written>> {
        let Some(found) = metadata(thread, descriptor) else { return Ok(None) };
        Ok(Some(match self.written.entry(id(&found)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let path = link(thread, descriptor);
                let file = OpenOptions::new().read(true).custom_flags(libc::O_PATH).open(path)?;
                new.insert(Written { file, unsynced: None, mapped: None })
            }
        }))
    }
}

impl Written {
    fn would_lose_data(&self) -> io::Result<bool> {
        if self.unsynced.is_some() {
            return Ok(true);
        }
        match self.mapped {
            Some(synced) => Ok(self.hash()? != synced && !self.is_index_of_sqlite()?),
            None => Ok(false),
        }
    }

    /// SQLite builds the index of its write-ahead log again after a crash, so it never syncs it.
    fn is_index_of_sqlite(&self) -> io::Result<bool> {
        Ok(fs::read_link(self.magic_link())?.to_string_lossy().ends_with("-shm"))
    }

    fn hash(&self) -> io::Result<u64> {
        let (mut content, mut buffer) = (File::open(self.magic_link())?, vec![0; 1 << 16]);
        let mut hasher = DefaultHasher::new();
        loop {
            match content.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                read => hasher.write(&buffer[..read]),
            }
        }
    }

    fn magic_link(&self) -> String {
        format!("/proc/self/fd/{}", self.file.as_raw_fd())
    }
}

/// The identity of the regular file that `thread` has open as `descriptor`.
pub(crate) fn identity(thread: Pid, descriptor: u64) -> Option<Id> {
    metadata(thread, descriptor).map(|found| id(&found))
}

/// Whether each write to the file is synced.
pub(crate) fn syncs_each_write(thread: Pid, descriptor: u64) -> bool {
    let info = fs::read_to_string(format!("/proc/{thread}/fdinfo/{descriptor}")).unwrap_or_default();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    // `O_SYNC` includes this flag.
    flags.is_some_and(|flags| flags & libc::O_DSYNC != 0)
}

/// The inodes of the files that `thread` has mapped in this range.
pub(crate) fn mapped_inodes(thread: Pid, address: u64, length: u64) -> io::Result<Vec<u64>> {
    let maps = fs::read_to_string(format!("/proc/{thread}/maps"))?;
    // Each line: `start-end permissions offset device inode name`.
    let overlapping = |line: &str| {
        let mut fields = line.split_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
        let inode = fields.nth(3)?.parse().ok()?;
        (start < address.saturating_add(length) && address < end && inode != 0).then_some(inode)
    };
    Ok(maps.lines().filter_map(overlapping).collect())
}

fn metadata(thread: Pid, descriptor: u64) -> Option<Metadata> {
    fs::metadata(link(thread, descriptor)).ok().filter(Metadata::is_file)
}

fn link(thread: Pid, descriptor: u64) -> String {
    format!("/proc/{thread}/fd/{descriptor}")
}

fn id(metadata: &Metadata) -> Id {
    (metadata.dev(), metadata.ino())
}
