//! JSON pointers (RFC 6901).

use crate::config::values::described::described;

/// A JSON pointer.
pub(in crate::config) enum JsonPointer {}

described!(JsonPointer, { "type": "string", "x-value": "pointer", "examples": ["/results"] });
