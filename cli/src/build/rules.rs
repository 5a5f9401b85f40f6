//! From `[retry]`, `[errors]` and the windows of a stream to the rules for responses.

use longhaul_core::client::answer::{Condition, Rule, Rules, StatusMatch, Then};

use crate::config::{Config, Stream};

/// The rules for responses of the API that are not pages, and of the token endpoint.
pub(super) fn of_api(config: &Config) -> Rules {
    Rules { rules: api(config), ..Rules::default() }
}

/// The rules for the pages of a stream.
pub(super) fn of_stream(config: &Config, stream: &Stream) -> Rules {
    let too_deep = stream.window.as_ref().and_then(|window| window.too_deep.as_ref()).map(|too_deep| {
        let status = vec![StatusMatch::Code(too_deep.status.as_u16())];
        rule(Condition { status, code: too_deep.code.clone(), ..Condition::default() }, Then::Split)
    });
    Rules::of_pages(too_deep.into_iter().chain(api(config)).collect())
}

fn api(config: &Config) -> Vec<Rule> {
    let throttled = config.errors.throttled().map(|(status, text)| {
        let (status, text) = (vec![StatusMatch::Code(status.as_u16())], Some(text.to_owned()));
        rule(Condition { status, text, ..Condition::default() }, Then::Throttle)
    });
    throttled.chain(statuses(config)).collect()
}

/// Statuses that the user wants to be retried instead of the usual ones.
fn statuses(config: &Config) -> Vec<Rule> {
    let statuses: Vec<_> = config.retry.statuses.iter().map(http::StatusCode::as_u16).collect();
    if statuses == [408, 429, 500, 502, 503, 504] {
        return Vec::new();
    }
    let of = |status: u16| Condition { status: vec![StatusMatch::Code(status)], ..Condition::default() };
    let retried = |status: u16| rule(of(status), if status == 429 { Then::Throttle } else { Then::Retry });
    let usual = [408, 425, 429, 500, 502, 503, 504, 598, 599].into_iter().chain(520..=530);
    let others = usual.filter(|status| !statuses.contains(status)).map(|status| rule(of(status), Then::Fail));
    statuses.iter().copied().map(retried).chain(others).collect()
}

fn rule(when: Condition, then: Then) -> Rule {
    Rule { when, then, after: None, message: None, hint: None }
}
