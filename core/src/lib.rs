//! The engine of longhaul.

pub mod clock;
mod pointer;
mod secret;
pub mod sink;
pub mod suggest;

pub use self::{
    clock::Clock,
    pointer::{InvalidPointer, Pointer},
    secret::Secret,
};
