//! A request that a recording has no answer to.

use std::fmt;

use super::exchange::StoredRequest;

/// A request that a recording has no answer to, and the closest one that it has.
#[derive(Debug)]
pub(super) struct Missing {
    /// The method and the URL, without secrets.
    request: String,
    /// How often it was recorded.
    recorded: u64,
    closest: Option<Closest>,
}

#[derive(Debug)]
enum Closest {
    OtherBody,
    OtherQuery(String),
}

impl Missing {
    /// The recording has answered `request` so often.
    pub(super) fn new(request: &StoredRequest, recorded: u64) -> Self {
        Self { request: shown(request), recorded, closest: None }
    }

    /// Compares `request` with one that was recorded.
    pub(super) fn compare(&mut self, request: &StoredRequest, recorded: &StoredRequest) {
        if (&request.method, request.path()) != (&recorded.method, recorded.path()) {
            return;
        }
        if request.url == recorded.url {
            self.closest = Some(Closest::OtherBody);
        } else if self.closest.is_none() {
            self.closest = Some(Closest::OtherQuery(shown(recorded)));
        }
    }
}

fn shown(request: &StoredRequest) -> String {
    format!("{} {}", request.method, request.url)
}

impl std::error::Error for Missing {}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { request, recorded, closest } = self;
        match (recorded, closest) {
            (0, None) => write!(f, "`{request}` was not recorded"),
            (0, Some(Closest::OtherBody)) => write!(f, "`{request}` was recorded with another body"),
            (0, Some(Closest::OtherQuery(other))) => {
                write!(f, "`{request}` was not recorded, but `{other}` was")
            }
            (1, _) => write!(f, "`{request}` was recorded once, and is sent again"),
            (count, _) => write!(f, "`{request}` was recorded {count} times, and is sent again"),
        }
    }
}
