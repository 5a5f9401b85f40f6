//! Fingerprints of texts.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// A hash of `text` with 128 bits, so that different texts practically never have the same one.
pub(crate) fn fingerprint(text: &[u8]) -> u128 {
    SipHasher13::new().hash(text).as_u128()
}

/// The same for a text that consists of these parts.
pub(crate) fn fingerprint_of_parts(parts: &[&[u8]]) -> u128 {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write(part);
    }
    hasher.finish128().as_u128()
}
