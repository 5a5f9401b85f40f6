//! A listing with a broken page that can be repaired.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};

use crate::{api, folder::Folder};

/// A listing of four pages. The third one fails until it is repaired.
pub(crate) struct RepairableApi {
    pub(crate) server: FaultServer,
    repaired: Arc<AtomicBool>,
}

/// All its records, as lines.
pub(crate) const ALL: &str =
    "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n{\"id\":5}\n{\"id\":6}\n{\"id\":7}\n{\"id\":8}\n";

/// The records before the broken page.
pub(crate) const HALF: &str = "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n{\"id\":4}\n";

impl RepairableApi {
    /// A listing that does `fault` instead of sending the third page.
    pub(crate) fn new(fault: impl Into<Reaction>) -> Self {
        let repaired = Arc::new(AtomicBool::new(false));
        let (fault, is_repaired) = (fault.into(), Arc::clone(&repaired));
        let server = api::server(move |request| match number(request) {
            3 if !is_repaired.load(Ordering::SeqCst) => fault.clone(),
            number => page(number).into(),
        });
        Self { server, repaired }
    }

    /// Repairs the third page.
    pub(crate) fn repair(&self) {
        self.repaired.store(true, Ordering::SeqCst);
    }

    /// A folder with a configuration for the listing.
    pub(crate) fn folder(&self) -> Folder {
        Folder::configured(&self.configuration())
    }

    pub(crate) fn configuration(&self) -> String {
        api::tutorial(&api::root(&self.server))
    }

    /// The numbers of the requested pages, in order.
    pub(crate) fn requested_pages(&self) -> Vec<usize> {
        self.server.api_requests().iter().map(number).collect()
    }
}

/// A repaired listing, and a folder in which a run failed at its third page.
pub(crate) fn stopped(change: impl Fn(String) -> String) -> (RepairableApi, Folder) {
    let listing = RepairableApi::new(Reply::status(410));
    let folder = Folder::configured(&change(listing.configuration()));
    assert_eq!(folder.run("run").code, Some(4));
    listing.repair();
    (listing, folder)
}

fn number(request: &Received) -> usize {
    request.query("page").map_or(1, |page| page.parse().unwrap())
}

fn page(number: usize) -> Reply {
    let next = if number < 4 { format!(r#","nextPageUri":"?page={}""#, number + 1) } else { String::new() };
    Reply::json(format!(r#"{{"results":[{{"id":{}}},{{"id":{}}}]{next}}}"#, 2 * number - 1, 2 * number))
}
