//! Singer: every record as a message to a target, a child process, or to standard output.
//!
//! `messages.rs` makes the messages, with the schema of `shape.rs` or `columns.rs`. `target.rs` runs the process and reads
//! what it says. `target_lock.rs` keeps a second process from starting beside it. `sink.rs` keeps the records until the
//! target has confirmed that it has stored them.

mod children;
mod columns;
mod config;
mod delivery;
mod last_lines;
mod messages;
mod settings;
mod shape;
mod sink;
mod target;
mod target_lock;

pub use self::children::Children;
pub(crate) use self::{
    config::SingerType,
    messages::{Layout, Messages},
};
