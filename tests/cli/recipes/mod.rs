//! The recipes in the documentation, each against a server that behaves as its heading says.

mod auth;
mod ends;
mod errors;
mod formats;
mod incremental;
mod jobs;
mod paging;
mod parents;
mod recipe;
