//! Requests with placeholders.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

use crate::{
    http::request::{Body, Expects, Replay, Request},
    sink::{NotResource, Variables},
};

/// A request whose path, query, header fields and body may hold placeholders such as `{window.start}`.
#[derive(Clone, Debug)]
pub struct Template {
    /// The method.
    pub method: Method,
    /// The URL that `path` is appended to; its own path is kept.
    pub base_url: Url,
    /// The path, which may include a query.
    pub path: String,
    /// Parameters to add to the query.
    pub query: Vec<(String, String)>,
    /// Header fields; values that may hold a credential are marked sensitive. In a value that is no template, each `{` is
    /// written twice.
    pub headers: HeaderMap,
    /// The content.
    pub body: Body,
    /// Whether the request may be sent again.
    pub replay: Replay,
}

impl Template {
    /// The request with the placeholders replaced by their values in `variables`.
    ///
    /// # Errors
    /// The result is not a request.
    pub fn at(&self, variables: &Variables) -> Result<Request, TemplateError> {
        let mut url = self.url(variables)?;
        if !self.query.is_empty() {
            let parameters = self.query.iter().map(|(name, value)| (name, variables.fill(value)));
            url.query_pairs_mut().extend_pairs(parameters);
        }
        let body = match &self.body {
            Body::Empty => Body::Empty,
            Body::Stream(content) => Body::Stream(Arc::clone(content)),
            Body::Json(body) => Body::Json(body.fill(|text| variables.fill_json(text))),
            Body::Form(fields) => {
                Body::Form(fields.iter().map(|(name, value)| (name.clone(), variables.fill(value))).collect())
            }
            Body::Text { text, content_type } => {
                Body::Text { text: variables.fill(text), content_type: content_type.clone() }
            }
        };
        Ok(Request {
            method: self.method.clone(),
            url,
            headers: self.headers(variables)?,
            body,
            replay: self.replay,
            secret_query: Vec::new(),
            expects: Expects::default(),
            grant: 0,
        })
    }
}

/// The placeholder that `path` begins with, if its value may be a URL or path that a server gave: that of a job, or of a
/// parent.
pub fn reference(path: &str) -> Option<&str> {
    let (name, rest) = path.strip_prefix('{')?.split_once('}')?;
    let is_given = matches!(name, "job.id" | "job.url") || name.starts_with("each.");
    is_given.then(|| &path[..path.len() - rest.len()])
}

/// Values that make no request of a template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The URL is invalid.
    #[error("the request does not have a valid URL")]
    Url(#[from] url::ParseError),
    /// A value is not the name of a resource.
    #[error(transparent)]
    Resource(#[from] NotResource),
    /// A value cannot be sent in a header field (RFC 9110 §5.5).
    #[error(
        "the value for the header `{0}` contains a line break or control character, which a header cannot contain"
    )]
    Header(HeaderName),
}

impl Template {
    fn headers(&self, variables: &Variables) -> Result<HeaderMap, TemplateError> {
        let mut headers = self.headers.clone();
        for (name, value) in &mut headers {
            let Some(template) = str::from_utf8(value.as_bytes()).ok().filter(|text| text.contains('{'))
            else {
                continue;
            };
            let filled = HeaderValue::try_from(variables.fill(template).into_bytes());
            let mut filled = filled.map_err(|_| TemplateError::Header(name.clone()))?;
            filled.set_sensitive(value.is_sensitive());
            *value = filled;
        }
        Ok(headers)
    }

    fn url(&self, variables: &Variables) -> Result<Url, TemplateError> {
        let Some(reference) = reference(&self.path) else {
            let base_url = self.base_url.as_str().trim_end_matches('/');
            return Ok(Url::parse(&format!("{base_url}{}", variables.fill_url(&self.path)?))?);
        };
        let rest = variables.fill_url(&self.path[reference.len()..])?;
        Ok(self.base_url.join(&(variables.fill(reference) + &rest))?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(base_url: &str, path: &str) -> Template {
        Template {
            method: Method::GET,
            base_url: base_url.parse().unwrap(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            replay: Replay::Harmless,
        }
    }

    #[test]
    fn the_path_of_the_base_url_is_kept() {
        let url =
            |base_url, path| template(base_url, path).at(&Variables::new("x", "/")).unwrap().url.to_string();
        assert_eq!(
            url("https://gw.example/genesys/", "/api/v2/users?a=1"),
            "https://gw.example/genesys/api/v2/users?a=1"
        );
        assert_eq!(url("https://api.example", "/api/v2/users"), "https://api.example/api/v2/users");
    }

    #[test]
    fn a_path_may_begin_with_a_url_or_path_that_the_server_gave() {
        let url = |id: &str, path: &str| {
            let variables = Variables::new("x", "/").with("job.id", id);
            template("https://api.example/v1", path).at(&variables).unwrap().url.to_string()
        };
        assert_eq!(url("/jobs/7", "{job.id}"), "https://api.example/jobs/7");
        assert_eq!(url("https://api.example/jobs/7", "{job.id}/rows?x"), "https://api.example/jobs/7/rows?x");
        assert_eq!(url("a b", "/jobs/{job.id}"), "https://api.example/v1/jobs/a%20b");
        assert_eq!(reference("{each.href}/rows"), Some("{each.href}"));
        assert_eq!([reference("{date}"), reference("/{each.id}"), reference("{each.id")], [None; 3]);
    }

    #[test]
    fn placeholders_are_filled_in_header_fields() {
        let at = |value: &'static str, tenant: &str| {
            let mut template = template("https://api.example", "/");
            let mut value = HeaderValue::from_static(value);
            value.set_sensitive(true);
            template.headers.insert("x-tenant", value);
            template.at(&Variables::new("x", "/").with("each.tenant", tenant)).map(|request| {
                assert!(request.headers["x-tenant"].is_sensitive());
                request.headers["x-tenant"].as_bytes().to_vec()
            })
        };
        assert_eq!(at("t-{each.tenant}", "é7").unwrap(), "t-é7".as_bytes());
        assert_eq!(at("a{{each.tenant}", "7").unwrap(), b"a{each.tenant}");
        assert_eq!(
            at("{each.tenant}", "7\r\nX-Admin: 1").unwrap_err().to_string(),
            "the value for the header `x-tenant` contains a line break or control character, which a header cannot contain"
        );
    }

    #[test]
    fn placeholders_are_filled_in_path_query_and_body() {
        let variables = Variables::new("calls", "/")
            .with("job.id", "a b")
            .with("window.start", "2026-01-02")
            .with_number("each.n", "1.50");
        let template = Template {
            query: vec![("from".to_owned(), "{window.start}&".to_owned())],
            body: Body::Json(
                json!({ "a": ["{window.start}", { "b": "{stream}/{other}" }], "c": 1, "n": "{each.n}" })
                    .into(),
            ),
            ..template("https://api.example", "/jobs/{job.id}/results?x=1")
        };
        let request = template.at(&variables).unwrap();
        assert_eq!(request.url.as_str(), "https://api.example/jobs/a%20b/results?x=1&from=2026-01-02%26");
        let body = br#"{"a":["2026-01-02",{"b":"calls/{other}"}],"c":1,"n":1.50}"#;
        assert_eq!(request.body.encode().as_ref(), body);
    }
}
