//! The recipes in the documentation, each against a server that behaves as its heading says.

mod auth;
mod ends;
mod errors;
mod formats;
mod jobs;
mod paging;
mod recipe;
