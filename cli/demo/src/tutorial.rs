//! The tutorial's listing: `results`, and a link to the next page in `nextPageUri`. POST requests the first page, GET the
//! others. The real platform has no such listing.

use serde::Deserialize;

use crate::{
    conversations::Conversations,
    entities,
    errors::ApiError,
    interval::Interval,
    json,
    paging::{AskedPage, Paging},
    request::Request,
    response::Response,
    settings::{Settings, UriForm},
};

const PAGE: usize = 1000;

/// An error with the status of a success.
pub(crate) fn overloaded() -> Response {
    Response::json(200, r#"{"error":{"code":"overloaded","message":"Try again."}}"#.to_owned())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    interval: Option<String>,
    #[serde(flatten)]
    page: AskedPage,
}

/// Serves the listing; absolute links start with `base_url`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tutorial<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) conversations: &'a Conversations,
    pub(crate) base_url: &'a str,
}

impl Tutorial<'_> {
    /// The page that the body asks for; the body may be empty.
    pub(crate) fn start(&self, request: &Request) -> Result<Response, ApiError> {
        let asked: Asked = request.json()?;
        // The links repeat the interval, because the next requests have no body.
        let query = asked.interval.map(|interval| {
            url::form_urlencoded::Serializer::new(String::new()).append_pair("interval", &interval).finish()
        });
        let next =
            Request { path: request.path.clone(), query: query.unwrap_or_default(), ..Request::default() };
        self.page(&next, asked.page)
    }

    /// The page that the query asks for.
    pub(crate) fn proceed(&self, request: &Request) -> Result<Response, ApiError> {
        self.page(request, AskedPage::of(request)?)
    }

    fn page(&self, request: &Request, asked: AskedPage) -> Result<Response, ApiError> {
        let interval = request.parameter("interval").map(|text| Interval::parse(&text)).transpose()?;
        let paging = asked.or(PAGE)?.at_most(PAGE.min(self.settings.max_page));
        let found = match interval {
            Some(interval) => self.conversations.started(interval, self.settings.matching),
            None => 0..self.settings.records,
        };
        let page = paging.range(found.len());
        let records = page.clone().map(|at| self.conversations.json(found.start + at));
        let mut body = format!("{{\"results\":{}", json::array(records));
        if page.end < found.len() {
            let path = entities::uri(request, Paging { number: paging.number + 1, ..paging });
            let uri = match self.settings.next_page_uri {
                UriForm::Absolute => format!("{}{path}", self.base_url),
                UriForm::Relative => path,
            };
            body.push_str(",\"nextPageUri\":");
            body.push_str(&json::text(&uri));
        }
        body.push('}');
        Ok(Response::json(200, body))
    }
}
