//! What goes in: bytes, batches, positions and handles.

use core::{
    mem::{offset_of, size_of},
    ptr,
};

/// Borrowed bytes, valid until the call that they came with returns. Texts are UTF-8, without a closing zero.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte. May be null where `len` is 0.
    pub ptr: *const u8,
    /// How many there are.
    pub len: usize,
}

impl Bytes {
    /// No bytes.
    pub const EMPTY: Self = Self { ptr: ptr::null(), len: 0 };

    /// The bytes of a slice. The borrow ends here as far as the compiler knows: the caller keeps the slice alive.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

/// The records of one page: JSON values of one line each, every one ended by `\n`, in one run of bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// All records. They can go to a file as they are.
    pub bytes: Bytes,
    /// For each record, the index just past its `\n`. The last one is the length of `bytes`.
    pub ends: *const usize,
    /// How many ends, and so records, there are.
    pub records: usize,
}

/// Where an earlier commit stood.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The receipt that the commit gave.
    pub receipt: Bytes,
    /// The mark that it was given.
    pub mark: u64,
}

/// What [`OpenSink`](crate::OpenSink) gives.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The open sink, never null.
    pub sink: *mut Open,
    /// How many pages of the pull are durable in it.
    pub at: u64,
}

/// A configured sink. Only the plugin knows what is inside.
#[repr(C)]
#[derive(Debug)]
pub struct Configured {
    opaque: [u8; 0],
}

/// An open sink. Only the plugin knows what is inside.
#[repr(C)]
#[derive(Debug)]
pub struct Open {
    opaque: [u8; 0],
}

const WORD: usize = size_of::<usize>();

// The layout is a promise to code that was compiled long ago and elsewhere.
const _: () = {
    assert!(size_of::<Bytes>() == 2 * WORD && offset_of!(Bytes, len) == WORD);
    assert!(size_of::<Batch>() == 4 * WORD);
    assert!(offset_of!(Batch, ends) == 2 * WORD && offset_of!(Batch, records) == 3 * WORD);
    assert!(offset_of!(Position, mark) == 2 * WORD);
    assert!(offset_of!(Opened, at) == 8 && size_of::<Opened>() == 16 || WORD != 8);
};
