//! The results of calls: statuses and texts. Also the host's log.

use core::{
    ffi::c_void,
    mem::{offset_of, size_of},
};

use crate::Bytes;

/// The result of a call. An integer rather than an enum, because an unknown value must be an error and not undefined
/// behaviour.
///
/// With every status except [`OK`](Self::OK), the plugin puts a [`Part::MESSAGE`] into the reply.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status(pub u32);

impl Status {
    /// Success.
    pub const OK: Self = Self(0);
    /// The options are invalid. [`Part::KEY`] names the option, if it is a single one.
    pub const CONFIG: Self = Self(1);
    /// The sink rejects a record, and would reject it again.
    pub const REJECTED: Self = Self(2);
    /// The sink cannot write at present: the disk is full, the database is down. The run can be resumed later.
    pub const UNAVAILABLE: Self = Self(3);
    /// The reader of a pipe closed it: the run ends without an error message.
    pub const CLOSED: Self = Self(4);
    /// The sink or the host broke the contract.
    pub const BROKEN: Self = Self(5);
    /// The plugin's code panicked. The host never calls this sink again, not even to drop it.
    pub const PANICKED: Self = Self(6);
}

/// The kind of a text in a reply. The host ignores unknown kinds.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part(pub u32);

impl Part {
    /// The error message, as one lowercase clause.
    pub const MESSAGE: Self = Self(1);
    /// The invalid option.
    pub const KEY: Self = Self(2);
    /// A cause of the error. May be put several times, outermost first.
    pub const CAUSE: Self = Self(3);
    /// The receipt of a commit.
    pub const RECEIPT: Self = Self(4);
    /// The destination is a file: its absolute path.
    pub const FILE: Self = Self(5);
    /// The destination is standard output. The text is empty.
    pub const STDOUT: Self = Self(6);
    /// Any other destination, described by the sink.
    pub const ELSEWHERE: Self = Self(7);
}

/// Receives the texts that a call returns, and copies them immediately.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The host's data. Pass it to `put`.
    pub data: *mut c_void,
    /// Adds a text to the reply.
    pub put: unsafe extern "C" fn(data: *mut c_void, part: Part, text: Bytes),
}

/// The level of a log line. A smaller number is more important.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Level(pub u32);

impl Level {
    /// Never the level of a line. As a limit, it turns the log off.
    pub const OFF: Self = Self(0);
    /// An error.
    pub const ERROR: Self = Self(1);
    /// A possible problem.
    pub const WARN: Self = Self(2);
    /// Progress that a user may ask to see.
    pub const INFO: Self = Self(3);
    /// Details for debugging.
    pub const DEBUG: Self = Self(4);
    /// All details.
    pub const TRACE: Self = Self(5);
}

/// The functions of the host: its log. Valid until the process ends.
///
/// Later versions only append fields: a plugin must check `size` before it uses a field that is not here.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The size in bytes of the host's version of this table.
    pub size: u32,
    /// The host drops lines above this level.
    pub max_level: Level,
    /// The host's data. Pass it to `log`.
    pub data: *mut c_void,
    /// Writes one line to the host's log.
    pub log: unsafe extern "C" fn(data: *mut c_void, level: Level, text: Bytes),
}

const WORD: usize = size_of::<usize>();

const _: () = {
    assert!(size_of::<Status>() == 4 && size_of::<Part>() == 4 && size_of::<Level>() == 4);
    assert!(size_of::<Reply>() == 2 * WORD && offset_of!(Reply, put) == WORD);
    assert!(size_of::<Host>() == 8 + 2 * WORD && offset_of!(Host, max_level) == 4);
    assert!(offset_of!(Host, data) == 8 && offset_of!(Host, log) == 8 + WORD);
};
