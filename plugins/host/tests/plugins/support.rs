//! Folders with plugins, for all tests here.

use std::{
    env,
    error::Error,
    fs, iter,
    path::{Path, PathBuf},
    process::Command,
};

use libloading::library_filename;
use longhaul_core::sink::{Batch, OpenSink, Options, Sink, SinkError, SinkType, Variables};
use longhaul_plugin_host::{LoadError, PluginSinkType, Plugins};
use serde_json::Value;
use tempfile::TempDir;

/// A plugin folder that only its owner can write to.
pub(crate) struct PluginFolder(TempDir);

impl PluginFolder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        close(folder.path());
        Self(folder)
    }

    /// A folder with a copy of the library that cargo built for the sink.
    pub(crate) fn with(name: &str) -> Self {
        let folder = Self::new();
        folder.put(name, &fs::read(built(name)).unwrap());
        folder
    }

    /// A folder with the C example, compiled. On Unix, Rust links with `cc`, so it is always installed.
    #[cfg(unix)]
    pub(crate) fn with_count_in_c() -> Self {
        let (folder, plugins) = (Self::new(), Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let output = Command::new("cc")
            .args(["-std=c99", "-D_POSIX_C_SOURCE=200112L", "-Wall", "-Wextra", "-Werror", "-pedantic"])
            .args(["-shared", "-fPIC", "-I"])
            .arg(plugins.join("abi"))
            .arg("-o")
            .arg(folder.library("count"))
            .arg(plugins.join("example/count.c"))
            .output()
            .expect("the C compiler `cc`, which Rust also needs for linking");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        close(&folder.library("count"));
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn library(&self, name: &str) -> PathBuf {
        self.path().join(file_name(name))
    }

    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        fs::write(self.library(name), content).unwrap();
        close(&self.library(name));
    }

    pub(crate) fn find(&self, name: &str) -> Result<Option<PluginSinkType>, LoadError> {
        Plugins::new([self.path().to_owned()]).unwrap().find(name)
    }

    pub(crate) fn sink_type(&self, name: &str) -> PluginSinkType {
        self.find(name).unwrap().unwrap()
    }

    pub(crate) fn error(&self, name: &str) -> LoadError {
        self.find(name).unwrap_err()
    }
}

/// The file name of a sink's library on this platform.
pub(crate) fn file_name(name: &str) -> PathBuf {
    library_filename(format!("longhaul_sink_{name}")).into()
}

/// The library that cargo built for the sink. It is next to the tests that depend on its package.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let paths = test.ancestors().skip(1).take(2).map(|folder| folder.join(file_name(name)));
    paths.into_iter().find(|library| library.exists()).expect("cargo builds it before the tests")
}

/// The configured sink with this name and these options.
pub(crate) fn configured(name: &str, options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    PluginFolder::with(name).sink_type(name).configure(&as_options(options))
}

pub(crate) fn as_options(options: Value) -> Options {
    serde_json::from_value(options).unwrap()
}

pub(crate) fn variables() -> Variables {
    Variables::new("users", env::temp_dir())
}

pub(crate) fn write(sink: &mut dyn Sink, records: &[&str]) -> Result<(), SinkError> {
    let bytes = records.iter().flat_map(|record| [record.as_bytes(), b"\n"]).collect::<Vec<_>>().concat();
    let ends = records.iter().scan(0, |end, record| {
        *end += record.len() + 1;
        Some(*end)
    });
    sink.write(&Batch::new(&bytes, &ends.collect::<Vec<_>>()))
}

/// The messages of an error and its causes.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    iter::successors(Some(error), |&error| error.source()).map(ToString::to_string).collect()
}

/// Removes write access that the umask may have granted to the group.
#[cfg(unix)]
fn close(path: &Path) {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}

#[cfg(not(unix))]
fn close(_: &Path) {}
