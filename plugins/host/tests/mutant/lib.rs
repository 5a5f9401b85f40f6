//! A sink that writes lines to a file. The option `mutation` makes it violate its contract in one way.
#![expect(unsafe_code, reason = "mapped files and `sync_file_range` need it")]

mod sink;
#[cfg(target_os = "linux")]
mod system;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use longhaul_plugin::{
    Destination, Mark, OpenSink, Opened, Place, PluginSink, Receipt, SinkError, SinkErrorKind, Variables,
    export_sink, sync_folder_of,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What the sink does wrong, or differently.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Mutation {
    /// Nothing.
    #[default]
    None,
    // These keep the contract.
    OpensWithDsync,
    MapsAndSyncs,
    UsesAnUnnamedFile,
    // These violate it.
    AcceptsAnyOption,
    AcknowledgesEarly,
    BlocksInCommit,
    BlocksInDrop,
    EmptyFilesAreMissing,
    ForgetsToTruncate,
    KeepsTheFirstReceipt,
    LeavesALockFile,
    LeavesTheFileOpen,
    LosesNonAscii,
    LosesTheLastRecord,
    MapsAndSyncsLater,
    MapsWithoutSyncing,
    NeverSyncs,
    PublishesEarly,
    PublishesWhenDropped,
    SkipsRepeats,
    SyncsARange,
    SyncsBeforeWriting,
    SyncsOnce,
    SyncsOnlyTheFolder,
    SyncsWithTheNextPage,
    WritesBinary,
    WritesIndexUnsynced,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Options")]
struct Mutant {
    path: Place,
    mutation: Mutation,
}

#[derive(Debug, Deserialize)]
struct Options {
    path: Place,
    #[serde(default)]
    mutation: Mutation,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl TryFrom<Options> for Mutant {
    type Error = String;

    fn try_from(options: Options) -> Result<Self, String> {
        match options.others.keys().next() {
            Some(unknown) if options.mutation != Mutation::AcceptsAnyOption => {
                Err(format!("`{unknown}` is unknown"))
            }
            _ => Ok(Self { path: options.path, mutation: options.mutation }),
        }
    }
}

impl PluginSink for Mutant {
    const NAME: &str = "mutant";
    const SUMMARY: &str = "violates its contract in one way";
    const OPTIONS: &str = r#"{ "type": "object", "properties": { "path": {}, "mutation": {} } }"#;
}

impl OpenSink for Mutant {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.path.file(variables).map(Destination::File)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let path = self.path.file_in_folder(variables)?;
        let (length, at) = match from {
            Some((receipt, mark)) => (receipt.parse()?, mark),
            None => (0, Mark::START),
        };
        let file = match from {
            Some(_) => self.resume(&path, length),
            None => self.create(&path).map(Some),
        };
        let file = file.map_err(|error| SinkError::io("cannot open the file", error))?;
        Ok(Opened { sink: Box::new(sink::LineFile::new(path, file, length, self.mutation)), at })
    }
}

impl Mutant {
    fn create(&self, path: &Path) -> io::Result<File> {
        if self.mutation == Mutation::LeavesALockFile {
            fs::write(with_ending(path, "lock"), "")?;
        }
        let file = self.opener().create(true).truncate(true).open(with_ending(path, "part"))?;
        sync_folder_of(path)?;
        Ok(file)
    }

    fn resume(&self, path: &Path, length: u64) -> io::Result<Option<File>> {
        let mut file = match self.opener().open(with_ending(path, "part")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_complete = fs::metadata(path).is_ok_and(|file| file.len() == length);
                let hides_empty = self.mutation == Mutation::EmptyFilesAreMissing && length == 0;
                return if is_complete || hides_empty { Ok(None) } else { Err(error) };
            }
            opened => opened?,
        };
        if self.mutation != Mutation::ForgetsToTruncate {
            file.set_len(length)?;
        }
        file.seek(SeekFrom::End(0))?;
        Ok(Some(file))
    }

    fn opener(&self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        #[cfg(target_os = "linux")]
        if self.mutation == Mutation::OpensWithDsync {
            std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_DSYNC);
        }
        options
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{ending}"));
    name.into()
}

fn complete() -> SinkError {
    SinkError::new(SinkErrorKind::Broken, "the pull was already complete")
}

export_sink!(Mutant);
