//! What is done with a response.

use std::fmt;

/// What is done with a response.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Then {
    /// It is read, whatever its status.
    Page,
    /// The listing is complete, and this response has no records.
    End,
    /// The request is sent again after a back-off, up to `max_attempts`.
    Retry,
    /// All requests to this API pause. It does not use up an attempt, as long as the waits stay below `max_wait`.
    Throttle,
    /// The result is not ready: the request is sent again later, until `max_wait`.
    Wait,
    /// The token was rejected: it is renewed once, and the request is sent again.
    Renew,
    /// There are too many results: the window is halved.
    Split,
    /// The cursor expired: the partition is rolled back and started again.
    Restart,
    /// The partition is left out, and reported.
    Skip,
    /// The request has failed for good.
    Fail,
}

/// As in the configuration.
impl fmt::Display for Then {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "page",
            Self::End => "end",
            Self::Retry => "retry",
            Self::Throttle => "throttle",
            Self::Wait => "wait",
            Self::Renew => "renew",
            Self::Split => "split",
            Self::Restart => "restart",
            Self::Skip => "skip",
            Self::Fail => "fail",
        })
    }
}
