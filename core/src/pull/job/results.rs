//! The addresses of a job's results.

use serde_json::Value;

use super::JobError;
use crate::{
    client::Document,
    http::{
        place::{Place, Places},
        request::Request,
    },
    json::pointer::Pointer,
    listing::{
        end::Proof,
        page::Page,
        paginate::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Step},
    },
    sink::Variables,
};

/// The placeholder that stands for the address of the results. The others of several follow as `job.url.2` and so on.
const URL: &str = "job.url";

/// Adds the addresses at `places` in the last answer about a job. In a pointer, `*` stands for every element.
pub(super) fn with_urls(
    variables: Variables,
    answer: &Document,
    places: &Places,
) -> Result<Variables, JobError> {
    let mut found = Vec::new();
    for place in places.iter() {
        match place {
            Place::Body(pointer) => collect(answer.body.value(), pointer.tokens(), &mut found),
            place => found.extend(answer.find(&place.clone().into())?.and_then(|found| text(found.value()))),
        }
        if !found.is_empty() {
            break;
        }
    }
    if found.is_empty() {
        return Err(JobError::NoUrl { at: places.to_string() });
    }
    let named = found.into_iter().enumerate();
    Ok(named.fold(variables, |variables, (index, url)| match index {
        0 => variables.with(URL, url),
        index => variables.with(format!("{URL}.{}", index + 1), url),
    }))
}

fn collect(value: &Value, tokens: &[String], found: &mut Vec<String>) {
    let Some((token, rest)) = tokens.split_first() else { return found.extend(text(value)) };
    match (value, token.as_str()) {
        (Value::Array(elements), "*") => elements.iter().for_each(|element| collect(element, rest, found)),
        (Value::Object(members), "*") => members.values().for_each(|member| collect(member, rest, found)),
        (Value::Array(elements), token) => {
            if let Some(element) = Pointer::index(token).and_then(|index| elements.get(index)) {
                collect(element, rest, found);
            }
        }
        (Value::Object(members), token) => {
            if let Some(member) = members.get(token) {
                collect(member, rest, found);
            }
        }
        _ => {}
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Several files with the results of a job, each of which is a page.
#[derive(Debug)]
pub(crate) struct Files(Vec<url::Url>);

impl Files {
    /// The files in `variables`, as addresses relative to `base`; nothing if there is only one.
    pub(crate) fn of(variables: &Variables, base: &url::Url) -> Result<Option<Self>, url::ParseError> {
        let urls = (1_usize..).map_while(|number| {
            let name = if number == 1 { URL.to_owned() } else { format!("{URL}.{number}") };
            variables.get(&name).map(|url| base.join(url))
        });
        let urls = urls.collect::<Result<Vec<_>, _>>()?;
        Ok((urls.len() > 1).then_some(Self(urls)))
    }
}

impl Paginator for Files {
    fn reads(&self) -> Vec<&Places> {
        Vec::new()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        let index = match at {
            None => 0,
            Some(Cursor::Page(index)) => usize::try_from(*index).unwrap_or(usize::MAX),
            Some(_) => return Err(PaginationError::ForeignCursor),
        };
        request.url = self.0.get(index).cloned().ok_or(PaginationError::ForeignCursor)?;
        Ok(())
    }

    fn advance(&self, at: Option<&Cursor>, _: &Page) -> Result<Step, PaginationError> {
        let index = match at {
            Some(Cursor::Page(index)) => *index,
            _ => 0,
        };
        if index + 1 < self.0.len() as u64 {
            return Ok(Step::Page(Cursor::Page(index + 1)));
        }
        Ok(Step::End(Proof::PageCount { at: format!("{{{URL}}}") }))
    }

    fn page_count(&self, _: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, at: &Cursor, _: &Latest<'_>) -> Option<Cursor> {
        let Cursor::Page(index) = at else { return None };
        (index + 1 < self.0.len() as u64).then_some(Cursor::Page(index + 1))
    }

    fn gap(&self, _: Option<&Cursor>, _: &Page) -> Option<Cursor> {
        None
    }

    fn continues_from(&self) -> Option<&Places> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Requests
    }
}
