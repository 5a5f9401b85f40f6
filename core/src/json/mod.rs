//! JSON text, read without making values of it.
//!
//! Most of what a record holds is not asked for. So a [`Scan`] looks at what it passes over only for where that ends,
//! a [`PointerTree`] finds the values at many pointers in one pass, and each is given as it is written, which keeps
//! every digit of a number. What a string says, [`text`] tells.
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

pub mod pointer;
mod scan;
mod string;
mod tree;

pub use self::{
    scan::{Name, NotJson, Scan},
    string::{text, text_lossy},
    tree::PointerTree,
};
