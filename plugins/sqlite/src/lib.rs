//! A sink that writes each stream to a table of an SQLite database.
//!
//! `config.rs` reads the options, and `sink.rs` is the open sink. `table.rs` creates the SQL statements, and
//! `marks.rs` stores the last commit of each pull in the database. `inferred.rs` finds the columns of a table from its
//! records.
//!
//! The rows of a pull are collected in a table `_longhaul_<table>`, together with the mark of the last commit: each
//! commit is one transaction for both. Finishing is one more transaction, which moves the rows to the target table.
//! So a run may be killed at any time: each row is in the table either once or not yet, and a rollback to an earlier
//! commit only removes rows that no reader has seen.

mod config;
mod error;
mod inferred;
mod marks;
mod parameter;
mod sink;
mod table;

pub use self::config::Sqlite;

#[cfg(feature = "library")]
longhaul_plugin::export_sink!(Sqlite);
