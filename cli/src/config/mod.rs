//! The configuration: read from all its layers, complete, checked, and with the origin of every value.
//!
//! `values` is what a single key can hold, `sections` what each table holds, `load` how the layers become one
//! configuration. Each uses only what stands before it, and `loaded` uses them all. A new key is a field and a row of
//! `KEYS` in its section; a new section also a line in `load/keys.rs`, `sections/root.rs` and, if it has defaults,
//! `load/defaults.rs`.

mod check;
mod definition;
mod error;
mod load;
mod loaded;
mod origin;
mod schema;
mod sections;
mod show;
#[cfg(test)]
mod tests;
mod tree;
mod trust;
mod values;

pub use self::{
    error::ConfigError,
    load::sources::Sources,
    loaded::{Loaded, load},
    origin::Origin,
    schema::json_schema,
    sections::{
        api::{Api, Proxy},
        auth::{Auth, ClientAuth, Grant},
        errors::Refusals,
        job::{Cancel, Job, Submit},
        pages::{Pages, RelativeTo},
        rate::{Rate, RateHeaders},
        retry::Retry,
        root::Config,
        sink::Sink,
        stream::{RecordsMissing, Stream},
        table::Table,
        window::{Available, TooDeep, Window},
    },
    values::{
        body::Body,
        moment::{Moment, MomentError},
        query::{Query, Values},
        secret::{SecretSource, Secrets},
    },
};
