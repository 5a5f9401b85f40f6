//! The C table through which longhaul talks to a sink in a shared library.
//!
//! Types only: nothing here allocates, does I/O or depends on anything. Authors of sinks in Rust use the crate
//! `longhaul-plugin`, which fills the table in for them; this page is for those who write the other side by hand.
//! For them there is the same in C, too: `longhaul_sink.h`, beside the manifest of this crate.
//!
//! # The handshake
//!
//! A sink `name` lives in a library named `longhaul_sink_<name>`, with the prefix and suffix of the platform. The
//! library exports one function, [`Entry`], under the name [`SYMBOL`]. The major version is part of that name, so
//! that a library made for another one lacks the symbol, and nothing in it is read on a guess. The function returns
//! a [`SinkTable`]. Within a major version the table only grows at its end; each side learns from
//! [`size`](SinkTable::size) what the other knows.
//!
//! # Who owns what
//!
//! * [`Bytes`] are borrowed: they are valid until the call returns, and whoever wants them for longer copies them.
//!   Those in the table, and [`Host`], are valid for as long as the process lives.
//! * Whatever a function answers beyond its [`Status`] it hands to the host's [`Reply`] before it returns, and the
//!   host copies it. So no memory is ever released on the other side of the border, no buffer can be too small for
//!   a message, and there is no release function to forget.
//! * [`Configured`] and [`Open`] are the plugin's own. The host drops each exactly once, in any order, unless a
//!   call on it answered [`Status::PANICKED`]: such a sink is never entered again.
//!
//! # Texts
//!
//! All texts are UTF-8. The JSON that the host hands over has no white space between its tokens, and escapes nothing
//! but quotes, backslashes and control characters.
//!
//! # Threads
//!
//! The functions of a [`Configured`] may be called from several threads at once. Those of an [`Open`] are called
//! from one thread at a time, not always the same. [`Host::log`] may be called from any thread at any time, a
//! [`Reply`] only from the thread of the call that it came with, during that call.
#![no_std]

mod answer;
mod data;
mod table;

use core::ffi::CStr;

pub use self::{
    answer::{Host, Level, Part, Reply, Status},
    data::{Batch, Bytes, Configured, Open, Opened, Position},
    table::{Commit, Configure, Destination, DropConfigured, DropSink, Finish, OpenSink, SinkTable, Write},
};

/// The name under which a library exports its [`Entry`].
pub const SYMBOL: &CStr = c"longhaul_sink_v1";

/// What stands before a sink's name in the name of its library.
pub const LIBRARY_PREFIX: &str = "longhaul_sink_";

/// The most bytes that a receipt may have.
pub const MAX_RECEIPT: usize = 4096;

/// The bits of [`SinkTable::features`] that a host must know. One that does not know a bit which is set among them
/// refuses the plugin as made for a later longhaul; the other bits it may ignore.
pub const NEEDED_FEATURES: u32 = 0xffff_0000;

/// The one exported function. It may be called more than once and returns the same table each time.
///
/// # Safety
/// `host` points to a [`Host`] that stays valid for as long as the process lives.
pub type Entry = unsafe extern "C" fn(host: *const Host) -> *const SinkTable;
