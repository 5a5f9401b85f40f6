//! The first page of an API, in parts that can be searched.

use http::HeaderMap;
use longhaul_core::Pointer;
use serde_json::Value;
use url::Url;

use super::names::{Leaf, leaves, plain};

/// The first page of an API.
#[derive(Debug)]
pub(super) struct Sample<'p> {
    /// The parameters that it was requested with.
    pub(super) query: &'p [(String, String)],
    /// Its URL, after redirects.
    pub(super) url: &'p Url,
    /// Its headers.
    pub(super) headers: &'p HeaderMap,
    /// Its values outside the records.
    pub(super) leaves: Vec<Leaf<'p>>,
    /// Its records.
    pub(super) records: &'p [&'p Value],
}

impl<'p> Sample<'p> {
    /// The page with this body, whose records are at `at`.
    pub(super) fn new(
        query: &'p [(String, String)],
        url: &'p Url,
        headers: &'p HeaderMap,
        body: &'p Value,
        (at, records): (&Pointer, &'p [&'p Value]),
    ) -> Self {
        Self { query, url, headers, leaves: leaves(body, at), records }
    }

    /// How many records it has.
    pub(super) fn count(&self) -> u64 {
        self.records.len() as u64
    }

    /// The number with one of these names, nearest the top.
    pub(super) fn number(&self, names: &[&str]) -> Option<(&Leaf<'p>, u64)> {
        self.leaves.iter().find_map(|leaf| {
            Some((leaf, leaf.value.as_u64().filter(|_| names.contains(&leaf.name().as_str()))?))
        })
    }

    /// The flag with one of these names, nearest the top.
    pub(super) fn flag(&self, names: &[&str]) -> Option<(&Leaf<'p>, bool)> {
        self.leaves.iter().find_map(|leaf| {
            Some((leaf, leaf.value.as_bool().filter(|_| names.contains(&leaf.name().as_str()))?))
        })
    }

    /// The number in the header `name`.
    pub(super) fn header(&self, name: &str) -> Option<u64> {
        self.headers.get(name)?.to_str().ok()?.trim().parse().ok()
    }

    /// The parameter of the request with one of these names, and its value.
    pub(super) fn parameter(&self, names: &[&str]) -> Option<(&'p str, &'p str)> {
        let found = self.query.iter().find(|(name, _)| names.contains(&plain(name).as_str()))?;
        Some((&found.0, &found.1))
    }

    /// The parameter of the request with one of these names, if its value is a number.
    pub(super) fn numeric_parameter(&self, names: &[&str]) -> Option<(&'p str, u64)> {
        let (name, value) = self.parameter(names)?;
        Some((name, value.parse().ok()?))
    }

    /// The parameter with one of these names in a URL on the page, such as the link to this page.
    pub(super) fn linked_parameter(&self, names: &[&str]) -> Option<String> {
        let texts =
            self.leaves.iter().filter_map(|leaf| leaf.value.as_str().filter(|text| text.contains('?')));
        let urls = texts.filter_map(|text| self.url.join(text).ok());
        let mut parameters =
            urls.flat_map(|url| url.query_pairs().map(|(name, _)| name.into_owned()).collect::<Vec<_>>());
        parameters.find(|name| names.contains(&plain(name).as_str()))
    }
}
