//! What comes back: statuses, the parts of an answer, and the log.

use core::{
    ffi::c_void,
    mem::{offset_of, size_of},
};

use crate::Bytes;

/// How a call ended. An integer rather than an enum, because a value that this version does not know must be an
/// error and not undefined behaviour.
///
/// On any status but [`OK`](Self::OK) the plugin has put a [`Part::MESSAGE`] into the reply.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Status(pub u32);

impl Status {
    /// Done.
    pub const OK: Self = Self(0);
    /// The options make no sense. [`Part::KEY`] names the one at fault, where it is one.
    pub const CONFIG: Self = Self(1);
    /// The sink does not take this record, and will not next time.
    pub const REJECTED: Self = Self(2);
    /// The sink cannot take anything now: disk full, database away. The run can be taken up later.
    pub const UNAVAILABLE: Self = Self(3);
    /// The reader at the other end of a pipe went away: the run ends quietly.
    pub const CLOSED: Self = Self(4);
    /// The sink broke its own contract, or found the host doing so.
    pub const BROKEN: Self = Self(5);
    /// The plugin's code panicked. The host never enters this sink again, not even to drop it.
    pub const PANICKED: Self = Self(6);
}

/// What a text in an answer is. The host ignores parts that it does not know.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Part(pub u32);

impl Part {
    /// What went wrong, as one lowercase clause.
    pub const MESSAGE: Self = Self(1);
    /// The option at fault.
    pub const KEY: Self = Self(2);
    /// What lay beneath the message. May be put several times, outermost first.
    pub const CAUSE: Self = Self(3);
    /// The receipt of a commit.
    pub const RECEIPT: Self = Self(4);
    /// A destination that is a file: its absolute path.
    pub const FILE: Self = Self(5);
    /// A destination that is standard output. The text is empty.
    pub const STDOUT: Self = Self(6);
    /// Any other destination, in the sink's own words.
    pub const ELSEWHERE: Self = Self(7);
}

/// Takes the texts of one call's answer, and copies them at once.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// The host's own, to be handed back to `put`.
    pub data: *mut c_void,
    /// Adds a part to the answer.
    pub put: unsafe extern "C" fn(data: *mut c_void, part: Part, text: Bytes),
}

/// How much a line of the log matters: the smaller, the more.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Level(pub u32);

impl Level {
    /// No line has this level; as a limit it silences the log.
    pub const OFF: Self = Self(0);
    /// Something failed.
    pub const ERROR: Self = Self(1);
    /// Something looks wrong.
    pub const WARN: Self = Self(2);
    /// Something that a user who asks for more wants to know.
    pub const INFO: Self = Self(3);
    /// For whoever looks for a fault.
    pub const DEBUG: Self = Self(4);
    /// Everything.
    pub const TRACE: Self = Self(5);
}

/// What the host offers to a library: a place for its log. Valid for as long as the process lives.
///
/// It only grows at its end; a plugin looks at `size` before it uses more than it sees here.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The size in bytes of this table as the host knows it.
    pub size: u32,
    /// Lines above this level are dropped; a plugin need not make them.
    pub max_level: Level,
    /// The host's own, to be handed back to `log`.
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
