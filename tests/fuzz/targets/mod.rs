//! What is fuzzed. A target takes any bytes, and panics if they break a promise.
//!
//! No target only looks for panics: each compares the result with that of another reader, or reads again what it wrote.

mod abi;
mod bodies;
mod checkpoint;
mod configuration;
mod csv;
mod dates;
mod input;
mod links;
mod ndjson;
mod oracle;
mod pages;
mod places;
mod plan;
mod rates;
mod receipts;

/// A target.
pub(crate) struct Target {
    /// Its name, which is that of the folder with its seeds.
    pub(crate) name: &'static str,
    /// Checks a promise for these bytes.
    pub(crate) run: fn(&[u8]),
}

/// Every target.
pub(crate) const TARGETS: [Target; 13] = [
    Target { name: "abi", run: abi::run },
    Target { name: "bodies", run: bodies::run },
    Target { name: "checkpoint", run: checkpoint::run },
    Target { name: "configuration", run: configuration::run },
    Target { name: "csv", run: csv::run },
    Target { name: "dates", run: dates::run },
    Target { name: "links", run: links::run },
    Target { name: "ndjson", run: ndjson::run },
    Target { name: "pages", run: pages::run },
    Target { name: "places", run: places::run },
    Target { name: "plan", run: plan::run },
    Target { name: "rates", run: rates::run },
    Target { name: "receipts", run: receipts::run },
];

/// The target with this name.
pub(crate) fn find(name: &str) -> fn(&[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    target.unwrap_or_else(|| panic!("there is no target {name}")).run
}
