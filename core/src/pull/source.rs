//! The source of a stream: its requests, and how its pages are read.

use std::sync::Arc;

use crate::{
    client::answer::Rules,
    http::{
        request::Request,
        template::{Template, TemplateError},
    },
    json::pointer::Pointer,
    listing::{Listing, end::Ends, page::Format, paginate::Paginator},
    pull::{
        filter::Filter,
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
    /// The format of a page.
    pub format: Format,
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
    /// Which records are kept. `None` means all.
    pub filter: Option<Filter>,
    /// The job whose results are listed, if the API needs one.
    pub job: Option<Job>,
    /// How the range of time is divided into windows.
    pub windows: Option<Windows>,
    /// The placeholders that stand for values of a parent, such as `each.id`.
    pub each: Vec<String>,
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
            format: Format::default(),
            records,
            paginator,
            ends,
            rules,
            unique: None,
            filter: None,
            job: None,
            windows: None,
            each: Vec::new(),
            concurrency: 1,
        }
    }

    /// The placeholders in paths of sinks whose values differ between partitions.
    pub fn partition_placeholders(&self) -> Vec<String> {
        let of_all = ["partition", "window.start", "window.end"].map(str::to_owned);
        of_all.into_iter().chain(self.each.iter().cloned()).collect()
    }

    /// The listing, with the placeholders replaced by their values in `variables`.
    pub fn listing(&self, variables: &Variables) -> Result<Listing, TemplateError> {
        let records = self.records.clone();
        let paginator: Arc<dyn Paginator> = match Files::of(variables, &self.first.base_url)? {
            Some(files) => Arc::new(files),
            None => Arc::clone(&self.paginator),
        };
        let request = Request { expects: self.format.expects(), ..self.first.at(variables)? };
        Ok(Listing {
            request,
            records,
            paginator,
            ends: self.ends.clone(),
            rules: Arc::clone(&self.rules),
            format: self.format.clone(),
        })
    }
}
