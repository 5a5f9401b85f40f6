//! What a single key can hold.

pub(super) mod body;
pub(super) mod choice;
pub(super) mod comparison;
pub(super) mod concurrency;
pub(super) mod csv;
pub(super) mod described;
pub(super) mod duration;
pub(super) mod field;
pub(super) mod first_value;
pub(super) mod header;
pub(super) mod http_url;
pub(super) mod kind;
pub(super) mod moment;
pub(super) mod path;
pub(super) mod place;
pub(super) mod pointer;
pub(super) mod query;
pub(super) mod secret;
pub(super) mod size;
pub(super) mod status;
pub(super) mod steps;
pub(super) mod text;
