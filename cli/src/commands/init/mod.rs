//! `longhaul init`: writes a first configuration.
//!
//! `listing.rs` writes one for any API. It requests a page; `records.rs` finds the records on it, and `paging` how it
//! leads to the next page; `found.rs` has that tried with the engine by `trial.rs`; `draft.rs` is what is written.
//! `genesys.rs` asks questions instead.

mod absent;
mod answer;
mod ask;
mod destination;
mod draft;
mod found;
mod genesys;
mod listing;
mod names;
mod paging;
mod records;
mod request;
mod sample;
mod text;
mod trial;
mod unique;

pub(crate) use self::absent::configured;

use crate::{
    args::InitArguments,
    config::Sources,
    exit::Exit,
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, screen::Screen},
};

/// Writes a configuration for the API at a URL, or for Genesys Cloud.
pub(crate) fn execute(
    arguments: &InitArguments,
    sources: &Sources,
    invocation: &Invocation,
    screen: &Screen,
    stop: &Stop,
) -> Result<Exit, Failure> {
    match arguments.target.as_str() {
        "genesys" => genesys::execute(arguments, sources, invocation, screen, stop),
        _ => listing::execute(arguments, sources, invocation, screen, stop),
    }
}
