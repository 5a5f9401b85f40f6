//! Why a request, or one attempt at it, failed.

use std::{error::Error, fmt, io, path::PathBuf, sync::Arc, time::Duration};

use http::{Method, StatusCode};
use url::Url;

use super::{body_fault::BodyFault, redirect::Misdirection};
use crate::{
    client::{
        answer::Then,
        refusal::Refusal,
        retry::{Outcome, StopReason},
    },
    event::Fault,
    http::{
        origins::ForeignOrigin,
        place::PlaceError,
        transport::{TransportError, TransportErrorKind},
    },
    shown_url::ShownUrl,
};

/// A request that was given up. The client retried it as often as allowed, so no caller retries it again.
#[derive(Debug)]
pub struct RequestError {
    method: Method,
    url: ShownUrl,
    attempts: u32,
    reason: StopReason,
    fault: Option<Box<AttemptError>>,
}

/// Why one attempt failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttemptError {
    /// There is no token to send.
    #[error(transparent)]
    Credential(#[from] AuthError),
    /// A 401 for a token that was accepted before, or that was not renewed yet.
    #[error(transparent)]
    RejectedCredential(Refusal),
    /// A 401 for a token that was just renewed.
    #[error(transparent)]
    FreshCredential(Refusal),
    /// A response that is not read.
    #[error("{refusal}")]
    Refused {
        /// What the server said.
        refusal: Refusal,
        /// What the rules say about it.
        then: Then,
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// A redirect that is not followed.
    #[error(transparent)]
    Misdirected(#[from] Misdirection),
    /// There was no answer.
    #[error(transparent)]
    Failed(#[from] TransportError),
    /// The answer cannot be read.
    #[error(transparent)]
    Unreadable(#[from] BodyFault),
}

/// Why there is no token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The token endpoint refused the credentials. This is final.
    #[error("the token endpoint refused to issue a token")]
    Refused {
        /// How it refused.
        source: Arc<RequestError>,
    },
    /// The token endpoint could not be reached, or kept failing. It may work later.
    #[error("could not get an access token")]
    Unavailable {
        /// What went wrong.
        source: Arc<RequestError>,
    },
    /// The token endpoint answered with an error, although the status is a success. This is final.
    #[error("the token endpoint's answer is the error {said}")]
    Denied {
        /// The code and the message, in one line.
        said: String,
    },
    /// The assertion that proves who the client is cannot be signed. This is final.
    #[error("cannot sign the token request")]
    Unsigned,
    /// The token endpoint names an address of the API to which credentials must not be sent. This is final.
    #[error("the token endpoint's answer names an address for the API that is not allowed")]
    Misdirected {
        /// Where it leads.
        source: ForeignOrigin,
    },
    /// The file with the refresh token cannot be used. Nothing was sent.
    #[error("cannot use the refresh token in `{}`", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: Arc<io::Error>,
    },
    /// No source of credentials has any. Nothing was sent.
    #[error("{problem}")]
    Missing {
        /// Where they were looked for, as a clause.
        problem: String,
    },
    /// The token endpoint's answer is not what RFC 6749 §5.1 requires. This is final.
    #[error("the token endpoint's answer {problem}")]
    Malformed {
        /// What is wrong with it, as the rest of a sentence: `has no ...`.
        problem: String,
    },
    /// The run was asked to stop.
    #[error("the run was asked to stop")]
    Interrupted,
}

impl AuthError {
    /// Passes what the server said through `redact`.
    pub(super) fn redacted(self, redact: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Malformed { problem } => Self::Malformed { problem: redact(&problem) },
            Self::Denied { said } => Self::Denied { said: redact(&said) },
            other => other,
        }
    }
}

impl From<PlaceError> for AuthError {
    fn from(error: PlaceError) -> Self {
        Self::Malformed { problem: format!("cannot be read: {error}") }
    }
}

/// Beyond this, seconds tell nobody how long a wait is.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl RequestError {
    pub(super) fn new(
        method: &Method,
        url: &Url,
        attempts: u32,
        reason: StopReason,
        fault: Option<Box<AttemptError>>,
    ) -> Self {
        let (method, url) = (method.clone(), ShownUrl::from(url));
        Self { method, url, attempts, reason, fault }
    }

    /// Why the request was given up.
    pub fn reason(&self) -> StopReason {
        self.reason
    }

    /// Why the last attempt failed, if there was one.
    pub fn last_error(&self) -> Option<&AttemptError> {
        self.fault.as_deref()
    }

    /// Whether the request was given up because its result was not ready for too long.
    pub(crate) fn is_not_ready(&self) -> bool {
        matches!(self.last_error(), Some(AttemptError::Refused { then: Then::Wait, .. }))
            && matches!(self.reason, StopReason::Exhausted | StopReason::WaitTooLong(_))
    }

    /// Whether the server may have acted on the request although no usable answer came.
    pub fn is_undecided(&self) -> bool {
        use TransportErrorKind::{BrokenOff, Garbled, TimedOut};
        match self.last_error() {
            Some(AttemptError::Failed(error)) => matches!(error.kind(), BrokenOff | Garbled | TimedOut),
            Some(AttemptError::Refused { then, .. }) => *then == Then::Retry,
            Some(AttemptError::Unreadable(fault)) => !matches!(fault, BodyFault::Undecodable { .. }),
            _ => false,
        }
    }

    /// The server's error response, if there was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.last_error()? {
            AttemptError::RejectedCredential(refusal)
            | AttemptError::FreshCredential(refusal)
            | AttemptError::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }
}

