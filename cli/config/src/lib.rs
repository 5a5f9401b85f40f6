//! The configuration of `longhaul`: read from all its layers, complete, checked, and with the origin of every value.
//!
//! It is a crate of its own so that changing a command does not compile it again.
//!
//! Each of these modules uses only those above it, and `loaded` uses them all:
//!
//! - `error`, `origin`, `tree`, `trust`: errors, where a value comes from, trees of values, and who can write to a file
//! - `values`: what a single key can hold
//! - `sections`: what each table holds
//! - `schema`: the JSON Schema that `schemars` derives from the sections, in tests
//! - `load`: how the layers become one configuration
//! - `placeholders`: what the requests of a stream may contain
//! - `check`, `show`, `every_error`, `elements`: checks across keys, `longhaul config`, and the list of all errors
//! - `systems`: what the built-in presets offer
//!
//! # Adding a key
//!
//! Add a field to the struct of its section, and the code that uses it. The field says everything about the key:
//!
//! - The doc comment is what users read about it.
//! - The type, or the type in `#[serde(with = "…")]`, says which values it takes. If the type is optional or comes from
//!   another crate, `#[schemars(with = "…")]` says the same to the schema. Types of values are in `values`; a new one
//!   describes itself there with `described!`.
//! - `#[schemars(extend("default" = …))]` is its default, as a user would write it. If the default is not a value, as with
//!   variables of the environment, `x-default` describes it.
//! - In a table whose keys depend on its `type`, `x-types` lists the types that have the key, `x-required` those that
//!   require it, and `x-defaults` gives each type a default of its own.
//!
//! Unknown keys, environment variables, secrets, defaults and `longhaul config` follow from the schema, which is in
//! `cli/longhaul.schema.json`. It and the tables in `cli/docs/configuration.md` are generated, and tests fail until they
//! are up to date:
//!
//! ```sh
//! UPDATE_REFERENCE=1 cargo test -p longhaul-config reference
//! ```
//!
//! # Adding a section
//!
//! Add a struct in a file of its own in `sections`, and a field for it in the table around it. `extend("default" = {})`
//! gives a table its defaults even if nobody writes it. In `cli/docs/configuration.md`, add a heading with
//! `<!-- keys of NAME -->` and `<!-- end of keys -->` below it; without these, the keys stand in the table around it.

// Only tests derive the schema.
#[cfg(not(test))]
extern crate longhaul_no_schema as schemars;

mod check;
mod credentials;
mod definition;
mod elements;
mod error;
mod every_error;
mod load;
mod loaded;
mod origin;
mod parents;
pub mod placeholders;
mod schema;
#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "attributes for the schema name them"))]
mod sections;
mod show;
mod systems;
#[cfg(test)]
mod tests;
mod tree;
mod trust;
#[cfg_attr(not(test), expect(dead_code, reason = "attributes for the schema name them"))]
mod values;

pub use longhaul_core::http::secret::sounds_secret;

pub use self::{
    definition::decides_records,
    error::ConfigError,
    load::{
        range::{Range, RangeFlags},
        sources::Sources,
    },
    loaded::{Loaded, load, load_with},
    origin::Origin,
    schema::json_schema,
    sections::{
        about::About,
        answers::Answer,
        api::{Api, Proxy},
        auth::{Auth, ClientAuth, Grant, RequestFormat, TokenRequest, TokenResponse},
        content::Content,
        csv::{Csv, EmptyLines},
        each::Each,
        errors::Refusals,
        incremental::{Incremental, Order},
        job::{Cancel, Job, ResultUrls, State, Submit},
        pages::{Ends, LinkOrigin, OffsetStep, Pages, RelativeTo, Style},
        rate::{Rate, RateHeaders, Reset, StreamRate},
        retry::Retry,
        root::Config,
        sink::Sink,
        stores::{S3, Stores},
        stream::{Format, RecordsMissing, Stream},
        table::Table,
        window::{Available, Window},
    },
    systems::{System, systems},
    values::{
        body::Body,
        first_value::FirstValue,
        moment::{Moment, MomentError},
        query::{Query, Values},
        secret::{SecretSource, Secrets},
    },
};
