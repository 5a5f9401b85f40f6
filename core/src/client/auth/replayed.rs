//! Authorization in the replay of a recording.

use std::sync::Arc;

use super::{Auth, AuthError, Grant, Renewal};
use crate::http::{recording::Recording, request::Request};

/// Sends requests without a credential, and answers a rejected one as the recorded run did. The recording has no
/// credentials, and no requests for them.
#[derive(Debug)]
pub struct Replayed {
    recording: Arc<Recording>,
}

impl Replayed {
    /// The authorization of this recording.
    pub fn new(recording: Arc<Recording>) -> Self {
        Self { recording }
    }
}

/// A token that no request succeeds with.
const UNPROVED: Grant = Grant(u64::MAX);

impl Auth for Replayed {
    /// Threads may meet rejections in another order than in the recorded run, where one renewal was enough for all. So each
    /// request has the first token, unless the API rejected a renewed one.
    fn authorize(&self, request: &mut Request) -> Result<Grant, AuthError> {
        let is_final = self.recording.refuses_renewed_token(request);
        Ok(if is_final { UNPROVED } else { Grant::FIRST })
    }

    fn renew(&self, _: Grant) -> Result<Renewal, AuthError> {
        Ok(if self.recording.run().renews_token { Renewal::Renewed } else { Renewal::Unsupported })
    }

    fn query(&self) -> Option<&str> {
        self.recording.run().credential_query.as_deref()
    }
}
