//! 128 bits that stand for a text.

use siphasher::sip128::SipHasher13;

/// 128 bits that tell one text from any other.
pub(crate) fn fingerprint(text: &[u8]) -> u128 {
    SipHasher13::new().hash(text).as_u128()
}
