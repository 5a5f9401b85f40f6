//! Maps the method and path of a request to what it asks for.

use crate::errors::ApiError;

/// What a request asks for, with the id in its path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Route<'p> {
    /// The method and the path, with `{…}` in place of an id. Statistics are counted under this name.
    pub(crate) name: &'static str,
    pub(crate) target: Target,
    /// The id in the path; empty if there is none.
    pub(crate) id: &'p str,
}

/// Everything that a request can ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Target {
    AuditQueries(Step),
    ContinueTutorial,
    ConversationJobs(Step),
    Divisions,
    Groups,
    PresenceDefinitions,
    PresenceDefinitionsPaged,
    QueryDetails,
    Queues,
    RevokeToken,
    ScimUsers,
    ShowToken,
    Skills,
    StartTutorial,
    Token,
    UserJobs(Step),
    Users,
    WrapupCodes,
}

/// A step of an asynchronous export.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    Availability,
    Cancel,
    Poll,
    Results,
    Submit,
}

/// All routes. The first match wins.
const ROUTES: &[(&str, Target)] = &[
    ("POST /oauth/token", Target::Token),
    ("GET /api/v2/tokens/me", Target::ShowToken),
    ("DELETE /api/v2/tokens/me", Target::RevokeToken),
    ("GET /api/v2/authorization/divisions", Target::Divisions),
    ("GET /api/v2/groups", Target::Groups),
    ("GET /api/v2/presence/definitions", Target::PresenceDefinitions),
    ("GET /api/v2/presencedefinitions", Target::PresenceDefinitionsPaged),
    ("GET /api/v2/routing/queues", Target::Queues),
    ("GET /api/v2/routing/skills", Target::Skills),
    ("GET /api/v2/routing/wrapupcodes", Target::WrapupCodes),
    ("GET /api/v2/scim/users", Target::ScimUsers),
    ("GET /api/v2/scim/v2/users", Target::ScimUsers),
    ("GET /api/v2/users", Target::Users),
    ("POST /api/v2/analytics/conversations/details/query", Target::QueryDetails),
    ("POST /api/v2/analytics/conversations/details/jobs", Target::ConversationJobs(Step::Submit)),
    (
        "GET /api/v2/analytics/conversations/details/jobs/availability",
        Target::ConversationJobs(Step::Availability),
    ),
    ("GET /api/v2/analytics/conversations/details/jobs/{jobId}", Target::ConversationJobs(Step::Poll)),
    ("DELETE /api/v2/analytics/conversations/details/jobs/{jobId}", Target::ConversationJobs(Step::Cancel)),
    (
        "GET /api/v2/analytics/conversations/details/jobs/{jobId}/results",
        Target::ConversationJobs(Step::Results),
    ),
    ("POST /api/v2/analytics/users/details/jobs", Target::UserJobs(Step::Submit)),
    ("GET /api/v2/analytics/users/details/jobs/availability", Target::UserJobs(Step::Availability)),
    ("GET /api/v2/analytics/users/details/jobs/{jobId}", Target::UserJobs(Step::Poll)),
    ("DELETE /api/v2/analytics/users/details/jobs/{jobId}", Target::UserJobs(Step::Cancel)),
    ("GET /api/v2/analytics/users/details/jobs/{jobId}/results", Target::UserJobs(Step::Results)),
    ("POST /api/v2/audits/query", Target::AuditQueries(Step::Submit)),
    ("GET /api/v2/audits/query/{transactionId}", Target::AuditQueries(Step::Poll)),
    ("GET /api/v2/audits/query/{transactionId}/results", Target::AuditQueries(Step::Results)),
    ("POST /api/v2/tutorial/conversations", Target::StartTutorial),
    ("GET /api/v2/tutorial/conversations", Target::ContinueTutorial),
];

impl<'p> Route<'p> {
    /// The route of a request; 404 if there is none, or 405 if the path exists with another method.
    pub(crate) fn find(method: &str, path: &'p str) -> Result<Self, ApiError> {
        let mut allowed = Vec::new();
        for (name, target) in ROUTES {
            let (known, template) = name.split_once(' ').unwrap_or_default();
            let Some(id) = matched(template, path) else { continue };
            if known == method {
                return Ok(Self { name, target: *target, id });
            }
            allowed.push(known);
        }
        let missing = ApiError::not_found();
        Err(if allowed.is_empty() { missing } else { ApiError::method_not_allowed(allowed.join(", ")) })
    }
}

impl Target {
    /// Whether the request is always safe to retry, even when its outcome is unknown.
    pub(crate) fn is_read(self) -> bool {
        match self {
            Self::RevokeToken | Self::Token => false,
            Self::AuditQueries(step) | Self::ConversationJobs(step) | Self::UserJobs(step) => {
                !matches!(step, Step::Cancel | Step::Submit)
            }
            _ => true,
        }
    }

    /// Whether the response is a page of a listing.
    pub(crate) fn is_page(self) -> bool {
        match self {
            Self::RevokeToken | Self::ShowToken | Self::Token => false,
            Self::AuditQueries(step) | Self::ConversationJobs(step) | Self::UserJobs(step) => {
                step == Step::Results
            }
            _ => true,
        }
    }
}

/// The part of `path` that matches `{…}` in the template (empty if it has none); `None` if `path` does not match.
fn matched<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let (mut known, mut id) = (template.split('/'), "");
    for segment in path.split('/') {
        match known.next()? {
            name if name.starts_with('{') && !segment.is_empty() => id = segment,
            name if name == segment => {}
            _ => return None,
        }
    }
    known.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::{ROUTES, Route, Step, Target};

    #[test]
    fn a_path_and_a_method_make_a_route() {
        let found = |method, path| {
            let route = Route::find(method, path).unwrap();
            (route.target, route.id)
        };
        let job = "/api/v2/analytics/conversations/details/jobs/7";
        assert_eq!(found("GET", job), (Target::ConversationJobs(Step::Poll), "7"));
        assert_eq!(found("DELETE", job), (Target::ConversationJobs(Step::Cancel), "7"));
        let results = "/api/v2/analytics/users/details/jobs/7/results";
        assert_eq!(found("GET", results), (Target::UserJobs(Step::Results), "7"));
        let availability = "/api/v2/analytics/users/details/jobs/availability";
        assert_eq!(found("GET", availability), (Target::UserJobs(Step::Availability), ""));
        assert_eq!(found("POST", "/oauth/token"), (Target::Token, ""));
    }

    #[test]
    fn every_route_leads_to_its_own_target() {
        for (name, target) in ROUTES {
            let (method, template) = name.split_once(' ').unwrap();
            let path = template.replace("{jobId}", "7").replace("{transactionId}", "7");
            let route = Route::find(method, &path).unwrap();
            assert_eq!((route.name, route.target), (*name, *target));
        }
    }

    #[test]
    fn what_is_no_route_is_refused() {
        let refusal = |method, path| {
            let response = Route::find(method, path).unwrap_err().response("");
            (response.status, response.headers)
        };
        assert_eq!(refusal("GET", "/"), (404, vec![]));
        assert_eq!(refusal("GET", "/api/v2"), (404, vec![]));
        assert_eq!(refusal("GET", "/api/v2/users/"), (404, vec![]));
        assert_eq!(refusal("GET", "/api/v2/audits/query/"), (404, vec![]));
        assert_eq!(refusal("GET", "*"), (404, vec![]));
        assert_eq!(refusal("PUT", "/api/v2/users"), (405, vec![("Allow", "GET".into())]));
        assert_eq!(refusal("HEAD", "/api/v2/tokens/me"), (405, vec![("Allow", "GET, DELETE".into())]));
    }
}
