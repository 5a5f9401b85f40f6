//! A listing that breaks in the middle until it is mended.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{Act, FaultServer, Received, Reply};

use crate::{api, folder::Folder};

/// A listing of four pages, of which the third cannot be had until it is mended.
pub(crate) struct Mendable {
    pub(crate) server: FaultServer,
    mended: Arc<AtomicBool>,
}

/// All that it holds, as lines.
pub(crate) const ALL: &str =
    "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n{\"id\":6}\n{\"id\":7}\n{\"id\":8}\n";

/// What comes before the page that cannot be had.
pub(crate) const HALF: &str = "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n";

impl Mendable {
    /// One that does this instead of giving the third page.
    pub(crate) fn new(trouble: impl Into<Act>) -> Self {
        let mended = Arc::new(AtomicBool::new(false));
        let (trouble, is_mended) = (trouble.into(), Arc::clone(&mended));
        let server = api::server(move |request| match number(request) {
            3 if !is_mended.load(Ordering::SeqCst) => trouble.clone(),
            number => page(number).into(),
        });
        Self { server, mended }
    }

    /// From now on every page can be had.
    pub(crate) fn mend(&self) {
        self.mended.store(true, Ordering::SeqCst);
    }

    /// A folder with a configuration for it.
    pub(crate) fn folder(&self) -> Folder {
        Folder::configured(&self.configuration())
    }

    pub(crate) fn configuration(&self) -> String {
        api::tutorial(&api::root(&self.server))
    }

    /// The pages that were asked for, in order.
    pub(crate) fn asked_for(&self) -> Vec<usize> {
        self.server.api_requests().iter().map(number).collect()
    }
}

/// One that is mended by now, and a folder with what a run kept that it had stopped.
pub(crate) fn stopped(change: impl Fn(String) -> String) -> (Mendable, Folder) {
    let listing = Mendable::new(Reply::status(410));
    let folder = Folder::configured(&change(listing.configuration()));
    assert_eq!(folder.run("run").code, Some(4));
    listing.mend();
    (listing, folder)
}

fn number(request: &Received) -> usize {
    request.query("page").map_or(1, |page| page.parse().unwrap())
}

fn page(number: usize) -> Reply {
    let next = if number < 4 { format!(r#","nextPageUri":"?page={}""#, number + 1) } else { String::new() };
    Reply::json(format!(r#"{{"results":[{{"id":{}}},{{"id":{}}}]{next}}}"#, 2 * number - 1, 2 * number))
}
