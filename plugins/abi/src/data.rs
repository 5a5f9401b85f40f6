//! The arguments of calls: bytes, batches, positions and handles.

use core::{
    mem::{offset_of, size_of},
    ptr,
};

/// Borrowed bytes, valid until the call returns. Texts are UTF-8 and not zero-terminated.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// The first byte. May be null if `len` is 0.
    pub ptr: *const u8,
    /// The number of bytes.
    pub len: usize,
}

impl Bytes {
    /// No bytes.
    pub const EMPTY: Self = Self { ptr: ptr::null(), len: 0 };

    /// The bytes of a slice. The compiler does not track this borrow: the caller must keep the slice alive.
    pub const fn of(bytes: &[u8]) -> Self {
        Self { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

/// The records of a page, or of a part of a long one: lines of JSON, each ending in `\n`, in contiguous bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// All records, as valid NDJSON.
    pub bytes: Bytes,
    /// For each record, the index after its `\n`. The last one is the length of `bytes`.
    pub ends: *const usize,
    /// The number of records, and of `ends`.
    pub records: usize,
}

/// An earlier commit.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// The receipt that the commit returned.
    pub receipt: Bytes,
    /// The mark that the commit received.
    pub mark: u64,
}

/// The result of [`OpenSink`](crate::OpenSink).
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The open sink, never null.
    pub sink: *mut Open,
    /// The number of pages of the pull that are durable in the sink.
    pub at: u64,
}

/// A configured sink. Opaque to the host.
#[repr(C)]
#[derive(Debug)]
pub struct Configured {
    opaque: [u8; 0],
}

/// An open sink. Opaque to the host.
#[repr(C)]
#[derive(Debug)]
pub struct Open {
    opaque: [u8; 0],
}

const WORD: usize = size_of::<usize>();

// Plugins that were compiled earlier rely on this layout.
const _: () = {
    assert!(size_of::<Bytes>() == 2 * WORD && offset_of!(Bytes, len) == WORD);
    assert!(size_of::<Batch>() == 4 * WORD);
    assert!(offset_of!(Batch, ends) == 2 * WORD && offset_of!(Batch, records) == 3 * WORD);
    assert!(offset_of!(Position, mark) == 2 * WORD);
    assert!(offset_of!(Opened, at) == 8 && size_of::<Opened>() == 16 || WORD != 8);
};
