//! A sink that writes each stream, or each window of one, to an Excel workbook.
//!
//! `config.rs` reads the options. `workbook.rs` writes the workbook, one `sheet.rs` after the other, and `value.rs` decides
//! what each cell holds.
//!
//! A workbook is a ZIP file with an index at its end, so it cannot grow over several runs. The records of a pull go to a
//! spool next to it, and the workbook is written when the pull is complete: see `SpooledFile` in `longhaul-table`.

mod config;
mod error;
mod sheet;
mod sheets;
mod value;
mod workbook;

pub use self::config::Xlsx;

#[cfg(feature = "library")]
longhaul_plugin::export_sink!(Xlsx);
