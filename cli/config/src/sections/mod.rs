//! The tables of the configuration, one file each.

pub(super) mod about;
pub(super) mod answers;
pub(super) mod api;
pub(super) mod auth;
pub(super) mod content;
pub(super) mod csv;
pub(super) mod each;
pub(super) mod end;
pub(super) mod errors;
pub(super) mod filter;
pub(super) mod incremental;
pub(super) mod job;
pub(super) mod pages;
pub(super) mod rate;
pub(super) mod retry;
pub(super) mod root;
pub(super) mod sink;
pub(super) mod stores;
pub(super) mod stream;
pub(super) mod table;
pub(super) mod window;
