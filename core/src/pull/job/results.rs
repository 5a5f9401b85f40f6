//! The addresses of a job's results.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use url::{Position, Url};

use super::JobError;
use crate::{
    client::Document,
    fingerprint::fingerprint_of_parts,
    http::{
        place::{Place, Places},
        request::Request,
    },
    json::{ExactValue, pointer::Pointer},
    listing::{
        end::Proof,
        page::{Page, around_files},
        paginate::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Step},
    },
    sink::Variables,
};

/// The placeholder that stands for the address of the results. The others of several follow as `job.url.2` and so on.
const URL: &str = "job.url";

/// Adds the addresses at `places` in the last answer about the job `id`. In a pointer, `*` stands for every element, each of
/// which must have one.
pub(super) fn with_urls(
    variables: Variables,
    id: &str,
    answer: &Document,
    places: &Places,
) -> Result<Variables, JobError> {
    let (mut found, mut more) = (Found::default(), None);
    for place in places.iter() {
        found = Found::default();
        match place {
            Place::Body(pointer) => {
                let is_list = pointer.tokens().iter().any(|token| token == "*");
                more = is_list.then(|| around_files(answer.body.value()));
                found.collect(Some(answer.body.value()), &mut Vec::new(), pointer.tokens());
            }
            place => {
                let value = answer.find(&place.clone().into())?;
                found.add(place.to_string(), value.as_ref().map(ExactValue::value));
            }
        }
        if !found.urls.is_empty() {
            break;
        }
    }
    let id = || id.to_owned();
    if found.urls.is_empty() {
        return Err(JobError::NoUrl { at: places.to_string() });
    }
    if let Some(at) = found.missing {
        return Err(JobError::PartWithoutUrl { id: id(), at });
    }
    if let Some(found) = more.filter(|found| !found.is_empty()) {
        return Err(JobError::MoreFiles { id: id(), found });
    }
    let mut places = HashMap::new();
    for (at, url) in &found.urls {
        if let Some(first) = places.insert(url, at) {
            return Err(JobError::SameUrl { id: id(), first: first.clone(), second: at.clone() });
        }
    }
    let named = found.urls.into_iter().enumerate();
    Ok(named.fold(variables, |variables, (index, (_, url))| match index {
        0 => variables.with(URL, url),
        index => variables.with(format!("{URL}.{}", index + 1), url),
    }))
}

/// The addresses in an answer.
#[derive(Default)]
struct Found {
    /// Each with its place.
    urls: Vec<(String, String)>,
    /// The first place without one.
    missing: Option<String>,
}

impl Found {
    /// Adds the addresses at `tokens` in the value at `at`.
    fn collect(&mut self, value: Option<&Value>, at: &mut Vec<String>, tokens: &[String]) {
        let Some((token, rest)) = tokens.split_first() else {
            return self.add(Pointer::from_tokens(&*at).to_string(), value);
        };
        let below: Vec<(String, Option<&Value>)> = match (value, token.as_str()) {
            (Some(Value::Array(elements)), "*") => elements
                .iter()
                .enumerate()
                .map(|(index, element)| (index.to_string(), Some(element)))
                .collect(),
            (Some(Value::Object(members)), "*") => {
                members.iter().map(|(name, member)| (name.clone(), Some(member))).collect()
            }
            (value, _) => {
                let member = value.and_then(|value| Pointer::from_tokens([token]).find(value));
                vec![(token.clone(), member)]
            }
        };
        for (token, value) in below {
            at.push(token);
            self.collect(value, at, rest);
            at.pop();
        }
    }

    fn add(&mut self, at: String, value: Option<&Value>) {
        match value.and_then(Value::as_str).filter(|text| !text.is_empty()) {
            Some(url) => self.urls.push((at, url.to_owned())),
            None => self.missing = self.missing.take().or(Some(at)),
        }
    }
}

/// Several files with the results of a job, each of which is a page.
#[derive(Debug)]
pub(crate) struct Files(Vec<File>);

#[derive(Debug)]
struct File {
    url: Url,
    /// The position of the file, by which a later run recognizes it.
    cursor: Cursor,
}

impl Files {
    /// The files in `variables`, as addresses relative to `base`; nothing if there is only one.
    pub(crate) fn of(variables: &Variables, base: &Url) -> Result<Option<Self>, url::ParseError> {
        let urls = (1_usize..).map_while(|number| {
            let name = if number == 1 { URL.to_owned() } else { format!("{URL}.{number}") };
            variables.get(&name).map(|url| base.join(url))
        });
        let urls = urls.collect::<Result<Vec<_>, _>>()?;
        Ok((urls.len() > 1).then(|| Self::at(urls)))
    }

