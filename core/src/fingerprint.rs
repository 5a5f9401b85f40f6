//! Fingerprints of texts.

use siphasher::sip128::SipHasher13;

/// A hash of `text` with 128 bits, so that different texts practically never have the same one.
pub(crate) fn fingerprint(text: &[u8]) -> u128 {
    SipHasher13::new().hash(text).as_u128()
}