impl Error for RequestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.as_deref().map(|fault| fault as _)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = format_args!("`{} {}`", self.method, self.url);
        match self.reason {
            StopReason::Exhausted if self.is_not_ready() => {
                write!(f, "{request} still has no result after {} attempts", self.attempts)
            }
            StopReason::Exhausted if self.attempts > 1 => {
                write!(f, "{request} failed {} times", self.attempts)
            }
            // Numbers that no server means are taken for times in the far future.
            StopReason::WaitTooLong(wait) if wait > CENTURY => {
                write!(f, "{request} must wait more than 100 years, longer than `retry.max_wait` allows")
            }
            StopReason::WaitTooLong(wait) => {
                write!(f, "{request} must wait {} s, longer than `retry.max_wait` allows", wait.as_secs())
            }
            StopReason::Exhausted | StopReason::Refused | StopReason::Ruled(_) => {
                write!(f, "{request} failed")
            }
            StopReason::Unauthorized => match self.last_error() {
                Some(AttemptError::FreshCredential(_)) => {
                    write!(f, "{request} was refused, although the token is new")
                }
                _ => write!(f, "{request} was refused"),
            },
            StopReason::NoCredential => write!(f, "could not send {request}: no access token"),
            StopReason::Interrupted => write!(f, "interrupted during {request}"),
        }
    }
}

impl AttemptError {
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { refusal, then, after } => {
                // A server that is overloaded says so before it acts.
                let unseen = refusal.status == StatusCode::SERVICE_UNAVAILABLE && after.is_some();
                Outcome::Judged { then: *then, after: *after, unseen }
            }
            Self::RejectedCredential(_) => Outcome::CredentialRejected,
            Self::FreshCredential(_) => Outcome::FreshCredentialRefused,
            // Without a token there is no attempt, so `Credential` never gets here.
            Self::Misdirected(_) | Self::Credential(_) => Outcome::Misdirected,
            Self::Failed(error) => Outcome::Failed(error.kind()),
            Self::Unreadable(fault) if fault.is_transient() => Outcome::Unreadable,
            Self::Unreadable(_) => Outcome::Undecodable,
        }
    }

    pub(super) fn kind(&self) -> Fault {
        match self {
            Self::Refused { refusal, .. }
            | Self::RejectedCredential(refusal)
            | Self::FreshCredential(refusal) => Fault::Status(refusal.status.as_u16()),
            Self::Unreadable(_) => Fault::UnreadableAnswer,
            Self::Failed(_) | Self::Credential(_) | Self::Misdirected(_) => Fault::Connection,
        }
    }
}

impl From<ForeignOrigin> for AttemptError {
    fn from(origin: ForeignOrigin) -> Self {
        Self::Misdirected(origin.into())
    }
}
