//! Tests of whole configurations.

mod answers;
mod auth;
mod broken;
mod environment;
mod every_error;
mod genesys;
mod incremental;
mod layers;
mod listing;
mod preset;
mod range;
mod reference;
mod region;
mod schema;
mod streams;
mod systems;

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{ConfigError, Loaded, Sources, load};

/// A minimal configuration.
const SMALL: &str = "\
[api]
base_url = \"https://api.example.com\"
[auth]
type = \"none\"
";

/// A configuration with a grant.
const GRANT: &str = "\
[api]
base_url = \"https://api.example.com\"
[auth]
type = \"client_credentials\"
token_url = \"https://login.example.com/oauth/token\"
client_id = \"id\"
client_secret = \"hunter2\"
";

/// A working folder with files, and the other sources.
struct Case {
    folder: TempDir,
    sources: Sources,
}

impl Case {
    /// No files, no variables, no flags.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sources = Sources { cwd: folder.path().to_owned(), ..Sources::default() };
        Self { folder, sources }
    }

    /// With `longhaul.toml`.
    fn toml(text: &str) -> Self {
        Self::new().file("longhaul.toml", text)
    }

    /// With these files named on the command line.
    fn naming(mut self, files: &[&str]) -> Self {
        self.sources.files = files.iter().map(Into::into).collect();
        self
    }

    /// With `longhaul.toml`: the small configuration and `more`, which begins on line 5.
    fn small(more: &str) -> Self {
        Self::toml(&[SMALL, more].concat())
    }

    fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.environment.push((name.into(), value.into()));
        self
    }

    fn set(mut self, text: &str) -> Self {
        self.sources.set.push(text.to_owned());
        self
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Loaded {
        load(&self.sources).unwrap_or_else(|error| panic!("{error} ({:?})", error.where_written()))
    }

    fn error(&self) -> ConfigError {
        load(&self.sources).map(|_| ()).unwrap_err()
    }

    /// The error and its origin.
    fn refusal(&self) -> (String, String) {
        let error = self.error();
        (error.to_string(), error.where_written().unwrap_or_default())
    }
}
