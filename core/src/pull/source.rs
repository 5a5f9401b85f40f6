//! What a stream pulls.

use std::sync::Arc;

use crate::{
    http::template::Template,
    json::pointer::Pointer,
    listing::{Listing, paginate::Paginator},
    pull::{job::Job, window::Windows},
    sink::Variables,
};

/// Everything that defines what a stream pulls, but for the range of time.
#[derive(Debug)]
pub struct Source {
    /// The request for the first page.
    pub first: Template,
    /// Where a page holds its records.
    pub records: Pointer,
    /// How a listing goes on.
    pub paginator: Arc<dyn Paginator>,
    /// Where a record holds the key by which repeated ones are dropped.
    pub unique: Option<Pointer>,
    /// The job whose results the listing is.
    pub job: Option<Job>,
    /// How it is cut into windows.
    pub windows: Option<Windows>,
    /// How many jobs are under way at once.
    pub concurrency: usize,
}

impl Source {
    /// A single listing, with nothing else to it.
    pub fn new(first: Template, records: Pointer, paginator: impl Paginator + 'static) -> Self {
        let paginator = Arc::new(paginator);
        Self { first, records, paginator, unique: None, job: None, windows: None, concurrency: 1 }
    }

    /// The listing, with the placeholders replaced by their values in `variables`.
    pub fn listing(&self, variables: &Variables) -> Result<Listing, url::ParseError> {
        let (records, paginator) = (self.records.clone(), Arc::clone(&self.paginator));
        Ok(Listing { request: self.first.at(variables)?, records, paginator })
    }
}
