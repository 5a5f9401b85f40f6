//! The open sink.

use std::{
    fs::{self, File},
    io::{self, Write},
    mem,
    path::PathBuf,
    thread,
};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError, sync_folder_of};

#[cfg(target_os = "linux")]
use crate::system::{Msync, append_mapped, sync_file_range};
use crate::{Mutation, complete, with_ending};

#[derive(Debug)]
pub(crate) struct LineFile {
    path: PathBuf,
    /// `None` if the pull was already complete.
    file: Option<File>,
    length: u64,
    mutation: Mutation,
    /// Lines that are not in the file yet.
    buffer: Vec<u8>,
    last_record: Vec<u8>,
    commits: u32,
    first_receipt: Option<Receipt>,
}

impl LineFile {
    pub(crate) fn new(path: PathBuf, file: Option<File>, length: u64, mutation: Mutation) -> Self {
        let (buffer, last_record) = (Vec::new(), Vec::new());
        Self { path, file, length, mutation, buffer, last_record, commits: 0, first_receipt: None }
    }

    /// The lines of a page, as the mutation changes them.
    fn lines(&mut self, batch: &Batch<'_>) -> Vec<u8> {
        let mut lines = Vec::new();
        for record in batch.records() {
            let is_repeat = self.last_record == record;
            record.clone_into(&mut self.last_record);
            match self.mutation {
                Mutation::SkipsRepeats if is_repeat => continue,
                Mutation::WritesBinary => lines.extend(b"\x00\x01"),
                Mutation::LosesNonAscii => {
                    lines.extend(
                        String::from_utf8_lossy(record).replace(|c: char| !c.is_ascii(), "?").bytes(),
                    );
                    lines.push(b'\n');
                    continue;
                }
                _ => {}
            }
            lines.extend(record);
            lines.push(b'\n');
        }
        if self.mutation == Mutation::LosesTheLastRecord && batch.len() > 2 {
            let end = lines[..lines.len() - 1].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            lines.truncate(end);
        }
        lines
    }

    fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        match self.mutation {
            #[cfg(target_os = "linux")]
            Mutation::MapsAndSyncs => append_mapped(file, lines, Msync::Now),
            #[cfg(target_os = "linux")]
            Mutation::MapsAndSyncsLater => append_mapped(file, lines, Msync::Later),
            #[cfg(target_os = "linux")]
            Mutation::MapsWithoutSyncing => append_mapped(file, lines, Msync::Never),
            Mutation::WritesIndexUnsynced => {
                fs::write(with_ending(&self.path, "part.index"), self.length.to_string())?;
                file.write_all(lines)
            }
            Mutation::UsesAnUnnamedFile => {
                let name = with_ending(&self.path, "unnamed");
                let mut unnamed = File::create(&name)?;
                fs::remove_file(&name)?;
                unnamed.write_all(lines)?;
                file.write_all(lines)
            }
            _ => file.write_all(lines),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        match self.mutation {
            Mutation::NeverSyncs
            | Mutation::OpensWithDsync
            | Mutation::MapsAndSyncs
            | Mutation::MapsAndSyncsLater
            | Mutation::MapsWithoutSyncing
            | Mutation::SyncsWithTheNextPage => Ok(()),
            Mutation::SyncsOnce if self.commits > 0 => Ok(()),
            Mutation::SyncsOnlyTheFolder => sync_folder_of(&self.path),
            #[cfg(target_os = "linux")]
            Mutation::SyncsARange => {
                sync_file_range(file);
                Ok(())
            }
            Mutation::SyncsBeforeWriting => {
                file.sync_data()?;
                let lines = mem::take(&mut self.buffer);
                self.append(&lines)
            }
            _ => file.sync_data(),
        }
    }

    fn publish(&mut self) -> io::Result<()> {
        let lines = mem::take(&mut self.buffer);
        self.append(&lines)?;
        let index = with_ending(&self.path, "part.index");
        if index.exists() {
            fs::remove_file(index)?;
        }
        if self.mutation == Mutation::EmptyFilesAreMissing && self.length == 0 {
            return fs::remove_file(with_ending(&self.path, "part"));
        }
        fs::rename(with_ending(&self.path, "part"), &self.path)?;
        sync_folder_of(&self.path)
    }
}

impl Sink for LineFile {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let failed = |error| SinkError::io("cannot write", error);
        let lines = self.lines(batch);
        self.length += lines.len() as u64;
        let Some(file) = &self.file else { return Err(complete()) };
        match self.mutation {
            Mutation::SyncsWithTheNextPage => file.sync_data().map_err(failed)?,
            Mutation::AcknowledgesEarly | Mutation::SyncsBeforeWriting => {
                self.buffer.extend(lines);
                return Ok(());
            }
            _ => {}
        }
        self.append(&lines).map_err(failed)
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        if self.mutation == Mutation::BlocksInCommit {
            thread::park();
        }
        self.sync().map_err(|error| SinkError::io("cannot sync", error))?;
        self.commits += 1;
        if self.mutation == Mutation::PublishesEarly && self.file.is_some() {
            let copied = fs::copy(with_ending(&self.path, "part"), &self.path);
            let synced = copied.and_then(|_| File::open(&self.path)?.sync_all());
            synced.map_err(|error| SinkError::io("cannot publish", error))?;
        }
        let receipt = Receipt(self.length.to_string());
        let first = self.first_receipt.get_or_insert_with(|| receipt.clone());
        Ok(if self.mutation == Mutation::KeepsTheFirstReceipt { first.clone() } else { receipt })
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        if self.file.is_some() {
            self.publish().map_err(|error| SinkError::io("cannot publish", error))?;
            let file = self.file.take();
            if self.mutation == Mutation::LeavesTheFileOpen {
                mem::forget(file);
            }
        }
        Ok(())
    }
}

impl Drop for LineFile {
    fn drop(&mut self) {
        match self.mutation {
            Mutation::PublishesWhenDropped if self.file.is_some() => drop(self.publish()),
            Mutation::BlocksInDrop => thread::park(),
            _ => {}
        }
    }
}
