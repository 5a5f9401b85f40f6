//! Why a plugin is not loaded.

use std::{io, path::PathBuf};

use crate::{table::UnfitTable, trust::Untrusted};

/// Why a plugin is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// What was asked for cannot be a sink's name.
    #[error(
        "`{name}` cannot be the name of a sink: one has lowercase letters, digits and `_`, and starts with a letter"
    )]
    Name {
        /// What was asked for.
        name: String,
    },
    /// A plugin folder was given by a relative path. The loader would look for it in places of its own.
    #[error("the plugin folder `{}` is not an absolute path", folder.display())]
    RelativeFolder {
        /// The folder as it was given.
        folder: PathBuf,
    },
    /// A plugin folder is there, but cannot be looked into.
    #[error("cannot look for plugins in `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Someone else may have put the library there.
    #[error("the plugin `{}` is not loaded, because it cannot be trusted", library.display())]
    Untrusted {
        /// The library.
        library: PathBuf,
        /// Whose doing it could be.
        source: Untrusted,
    },
    /// The file is not a shared library, or not one for this machine.
    #[error("`{}` cannot be loaded as a shared library", library.display())]
    Library {
        /// The library.
        library: PathBuf,
        /// What the loader says, in its own `source`.
        source: libloading::Error,
    },
    /// It is a shared library, but not a sink for this version of longhaul.
    #[error(
        "`{}` is no longhaul sink, or one for another version of longhaul: it has no function `longhaul_sink_v1`",
        library.display()
    )]
    Symbol {
        /// The library.
        library: PathBuf,
        /// What the loader says, in its own `source`.
        source: libloading::Error,
    },
    /// It offers a table that cannot be used.
    #[error("the plugin `{}` does not describe a sink that can be used", library.display())]
    Table {
        /// The library.
        library: PathBuf,
        /// What is wrong with the table.
        source: UnfitTable,
    },
    /// The library's file was given the name of another sink.
    #[error("the plugin `{}` is a sink of the name `{name}`, and its file must be called `{}`", library.display(), expected.display())]
    Misnamed {
        /// The library.
        library: PathBuf,
        /// The sink's own name.
        name: String,
        /// The file name that goes with it.
        expected: PathBuf,
    },
}
