//! The meaning of a response that no rule of the user matches.

use std::time::{Duration, SystemTime};

use super::Kind;
use crate::client::{rate, retry, then::Then, view::View};

/// What a response means by its status.
pub(super) fn then(view: &View<'_>, kind: Kind, now: SystemTime) -> Then {
    match view.status.as_u16() {
        202 if kind == Kind::Page => Then::Wait,
        200..=299 => Then::Page,
        401 => Then::Renew,
        429 => Then::Throttle,
        403 if is_exhausted(view, now) => Then::Throttle,
        // Some token endpoints answer 400 when they are called too often.
        400 if view.body_text().to_lowercase().contains("rate limit exceeded") => Then::Throttle,
        408 | 425 | 500 | 502 | 503 | 504 | 520..=530 | 598 | 599 => Then::Retry,
        _ => Then::Fail,
    }
}

/// How long a response asks to wait: by `Retry-After`, or until the rate limit is reset if that is exhausted.
pub(super) fn after(view: &View<'_>, then: Then, now: SystemTime) -> Option<Duration> {
    let asked = view.header("retry-after").and_then(|value| retry::after(value, view.date(), now));
    let reset = || match then {
        Then::Throttle => rate::exhausted(view.headers(), now),
        _ => None,
    };
    asked.or_else(reset)
}

/// Whether a 403 is a rate limit, and not a missing permission.
fn is_exhausted(view: &View<'_>, now: SystemTime) -> bool {
    view.header("retry-after").is_some() || rate::exhausted(view.headers(), now).is_some()
}
