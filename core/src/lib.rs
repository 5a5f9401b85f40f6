//! The engine of longhaul: pulls everything out of a paginated, OAuth2-protected HTTP API into sinks, in runs that keep
//! going after the access token expires. It is synchronous, and contains neither a command line nor file formats.
//!
//! It has three loops. Each calls only the one below it, so they can be read one after another:
//!
//! ```text
//! pull     every page of every partition, into every sink       pull/mod.rs
//! listing  the pages of one listing, from first to last         listing/mod.rs
//! client   one request: authorize, send, judge, send again      client/mod.rs
//! ```
//!
//! Decisions are made without I/O: when to send a request again ([`client::retry`]), where a listing continues
//! ([`listing::paginate`]), how time is split into windows ([`pull::window`]). All I/O is behind traits, and their
//! documentation is a contract: [`Transport`](http::transport::Transport), [`Auth`](client::auth::Auth), [`Clock`],
//! [`Sink`](sink::Sink).
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use http::{HeaderMap, Method};
//! use longhaul_core::{
//!     Body, Client, Origins, Replay, Secret, Source, Template,
//!     client::auth::FixedToken,
//!     http::transport::{Settings, UreqTransport},
//!     listing::paginate::NextUrl,
//!     pull::{Pull, run},
//!     sink::{OpenSink, Variables},
//! };
//!
//! # fn example(sink: &dyn OpenSink) -> Result<(), Box<dyn std::error::Error>> {
//! let base_url = "https://api.example.com".parse()?;
//! let auth = FixedToken::new(Secret::new("a token"));
//! let transport = UreqTransport::new(&Settings::default())?;
//! let client = Client::new(Arc::new(transport), Arc::new(auth), Origins::of([&base_url]));
//! let client = Arc::new(client);
//!
//! let first = Template {
//!     method: Method::GET,
//!     base_url,
//!     path: "/users".to_owned(),
//!     query: vec![("pageSize".to_owned(), "100".to_owned())],
//!     headers: HeaderMap::new(),
//!     body: Body::Empty,
//!     replay: Replay::Harmless,
//! };
//! let next = NextUrl::at("/nextUri".parse()?);
//! let source = Source::new(first, "/entities".parse()?, next);
//!
//! let (sinks, variables) = (vec![("out", sink)], Variables::new("users", "."));
//! let pull = Pull {
//!     source: &source,
//!     windows: None,
//!     parents: None,
//!     sinks,
//!     variables,
//!     spool: None,
//!     columns: Vec::new(),
//!     strict: false,
//!     limit: None,
//!     checkpointing: None,
//! };
//! let summary = run(&pull, &client)?;
//! println!("{} records", summary.records);
//! # Ok(())
//! # }
//! ```

pub mod bookmark;
mod cancel;
pub mod client;
pub mod clock;
pub mod disk;
pub mod event;
mod fingerprint;
pub mod http;
pub mod json;
pub mod listing;
pub mod object_store;
pub mod partition;
pub mod pull;
mod shown_url;
pub mod sink;
pub mod state;
pub mod suggest;
pub mod times;
pub mod window;

pub use self::{
    client::{
        Client,
        refusal::{Refusal, RefusalFormat},
    },
    clock::Clock,
    http::{
        origins::{ForeignOrigin, Origins},
        request::{Body, Replay, Request},
        secret::{Secret, Secrets},
        template::Template,
    },
    json::pointer::{InvalidPointer, Pointer},
    pull::Source,
    shown_url::ShownUrl,
};
