//! Finds plugins in folders.

use std::{
    collections::BTreeMap,
    env::consts::{DLL_PREFIX, DLL_SUFFIX},
    fs, io,
    path::{self, Path, PathBuf},
};

use libloading::library_filename;
use longhaul_plugin_abi::LIBRARY_PREFIX;

use crate::{LoadError, PluginSinkType, library, trust};

/// The folders in which plugins are searched, in order.
#[derive(Clone, Debug)]
pub struct Plugins {
    folders: Vec<PathBuf>,
}

impl Plugins {
    /// Searches these folders, which may be missing. Their paths must be absolute.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Result<Self, LoadError> {
        let folders: Vec<_> = folders.into_iter().collect();
        match folders.iter().find(|folder| !folder.is_absolute()) {
            Some(folder) => Err(LoadError::RelativeFolder { folder: folder.clone() }),
            None => Ok(Self { folders }),
        }
    }

    /// The file name of a sink's library on this platform.
    pub fn file_name(name: &str) -> PathBuf {
        library_filename(format!("{LIBRARY_PREFIX}{name}")).into()
    }

    /// Loads the sink with this name from the first folder that has it. Returns `None` if no folder has it.
    ///
    /// A library that cannot be used is an error: a search in the next folder could load a plugin that the user did
    /// not mean.
    pub fn find(&self, name: &str) -> Result<Option<PluginSinkType>, LoadError> {
        if !is_name(name) {
            return Err(LoadError::Name { name: name.to_owned() });
        }
        for folder in &self.folders {
            let path = folder.join(Self::file_name(name));
            match path.canonicalize() {
                Ok(real) => return load(name, folder, &real).map(Some),
                Err(source) if path.is_symlink() => {
                    return Err(LoadError::Unreadable { library: path, source });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(LoadError::Folder { folder: folder.clone(), source }),
            }
        }
        Ok(None)
    }

    /// Loads the sink in this library. The file name must match the sink's name.
    pub fn load(library: &Path) -> Result<PluginSinkType, LoadError> {
        let unreadable = |source| LoadError::Unreadable { library: library.to_owned(), source };
        let path = path::absolute(library).map_err(unreadable)?;
        let real = path.canonicalize().map_err(unreadable)?;
        let name = path.file_name().and_then(|name| name.to_str()).and_then(sink_name);
        match (name, path.parent()) {
            (Some(name), Some(folder)) => load(name, folder, &real),
            _ => Err(LoadError::FileName { library: library.to_owned(), expected: Self::file_name("NAME") }),
        }
    }

    /// Every sink that [`find`](Self::find) can load, by name. All are loaded, because only the library knows its
    /// version and options. A plugin that cannot be used is listed with the error.
    pub fn list(&self) -> Result<BTreeMap<String, Result<PluginSinkType, LoadError>>, LoadError> {
        let mut names = Vec::new();
        for folder in &self.folders {
            let found =
                names_in(folder).map_err(|source| LoadError::Folder { folder: folder.clone(), source })?;
            names.extend(found);
        }
        Ok(names
            .into_iter()
            .filter_map(|name| self.find(&name).transpose().map(|found| (name, found)))
            .collect())
    }
}

fn load(name: &str, folder: &Path, library: &Path) -> Result<PluginSinkType, LoadError> {
    // The folder in which it was found may contain only a link to the library. Write access to either folder decides
    // what is loaded.
    let paths = [Some(folder), library.parent(), Some(library)];
    for path in paths.into_iter().flatten() {
        trust::check(path).map_err(|source| LoadError::Untrusted { library: library.to_owned(), source })?;
    }
    let sink_type = library::load(name, library)?;
    if sink_type.name() != name {
        return Err(LoadError::Misnamed {
            library: library.to_owned(),
            name: sink_type.name().to_owned(),
            expected: Plugins::file_name(sink_type.name()),
        });
    }
    Ok(sink_type)
}

fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry?.file_name().to_str().and_then(sink_name).map(str::to_owned));
    }
    Ok(names)
}

fn sink_name(file_name: &str) -> Option<&str> {
    let library = file_name.strip_prefix(DLL_PREFIX)?.strip_suffix(DLL_SUFFIX)?;
    library.strip_prefix(LIBRARY_PREFIX).filter(|name| is_name(name))
}

/// A name that the configuration allows. It cannot lead out of a folder.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_recognized_by_its_file_name() {
        assert_eq!(sink_name(Plugins::file_name("count").to_str().unwrap()), Some("count"));
        assert_eq!(sink_name("liblonghaul_sink_count.txt"), None);
        assert_eq!(sink_name(Plugins::file_name("../x").to_str().unwrap()), None);
    }
}
