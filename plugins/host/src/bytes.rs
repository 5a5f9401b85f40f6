//! Bytes that a plugin lends to the host.

use std::slice;

use longhaul_plugin_abi::Bytes;

/// # Safety
/// If the bytes are not empty, they stay valid for `'a`, which must not outlive the call that they came with.
pub(crate) unsafe fn borrow<'a>(bytes: Bytes) -> &'a [u8] {
    if bytes.len == 0 {
        // The pointer may be null here; a slice must not contain a null pointer.
        return &[];
    }
    // SAFETY: guaranteed by the caller.
    unsafe { slice::from_raw_parts(bytes.ptr, bytes.len) }
}
