//! Numbered pages.

use std::ops::Range;

use serde::Deserialize;

use crate::{errors::ApiError, request::Request};

/// The number and size of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Paging {
    /// Starts at 1.
    pub(crate) number: usize,
    /// At least 1.
    pub(crate) size: usize,
}

/// A page as requested, before it is checked.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AskedPage {
    page_number: Option<i64>,
    page_size: Option<i64>,
}

impl AskedPage {
    /// Reads the page from the query of a request.
    pub(crate) fn of(request: &Request) -> Result<Self, ApiError> {
        let number = |name| {
            let invalid = |_| ApiError::invalid_value(format!("{name} must be a number."));
            request.parameter(name).map(|text| text.parse().map_err(invalid)).transpose()
        };
        Ok(Self { page_number: number("pageNumber")?, page_size: number("pageSize")? })
    }

    /// The page, with `size` as the default page size.
    pub(crate) fn or(self, size: usize) -> Result<Paging, ApiError> {
        let positive = |name, asked: Option<i64>, default| match asked {
            None => Ok(default),
            Some(asked) => usize::try_from(asked)
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| ApiError::invalid_value(format!("{name} must be greater than 0."))),
        };
        let number = positive("pageNumber", self.page_number, 1)?;
        Ok(Paging { number, size: positive("pageSize", self.page_size, size)? })
    }
}

impl Paging {
    /// The same page with its size limited to `max`.
    pub(crate) fn at_most(self, max: usize) -> Self {
        Self { size: self.size.min(max.max(1)), ..self }
    }

    /// The indexes of the items on the page, out of `total`.
    pub(crate) fn range(self, total: usize) -> Range<usize> {
        let start = (self.number - 1).saturating_mul(self.size).min(total);
        start..start.saturating_add(self.size).min(total)
    }

    /// The number of pages for `total` items.
    pub(crate) fn count(self, total: usize) -> usize {
        total.div_ceil(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::{AskedPage, Paging, Request};

    fn asked(query: &str) -> Result<Paging, String> {
        let request = Request { query: query.into(), ..Request::default() };
        AskedPage::of(&request).and_then(|asked| asked.or(25)).map_err(|error| error.response("").body)
    }

    #[test]
    fn pages_start_at_one_and_end_with_the_last() {
        let paging = asked("pageNumber=3&pageSize=10").unwrap();
        assert_eq!(paging.range(100), 20..30);
        assert_eq!(paging.range(25), 20..25);
        assert_eq!(paging.range(20), 20..20);
        assert_eq!((paging.count(20), paging.count(21), paging.count(0)), (2, 3, 0));
        assert_eq!(asked("").unwrap(), Paging { number: 1, size: 25 });
        assert_eq!(asked("pageSize=900").unwrap().at_most(500).size, 500);
        assert!(
            asked("pageNumber=9223372036854775807&pageSize=9223372036854775807").unwrap().range(5).is_empty()
        );
    }

    #[test]
    fn what_is_no_page_is_refused_with_the_reason() {
        let refused = |query: &str, problem: &str| {
            let body = asked(query).unwrap_err();
            assert!(body.contains("\"invalid.value\"") && body.contains(problem), "{body}");
        };
        refused("pageNumber=0", "pageNumber must be greater than 0.");
        refused("pageSize=-5", "pageSize must be greater than 0.");
        refused("pageSize=all", "pageSize must be a number.");
    }
}
