//! The requests that were made before.

use std::collections::HashSet;

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hash;

use crate::request::Request;

/// The pages asked for in a run, at 16 bytes each. A listing that asks for one again goes in circles.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashSet<u128>);

impl Seen {
    /// Whether `request` is new, and remembers it.
    pub(crate) fn insert(&mut self, request: &Request) -> bool {
        let mut hasher = SipHasher13::new();
        request.method.as_str().hash(&mut hasher);
        request.url.as_str().hash(&mut hasher);
        request.body.encode().hash(&mut hasher);
        self.0.insert(hasher.finish128().as_u128())
    }
}
