//! A program that embeds longhaul with its own sink: it loads no library and reads no configuration.
//!
//! ```sh
//! cargo run -p longhaul-plugin-example --example embed -- http://127.0.0.1:8080 TOKEN
//! ```
#![expect(clippy::print_stdout, reason = "a program may print")]

use std::{env, error::Error, sync::Arc};

use http::{HeaderMap, Method};
use longhaul_core::{
    Body, Client, Origins, Replay, Secret, Source, Template,
    client::auth::FixedToken,
    disk::SystemDisk,
    http::transport::{Settings, UreqTransport},
    listing::paginate::NextUrl,
    pull::{Pull, run},
    sink::{Options, Registry, Variables},
};
use longhaul_plugin::{Linked, PluginSink};
use longhaul_sink_count::Count;
use longhaul_sinks::Stdout;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(base_url), Some(token)) = (arguments.next(), arguments.next()) else {
        return Err("usage: embed BASE_URL TOKEN".into());
    };
    let base_url = base_url.parse()?;

    // The sinks: the built-in ones and the program's own.
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::of_process(), Arc::new(SystemDisk));
    registry.register(Count::NAME, Linked::<Count>::default());
    let count = registry.get("count")?.configure(&options(json!({ "path": "{stream}.count" }))?)?;
    let lines = registry.get("ndjson")?.configure(&options(json!({ "path": "{stream}.ndjson" }))?)?;

    let transport = UreqTransport::new(&Settings::default())?;
    let auth = FixedToken::new(Secret::new(token));
    let client = Client::new(Arc::new(transport), Arc::new(auth), Origins::of([&base_url]));
    let first = Template {
        method: Method::GET,
        base_url,
        path: "/api/v2/users".to_owned(),
        query: vec![("pageSize".to_owned(), "100".to_owned())],
        headers: HeaderMap::new(),
        body: Body::Empty,
        replay: Replay::Harmless,
    };
    let next = NextUrl::at("/nextUri".parse()?);
    let source = Source::new(first, "/entities".parse()?, next);

    let pull = Pull {
        source: &source,
        windows: None,
        parents: None,
        sinks: vec![("count", count.as_ref()), ("lines", lines.as_ref())],
        variables: Variables::new("users", env::current_dir()?),
        spool: None,
        columns: Vec::new(),
        strict: false,
        limit: None,
        checkpointing: None,
    };
    let summary = run(&pull, &Arc::new(client))?;
    println!("{} records", summary.records);
    Ok(())
}

fn options(value: serde_json::Value) -> serde_json::Result<Options> {
    serde_json::from_value(value)
}
