//! What was begun and uploaded of an object.

use std::{
    collections::BTreeMap,
    io::{self, Read, SeekFrom},
    path::PathBuf,
    sync::Arc,
};

use longhaul_core::disk::{Disk, DiskFile, Open};

/// A file of lines, one for each event. It is open and locked while the object is written.
#[derive(Debug)]
pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    file: Box<dyn DiskFile>,
    known: Known,
}

/// What a journal says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Known {
    /// The tag of the pull.
    pub(super) tag: Option<String>,
    /// Whether an upload was about to be begun.
    pub(super) is_begun: bool,
    /// The upload, once its name was known.
    pub(super) upload: Option<String>,
    /// The parts that the store has confirmed.
    pub(super) etags: BTreeMap<u32, String>,
    /// The first part whose local file was not removed.
    pub(super) first_local: u32,
    /// The last part that had a local file.
    pub(super) last_local: u32,
}

/// An event.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entry<'a> {
    /// A pull with this tag begins.
    Tag(&'a str),
    /// An upload is about to be begun.
    Begin,
    /// The upload has this name.
    Upload(&'a str),
    /// A part gets a local file.
    Local(u32),
    /// The store has confirmed a part.
    Part(u32, &'a str),
    /// The local files of the parts before this one are about to be removed.
    Kept(u32),
    /// The object was rolled back: what is known of this part and of later ones does not hold any more.
    Cut(u32),
    /// The upload is not used any more.
    Dropped,
}

impl Journal {
    /// Opens the journal at `path`, and locks it. Returns `None` if another process has it.
    pub(super) fn open(disk: Arc<dyn Disk>, path: PathBuf) -> io::Result<Option<Self>> {
        let mut file = disk.open(&path, Open::ExistingOrNew)?;
        // The other process may be done with it, and have removed it.
        if !file.try_lock()? || disk.identity(&path)?.map(|found| found.file) != Some(file.identity()?.file) {
            return Ok(None);
        }
        let mut text = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut known = Known::default();
        String::from_utf8_lossy(&text[..whole]).lines().for_each(|line| known.read(line));
        if whole < text.len() {
            // A line that was cut off by a crash.
            file.set_length(whole as u64)?;
        }
        file.seek(SeekFrom::Start(whole as u64))?;
        Ok(Some(Self { disk, path, file, known }))
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Adds an event, which survives a crash after the next [`sync`](Self::sync).
    pub(super) fn add(&mut self, entry: Entry<'_>) -> io::Result<()> {
        let line = entry.line();
        self.file.write_all(line.as_bytes())?;
        self.known.read(line.trim_end_matches('\n'));
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.file.set_length(0)?;
        self.file.rewind()?;
        self.file.sync()?;
        self.known = Known::default();
        Ok(())
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> io::Result<()> {
        longhaul_core::disk::remove_if_there(&*self.disk, &self.path)
    }
}

impl Entry<'_> {
    fn line(self) -> String {
        match self {
            Self::Tag(tag) => format!("tag {tag}\n"),
            Self::Begin => "begin\n".to_owned(),
            Self::Upload(id) => format!("upload {id}\n"),
            Self::Local(number) => format!("local {number}\n"),
            Self::Part(number, etag) => format!("part {number} {etag}\n"),
            Self::Kept(number) => format!("kept {number}\n"),
            Self::Cut(number) => format!("cut {number}\n"),
            Self::Dropped => "dropped\n".to_owned(),
        }
    }
}

impl Known {
    /// Adds a line. One that is not understood is skipped: then less is known, which is safe.
    fn read(&mut self, line: &str) {
        let (event, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number = || rest.parse::<u32>().ok();
        match event {
            "tag" => *self = Self { tag: Some(rest.to_owned()), first_local: 1, ..Self::default() },
            "begin" => self.is_begun = true,
            "upload" => self.upload = Some(rest.to_owned()),
            "local" => self.last_local = self.last_local.max(number().unwrap_or_default()),
            "part" => {
                let part = rest.split_once(' ');
                let part = part.and_then(|(number, etag)| Some((number.parse().ok()?, etag.to_owned())));
                self.etags.extend(part);
            }
            "kept" => self.first_local = number().unwrap_or(self.first_local),
            "cut" => {
                let number = number().unwrap_or(1);
                self.etags.retain(|part, _| *part < number);
            }
            "dropped" => {
                (self.is_begun, self.upload) = (false, None);
                self.etags.clear();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Known};

    #[test]
    fn entries_are_read_from_their_own_lines() {
        let mut known = Known::default();
        let mut add = |entries: &[Entry<'_>]| {
            for entry in entries {
                known.read(entry.line().trim_end_matches('\n'));
            }
            known.clone()
        };
        add(&[Entry::Tag("old"), Entry::Begin, Entry::Tag("t"), Entry::Local(1), Entry::Begin]);
        let known =
            add(&[Entry::Upload("u "), Entry::Part(1, "\"a b\""), Entry::Local(3), Entry::Part(2, "c")]);
        assert_eq!(known.tag.as_deref(), Some("t"));
        assert_eq!(known.upload.as_deref(), Some("u "));
        assert_eq!((known.first_local, known.last_local), (1, 3));
        assert_eq!(known.etags.into_iter().collect::<Vec<_>>(), [(1, "\"a b\"".into()), (2, "c".into())]);
        let known = add(&[Entry::Cut(2), Entry::Kept(2)]);
        assert_eq!((known.etags.len(), known.first_local), (1, 2));
        let known = add(&[Entry::Dropped]);
        assert_eq!((known.is_begun, known.upload, known.etags.len()), (false, None, 0));
    }
}
