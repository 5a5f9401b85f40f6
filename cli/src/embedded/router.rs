//! Which request asks for what.

use super::errors::ApiError;

/// What a request asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Route {
    CancelJob(String),
    ContinueTutorial,
    JobAvailability,
    JobResults(String),
    PollJob(String),
    QueryDetails,
    Queues,
    RevokeToken,
    ShowToken,
    StartTutorial,
    SubmitJob,
    Token,
    Users,
}

impl Route {
    /// The route of a request, or 404, or 405 where the path is known by another method.
    pub(super) fn find(method: &str, path: &str) -> Result<Self, ApiError> {
        let segments: Vec<_> = path.split('/').skip(1).collect();
        let routes = Self::at(&segments);
        if let Some((_, route)) = routes.iter().find(|(known, _)| *known == method) {
            return Ok(route.clone());
        }
        let allowed: Vec<_> = routes.iter().map(|(method, _)| *method).collect();
        let missing = ApiError::not_found();
        Err(if allowed.is_empty() { missing } else { ApiError::method_not_allowed(allowed.join(", ")) })
    }

    /// The name that statistics go by.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::CancelJob(_) => "DELETE /api/v2/analytics/conversations/details/jobs/{jobId}",
            Self::ContinueTutorial => "GET /api/v2/tutorial/conversations",
            Self::JobAvailability => "GET /api/v2/analytics/conversations/details/jobs/availability",
            Self::JobResults(_) => "GET /api/v2/analytics/conversations/details/jobs/{jobId}/results",
            Self::PollJob(_) => "GET /api/v2/analytics/conversations/details/jobs/{jobId}",
            Self::QueryDetails => "POST /api/v2/analytics/conversations/details/query",
            Self::Queues => "GET /api/v2/routing/queues",
            Self::RevokeToken => "DELETE /api/v2/tokens/me",
            Self::ShowToken => "GET /api/v2/tokens/me",
            Self::StartTutorial => "POST /api/v2/tutorial/conversations",
            Self::SubmitJob => "POST /api/v2/analytics/conversations/details/jobs",
            Self::Token => "POST /oauth/token",
            Self::Users => "GET /api/v2/users",
        }
    }

    /// Whether the request may be sent again without a second thought, also when nobody knows what became of it.
    pub(super) fn is_read(&self) -> bool {
        !matches!(self, Self::CancelJob(_) | Self::RevokeToken | Self::SubmitJob | Self::Token)
    }

    /// Whether the answer is a page of a listing.
    pub(super) fn is_page(&self) -> bool {
        matches!(
            self,
            Self::ContinueTutorial
                | Self::JobResults(_)
                | Self::QueryDetails
                | Self::Queues
                | Self::StartTutorial
                | Self::Users
        )
    }

    /// The methods that a path knows, and what they mean there.
    fn at(segments: &[&str]) -> Vec<(&'static str, Self)> {
        match *segments {
            ["oauth", "token"] => vec![("POST", Self::Token)],
            ["api", "v2", ref rest @ ..] => match *rest {
                ["tutorial", "conversations"] => {
                    vec![("GET", Self::ContinueTutorial), ("POST", Self::StartTutorial)]
                }
                ["users"] => vec![("GET", Self::Users)],
                ["routing", "queues"] => vec![("GET", Self::Queues)],
                ["tokens", "me"] => vec![("GET", Self::ShowToken), ("DELETE", Self::RevokeToken)],
                ["analytics", "conversations", "details", ref rest @ ..] => match *rest {
                    ["query"] => vec![("POST", Self::QueryDetails)],
                    ["jobs"] => vec![("POST", Self::SubmitJob)],
                    ["jobs", "availability"] => vec![("GET", Self::JobAvailability)],
                    ["jobs", id] => {
                        vec![("GET", Self::PollJob(id.into())), ("DELETE", Self::CancelJob(id.into()))]
                    }
                    ["jobs", id, "results"] => vec![("GET", Self::JobResults(id.into()))],
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn a_path_and_a_method_make_a_route() {
        let job = "/api/v2/analytics/conversations/details/jobs/7";
        assert_eq!(Route::find("GET", job).unwrap(), Route::PollJob("7".into()));
        assert_eq!(Route::find("DELETE", job).unwrap(), Route::CancelJob("7".into()));
        assert_eq!(Route::find("GET", &format!("{job}/results")).unwrap(), Route::JobResults("7".into()));
        let availability = "/api/v2/analytics/conversations/details/jobs/availability";
        assert_eq!(Route::find("GET", availability).unwrap(), Route::JobAvailability);
        assert_eq!(Route::find("POST", "/oauth/token").unwrap(), Route::Token);
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
        assert_eq!(refusal("GET", "*"), (404, vec![]));
        assert_eq!(refusal("PUT", "/api/v2/users"), (405, vec![("Allow", "GET".into())]));
        assert_eq!(refusal("HEAD", "/api/v2/tokens/me"), (405, vec![("Allow", "GET, DELETE".into())]));
    }
}
