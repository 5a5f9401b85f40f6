//! Errors in the platform's format.

use serde::Serialize;

use crate::{json, response::Response};

/// An error response of the platform. The token endpoint has its own format.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: u16,
    code: &'static str,
    message: String,
    headers: Vec<(&'static str, String)>,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Vec::new() }
    }

    /// The request has no token.
    pub(crate) fn authentication_required() -> Self {
        // RFC 6750 §3.1: without credentials in the request, the response names the scheme and no error code.
        Self::new(
            401,
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        )
        .with("WWW-Authenticate", "Bearer")
    }

    /// The token has expired, was revoked or never existed: the platform does not say which.
    pub(crate) fn bad_credentials() -> Self {
        Self::new(401, "bad.credentials", "Invalid login credentials.")
            .with("WWW-Authenticate", "Bearer error=\"invalid_token\"")
    }

    /// Too many requests; the client may retry after `seconds`.
    pub(crate) fn too_many_requests(seconds: u64) -> Self {
        let message = format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        Self::new(429, "too.many.requests.retry.after", message).with("Retry-After", seconds.to_string())
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(503, "service.unavailable", "Service Unavailable - The server is currently unavailable.")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "not.found", "The requested resource was not found.")
    }

    pub(crate) fn method_not_allowed(allow: impl Into<String>) -> Self {
        // RFC 9110 §15.5.6: the response lists the allowed methods.
        Self::new(405, "method.not.allowed", "The request method is not supported by this resource.")
            .with("Allow", allow)
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad.request", message)
    }

    pub(crate) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(400, "invalid.value", message)
    }

    pub(crate) fn invalid_date(message: impl Into<String>) -> Self {
        Self::new(400, "invalid.date", message)
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    /// The response; `correlation` is the value of its `ININ-Correlation-Id` header.
    pub(crate) fn response(self, correlation: &str) -> Response {
        let body = ErrorBody {
            message: &self.message,
            code: self.code,
            status: self.status,
            context_id: correlation,
            details: [],
            errors: [],
        };
        Response { headers: self.headers, ..Response::json(self.status, json::text(&body)) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody<'e> {
    message: &'e str,
    code: &'e str,
    status: u16,
    context_id: &'e str,
    details: [(); 0],
    errors: [(); 0],
}

#[cfg(test)]
mod tests {
    use super::ApiError;

    #[test]
    fn the_body_has_the_platform_s_fields() {
        let response = ApiError::too_many_requests(42).response("c-1");
        assert_eq!(response.status, 429);
        assert_eq!(response.headers, [("Retry-After", "42".to_owned())]);
        assert_eq!(
            response.body,
            "{\"message\":\"Rate limit exceeded the maximum. Retry the request in [42] seconds\",\
             \"code\":\"too.many.requests.retry.after\",\"status\":429,\"contextId\":\"c-1\",\"details\":[],\"errors\":[]}"
        );
    }
}
