//! Whether a request may be sent.

use std::time::Duration;

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// It may. Call [`Pace::leave`](super::Pace::leave) when it is done.
    Now,
    /// Not before this time has passed.
    Later(Duration),
    /// Not before another request is answered, which ends a request in flight, and may report the limit.
    AfterAnother,
}
