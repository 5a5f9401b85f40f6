//! The folders on the path of a file.

use std::{io, path::Path};

use longhaul_core::{
    disk::{Disk, Kind},
    sink::SinkError,
};

use super::{
    error::failed,
    path::{FilePath, folder_of},
};

/// Creates the missing folders on the path of the file.
pub(super) fn make_folders(disk: &dyn Disk, file: &FilePath) -> Result<(), SinkError> {
    make(disk, file.folder()).map_err(|error| {
        let shown = folder_of(Path::new(&file.shown)).display();
        SinkError::io(format!("cannot create the folder `{shown}`"), error)
    })
}

/// Creates the missing folders on `path`, whose last part is a file.
pub(crate) fn make_all_folders(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    make(disk, folder_of(path))
}

fn make(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    if disk.kind(folder)? == Some(Kind::Folder) {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make(disk, above)?;
    }
    match disk.make_folder(folder) {
        // Another process created it first.
        Err(_) if matches!(disk.kind(folder), Ok(Some(Kind::Folder))) => Ok(()),
        made => made,
    }
}

/// Makes the file's name and the names of all folders above it survive a crash. They are all synced, because a pull
/// that created them may have been killed before it did so.
pub(super) fn sync_folders_of(disk: &dyn Disk, file: &FilePath) -> Result<(), SinkError> {
    sync_all_folders(disk, &file.absolute).map_err(|error| failed("flush the folder of", file, error))
}

/// Makes the name of the file at `path` and the names of all folders above it survive a crash.
pub(crate) fn sync_all_folders(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    let sync = |folder| disk.sync_folder(folder);
    let folder = folder_of(path);
    let above = folder.ancestors().skip(1).try_for_each(|folder| match sync(folder) {
        // Without permission to read or write a folder, this user cannot have created one in it.
        Err(error) if is_off_limits(&error) => Ok(()),
        synced => synced,
    });
    above.and_then(|()| sync(folder))
}

fn is_off_limits(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}
