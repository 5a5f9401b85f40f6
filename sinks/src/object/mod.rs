//! The objects that the `ndjson` and `csv` sinks write, in a store such as Amazon S3.
//!
//! Records go to local files, one for each part of the object, in the state folder. A part that is full is uploaded while
//! records go to the next one. So a commit is local and quick, and what the store does not have yet survives a crash.
//!
//! ```text
//! object_file   writes, commits and publishes
//! open          begins an object, or resumes one at a receipt
//! uploader      uploads parts, several at a time
//! journal       what was begun and uploaded, on disk
//! local_parts   the local files
//! file_content  reads a file while it is sent
//! whole_file    files of other sinks that become objects
//! staged        uploads a file, and publishes it later
//! ```

mod error;
mod file_content;
mod journal;
mod local_parts;
mod object_file;
mod open;
mod place;
mod receipt;
mod staged;
mod uploader;
mod whole_file;

pub(crate) use self::{object_file::ObjectFile, open::new_tag, place::Place};
pub use self::{
    place::{Objects, Stores},
    staged::{ObjectPath, Published, StagedObject},
    whole_file::UploadedFile,
};
