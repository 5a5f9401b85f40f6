//! A plugin's table, checked.

use std::str;

use longhaul_core::sink::Options;
use longhaul_plugin_abi::{
    Bytes, Commit, Configure, Destination, DropConfigured, DropSink, Finish, NEEDED_FEATURES, OpenSink,
    SinkTable, Write,
};

use serde_json::Value;

use crate::call::borrow;

/// What a table says and offers, with nothing missing.
#[derive(Debug)]
pub(crate) struct Plugin {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    /// The schema of the options, which has an object of `properties`.
    pub(crate) schema: Options,
    pub(crate) functions: Functions,
}

/// The functions of a [`SinkTable`]. Those who call one uphold what its type asks for.
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

/// What is wrong with a plugin's table.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnfitTable {
    /// There is none.
    #[error("it gives no table")]
    None,
    /// It was made for a version that knew less.
    #[error("it is too old: its table has {size} bytes and must have {needed}")]
    Small {
        /// The plugin's size.
        size: usize,
        /// The size that this version reads.
        needed: usize,
    },
    /// It asks for what only a later version can do.
    #[error("it is too new: it needs features that this longhaul does not have ({features:#x})")]
    Features {
        /// The bits that stand for them.
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
    /// The options are not described.
    #[error("the `options` in its table are not a JSON Schema with `properties`")]
    Options,
}

impl Plugin {
    /// # Safety
    /// `table` is null, or points to as many bytes as the number in its first field says, and so do the texts and
    /// functions in it, all valid for as long as the process lives.
    pub(crate) unsafe fn read(table: *const SinkTable) -> Result<Self, UnfitTable> {
        if table.is_null() || !table.is_aligned() {
            return Err(UnfitTable::None);
        }
        // SAFETY: not null and aligned; the caller promises that the first field can be read.
        let size = unsafe { (&raw const (*table).size).read() } as usize;
        let needed = size_of::<SinkTable>();
        if size < needed {
            return Err(UnfitTable::Small { size, needed });
        }
        // SAFETY: there are enough bytes, and every pattern of bits is a valid table: its functions may be null.
        let table = unsafe { table.read() };
        let features = table.features & NEEDED_FEATURES;
        if features != 0 {
            return Err(UnfitTable::Features { features });
        }
        Ok(Self {
            name: text(table.name, "name")?,
            version: text(table.version, "version")?,
            summary: text(table.summary, "summary")?,
            schema: schema(&text(table.options, "options")?)?,
            functions: Functions {
                configure: given(table.configure, "configure")?,
                destination: given(table.destination, "destination")?,
                open: given(table.open, "open")?,
                drop_configured: given(table.drop_configured, "drop_configured")?,
                write: given(table.write, "write")?,
                commit: given(table.commit, "commit")?,
                finish: given(table.finish, "finish")?,
                drop_sink: given(table.drop_sink, "drop_sink")?,
            },
        })
    }
}

fn given<F>(function: Option<F>, name: &'static str) -> Result<F, UnfitTable> {
    function.ok_or(UnfitTable::Missing { function: name })
}

fn text(bytes: Bytes, field: &'static str) -> Result<String, UnfitTable> {
    // SAFETY: the texts of a table are valid for as long as the process lives; this one is copied here.
    let bytes = unsafe { borrow(bytes) };
    str::from_utf8(bytes).map(str::to_owned).map_err(|_| UnfitTable::Text { field })
}

fn schema(text: &str) -> Result<Options, UnfitTable> {
    let schema: Options = serde_json::from_str(text).map_err(|_| UnfitTable::Options)?;
    let has_properties = schema.get("properties").is_some_and(Value::is_object);
    if has_properties { Ok(schema) } else { Err(UnfitTable::Options) }
}
