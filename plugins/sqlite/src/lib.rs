//! A sink that writes each stream to a table of an SQLite database.
//!
//! `config.rs` reads the options, `sink.rs` is the open sink. Below them, `table.rs` makes the statements, and
//! `ledger.rs` keeps what is known of each pull in the database itself.
//!
//! The rows of a pull gather in a table of their own, `_longhaul_<table>`, together with the mark of the last commit:
//! each commit is one transaction of both. Finishing is one more transaction, which moves the rows to where readers
//! look for them. So whatever the instant at which a run dies, each row is in the table once or not yet, and a pull
//! that goes back to an earlier commit only drops rows that nobody has seen.

mod config;
mod failure;
mod ledger;
mod sink;
mod table;

use longhaul_plugin::export_sink;

pub use self::config::Sqlite;

export_sink!(Sqlite);
