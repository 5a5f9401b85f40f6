//! The file that `init` writes.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{config::Sources, terminal::failure::Failure};

/// The file that `init` writes, which does not exist yet.
#[derive(Debug)]
pub(super) struct Destination {
    /// As the user names it.
    name: PathBuf,
    path: PathBuf,
}

impl Destination {
    /// `longhaul.toml` in the working folder, or the file named on the command line.
    pub(super) fn of(sources: &Sources) -> Result<Self, Failure> {
        let name = match &sources.files[..] {
            [] => PathBuf::from("longhaul.toml"),
            [name] if name.extension().is_some_and(|ending| ending == "toml") => name.clone(),
            _ => {
                let error = "init writes one file, whose name must end in `.toml`";
                return Err(Failure::usage(error).hint("name it with -c, or omit -c for `longhaul.toml`"));
            }
        };
        if sources.files.is_empty() {
            let in_folder = sources.searched().into_iter().filter(|path| path.parent() == Some(&sources.cwd));
            if let Some(found) = in_folder.into_iter().find(|path| path.exists()) {
                return Err(exists(found.strip_prefix(&sources.cwd).unwrap_or(&found)));
            }
        }
        let path = sources.cwd.join(&name);
        if path.exists() { Err(exists(&name)) } else { Ok(Self { name, path }) }
    }

    /// The name, for people.
    pub(super) fn name(&self) -> String {
        self.name.display().to_string()
    }

    /// Writes the file. Whatever has been created in its place meanwhile is left alone.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists(&self.name)),
            Err(error) => return Err(self.failed(error)),
        };
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> Failure {
        let error = CannotWrite { name: self.name.clone(), source: error };
        Failure::usage(error).hint("check the folder and its permissions")
    }
}

fn exists(name: &Path) -> Failure {
    Failure::usage(format!("`{}` exists already, and init overwrites nothing", name.display()))
        .hint("work in another folder with -C FOLDER, or name another file with -c FILE.toml")
}

/// Names the file.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`", name.display())]
struct CannotWrite {
    name: PathBuf,
    source: io::Error,
}
