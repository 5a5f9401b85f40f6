//! What was seen before, told apart by 128 bits.

use std::collections::HashSet;

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hash;
use url::Position;

use crate::request::Request;

/// What was seen in a run, at 16 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<u128>);

impl Seen {
    /// Whether `request` is new, and remembers it.
    pub(crate) fn is_new_request(&mut self, request: &Request) -> bool {
        let mut hasher = SipHasher13::new();
        request.method.as_str().hash(&mut hasher);
        // A fragment is not sent (RFC 9110 §4.2.5), so it does not make another page.
        request.url[..Position::AfterQuery].hash(&mut hasher);
        request.body.encode().hash(&mut hasher);
        self.0.insert(hasher.finish128().as_u128())
    }

    /// Whether these records are new, and remembers them.
    pub(crate) fn is_new(&mut self, records: &[u8]) -> bool {
        self.0.insert(fingerprint(records))
    }
}

/// 128 bits that tell one text from any other.
pub(crate) fn fingerprint(text: &[u8]) -> u128 {
    SipHasher13::new().hash(text).as_u128()
}
