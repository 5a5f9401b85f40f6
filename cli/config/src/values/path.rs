//! Paths of files that are read.

use crate::values::described::described;

/// A path that is read. It is relative to the file that names it.
pub(crate) enum ReadPath {}

described!(ReadPath, { "type": "string", "x-kind": "path", "x-value": "path" });
