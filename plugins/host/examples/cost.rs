//! Measures the cost of a plugin call: the time in a sink in a shared library, and in the same linked sink, per page.
//!
//! ```sh
//! cargo run --release -p longhaul-plugin-host --example cost
//! ```
#![expect(clippy::print_stdout, reason = "the results are printed")]

use std::{env, error::Error, hint::black_box, path::Path, time::Duration};

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    Clock,
    client::{Answer, answer::Basis},
    clock::{Interrupt, SystemClock},
    http::transport::Response,
    listing::page::{Layout, Page},
    sink::{Batch, Options, Sink, SinkType, Variables},
};
use longhaul_plugin::Linked;
use longhaul_plugin_host::Plugins;
use longhaul_sink_count::Count;
use serde_json::json;

const PAGES: u32 = 2000;
const RECORDS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let program = env::current_exe()?;
    let folders =
        program.ancestors().skip(1).take(3).flat_map(|folder| [folder.to_owned(), folder.join("deps")]);
    let loaded = Plugins::new(folders)?.find("count")?.ok_or("the library of the example is not built")?;
    let clock = SystemClock::new(Interrupt::default());

    let (body, layout) = (body(), Layout::new(&"/results".parse()?, &[]));
    let decoding = each(&clock, || {
        let response = Response::new(StatusCode::OK, HeaderMap::new(), body.clone());
        let answer = Answer { response, url: "http://127.0.0.1/".parse()?, basis: Basis::Status };
        black_box(Page::read(answer, &layout)?);
        Ok(())
    })?;

    let line = format!("{}\n", record(0));
    let bytes = line.repeat(RECORDS).into_bytes();
    let ends = (1..=RECORDS).map(|number| number * line.len()).collect::<Vec<_>>();
    let batch = Batch::new(&bytes, &ends);
    let (mut loaded, mut linked) = (open(&loaded)?, open(&Linked::<Count>::default())?);
    let loaded = each(&clock, || Ok(loaded.write(black_box(&batch))?))?;
    let linked = each(&clock, || Ok(linked.write(black_box(&batch))?))?;

    let cost = loaded.saturating_sub(linked);
    println!("decoding a page of {RECORDS} records, {} KiB   {decoding:>10.2?}", body.len() / 1024);
    println!("writing it, linked into the program        {linked:>10.2?}");
    println!("writing it, in a shared library            {loaded:>10.2?}");
    println!(
        "the plugin call takes {:.4} % of the time of decoding",
        100.0 * cost.as_secs_f64() / decoding.as_secs_f64()
    );
    Ok(())
}

/// The average time of a call.
fn each(
    clock: &dyn Clock,
    mut call: impl FnMut() -> Result<(), Box<dyn Error>>,
) -> Result<Duration, Box<dyn Error>> {
    let start = clock.elapsed();
    (0..PAGES).try_for_each(|_| call())?;
    Ok(clock.elapsed().saturating_sub(start) / PAGES)
}

fn open(sink_type: &dyn SinkType) -> Result<Box<dyn Sink>, Box<dyn Error>> {
    let options: Options = serde_json::from_value(json!({ "path": "count" }))?;
    Ok(sink_type.configure(&options)?.open(&Variables::new("users", Path::new("/")), None)?.sink)
}

fn record(number: usize) -> String {
    let text = "the quick brown fox ".repeat(20);
    format!(r#"{{"id":"{number:08}","of":[1,2.50,null,true],"nested":{{"text":"{text}"}}}}"#)
}

fn body() -> Vec<u8> {
    let records = (0..RECORDS).map(record).collect::<Vec<_>>().join(",");
    format!(r#"{{"results":[{records}],"nextPageUri":null}}"#).into_bytes()
}
