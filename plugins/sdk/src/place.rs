//! The option `path` of a sink.

use std::{fs, path::PathBuf};

use longhaul_core::{
    disk::followed,
    sink::{SinkError, UnknownPlaceholder, Variables},
};
use serde::Deserialize;

use crate::replace::sync_folder_of;

/// The option `path` of a sink that writes a file: a path with placeholders, relative to the folder of the variables.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(String);

impl Place {
    /// The absolute path of the file of a pull with these variables.
    ///
    /// # Errors
    /// [`SinkErrorKind::Config`](crate::SinkErrorKind::Config), about the option `path`.
    pub fn file(&self, variables: &Variables) -> Result<PathBuf, SinkError> {
        let path = variables
            .path(&self.0)
            .map_err(|error: UnknownPlaceholder| SinkError::config("path", error.to_string()))?;
        // Following the link keeps it in place when its target is replaced.
        let path = followed(&path);
        let rejected = |reason| {
            Err(SinkError::config("path", format!("cannot write to `{}`: it is {reason}", path.display())))
        };
        match path.metadata() {
            Ok(found) if found.is_dir() => rejected("a folder"),
            Ok(found) if !found.is_file() => rejected("not a regular file"),
            _ if path.is_symlink() => rejected("a broken symbolic link"),
            _ if self.0.ends_with('/') => rejected("a folder"),
            _ => Ok(path),
        }
    }

    /// The same as [`file`](Self::file), and creates the missing folders of the path.
    ///
    /// # Errors
    /// The errors of [`file`](Self::file), and any error when creating a folder.
    pub fn file_in_folder(&self, variables: &Variables) -> Result<PathBuf, SinkError> {
        let path = self.file(variables)?;
        let folder = path.parent().unwrap_or(&path);
        let missing = folder.ancestors().take_while(|folder| !folder.exists()).collect::<Vec<_>>();
        fs::create_dir_all(folder)
            .and_then(|()| missing.iter().try_for_each(|made| sync_folder_of(made)))
            .map_err(|error| {
                SinkError::io(format!("cannot create the folder `{}`", folder.display()), error)
            })?;
        Ok(path)
    }
}

impl TryFrom<String> for Place {
    type Error = &'static str;

    fn try_from(path: String) -> Result<Self, Self::Error> {
        if path.is_empty() { Err("`path` is empty") } else { Ok(Self(path)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Variables};

    fn place(path: &str) -> Place {
        Place::try_from(path.to_owned()).unwrap()
    }

    #[test]
    fn placeholders_are_replaced_and_folders_created() {
        let folder = tempfile::tempdir().unwrap();
        let variables = Variables::new("users", folder.path()).with("window.start", "20260101T000000Z");
        let place = place("out/{stream}/start={window.start}/part.x");
        let root = folder.path().canonicalize().unwrap();
        let expected = root.join("out/users/start=20260101T000000Z/part.x");
        assert_eq!(place.file(&variables).unwrap(), expected);
        assert!(!folder.path().join("out").exists());
        assert_eq!(place.file_in_folder(&variables).unwrap(), expected);
        assert!(expected.parent().unwrap().is_dir());
    }

    #[test]
    fn a_path_that_cannot_be_a_file_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let variables = Variables::new("users", &root);
        let error = |path| {
            let error = place(path).file(&variables).unwrap_err();
            assert_eq!(error.key(), Some("path"));
            error.to_string()
        };
        assert_eq!(error("{steam}"), "`{steam}` is not a known placeholder (did you mean `stream`?)");
        let shown = root.display();
        assert_eq!(error("."), format!("cannot write to `{shown}`: it is a folder"));
        assert_eq!(error("out/"), format!("cannot write to `{shown}/out`: it is a folder"));
        #[cfg(unix)]
        assert_eq!(error("/dev/null"), "cannot write to `/dev/null`: it is not a regular file");
        assert_eq!(Place::try_from(String::new()).unwrap_err(), "`path` is empty");
    }

    #[test]
    fn a_folder_that_cannot_be_created_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let root = folder.path().canonicalize().unwrap();
        let error = place("file/x").file_in_folder(&Variables::new("users", &root)).unwrap_err();
        let expected = format!("cannot create the folder `{}`", root.join("file").display());
        assert_eq!(error.to_string(), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_file_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let variables = Variables::new("users", &root);
        let link = root.join("link");
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(
            place("link").file(&variables).unwrap_err().to_string(),
            format!("cannot write to `{}`: it is a broken symbolic link", link.display())
        );
        std::fs::write(root.join("file"), "").unwrap();
        assert_eq!(place("link").file(&variables).unwrap(), root.join("file"));
        assert_eq!(place("none/../link").file(&variables).unwrap(), root.join("file"));
    }
}
