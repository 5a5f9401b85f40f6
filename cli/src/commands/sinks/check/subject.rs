//! The sink to check, for each case in its own folder.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

use longhaul_core::sink::{OpenSink, conformance::Subject};

use super::{
    reader::Reader,
    sink::{Reconfigured, variables},
};

/// A new folder within `folder` for each case.
pub(super) fn numbered(sink: Reconfigured, folder: PathBuf, reader: Reader) -> impl Fn() -> Subject {
    let number = Cell::new(0_u32);
    move || {
        number.set(number.get() + 1);
        subject(&sink, number.get(), &folder.join(number.get().to_string()), &reader)
    }
}

/// The sink in this folder, which is created.
pub(super) fn subject(sink: &Reconfigured, number: u32, folder: &Path, reader: &Reader) -> Subject {
    // If the folder is missing, the sink reports it.
    let _ = fs::create_dir_all(folder);
    let variables = variables(number, folder);
    let (opener, reader, same_variables) = (sink.clone(), reader.clone(), variables.clone());
    let folder = folder.to_owned();
    let published = move || reader.read(&folder, &opener.destination(&same_variables).ok()?);
    Subject { opener: Box::new(sink.clone()), variables, published: Box::new(published) }
}
