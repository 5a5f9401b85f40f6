//! The C interface between longhaul and a sink in a shared library.
//!
//! This crate contains only types: it does not allocate, does no I/O and has no dependencies. Authors of sinks in
//! Rust use the crate `longhaul-plugin`, which fills in the table for them. For sinks in C, `longhaul_sink.h`, next
//! to the manifest of this crate, declares the same types.
//!
//! # The handshake
//!
//! A sink `name` is in a library named `longhaul_sink_<name>`, with the prefix and suffix of the platform. The
//! library exports one function, [`Entry`], under the name [`SYMBOL`]. It returns a [`SinkTable`]. The major version
//! is part of the function's name, so a library for another major version does not have the symbol and is never
//! misread. Within a major version the table only grows at its end, and [`size`](SinkTable::size) tells each side
//! what the other supports.
//!
//! # Ownership
//!
//! * [`Bytes`] are borrowed: they are valid until the call returns. Copy them to keep them for longer. Only the bytes
//!   in the table, and [`Host`], are valid until the process ends.
//! * A function returns a [`Status`]. It passes everything else to the host's [`Reply`] before it returns, and the
//!   host copies it. So neither side ever frees memory of the other, and no buffer can be too small for a message.
//! * [`Configured`] and [`Open`] belong to the plugin. The host drops each exactly once, in any order, unless a call
//!   on it returned [`Status::PANICKED`]: the host never calls that sink again.
//!
//! # Texts
//!
//! All texts are UTF-8. The host's JSON has no white space between its tokens, and escapes only quotes, backslashes
//! and control characters.
//!
//! # Threads
//!
//! The functions of a [`Configured`] may be called from several threads at once. Those of an [`Open`] are called
//! from one thread at a time, not always the same. [`Host::log`] may be called from any thread at any time. A
//! [`Reply`] may only be used during its call, on the thread of that call.
#![no_std]

mod data;
mod reply;
mod table;

use core::ffi::CStr;

pub use self::{
    data::{Batch, Bytes, Configured, Open, Opened, Position},
    reply::{Host, Level, Part, Reply, Status},
    table::{Commit, Configure, Destination, DropConfigured, DropSink, Finish, OpenSink, SinkTable, Write},
};

/// The name under which a library exports its [`Entry`].
pub const SYMBOL: &CStr = c"longhaul_sink_v1";

/// The prefix of a sink's name in the name of its library.
pub const LIBRARY_PREFIX: &str = "longhaul_sink_";

/// The maximum length of a receipt in bytes.
pub const MAX_RECEIPT: usize = 4096;

/// The bits of [`SinkTable::features`] that a host must support. It rejects a plugin with an unknown one of these
/// bits as too new, and ignores unknown other bits.
pub const NEEDED_FEATURES: u32 = 0xffff_0000;

/// The only exported function. It may be called more than once and must return the same table each time.
///
/// # Safety
/// `host` points to a [`Host`] that stays valid until the process ends.
pub type Entry = unsafe extern "C" fn(host: *const Host) -> *const SinkTable;
