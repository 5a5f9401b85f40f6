//! Why a listing ended early.

use crate::{
    client::{BodyFault, RequestError, answer::Then, retry::StopReason},
    http::{origins::ForeignOrigin, place::PlaceError},
    json::pointer::Pointer,
    listing::{
        page::{Continuation, ErrorSign},
        paginate::PaginationError,
    },
};

/// The error that ends a listing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The request was given up.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The rest of a page that is on disk cannot be read.
    #[error(transparent)]
    Body(#[from] BodyFault),
    /// The page does not match the style of pagination.
    #[error(transparent)]
    Pagination(#[from] PaginationError),
    /// The next page is not at the API, so credentials must not be sent there.
    #[error(transparent)]
    ForeignOrigin(#[from] ForeignOrigin),
    /// The next page was fetched before.
    #[error("after {pages} pages the API points to a page that was already fetched")]
    Repeated {
        /// The number of pages fetched so far.
        pages: u64,
    },
    /// A page has the same records as an earlier one.
    #[error("page {page} has the same records as an earlier page")]
    SameRecords {
        /// The number of the page, from 1.
        page: u64,
    },
    /// Pages have the same records, although each has another cursor or link.
    #[error("pages {first} {} {last} have the same records", if *are_apart || first + 1 == *last { "and" } else { "to" })]
    SamePages {
        /// The number of the first one, from 1.
        first: u64,
        /// The number of the last one.
        last: u64,
        /// Whether the pages between them have other records.
        are_apart: bool,
        /// Whether they were found by links.
        by_link: bool,
    },
    /// The pull was cancelled while this page was on its way.
    #[error("cancelled, because another part of the pull failed")]
    Cancelled,
    /// A place in the page is ambiguous or malformed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The value that says whether there are more pages is not a boolean.
    #[error("the value at `{at}` is {found}, not `true` or `false`")]
    MoreIsNoBoolean {
        /// Where it is.
        at: String,
        /// What is there instead.
        found: &'static str,
    },
    /// There are more pages, but the next one is not named.
    #[error("the page says that there are more pages, but has no next page at {at}")]
    MoreWithoutNext {
        /// Where it should be.
        at: String,
    },
    /// Earlier pages said whether there are more, and this one does not.
    #[error(
        "page {page} does not say whether there are more pages: {at} is missing, but earlier pages had it"
    )]
    MoreMissing {
        /// Where it should be.
        at: String,
        /// The number of the page, from 1.
        page: u64,
    },
    /// No page had a next page at the configured place, but there is something like it elsewhere.
    #[error("page {page} has no next page at {at}, but has {}", continuations(found))]
    NextElsewhere {
        /// Where it should be.
        at: String,
        /// The number of the page, from 1.
        page: u64,
        /// What there is.
        found: Vec<Continuation>,
    },
    /// No page had a next page at the configured place, and this page is full.
    #[error("page {page} has no next page at {at}, but is full ({records} records)")]
    FullWithoutNext {
        /// Where it should be.
        at: String,
        /// The number of the page, from 1.
        page: u64,
        /// How many records it has.
        records: u64,
    },
    /// The page has fewer records than were requested, which should mean the end, but there seem to be more pages.
    #[error("page {page} has fewer records than were requested, but also {}", continuations(found))]
    ShortButContinues {
        /// The number of the page, from 1.
        page: u64,
        /// What suggests that there are more.
        found: Vec<Continuation>,
    },
    /// A count makes the page the last one, but the page says that there are more.
    #[error("page {page} is the last one according to `{at}`, but says at {more} that there are more pages")]
    LastButMore {
        /// The number of the page, from 1.
        page: u64,
        /// Where the count is.
        at: String,
        /// Where the page says that there are more.
        more: String,
    },
    /// The total is that of the page, not that of the listing.
    #[error("all records have arrived according to {at} ({total}), but the next page has records, too")]
    TotalOfPage {
        /// Where the total is.
        at: String,
        /// The total.
        total: u64,
    },
    /// No pagination is configured, but there seem to be more pages.
    #[error("there seem to be more pages, because the page has {}", continuations(found))]
    NotOnly {
        /// What suggests it.
        found: Vec<Continuation>,
    },
    /// The page has fewer records than were requested, which should mean the end, but the next one has records.
    #[error(
        "page {page} has {}, although {size} were requested, but the next page has records, too",
        records(*received)
    )]
    ShortButMore {
        /// The number of the page, from 1.
        page: u64,
        /// How many records it has.
        received: u64,
        /// How many were requested.
        size: u64,
    },
    /// The server sends smaller pages than requested, and the next offset is that of full pages.
    #[error(
        "page {page} has {}, although {size} were requested, and those after them are on no page",
        records(*received)
    )]
    SmallPages {
        /// The number of the page, from 1.
        page: u64,
        /// How many records it has.
        received: u64,
        /// How many were requested.
        size: u64,
    },
    /// The API does not sort by the value from which the listing continues.
    #[error("page {page} has records of the page before it, so the API does not sort by {at}")]
    Unsorted {
        /// The number of the page, from 1.
        page: u64,
        /// Where the value is.
        at: String,
    },
    /// Records have the same value where the listing continues from the last one, and the server skips this value.
    #[error(
        "records of page {page} have the same value at {at}, and the next page leaves out records with the value of the last one"
    )]
    Ties {
        /// The number of the page, from 1.
        page: u64,
        /// Where the value is.
        at: String,
    },
    /// The records of a group have pages of their own.
    #[error("page {page} has only some records of a group, because it has {}", continuations(found))]
    MoreInGroups {
        /// The number of the page, from 1.
        page: u64,
        /// What suggests it.
        found: Vec<Continuation>,
    },
    /// A page has no records, although the end is not reached.
    #[error("page {page} has no records, but there should be more")]
    EmptyBeforeEnd {
        /// The number of the page, from 1.
        page: u64,
    },
    /// A page has no records, which should mean the end, but a total says that there are more.
    #[error("page {page} has no records, but also {}", continuations(found))]
    EmptyButMore {
        /// The number of the page, from 1.
        page: u64,
        /// The totals.
        found: Vec<Continuation>,
    },
    /// A page has no records, which should mean the end, but it leads to another one.
    #[error("page {page} has no records, which should mean the end, but also {}", continuations(found))]
    EmptyButContinues {
        /// The number of the page, from 1.
        page: u64,
        /// What leads on.
        found: Vec<Continuation>,
    },
    /// Too many pages in a row have no records.
    #[error("{pages} pages in a row have no records, but each has a next page")]
    TooManyEmpty {
        /// How many.
        pages: u64,
    },
    /// The page is an error despite its status.
    #[error("page {page} has no records at `{at}`, but an error: {message}")]
    ErrorInstead {
        /// Where the records should be.
        at: Pointer,
        /// What the API says.
        message: String,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The page is a single record, which looks like an error.
    #[error("page {page} looks like an error, not like a record: {message}")]
    ErrorAsRecord {
        /// The member of the page that says so.
        sign: ErrorSign,
        /// What the API says.
        message: String,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The last record of the page looks like an error that broke off the list.
    #[error("the last record of page {page} looks like an error, not like a record: {message}")]
    ErrorAmongRecords {
        /// What the API says.
        message: String,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The page has records, and an error that may mean that some are missing.
    #[error("page {page} has records, but also an error: {message}")]
    ErrorBeside {
        /// The member of the page that says so.
        sign: ErrorSign,
        /// What the API says.
        message: String,
        /// The number of the page, from 1.
        page: u64,
    },
    /// Earlier pages had records where this one has nothing.
    #[error("page {page} has no records at `{at}`, but earlier pages had")]
    RecordsMissing {
        /// Where the records should be.
        at: Pointer,
        /// The number of the page, from 1.
        page: u64,
    },
    /// A part of the page does not have what the `*` of the pointer to the records promises.
    #[error("page {page} has nothing at `{at}`, where there should be records")]
    Gap {
        /// What is missing.
        at: Pointer,
        /// The number of the page, from 1.
        page: u64,
    },
    /// A value on the way of a pointer with `*` has no elements or members.
    #[error("page {page} has {found} at `{at}`, not an array or object")]
    Scalar {
        /// Where it is.
        at: Pointer,
        /// What it is.
        found: &'static str,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The page names a next page, but has no records.
    #[error("page {page} has nothing at `{at}` but names a next page")]
    Absent {
        /// Where the records should be.
        at: Pointer,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The first page has nothing where the records should be, but has arrays elsewhere.
    #[error("the first page has nothing at `{at}`, but an array at {}", listed(arrays))]
    Elsewhere {
        /// Where the records should be.
        at: Pointer,
        /// Where there are arrays.
        arrays: Vec<Pointer>,
    },
    /// The header line of a page of CSV has none of the names of the first one.
    #[error("the first line of page {page} is not a header line like that of the first page")]
    OtherHeader {
        /// The number of the page, from 1.
        page: u64,
    },
    /// The last page has nothing from which the next pull could start.
    #[error("page {page} is the last one, but has nothing at {at}, where the next run would start")]
    NoStart {
        /// The number of the page, from 1.
        page: u64,
        /// Where it should be.
        at: String,
    },
    /// The start of the next pull is not a link.
    #[error("the value at `{at}` is {found}, not a link from which the next run could start")]
    StartIsNoLink {
        /// Where it is.
        at: String,
        /// What is there instead.
        found: &'static str,
    },
    /// The start of the next pull contains a secret, which must not be saved.
    #[error("the value at {at} contains a credential, so it cannot be saved for the next run")]
    SecretStart {
        /// Where it is.
        at: String,
    },
    /// The value where the records should be is not an array.
    #[error("page {page} has {found} at `{at}`, not an array of records")]
    NoArray {
        /// Where the records should be.
        at: Pointer,
        /// What is there instead.
        found: &'static str,
        /// The number of the page, from 1.
        page: u64,
    },
}

fn listed(pointers: &[Pointer]) -> String {
    pointers.iter().map(|pointer| format!("`{pointer}`")).collect::<Vec<_>>().join(", ")
}

/// `` `/next_url` (`https://…`) `` for each.
impl PageError {
    /// What a rule of the user says should happen, if one did.
    pub(crate) fn ruled(&self) -> Option<Then> {
        match self {
            Self::Request(error) => match error.reason() {
                StopReason::Ruled(then) => Some(then),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Where they are, and what is there.
pub(crate) fn continuations(found: &[Continuation]) -> String {
    let one = |found: &Continuation| format!("`{}` ({})", found.at, found.found);
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `1 record`, `2 records`.
fn records(count: u64) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}
