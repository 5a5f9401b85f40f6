//! Why a plugin is not loaded.

use std::{env::consts::ARCH, io, path::PathBuf};

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
    /// The file's name is not that of any sink's library.
    #[error("`{}` is not called like the library of a sink, which on this system is `{}`", library.display(), expected.display())]
    FileName {
        /// The file.
        library: PathBuf,
        /// What it could be called.
        expected: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the plugin `{}`", library.display())]
    Unreadable {
        /// The file.
        library: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The file is something else.
    #[error("`{}` is not a shared library", library.display())]
    NoLibrary {
        /// The file.
        library: PathBuf,
    },
    /// The library is for another kind of machine.
    #[error("`{}` was built for {machine}, and this longhaul for {ARCH}", library.display())]
    Foreign {
        /// The library.
        library: PathBuf,
        /// The kind of machine.
        machine: String,
    },
    /// The file ends before the library does.
    #[error("`{}` is cut off: it has {size} bytes and must have {needed} at least", library.display())]
    CutOff {
        /// The library.
        library: PathBuf,
        /// How many bytes it has.
        size: u64,
        /// How many its headers speak of.
        needed: u64,
    },
    /// The library is built on another one that is not there.
    #[error("`{}` needs another shared library, which is not there", library.display())]
    Dependency {
        /// The library.
        library: PathBuf,
        /// What the loader says, which names the other one.
        source: libloading::Error,
    },
    /// The loader does not take the library.
    #[error("`{}` cannot be loaded as a shared library", library.display())]
    Library {
        /// The library.
        library: PathBuf,
        /// What the loader says, in its own `source`.
        source: libloading::Error,
    },
    /// It is a shared library, but no sink.
    #[error("`{}` is not a longhaul sink: it has no function `longhaul_sink_v1`", library.display())]
    Symbol {
        /// The library.
        library: PathBuf,
    },
    /// It is a sink for a later major version.
    #[error(
        "`{}` was made for a later longhaul: it has the function `{symbol}`, and this one calls `longhaul_sink_v1`",
        library.display()
    )]
    TooNew {
        /// The library.
        library: PathBuf,
        /// Its function.
        symbol: String,
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

impl LoadError {
    /// What to do about it, where that does not go without saying.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoLibrary { .. } => Some(
                "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C",
            ),
            Self::Foreign { .. } => {
                Some("build it on a machine like this one, or get it for one from its author")
            }
            Self::CutOff { .. } => Some("copy or build it again"),
            Self::Dependency { .. } => Some("install what it needs; `ldd` lists that"),
            Self::Symbol { .. } => {
                Some("a sink in Rust ends in `export_sink!`; one in C includes `longhaul_sink.h`")
            }
            Self::TooNew { .. } | Self::Table { source: UnfitTable::Features { .. }, .. } => {
                Some("use a newer longhaul, or an older version of the plugin")
            }
            Self::Table { source: UnfitTable::Small { .. }, .. } => {
                Some("build it again with the `longhaul-plugin` or the `longhaul_sink.h` of this longhaul")
            }
            _ => None,
        }
    }
}
