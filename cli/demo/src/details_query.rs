//! `POST /api/v2/analytics/conversations/details/query`: the body asks for a page by number.

use std::ops::Range;

use serde::Deserialize;

use crate::{
    conversations::Conversations,
    errors::ApiError,
    json,
    paging::AskedPage,
    request::Request,
    response::Response,
    selection::{Order, OrderBy, Selection},
    settings::Settings,
};

const MAX_PAGE: usize = 100;

#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    selection: Selection,
    #[serde(default)]
    paging: AskedPage,
}

pub(crate) fn answer(
    request: &Request,
    settings: &Settings,
    conversations: &Conversations,
) -> Result<Response, ApiError> {
    let Asked { selection, paging } = request.json()?;
    let found = conversations.started(selection.interval()?, settings.matching);
    let paging = paging.or(25)?;
    if paging.size > MAX_PAGE {
        return Err(ApiError::invalid_value(format!("pageSize must be at most {MAX_PAGE}.")));
    }
    let paging = paging.at_most(settings.max_page);
    if settings.max_depth.is_some_and(|depth| paging.number.saturating_mul(paging.size) > depth) {
        let message = "The requested page is too deep. Narrow the interval.";
        return Err(ApiError::new(400, "pagination.limit", message));
    }
    let total = found.len();
    let page = sorted(found, paging.range(total), &selection, conversations);
    // Past the end, the key is omitted but the total is not.
    let mut body = String::from("{");
    if !page.is_empty() {
        body.push_str("\"conversations\":");
        body.push_str(&json::array(page.into_iter().map(|at| conversations.json(at))));
        body.push(',');
    }
    body.push_str("\"totalHits\":");
    body.push_str(&total.to_string());
    body.push('}');
    Ok(Response::json(200, body))
}

/// The `page` of the conversations `found`, in the requested order. They are stored by start time.
fn sorted(
    found: Range<usize>,
    page: Range<usize>,
    selection: &Selection,
    conversations: &Conversations,
) -> Vec<usize> {
    let descends = selection.order == Order::Desc;
    let place = |at: usize| if descends { found.end - 1 - at } else { found.start + at };
    match selection.order_by {
        OrderBy::ConversationEnd | OrderBy::SegmentEnd if selection.order != Order::Unordered => {
            let mut all: Vec<_> = found.clone().collect();
            // Open conversations have no end time and sort last.
            all.sort_by_cached_key(|at| conversations.end(*at).unwrap_or(i64::MAX));
            page.map(|at| all[place(at) - found.start]).collect()
        }
        _ => page.map(place).collect(),
    }
}
