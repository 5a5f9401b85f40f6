//! The fingerprints of the pages that were fetched before.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::Arc,
};

use siphasher::sip128::{Hasher128, SipHasher13};
use url::Position;

use crate::{http::request::Request, partition::PartitionId};

/// The fingerprints of the pages of a listing. Each has 16 bytes.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The fingerprint of the listing: its partition, and how often it was restarted. It is part of the fingerprint of each
    /// page.
    listing: u128,
    /// The pages of all listings that earlier runs of the same pull fetched.
    earlier: Arc<HashSet<u128>>,
    now: HashSet<u128>,
}

impl Seen {
    /// The pages of the listing of this partition. `restarts` is how often the listing was restarted; `earlier`
    /// has the pages of earlier runs.
    pub(crate) fn new(partition: PartitionId, restarts: u64, earlier: Arc<HashSet<u128>>) -> Self {
        let mut hasher = SipHasher13::new();
        restarts.hash(&mut hasher);
        partition.to_string().hash(&mut hasher);
        Self { listing: hasher.finish128().as_u128(), earlier, now: HashSet::new() }
    }

    /// The fingerprint of `request`, or `None` if it was seen before.
    pub(crate) fn new_request(&mut self, request: &Request) -> Option<u128> {
        let mut hasher = SipHasher13::new();
        request.method.as_str().hash(&mut hasher);
        // A fragment is not sent (RFC 9110 §4.2.5), so it does not lead to another page.
        request.url[..Position::AfterQuery].hash(&mut hasher);
        request.body.encode().hash(&mut hasher);
        self.insert(hasher)
    }

    /// The fingerprint of records that consist of these parts, or `None` if they were seen before.
    pub(crate) fn new_records(&mut self, parts: &[&[u8]]) -> Option<u128> {
        let mut hasher = SipHasher13::new();
        for part in parts {
            hasher.write(part);
        }
        self.insert(hasher)
    }

    fn insert(&mut self, mut hasher: SipHasher13) -> Option<u128> {
        self.listing.hash(&mut hasher);
        let page = hasher.finish128().as_u128();
        (!self.earlier.contains(&page) && self.now.insert(page)).then_some(page)
    }
}
