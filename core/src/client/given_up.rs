//! The end of a request that is not sent again.

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
}

impl GivenUp {
    /// The last attempt failed with `fault`.
    pub(super) fn after(fault: AttemptError, reason: StopReason) -> Self {
        // Stopping a run breaks its connections, so a broken connection says nothing about why it stopped.
        let is_effect = reason == StopReason::Interrupted && matches!(fault, AttemptError::Failed(_));
        Self { reason, fault: (!is_effect).then(|| Box::new(fault)) }
    }

    /// The run stopped during the wait after `fault`, which is what it was waiting out.
    pub(super) fn during_wait(fault: AttemptError) -> Self {
        Self { reason: StopReason::Interrupted, fault: Some(Box::new(fault)) }
    }

    pub(super) fn error(self, request: &Request, attempts: u32) -> RequestError {
        RequestError::new(request, attempts, self.reason, self.fault)
    }
}

impl From<StopReason> for GivenUp {
    fn from(reason: StopReason) -> Self {
        Self { reason, fault: None }
    }
}

impl From<AuthError> for GivenUp {
    fn from(error: AuthError) -> Self {
        let reason = match error {
            AuthError::Interrupted => StopReason::Interrupted,
            _ => StopReason::NoCredential,
        };
        Self { reason, fault: Some(Box::new(AttemptError::Credential(error))) }
    }
}
