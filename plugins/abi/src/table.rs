//! The table, and the functions in it.

use core::mem::{offset_of, size_of};

use crate::{Batch, Bytes, Configured, Open, Opened, Position, Reply, Status};

/// What a library says of its sink, and the functions to use it.
///
/// A function may be null as far as its type goes, so that the host can refuse a table with a gap; in a valid table
/// none is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SinkTable {
    /// The size in bytes of this table as the plugin knows it.
    pub size: u32,
    /// One bit for each ability beyond this version, those in [`NEEDED_FEATURES`](crate::NEEDED_FEATURES) being asked
    /// of the host. None is defined yet: 0.
    pub features: u32,
    /// The sink's name, as in the library's: `[a-z][a-z0-9_]*`.
    pub name: Bytes,
    /// The plugin's own version, for people.
    pub version: Bytes,
    /// One line that says what the sink does.
    pub summary: Bytes,
    /// The options that the sink takes: a JSON Schema of type `object`, whose `properties` are the options.
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

/// Checks the options, a JSON object, and keeps them. Nothing is opened, made or touched yet.
///
/// # Safety
/// `out` can be written to. On [`Status::OK`] it holds a [`Configured`] that is not null.
pub type Configure = unsafe extern "C" fn(options: Bytes, out: *mut *mut Configured, reply: Reply) -> Status;

/// Says where the records of a pull will be found: puts [`Part::FILE`](crate::Part::FILE),
/// [`Part::STDOUT`](crate::Part::STDOUT) or [`Part::ELSEWHERE`](crate::Part::ELSEWHERE). Nothing is touched.
///
/// The variables are JSON: `{"folder": "/data", "values": {"stream": "users", …}}`. Relative paths count from `folder`;
/// in the options, `{stream}` stands for `users`.
///
/// # Safety
/// `sink` came from [`Configure`] and was not dropped.
pub type Destination =
    unsafe extern "C" fn(sink: *const Configured, variables: Bytes, reply: Reply) -> Status;

/// Opens the sink for one pull, with variables like those of [`Destination`].
///
/// `from` is null where the pull begins; then [`Opened::at`] is 0. Else it is the position of the last commit that
/// the host knows of, and the sink goes back to it (`at` is its mark) or says that later pages are durable already
/// (`at` is greater; the host does not write those again). It may come after [`Finish`] has done its work: opening
/// then succeeds, and finishing again changes nothing.
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

/// Ends a configured sink. Those that it opened may live on.
///
/// # Safety
/// `sink` came from [`Configure`], was not dropped and is not used again.
pub type DropConfigured = unsafe extern "C" fn(sink: *mut Configured);

/// Takes the records of one page. It may keep them in memory, but not by the pointers in `batch`.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped; `batch` is valid for the call.
pub type Write = unsafe extern "C" fn(sink: *mut Open, batch: Batch, reply: Reply) -> Status;

/// Makes everything written so far durable, and puts a [`Part::RECEIPT`](crate::Part::RECEIPT) of at most
/// [`MAX_RECEIPT`](crate::MAX_RECEIPT) bytes. `mark` counts the pages that the pull has delivered.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped.
pub type Commit = unsafe extern "C" fn(sink: *mut Open, mark: u64, reply: Reply) -> Status;

/// Publishes what was committed. Nothing but [`DropSink`] is called after it.
///
/// # Safety
/// `sink` came from [`OpenSink`] and was not dropped.
pub type Finish = unsafe extern "C" fn(sink: *mut Open, reply: Reply) -> Status;

/// Ends an open sink, finished or not. One that was not finished publishes nothing.
///
/// # Safety
/// `sink` came from [`OpenSink`], was not dropped and is not used again.
pub type DropSink = unsafe extern "C" fn(sink: *mut Open);

const WORD: usize = size_of::<usize>();

// New functions go to the end; nothing here ever moves.
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
