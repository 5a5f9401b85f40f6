//! The engine of longhaul.

pub mod auth;
pub mod client;
pub mod clock;
pub mod event;
mod origins;
pub mod page;
pub mod pages;
pub mod paginate;
mod pointer;
mod refusal;
mod request;
pub mod retry;
pub mod run;
mod secret;
mod seen;
pub mod sink;
pub mod suggest;
pub mod transport;

pub use self::{
    client::Client,
    clock::Clock,
    origins::{ForeignOrigin, Origins},
    pointer::{InvalidPointer, Pointer},
    refusal::{Refusal, RefusalFormat, Throttled},
    request::{Body, Replay, Request, ShownUrl},
    secret::Secret,
};
