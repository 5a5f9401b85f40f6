//! Where a file is.

use std::{
    io,
    path::{Path, PathBuf},
};

use longhaul_core::{
    disk::{Disk, Kind},
    sink::SinkError,
};

use super::failed;

/// The file of one pull.
#[derive(Debug)]
pub(crate) struct Place {
    /// Absolute, symbolic links followed.
    pub(crate) path: PathBuf,
    /// As the configuration spells it, for messages.
    pub(crate) shown: String,
}

impl Place {
    /// The file beside it that is to replace it.
    pub(super) fn part(&self) -> Self {
        self.beside(".part")
    }

    /// The file beside it whose name ends in `ending`, too.
    pub(super) fn beside(&self, ending: &str) -> Self {
        let mut path = self.path.clone().into_os_string();
        path.push(ending);
        Self { path: path.into(), shown: format!("{}{ending}", self.shown) }
    }

    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.path)
    }
}

/// Makes the folders above the file that are missing.
pub(super) fn make_folders(disk: &dyn Disk, place: &Place) -> Result<(), SinkError> {
    make(disk, place.folder()).map_err(|error| {
        let shown = folder_of(Path::new(&place.shown)).display();
        SinkError::io(format!("cannot create the folder `{shown}`"), error)
    })
}

fn make(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if disk.kind(folder)? == Some(Kind::Folder) {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make(disk, above)?;
    }
    match disk.make_folder(folder) {
        // Somebody else was faster.
        Err(_) if matches!(disk.kind(folder), Ok(Some(Kind::Folder))) => Ok(()),
        made => made,
    }
}

/// Makes the file's name survive a crash, and the names of the folders above it: whoever made them, perhaps a pull that
/// was killed, need not have come so far.
pub(super) fn sync_folders_of(disk: &dyn Disk, place: &Place) -> Result<(), SinkError> {
    let sync = |folder| disk.sync_folder(folder);
    let above = place.folder().ancestors().skip(1).try_for_each(|folder| match sync(folder) {
        // Where nobody like us may look or write, nobody like us made a folder.
        Err(error) if is_off_limits(&error) => Ok(()),
        synced => synced,
    });
    above.and_then(|()| sync(place.folder())).map_err(|error| failed("flush the folder of", place, error))
}

fn is_off_limits(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}
