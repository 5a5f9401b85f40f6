//! Listings with numbered pages: `entities`, their counts, and links to the neighbouring pages.

use serde::Serialize;
use url::form_urlencoded::Serializer;

use crate::{
    errors::ApiError,
    json,
    paging::{AskedPage, Paging},
    request::Request,
    response::Response,
};

/// The size of a listing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing {
    pub(crate) total: usize,
    /// Larger page sizes are silently reduced to this.
    pub(crate) max_page: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<T> {
    entities: Vec<T>,
    page_size: usize,
    page_number: usize,
    total: usize,
    first_uri: String,
    self_uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_uri: Option<String>,
    last_uri: String,
    page_count: usize,
}

impl Listing {
    /// The page that `request` asks for; each entity is made from its index.
    pub(crate) fn page<T: Serialize>(
        self,
        request: &Request,
        entity: impl Fn(usize) -> T,
    ) -> Result<Response, ApiError> {
        let paging = AskedPage::of(request)?.or(25)?.at_most(self.max_page);
        let count = paging.count(self.total);
        let uri = |number| uri(request, Paging { number, ..paging });
        let page = Listed {
            entities: paging.range(self.total).map(entity).collect(),
            page_size: paging.size,
            page_number: paging.number,
            total: self.total,
            first_uri: uri(1),
            self_uri: uri(paging.number),
            next_uri: (paging.number < count).then(|| uri(paging.number + 1)),
            previous_uri: (1 < paging.number).then(|| uri(paging.number - 1)),
            last_uri: uri(count.max(1)),
            page_count: count,
        };
        Ok(Response::json(200, json::text(&page)))
    }
}

/// The path and query of the same request for another page. Parameters unrelated to paging are kept.
pub(crate) fn uri(request: &Request, paging: Paging) -> String {
    let others = request.parameters().filter(|(name, _)| !matches!(name.as_str(), "pageSize" | "pageNumber"));
    let query = Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("pageSize", &paging.size.to_string())
        .append_pair("pageNumber", &paging.number.to_string())
        .finish();
    format!("{}?{query}", request.path)
}
