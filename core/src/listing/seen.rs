//! What was seen before, told apart by 128 bits.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use siphasher::sip128::{Hasher128, SipHasher13};
use url::Position;

use crate::{http::request::Request, sink::Site};

/// The pages of a listing that were seen, at 16 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What tells this listing from others: what the placeholders in its requests stand for, and how often it was begun
    /// anew.
    listing: u128,
    /// Pages of any listing, from earlier runs of the same pull.
    earlier: Arc<HashSet<u128>>,
    now: HashSet<u128>,
}

impl Seen {
    /// What is seen of the listing at `site`, where these pages were seen in earlier runs.
    pub(crate) fn new(site: &Site, anew: u64, earlier: Arc<HashSet<u128>>) -> Self {
        let mut hasher = SipHasher13::new();
        anew.hash(&mut hasher);
        site.values().for_each(|value| value.hash(&mut hasher));
        Self { listing: hasher.finish128().as_u128(), earlier, now: HashSet::new() }
    }

    /// The fingerprint of `request`, if it is new.
    pub(crate) fn new_request(&mut self, request: &Request) -> Option<u128> {
        let mut hasher = SipHasher13::new();
        request.method.as_str().hash(&mut hasher);
        // A fragment is not sent (RFC 9110 §4.2.5), so it does not make another page.
        request.url[..Position::AfterQuery].hash(&mut hasher);
        request.body.encode().hash(&mut hasher);
        self.insert(hasher)
    }

    /// The fingerprint of these records, if they are new.
    pub(crate) fn new_records(&mut self, records: &[u8]) -> Option<u128> {
        let mut hasher = SipHasher13::new();
        hasher.write(records);
        self.insert(hasher)
    }

    fn insert(&mut self, mut hasher: SipHasher13) -> Option<u128> {
        self.listing.hash(&mut hasher);
        let page = hasher.finish128().as_u128();
        (!self.earlier.contains(&page) && self.now.insert(page)).then_some(page)
    }
}
