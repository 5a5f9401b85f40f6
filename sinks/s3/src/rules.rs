//! What the answers of a store mean.
//!
//! What may pass (500, 503 `SlowDown`) is left to the built-in rules, which repeat the request. All other errors are read
//! here, because they are XML.

use std::time::Duration;

use longhaul_core::client::answer::{Condition, Rule, Rules, StatusMatch, Then};

/// The errors that another credential may cure.
pub(crate) const EXPIRED: [&str; 3] = ["ExpiredToken", "TokenRefreshRequired", "RequestExpired"];

/// The errors that may pass although they have the status of a mistake.
const TRANSIENT: [&str; 6] = [
    "RequestTimeout<",
    // Amazon, and `MinIO` for other checksums than MD5: the bytes were damaged on their way.
    "BadDigest<",
    "XAmzContentChecksumMismatch<",
    "OperationAborted<",
    "ConditionalRequestConflict<",
    "InternalError<",
];

/// The rules for the answers of a store.
pub(crate) fn rules() -> Rules {
    let with_text = |text: &&str, then| Rule {
        when: Condition {
            status: vec![StatusMatch::Class(4)],
            text: Some(format!("<Code>{text}")),
            ..Condition::default()
        },
        then,
        after: None,
        message: None,
        hint: None,
    };
    let of = |status: Vec<StatusMatch>, then| Rule {
        when: Condition { status, ..Condition::default() },
        then,
        after: None,
        message: None,
        hint: None,
    };
    let expired = EXPIRED.iter().map(|code| with_text(code, Then::Renew));
    let transient = TRANSIENT.iter().map(|code| with_text(code, Then::Retry));
    let rest = [
        of(vec![StatusMatch::Code(429)], Then::Throttle),
        of(vec![StatusMatch::Code(408)], Then::Retry),
        of(vec![StatusMatch::Class(3), StatusMatch::Class(4), StatusMatch::Code(501)], Then::Page),
    ];
    Rules { rules: expired.chain(transient).chain(rest).collect(), ..Rules::default() }
}

/// How long before its end a credential is replaced.
pub(crate) const AHEAD: Duration = Duration::from_secs(5 * 60);
