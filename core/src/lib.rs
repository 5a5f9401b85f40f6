//! The engine of longhaul.

pub mod auth;
pub mod client;
pub mod clock;
pub mod event;
pub mod job;
mod origins;
mod output;
pub mod page;
pub mod pages;
pub mod paginate;
mod parts;
mod pointer;
mod refusal;
mod request;
pub mod retry;
pub mod run;
mod secret;
mod seen;
pub mod sink;
mod source;
pub mod suggest;
mod template;
pub mod transport;
mod unique;
pub mod window;

pub use self::{
    client::Client,
    clock::Clock,
    origins::{ForeignOrigin, Origins},
    pointer::{InvalidPointer, Pointer},
    refusal::{Refusal, RefusalFormat, Throttled},
    request::{Body, Replay, Request, ShownUrl},
    secret::Secret,
    source::Source,
    template::Template,
};
