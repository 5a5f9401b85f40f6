//! The files that the `ndjson` and `csv` sinks write.

mod appending;
mod compression;
mod encoder;
mod error;
mod folders;
mod numbered;
mod open;
mod path;
mod position;
mod record_file;
mod spool;
mod target;

pub use self::numbered::split_at_ending;
pub(crate) use self::{
    compression::Compression,
    encoder::Encoder,
    folders::{make_all_folders, sync_all_folders},
    path::FilePath,
    position::Position,
    record_file::RecordFile,
    spool::Spool,
    target::{Mode, Target},
};
