//! Sinks by name, and a folder to write to.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use longhaul_core::{
    disk::{Disk, SystemDisk},
    object_store::ObjectStore,
    sink::{Mark, OpenSink, Opened, Receipt, Registry, Sink, SinkError, Variables},
};
use longhaul_sinks::{ObjectPath, Objects, Stdout, Stores, UploadedFile, register, register_with_objects};
use longhaul_tests::write_page;
use serde_json::Value;
use tempfile::TempDir;

/// The registry, with `stdout` in place of standard output.
pub(crate) fn registry(stdout: &Pipe) -> Registry {
    registry_on(Arc::new(SystemDisk), Stdout::to(stdout.clone()))
}

fn registry_on(disk: Arc<dyn Disk>, stdout: Stdout) -> Registry {
    let mut registry = Registry::default();
    register(&mut registry, stdout, disk);
    registry
}

/// The sink type `name`, configured with a table of options.
pub(crate) fn configured(name: &str, options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    configured_on(Arc::new(SystemDisk), name, options)
}

/// The sink type `name` that writes to `disk`, configured with a table of options.
pub(crate) fn configured_on(
    disk: Arc<dyn Disk>,
    name: &str,
    options: Value,
) -> Result<Box<dyn OpenSink>, SinkError> {
    let options = serde_json::from_value(options).unwrap();
    registry_on(disk, Stdout::to(io::sink())).get(name).unwrap().configure(&options)
}

/// A store of one bucket, `bucket`.
#[derive(Debug)]
struct OneBucket(Arc<dyn ObjectStore>);

impl Stores for OneBucket {
    fn bucket(&self, name: &str) -> Result<Arc<dyn ObjectStore>, SinkError> {
        assert_eq!(name, "bucket");
        Ok(Arc::clone(&self.0))
    }
}

/// The sink type `name` that writes objects to `store`, and what is not there yet to `/state/uploads` on `disk`.
pub(crate) fn configured_in(
    store: Arc<dyn ObjectStore>,
    disk: Arc<dyn Disk>,
    name: &str,
    options: Value,
) -> Result<Box<dyn OpenSink>, SinkError> {
    configured_at("/state/uploads".into(), store, disk, name, options)
}

/// The same with another folder than `/state/uploads`.
pub(crate) fn configured_at(
    folder: PathBuf,
    store: Arc<dyn ObjectStore>,
    disk: Arc<dyn Disk>,
    name: &str,
    options: Value,
) -> Result<Box<dyn OpenSink>, SinkError> {
    let objects = Objects::new(Arc::new(OneBucket(store)), Arc::clone(&disk), folder);
    let mut registry = Registry::default();
    register_with_objects(&mut registry, Stdout::to(io::sink()), disk, objects, Vec::new());
    registry.get(name).unwrap().configure(&serde_json::from_value(options).unwrap())
}

/// The sink type `ndjson`, whose file becomes an object in `store` once it is complete.
pub(crate) fn uploaded_to(
    store: Arc<dyn ObjectStore>,
    disk: Arc<dyn Disk>,
    options: Value,
) -> Result<Box<dyn OpenSink>, SinkError> {
    let objects = Objects::new(Arc::new(OneBucket(store)), Arc::clone(&disk), "/state/uploads".into());
    let registry = registry_on(disk, Stdout::to(io::sink()));
    let file = registry.get("ndjson").unwrap();
    let options = serde_json::from_value(options).unwrap();
    let uploaded = UploadedFile::configure(&options, &objects, |options| file.configure(options))?;
    Ok(Box::new(uploaded.unwrap()))
}

/// The path of objects in `store`.
pub(crate) fn object_path(path: &str, store: Arc<dyn ObjectStore>, disk: Arc<dyn Disk>) -> ObjectPath {
    let objects = Objects::new(Arc::new(OneBucket(store)), disk, "/state/uploads".into());
    ObjectPath::of(path, &objects).unwrap().unwrap()
}

/// What the reader of a pipe received.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pipe(Arc<Mutex<Vec<Vec<u8>>>>);

impl Pipe {
    /// The text of each write.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|bytes| String::from_utf8(bytes.clone()).unwrap()).collect()
    }

    pub(crate) fn text(&self) -> String {
        self.writes().concat()
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A temporary folder, the working directory of its variables.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        // Sinks resolve symbolic links, and the temporary folder may be behind one.
        fs::canonicalize(self.0.path()).unwrap()
    }

    pub(crate) fn variables(&self) -> Variables {
        Variables::new("users", self.0.path())
    }

    /// The text of a file, if there is one.
    pub(crate) fn text(&self, name: impl AsRef<Path>) -> Option<String> {
        self.bytes(name).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    /// The bytes of a file, if there is one.
    pub(crate) fn bytes(&self, name: impl AsRef<Path>) -> Option<Vec<u8>> {
        fs::read(self.0.path().join(name)).ok()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    /// The names of all files, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
        names.sort();
        names
    }

    /// Opens `sink` here for a new pull.
    pub(crate) fn open(&self, sink: &dyn OpenSink) -> Box<dyn Sink> {
        let Opened { sink, at } = sink.open(&self.variables(), None).unwrap();
        assert_eq!(at, Mark::START);
        sink
    }

    /// Opens `sink` here at the receipt of the first page.
    pub(crate) fn resume(&self, sink: &dyn OpenSink, receipt: &Receipt) -> Result<Box<dyn Sink>, SinkError> {
        let Opened { sink, at } = sink.open(&self.variables(), Some((receipt, Mark(1))))?;
        assert_eq!(at, Mark(1));
        Ok(sink)
    }

    /// The error of opening `sink` here for a new pull.
    pub(crate) fn open_error(&self, sink: &dyn OpenSink) -> String {
        describe(&sink.open(&self.variables(), None).unwrap_err())
    }
}

/// Runs a whole pull of one page.
pub(crate) fn pull(mut sink: Box<dyn Sink>, records: &[&str]) {
    write_page(&mut sink, records).unwrap();
    sink.commit(Mark(1)).unwrap();
    sink.finish().unwrap();
}

/// Every way to compress a file.
pub(crate) const COMPRESSIONS: [&str; 3] = ["none", "gzip", "zstd"];

/// An error as it is shown: its kind, its key if there is one, its message, and whether it has a cause.
pub(crate) fn describe(error: &SinkError) -> String {
    let key = error.key().map(|key| format!("{key}: ")).unwrap_or_default();
    let cause = error.source().map_or("", |_| " (cause)");
    format!("{:?}: {key}{error}{cause}", error.kind())
}
