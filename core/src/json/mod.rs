//! Reads JSON text without building values.
//!
//! Most of a record is not needed. So a [`Scan`] only finds the ends of the values that it skips, and a [`PointerTree`]
//! finds the values at many pointers in one pass. Values are returned as they are written, so numbers keep all their
//! digits. [`text`] decodes strings. A [`RowLayout`] makes several rows of a record.
//!
//! ```
//! use longhaul_core::json::{PointerTree, text};
//!
//! let tree = PointerTree::of(&["/name".parse()?, "/calls/1/length".parse()?, "/queue".parse()?]);
//! let record = r#"{ "name": "Zo\u00eb", "calls": [ {}, { "length": 1.10 } ] }"#;
//! let mut found = [None; 3];
//! tree.find(record, &mut found)?;
//!
//! assert_eq!(found, [Some(r#""Zo\u00eb""#), Some("1.10"), None]);
//! assert_eq!(found.map(|json| text(json.unwrap_or("null"))), ["Zoë", "1.10", "null"]);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod exact;
mod flat;
pub(crate) mod lanes;
mod plain_run;
pub mod pointer;
mod row_layout;
mod row_path;
mod scan;
mod skip;
mod string;
mod tree;

pub use self::{
    exact::ExactValue,
    flat::{Arrays, FlatColumn, FlattenError, Flattener, Naming},
    plain_run::plain_run,
    row_layout::RowLayout,
    row_path::{InvalidRows, RowPath, RowPlace},
    scan::{Name, NotJson, Scan},
    string::{text, text_lossy},
    tree::PointerTree,
};
