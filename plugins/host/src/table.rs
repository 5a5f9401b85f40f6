//! Reads and checks the table of a plugin.

use std::str;

use longhaul_core::sink::Options;
use longhaul_plugin_abi::{
    Bytes, Commit, Configure, Destination, DropConfigured, DropSink, Finish, NEEDED_FEATURES, OpenSink,
    SinkTable, Write,
};
use serde_json::Value;

use crate::bytes::borrow;

/// The content of a valid table.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    /// The schema of the options. It has an object `properties`.
    pub(crate) schema: Options,
    pub(crate) functions: Functions,
}

/// The functions of a [`SinkTable`]. The type of each function defines the contract of its callers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Functions {
    pub(crate) configure: Configure,
    pub(crate) destination: Destination,
    pub(crate) open: OpenSink,
    pub(crate) drop_configured: DropConfigured,
    pub(crate) write: Write,
    pub(crate) commit: Commit,
    pub(crate) finish: Finish,
    pub(crate) drop_sink: DropSink,
}

/// Why a plugin's table is invalid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidTable {
    /// The table is null.
    #[error("it returned no table")]
    None,
    /// It was built for a version with a smaller table.
    #[error("it is too old: its table has {size} bytes, but {needed} are needed")]
    Small {
        /// The size of the plugin's table.
        size: usize,
        /// The size of the table in this version.
        needed: usize,
    },
    /// It needs features of a newer version.
    #[error("it is too new: it needs features that this longhaul does not support ({features:#x})")]
    Features {
        /// The bits of these features.
        features: u32,
    },
    /// A function is null.
    #[error("its table has no function `{function}`")]
    Missing {
        /// The function.
        function: &'static str,
    },
    /// A text is not UTF-8.
    #[error("the `{field}` in its table is not UTF-8")]
    Text {
        /// The text.
        field: &'static str,
    },
    /// The options have no valid schema.
    #[error("the `options` in its table are not a JSON Schema with `properties`")]
    Options,
}

impl Plugin {
    /// # Safety
    /// `table` is null, or points to as many bytes as its first field says. The texts and functions in it are valid.
    /// All stay valid until the process ends.
    pub(crate) unsafe fn read(table: *const SinkTable) -> Result<Self, InvalidTable> {
        if table.is_null() || !table.is_aligned() {
            return Err(InvalidTable::None);
        }
        // SAFETY: not null and aligned. The caller guarantees that the first field can be read.
        let size = unsafe { (&raw const (*table).size).read() } as usize;
        let needed = size_of::<SinkTable>();
        if size < needed {
            return Err(InvalidTable::Small { size, needed });
        }
        // SAFETY: there are enough bytes, and every bit pattern is a valid table: its functions may be null.
        let table = unsafe { table.read() };
        let features = table.features & NEEDED_FEATURES;
        if features != 0 {
            return Err(InvalidTable::Features { features });
        }
        Ok(Self {
            name: text(table.name, "name")?,
            version: text(table.version, "version")?,
            summary: text(table.summary, "summary")?,
            schema: schema(&text(table.options, "options")?)?,
            functions: Functions {
                configure: present(table.configure, "configure")?,
                destination: present(table.destination, "destination")?,
                open: present(table.open, "open")?,
                drop_configured: present(table.drop_configured, "drop_configured")?,
                write: present(table.write, "write")?,
                commit: present(table.commit, "commit")?,
                finish: present(table.finish, "finish")?,
                drop_sink: present(table.drop_sink, "drop_sink")?,
            },
        })
    }
}

fn present<F>(function: Option<F>, name: &'static str) -> Result<F, InvalidTable> {
    function.ok_or(InvalidTable::Missing { function: name })
}

fn text(bytes: Bytes, field: &'static str) -> Result<String, InvalidTable> {
    // SAFETY: the texts of a table are valid until the process ends; this one is copied here.
    let bytes = unsafe { borrow(bytes) };
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| InvalidTable::Text { field })
}

fn schema(text: &str) -> Result<Options, InvalidTable> {
    let schema: Options = serde_json::from_str(text).map_err(|_| InvalidTable::Options)?;
    let has_properties = schema.get("properties").is_some_and(Value::is_object);
    if has_properties { Ok(schema) } else { Err(InvalidTable::Options) }
}