    fn at(urls: Vec<Url>) -> Self {
        // A signature in the query changes with each answer. If the rest is not enough to tell files apart, the query is
        // part of their names.
        let paths: HashSet<_> = urls.iter().map(|url| &url[..Position::AfterPath]).collect();
        let end = if paths.len() == urls.len() { Position::AfterPath } else { Position::AfterQuery };
        let mut addresses = 0;
        let files = urls.into_iter().zip(0..).map(|(url, index)| {
            addresses = fingerprint_of_parts(&[&u128::to_le_bytes(addresses), url[..end].as_bytes()]);
            File { cursor: Cursor::File { index, addresses: format!("{addresses:032x}") }, url }
        });
        Self(files.collect())
    }

    fn index(at: Option<&Cursor>) -> usize {
        match at {
            Some(Cursor::File { index, .. }) => usize::try_from(*index).unwrap_or(usize::MAX),
            _ => 0,
        }
    }

    fn after(&self, at: Option<&Cursor>) -> Option<Cursor> {
        Some(self.0.get(Self::index(at).checked_add(1)?)?.cursor.clone())
    }
}

impl Paginator for Files {
    fn reads(&self) -> Vec<&Places> {
        Vec::new()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        let file = self.0.get(Self::index(at)).filter(|file| at.is_none_or(|at| *at == file.cursor));
        request.url = file.ok_or(PaginationError::FilesChanged)?.url.clone();
        Ok(())
    }

    fn advance(&self, at: Option<&Cursor>, _: &Page) -> Result<Step, PaginationError> {
        let end = || Step::End(Proof::PageCount { at: format!("{{{URL}}}") });
        Ok(self.after(at).map_or_else(end, Step::Page))
    }

    fn page_count(&self, _: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, at: &Cursor, _: &Latest<'_>) -> Option<Cursor> {
        self.after(Some(at))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(pointer: &str, answer: &Value) -> Found {
        let mut found = Found::default();
        found.collect(Some(answer), &mut Vec::new(), pointer.parse::<Pointer>().unwrap().tokens());
        found
    }

    /// The place of the third of these files, and whether it is still the place in a list of others.
    fn resumed(before: &[&str], now: &[&str]) -> Result<String, PaginationError> {
        let at = |paths: &[&str]| {
            let base: Url = "https://files.example".parse().unwrap();
            Files::at(paths.iter().map(|path| base.join(path).unwrap()).collect())
        };
        let mut request = Request::new(http::Method::GET, "https://api.example".parse().unwrap());
        at(now).prepare(&mut request, Some(&at(before).0[2].cursor))?;
        Ok(request.url[Position::BeforePath..].to_owned())
    }

    #[test]
    fn files_are_recognized_by_their_addresses_without_signatures() {
        let before = ["/a?sig=1", "/b?sig=1", "/c?sig=1", "/d?sig=1"];
        let signed_anew = ["/a?sig=2", "/b?sig=2", "/c?sig=2", "/d?sig=2"];
        assert_eq!(resumed(&before, &signed_anew), Ok("/c?sig=2".to_owned()));
        for others_behind in [&["/a", "/b", "/c"][..], &["/a", "/b", "/c", "/e", "/d"]] {
            assert_eq!(resumed(&before, others_behind), Ok("/c".to_owned()));
        }
        for changed in
            [&["/c", "/d", "/a", "/b"][..], &["/e", "/a", "/b", "/c"], &["/c", "/d"], &["/b", "/a", "/c"]]
        {
            assert_eq!(resumed(&before, changed), Err(PaginationError::FilesChanged), "{changed:?}");
        }
    }

    #[test]
    fn files_that_differ_only_in_the_query_are_recognized_by_it() {
        let before = ["/f?part=1", "/f?part=2", "/f?part=3"];
        assert_eq!(resumed(&before, &before), Ok("/f?part=3".to_owned()));
        let other_order = ["/f?part=2", "/f?part=1", "/f?part=3"];
        assert_eq!(resumed(&before, &other_order), Err(PaginationError::FilesChanged));
    }

    #[test]
    fn every_part_must_have_an_address() {
        let parts = json!({ "files": [{ "url": "/a" }, { "url": "/b" }] });
        let Found { urls, missing } = found("/files/*/url", &parts);
        let expected = [("/files/0/url", "/a"), ("/files/1/url", "/b")];
        assert_eq!(urls, expected.map(|(at, url)| (at.to_owned(), url.to_owned())));
        assert_eq!(missing, None);
        let without = [json!({}), json!({ "url": null }), json!({ "url": "" }), json!({ "url": 5 })];
        for part in without.into_iter().chain([json!(null), json!("/b")]) {
            let found = found("/files/*/url", &json!({ "files": [{ "url": "/a" }, part, { "url": "/c" }] }));
            assert_eq!((found.urls.len(), found.missing.as_deref()), (2, Some("/files/1/url")));
        }
        let named = json!({ "a": { "url": "/a" }, "b": {} });
        assert_eq!(found("/*/url", &named).missing.as_deref(), Some("/b/url"));
        let groups = json!([{ "files": ["/a"] }, { "files": [] }]);
        let Found { urls, missing } = found("/*/files/*", &groups);
        assert_eq!((urls.len(), missing), (1, None), "an empty list has no parts");
    }
}
