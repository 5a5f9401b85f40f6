//! The table of a sink, and the functions in it.

use core::mem::{offset_of, size_of};

use crate::{Batch, Bytes, Configured, Open, Opened, Position, Reply, Status};

/// The description of a sink, and its functions.
///
/// The type allows null functions, so that the host can reject a table that lacks one. In a valid table none is null.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SinkTable {
    /// The size in bytes of the plugin's version of this table.
    pub size: u32,
    /// One bit for each feature beyond this version. The host must support those in
    /// [`NEEDED_FEATURES`](crate::NEEDED_FEATURES). None is defined yet: 0.
    pub features: u32,
    /// The sink's name, the same as in the library's name: `[a-z][a-z0-9_]*`.
    pub name: Bytes,
    /// The version of the plugin, for display.
    pub version: Bytes,
    /// One line that says what the sink does.
    pub summary: Bytes,
    /// The options of the sink: a JSON Schema of type `object` whose `properties` are the options.
    pub options: Bytes,
    /// See [`Configure`].
    pub configure: Option<Configure>,
    /// See [`Destination`].
    pub destination: Option<Destination>,
    /// See [`OpenSink`].
    pub open: Option<OpenSink>,
    /// See [`DropConfigured`].
    pub drop_configured: Option<DropConfigured>,
    /// See [`Write`].
    pub write: Option<Write>,
    /// See [`Commit`].
    pub commit: Option<Commit>,
    /// See [`Finish`].
    pub finish: Option<Finish>,
    /// See [`DropSink`].
    pub drop_sink: Option<DropSink>,
}

/// Checks and stores the options, a JSON object. Must not open, create or change anything.
///
/// # Safety
/// `out` can be written to. With [`Status::OK`], it must contain a [`Configured`] that is not null.
pub type Configure = unsafe extern "C" fn(options: Bytes, out: *mut *mut Configured, reply: Reply) -> Status;

/// Returns the destination of a pull's records: puts [`Part::FILE`](crate::Part::FILE),
/// [`Part::STDOUT`](crate::Part::STDOUT) or [`Part::ELSEWHERE`](crate::Part::ELSEWHERE). Must not change anything.
///
/// The variables are JSON: `{"folder": "/data", "values": {"stream": "users", …}}`. Relative paths are relative to
/// `folder`. In the options, `{stream}` is a placeholder for `users`.
///
/// # Safety
/// `sink` came from [`Configure`] and was not dropped.
pub type Destination =
    unsafe extern "C" fn(sink: *const Configured, variables: Bytes, reply: Reply) -> Status;

/// Opens the sink for one pull. The variables are as in [`Destination`].
///
/// For a new pull, `from` is null and [`Opened::at`] must be 0. Otherwise `from` is the last commit that the host
/// saved. The sink either rolls back to it (`at` is its mark), or reports that later pages are already durable (`at`
/// is greater, and the host does not write those pages again). The host may call this even after [`Finish`]
/// succeeded: opening must then succeed, and finishing again must change nothing.
///
/// # Safety
/// `sink` came from [`Configure`] and was not dropped; `from` is null or valid for the call; `out` can be written
/// to.
pub type OpenSink = unsafe extern "C" fn(
    sink: *const Configured,
    variables: Bytes,
    from: *const Position,
    out: *mut Opened,
    reply: Reply,
) -> Status;

/// Frees a configured sink. The sinks that it opened may still be in use.
///
/// # Safety
/// `sink` came from [`Configure`], was not dropped and is not used again.
pub type DropConfigured = unsafe extern "C" fn(sink: *mut Configured);

/// Writes records of the next page. The sink may buffer them, but must copy them.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped; `batch` is valid for the call.
pub type Write = unsafe extern "C" fn(sink: *mut Open, batch: Batch, reply: Reply) -> Status;

/// Makes everything written so far durable, and puts a [`Part::RECEIPT`](crate::Part::RECEIPT) of at most
/// [`MAX_RECEIPT`](crate::MAX_RECEIPT) bytes. `mark` is the number of pages written in this pull.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped.
pub type Commit = unsafe extern "C" fn(sink: *mut Open, mark: u64, reply: Reply) -> Status;

/// Publishes the committed records. The host only calls [`DropSink`] afterwards.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped.
pub type Finish = unsafe extern "C" fn(sink: *mut Open, reply: Reply) -> Status;

/// Frees an open sink. If it was not finished, it must publish nothing.
///
/// # Safety
/// `sink` came from [`OpenSink`], was not dropped and is not used again.
pub type DropSink = unsafe extern "C" fn(sink: *mut Open);

const WORD: usize = size_of::<usize>();

// New functions are appended; existing ones never move.
const _: () = {
    assert!(offset_of!(SinkTable, size) == 0 && offset_of!(SinkTable, features) == 4);
    assert!(offset_of!(SinkTable, name) == 8);
    assert!(offset_of!(SinkTable, version) == 8 + 2 * WORD);
    assert!(offset_of!(SinkTable, summary) == 8 + 4 * WORD);
    assert!(offset_of!(SinkTable, options) == 8 + 6 * WORD);
    assert!(offset_of!(SinkTable, configure) == 8 + 8 * WORD);
    assert!(offset_of!(SinkTable, destination) == 8 + 9 * WORD);
    assert!(offset_of!(SinkTable, open) == 8 + 10 * WORD);
    assert!(offset_of!(SinkTable, drop_configured) == 8 + 11 * WORD);
    assert!(offset_of!(SinkTable, write) == 8 + 12 * WORD);
    assert!(offset_of!(SinkTable, commit) == 8 + 13 * WORD);
    assert!(offset_of!(SinkTable, finish) == 8 + 14 * WORD);
    assert!(offset_of!(SinkTable, drop_sink) == 8 + 15 * WORD);
    assert!(size_of::<SinkTable>() == 8 + 16 * WORD);
};
