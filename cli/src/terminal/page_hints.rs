//! The hint below an error about a page.

use longhaul_core::{
    http::place::PlaceError,
    listing::{PageError, page::ErrorSign, paginate::PaginationError},
};

/// What to do about a page that is wrong.
pub(super) fn page(error: &PageError, stream: &str) -> String {
    match error {
        PageError::Repeated { .. } => {
            format!(
                "the next links of the API form a loop; check `streams.{stream}.pages`, or report the loop to the API's operator"
            )
        }
        PageError::Elsewhere { .. }
        | PageError::Absent { .. }
        | PageError::NoArray { .. }
        | PageError::Scalar { .. } => {
            format!("set `streams.{stream}.records` to the JSON pointer of the records in a page")
        }
        PageError::OtherHeader { .. } => {
            format!("if not every page has a header line, name the columns in `streams.{stream}.csv.header`")
        }
        PageError::SameRecords { .. } => {
            format!(
                "check that the API supports the parameter in `streams.{stream}.pages.param`; if it does, set `page_count`"
            )
        }
        PageError::SamePages { by_link: false, .. } => {
            format!(
                "the API seems to ignore the cursor: check the name in `streams.{stream}.pages.param`, and whether it belongs in the query or the body; if pages may be alike, set `identical_pages = true` there"
            )
        }
        PageError::SamePages { by_link: true, .. } => {
            format!(
                "the next links of the API seem to lead to one page again and again: report it to the API's operator; if pages may be alike, set `streams.{stream}.pages.identical_pages = true`"
            )
        }
        PageError::NextElsewhere { at, .. } | PageError::FullWithoutNext { at, .. } => {
            let at = first_place(at);
            format!(
                "name the place of the next page in `streams.{stream}.pages`; or, if pages without one are complete, add `end = [{{ at = \"{at}\", exists = false }}]` there"
            )
        }
        PageError::MoreMissing { at, .. } => {
            let at = first_place(at);
            format!(
                "if a page without it is the last one, set `streams.{stream}.pages.end = [{{ at = \"{at}\", exists = false }}]`"
            )
        }
        PageError::ShortButContinues { .. } => {
            format!(
                "if a short page is not the last one, remove `short = true` from `streams.{stream}.pages.end`; if it is, and a total counts other records, too, set `total` there, so that it is only compared at the end"
            )
        }
        PageError::EmptyButMore { found, .. } => {
            let at = found.first().map(|found| found.at.as_str()).unwrap_or_default();
            format!(
                "check whether the API stops at a number of pages or records; if this total counts other records, too, set `streams.{stream}.pages.total = \"{at}\"`, so that it is only compared at the end"
            )
        }
        PageError::EmptyButContinues { found, .. } => {
            let at = found.first().map(|found| found.at.as_str()).unwrap_or_default();
            format!(
                "follow it with another `type` in `streams.{stream}.pages`; or, if an empty page is the last one all the same, add a rule to `streams.{stream}.answers`: `{{ when = {{ status = \"2xx\", at = \"{at}\", exists = true }}, then = \"page\" }}`"
            )
        }
        PageError::TooManyEmpty { .. } => {
            format!("check `streams.{stream}.pages`; if this is expected, raise its `max_empty`")
        }
        PageError::EmptyBeforeEnd { .. } => {
            format!(
                "if an empty page is the end after all, remove `ends_at_total` from `streams.{stream}.pages`"
            )
        }
        PageError::NotOnly { .. } => format!(
            "set `streams.{stream}.pages` to how to find the next page, or to `type = \"single\"` if there is only one page"
        ),
        PageError::RecordsMissing { .. } | PageError::Gap { .. } => format!(
            "if this API omits the records when there are none, set `streams.{stream}.records_missing = \"empty\"`"
        ),
        PageError::ErrorInstead { .. } => {
            format!(
                "check the request in `streams.{stream}`: the API reports an error, although the status is a success"
            )
        }
        PageError::ErrorAsRecord { sign, .. } | PageError::ErrorBeside { sign, .. } => {
            let at = format!(", at = \"/{}\", {}", sign.name, comparison(sign));
            accepting(&at, stream)
        }
        PageError::ErrorAmongRecords { .. } => accepting("", stream),
        PageError::NoStart { .. } | PageError::StartIsNoLink { .. } => format!(
            "set `streams.{stream}.incremental.next` to the place of the link or cursor on the last page, and `param` if it is a cursor"
        ),
        PageError::SecretStart { .. } => format!(
            "use a link without credentials, or remove `streams.{stream}.incremental` to pull everything each time"
        ),
        PageError::Pagination(PaginationError::FilesChanged) => {
            format!("discard what was pulled so far and start again: longhaul run {stream} --fresh")
        }
        PageError::Place(PlaceError::Ambiguous { .. })
        | PageError::Pagination(PaginationError::Place(PlaceError::Ambiguous { .. })) => format!(
            "name one value in `streams.{stream}.pages`, for example with a filter: `$.links[?@.rel=='next'].url`"
        ),
        _ => of_counts(error, stream),
    }
}

/// What to do about a page with another number of records than its place in the listing suggests.
fn of_counts(error: &PageError, stream: &str) -> String {
    match error {
        PageError::ShortButMore { received, .. } => format!(
            "the API seems to send at most {received} records per page: set `streams.{stream}.pages.size = {received}`"
        ),
        PageError::SmallPages { .. } => format!(
            "the API seems to send fewer records per page than `streams.{stream}.pages.size`, so that `step = \"size\"` would skip the others: set `size` to the most that it sends"
        ),
        PageError::Unsorted { .. } => format!(
            "let the API sort by this value, with a parameter in `streams.{stream}.query`, or continue from the value by which it sorts"
        ),
        PageError::Ties { .. } => format!(
            "continue from a value that no two records share, such as an id; or, if the API keeps such records on one page, set `streams.{stream}.pages.ties = true`"
        ),
        PageError::LastButMore { .. } => {
            format!(
                "name the place of the right count in `streams.{stream}.pages`, or remove it, so that it does not end the listing"
            )
        }
        PageError::TotalOfPage { .. } => {
            format!(
                "this seems to be the number of records on the page: name the place of the right count in `streams.{stream}.pages.total`, or remove `ends_at_total`"
            )
        }
        PageError::MoreInGroups { .. } => format!(
            "pull the records of each group with a stream of its own and `each`; if none are missing, add a rule to `streams.{stream}.answers`: `{{ when = {{ status = \"2xx\" }}, then = \"page\" }}`"
        ),
        _ => format!("check `streams.{stream}.pages`"),
    }
}

/// How to accept a page that looks like an error, by a condition with these other parts.
fn accepting(parts: &str, stream: &str) -> String {
    format!(
        "check the request in `streams.{stream}`; if nothing is wrong with such a page, add a rule to \
         `streams.{stream}.answers`: `{{ when = {{ status = \"2xx\"{parts} }}, then = \"page\" }}`"
    )
}

/// What the value of the member has in common with others that look like an error.
fn comparison(sign: &ErrorSign) -> String {
    match sign.value.as_deref() {
        None => "exists = true".to_owned(),
        Some(boolean @ ("false" | "true")) => format!("is = {boolean}"),
        Some(text) => format!("is = \"{text}\""),
    }
}

/// The first of the places that a message names in backticks.
fn first_place(places: &str) -> &str {
    places.split('`').nth(1).unwrap_or(places)
}
