//! The end of a request that is not sent again.

use url::Url;

use super::error::{AttemptError, RequestError};
use crate::{
    client::{auth::AuthError, retry::StopReason},
    http::request::Request,
};

/// Why the loop gave a request up. [`error`](Self::error) adds what the caller needs to know: which request it was, and
/// how often it was sent.
pub(super) struct GivenUp {
    reason: StopReason,
    fault: Option<Box<AttemptError>>,
    /// Where the last attempt was sent, if there was one. The token endpoint may name another address than the request.
    url: Option<Url>,
}

impl GivenUp {
    /// The last attempt failed with `fault`.
    pub(super) fn after(fault: AttemptError, reason: StopReason) -> Self {
        // Stopping a run breaks its connections, so a broken connection says nothing about why it stopped.
        let is_effect = reason == StopReason::Interrupted && matches!(fault, AttemptError::Failed(_));
        Self { reason, fault: (!is_effect).then(|| Box::new(fault)), url: None }
    }

    /// The run stopped during the wait after `fault`, which is what it was waiting out.
    pub(super) fn during_wait(fault: AttemptError) -> Self {
        Self { reason: StopReason::Interrupted, fault: Some(Box::new(fault)), url: None }
    }

    /// The last attempt was sent to `url`.
    pub(super) fn at(self, url: &Url) -> Self {
        Self { url: Some(url.clone()), ..self }
    }

    pub(super) fn error(self, request: &Request, attempts: u32) -> RequestError {
        let url = self.url.as_ref().unwrap_or(&request.url);
        RequestError::new(&request.method, url, attempts, self.reason, self.fault)
    }
}

impl From<StopReason> for GivenUp {
    fn from(reason: StopReason) -> Self {
        Self { reason, fault: None, url: None }
    }
}

impl From<AuthError> for GivenUp {
    fn from(error: AuthError) -> Self {
        let reason = match error {
            AuthError::Interrupted => StopReason::Interrupted,
            _ => StopReason::NoCredential,
        };
        Self { reason, fault: Some(Box::new(AttemptError::Credential(error))), url: None }
    }
}
