//! The errors of loading a plugin.

use std::{env::consts::ARCH, io, path::PathBuf};

use crate::{table::InvalidTable, trust::Untrusted};

/// Why a plugin cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The name is not a valid sink name.
    #[error(
        "`{name}` is not a valid sink name: use lowercase letters, digits and `_`, starting with a letter"
    )]
    Name {
        /// The invalid name.
        name: String,
    },
    /// The path of a plugin folder is relative. The system's loader would search for it in its own places.
    #[error("the plugin folder `{}` is not an absolute path", folder.display())]
    RelativeFolder {
        /// The relative path.
        folder: PathBuf,
    },
    /// A plugin folder exists, but cannot be read.
    #[error("cannot look for plugins in `{}`", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another user could have written the library.
    #[error("refusing to load the plugin `{}`: it is not trusted", library.display())]
    Untrusted {
        /// The library.
        library: PathBuf,
        /// Why it is not trusted.
        source: Untrusted,
    },
    /// The file name is not that of a sink's library.
    #[error("`{}` does not have the file name of a sink's library, which is `{}` on this system", library.display(), expected.display())]
    FileName {
        /// The file.
        library: PathBuf,
        /// A valid file name.
        expected: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read the plugin `{}`", library.display())]
    Unreadable {
        /// The file.
        library: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file is not a shared library.
    #[error("`{}` is not a shared library", library.display())]
    NotALibrary {
        /// The file.
        library: PathBuf,
    },
    /// The library was built for another processor.
    #[error("`{}` was built for {machine}, but this longhaul for {ARCH}", library.display())]
    OtherMachine {
        /// The library.
        library: PathBuf,
        /// The processor.
        machine: String,
    },
    /// The file is truncated.
    #[error("`{}` is truncated: it has {size} bytes, but needs at least {needed}", library.display())]
    Truncated {
        /// The library.
        library: PathBuf,
        /// The number of bytes in the file.
        size: u64,
        /// The number of bytes according to its headers.
        needed: u64,
    },
    /// The library depends on another one that is missing.
    #[error("`{}` needs another shared library that is missing", library.display())]
    Dependency {
        /// The library.
        library: PathBuf,
        /// The error of the system's loader, which names the missing library.
        source: libloading::Error,
    },
    /// The system's loader rejects the library.
    #[error("cannot load `{}` as a shared library", library.display())]
    Library {
        /// The library.
        library: PathBuf,
        /// The error of the system's loader, in its own `source`.
        source: libloading::Error,
    },
    /// The shared library is not a sink.
    #[error("`{}` is not a longhaul sink: it has no function `longhaul_sink_v1`", library.display())]
    Symbol {
        /// The library.
        library: PathBuf,
    },
    /// The sink was built for a newer major version.
    #[error(
        "`{}` was built for a newer longhaul: it has the function `{symbol}`, but this version needs `longhaul_sink_v1`",
        library.display()
    )]
    TooNew {
        /// The library.
        library: PathBuf,
        /// The function that it exports.
        symbol: String,
    },
    /// The table of the sink is invalid.
    #[error("the plugin `{}` has an invalid sink table", library.display())]
    Table {
        /// The library.
        library: PathBuf,
        /// Why the table is invalid.
        source: InvalidTable,
    },
    /// The file name is that of another sink.
    #[error("the plugin `{}` contains the sink `{name}`, so its file must be named `{}`", library.display(), expected.display())]
    Misnamed {
        /// The library.
        library: PathBuf,
        /// The name of the sink in it.
        name: String,
        /// The right file name.
        expected: PathBuf,
    },
}

impl LoadError {
    /// How to fix it, if the error does not already say so.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotALibrary { .. } => Some(
                "build it as a shared library: `crate-type = [\"cdylib\"]` in Rust, `cc -shared -fPIC` in C",
            ),
            Self::OtherMachine { .. } => {
                Some("build it on this machine, or ask its author for a matching build")
            }
            Self::Truncated { .. } => Some("copy or build it again"),
            Self::Dependency { .. } => Some("install the missing library; `ldd` shows which one it is"),
            Self::Symbol { .. } => {
                Some("export the sink with `export_sink!` in Rust, or include `longhaul_sink.h` in C")
            }
            Self::TooNew { .. } | Self::Table { source: InvalidTable::Features { .. }, .. } => {
                Some("use a newer longhaul, or an older version of the plugin")
            }
            Self::Table { source: InvalidTable::Small { .. }, .. } => {
                Some("build it again with the `longhaul-plugin` or `longhaul_sink.h` of this version")
            }
            _ => None,
        }
    }
}
