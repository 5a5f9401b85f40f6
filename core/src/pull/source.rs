//! The source of a stream: its requests, and how its pages are read.

use std::sync::Arc;

use crate::{
    client::answer::Rules,
    http::template::Template,
    json::pointer::Pointer,
    listing::{Listing, end::Ends, paginate::Paginator},
    pull::{
        job::{Files, Job},
        window::Windows,
    },
    sink::Variables,
};

/// The source of a stream: everything that defines what is pulled, except the range of time.
#[derive(Debug)]
pub struct Source {
    /// The request for the first page.
    pub first: Template,
    /// Where a page has its records.
    pub records: Pointer,
    /// The style of pagination.
    pub paginator: Arc<dyn Paginator>,
    /// How a listing ends, whatever its style.
    pub ends: Ends,
    /// What responses mean.
    pub rules: Arc<Rules>,
    /// Where a record has the key by which duplicates are dropped.
    pub unique: Option<Pointer>,
    /// The job whose results are listed, if the API needs one.
    pub job: Option<Job>,
    /// How the range of time is divided into windows.
    pub windows: Option<Windows>,
    /// How many jobs and requests may run at once.
    pub concurrency: usize,
}

impl Source {
    /// A single listing, without windows, jobs or keys.
    pub fn new(first: Template, records: Pointer, paginator: impl Paginator + 'static) -> Self {
        let paginator = Arc::new(paginator);
        let (ends, rules) = (Ends::default(), Arc::new(Rules::of_pages(Vec::new())));
        Self {
            first,
            records,
            paginator,
            ends,
            rules,
            unique: None,
            job: None,
            windows: None,
            concurrency: 1,
        }
    }

    /// The listing, with the placeholders replaced by their values in `variables`.
    pub fn listing(&self, variables: &Variables) -> Result<Listing, url::ParseError> {
        let records = self.records.clone();
        let paginator: Arc<dyn Paginator> = match Files::of(variables, &self.first.base_url)? {
            Some(files) => Arc::new(files),
            None => Arc::clone(&self.paginator),
        };
        Ok(Listing {
            request: self.first.at(variables)?,
            records,
            paginator,
            ends: self.ends.clone(),
            rules: Arc::clone(&self.rules),
        })
    }
}
