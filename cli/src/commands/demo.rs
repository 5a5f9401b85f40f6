//! `longhaul demo`: a pull against the fake API, and the faults it recovered from.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use longhaul_core::{
    Clock,
    clock::{SystemClock, Wake},
};
use longhaul_demo::{FakeApi, Faults, Settings};

use crate::{
    args::{DemoArguments, RunArguments},
    commands::{print, print_text, run},
    config::Sources,
    exit::Exit,
    session::Session,
    stop::{Reason, Stop},
    terminal::{
        counts::Counts,
        failure::Failure,
        invocation::Invocation,
        numbers::{counted, grouped},
        screen::Screen,
        table,
    },
};

/// The time of each answer. Long enough for a few tokens to expire, and to watch the progress.
const LATENCY: Duration = Duration::from_millis(80);

/// The number of days of the data. The last day is yesterday. So the usual ranges of time find records.
const DAYS: u16 = 7;

/// Pulls from the fake API, or only serves it.
pub(crate) fn execute(arguments: &DemoArguments, screen: &Screen, stop: &Stop) -> Result<Exit, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(stop.interrupt()));
    let settings = settings(arguments, clock.as_ref());
    let api = FakeApi::start(settings.clone(), Arc::clone(&clock)).map_err(|error| {
        Failure::usage(format!("cannot listen on port {}: {error}", arguments.port))
            .hint("choose another --port, or omit it to use any free port")
    })?;
    if arguments.serve {
        return serve(&api, &settings, clock.as_ref(), stop);
    }
    screen.print(&format!(
        "fake API listening on {}: tokens expire after {} s, {} % of requests meet a fault",
        api.base_url(),
        arguments.token_life,
        (arguments.faults * 100.0).round()
    ));
    let configuration = write_configuration(&api, &settings, &arguments.out).map_err(|error| {
        let clause = format!("cannot write to the folder `{}`: {error}", arguments.out.display());
        Failure::new(Exit::Sink, clause).hint("choose another folder with --out")
    })?;
    let session =
        Session::start(sources(configuration.clone())?, Invocation::default(), screen.clone(), stop.clone())?;
    // An unfinished pull of another demo cannot be resumed, because its API is gone.
    run::execute(&session, &RunArguments { fresh: true, ..RunArguments::default() })?;
    let pulled = arguments.out.join("conversations.ndjson");
    let compared = compare(&pulled, &settings).map_err(|error| Failure::new(Exit::Fault, error))?;
    let files = [configuration, pulled, arguments.out.join("conversations.csv")];
    print_text(&report(&session.progress.counts(), &compared, &files))?;
    Ok(if compared.is_exact() { Exit::Complete } else { Exit::Fault })
}

fn settings(arguments: &DemoArguments, clock: &dyn Clock) -> Settings {
    let now = Timestamp::try_from(clock.now()).unwrap_or_default();
    Settings {
        port: arguments.port,
        seed: arguments.seed,
        records: arguments.records,
        token_lifetime: Duration::from_secs(arguments.token_life.into()),
        faults: Faults {
            rate: arguments.faults,
            kinds: longhaul_demo::Fault::OF_TUTORIAL.to_vec(),
            ..Faults::default()
        },
        start: arguments.start.map_or_else(|| days_before(now), midnight),
        days: DAYS,
        latency: if arguments.serve { Duration::ZERO } else { LATENCY },
        ..Settings::default()
    }
}

/// The start of the days before the one of `now`, in UTC.
fn days_before(now: Timestamp) -> Timestamp {
    let first = now - SignedDuration::from_hours(24 * i64::from(DAYS));
    midnight(first.to_zoned(TimeZone::UTC).date())
}

/// The start of a day in UTC.
fn midnight(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map(|day| day.timestamp()).unwrap_or_default()
}

/// Serves the fake API until a signal arrives.
fn serve(api: &FakeApi, settings: &Settings, clock: &dyn Clock, stop: &Stop) -> Result<Exit, Failure> {
    print(&(configuration(api, settings, Path::new(".")) + &with_preset(api, settings)))?;
    while clock.sleep(Duration::from_secs(3600)) == Wake::Elapsed {}
    let exit = stop.reason().map_or(Exit::Complete, Reason::exit);
    Err(Failure::new(exit, "the API was stopped").hint("start it again: longhaul demo --serve"))
}

/// How to use a preset with the fake API, as comments.
fn with_preset(api: &FakeApi, settings: &Settings) -> String {
    format!(
        "
# Or use the preset `genesys` with it, without this file:
#
#   export GENESYS_CLIENT_ID={client_id} GENESYS_CLIENT_SECRET={client_secret}
#   longhaul --system genesys --set api.base_url={base_url} --set auth.token_url={token_url} \\
#     run conversations --last 3d --out conversations.csv
",
        client_id = settings.client_id,
        client_secret = settings.client_secret,
        base_url = api.base_url(),
        token_url = api.token_url(),
    )
}

/// Only the file of the demo. The rest of the configuration is for other systems.
fn sources(configuration: PathBuf) -> Result<Sources, Failure> {
    let cwd = std::env::current_dir().map_err(Failure::usage)?;
    Ok(Sources { cwd, files: vec![configuration], ..Sources::default() })
}

fn write_configuration(api: &FakeApi, settings: &Settings, out: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(out)?;
    let path = out.join("longhaul.toml");
    fs::write(&path, configuration(api, settings, out))?;
    Ok(path)
}

/// A configuration to use with the fake API; its sinks write to `out`.
fn configuration(api: &FakeApi, settings: &Settings, out: &Path) -> String {
    let in_out =
        |name: &str| toml_edit::Value::from(out.join(name).to_string_lossy().into_owned()).to_string();
    format!(
        r#"# For the API of `longhaul demo`, while it runs.
state_dir = {state_dir}

[api]
base_url = "{base_url}"
proxy = "none"

[auth]
type = "client_credentials"
token_url = "{token_url}"
client_id = "{client_id}"
client_secret = "{client_secret}"

[retry]
base_delay = "200ms"

# The first request is a POST; each page names the next one in `nextPageUri`.
[streams.conversations]
method = "POST"
path = "/api/v2/tutorial/conversations"
body = {{ pageSize = 100 }}
records = "/results"
pages = {{ type = "next_url", next = "/nextPageUri" }}
sinks = ["ndjson", "csv"]

# An overloaded server answers 200 OK, with an error instead of a page.
[[streams.conversations.answers]]
when = {{ at = "/error/code", is = "overloaded" }}
then = "retry"

[sinks.ndjson]
path = {ndjson}

[sinks.csv]
path = {csv}
columns = [
    "/conversationId",
    "/conversationStart",
    "/conversationEnd",
    "/originatingDirection",
    {{ name = "mediaType", at = "/participants/0/sessions/0/mediaType" }},
    {{ name = "caller", at = "/participants/0/sessions/0/ani" }},
]
"#,
        state_dir = in_out(".longhaul"),
        base_url = api.base_url(),
        token_url = api.token_url(),
        client_id = settings.client_id,
        client_secret = settings.client_secret,
        ndjson = in_out("{stream}.ndjson"),
        csv = in_out("{stream}.csv"),
    )
}

/// The pulled records, compared with those served.
#[derive(Debug, Eq, PartialEq)]
struct Compared {
    served: usize,
    arrived: usize,
    /// The number of records that have the right position and the same bytes.
    exact: usize,
    sample: String,
}

impl Compared {
    fn is_exact(&self) -> bool {
        self.exact == self.served && self.arrived == self.served
    }
}

fn compare(pulled: &Path, settings: &Settings) -> io::Result<Compared> {
    let mut compared = Compared { served: settings.records, arrived: 0, exact: 0, sample: String::new() };
    for line in BufReader::new(File::open(pulled)?).lines() {
        let line = line?;
        if compared.arrived < settings.records && line == settings.conversation(compared.arrived) {
            compared.exact += 1;
        }
        compared.arrived += 1;
        if compared.sample.is_empty() {
            compared.sample = start_of(line, table::width());
        }
    }
    Ok(compared)
}

/// The start of a record, for people: at most `length` characters.
fn start_of(record: String, length: usize) -> String {
    match record.char_indices().nth(length) {
        Some(_) => record.chars().take(length.saturating_sub(1)).chain(['…']).collect(),
        None => record,
    }
}

/// What was pulled and survived, in lines for a terminal of 40 columns.
fn report(counts: &Counts, compared: &Compared, files: &[PathBuf]) -> String {
    let number = |count: usize| grouped(count as u64);
    let verdict = if compared.is_exact() {
        let records = counted(compared.served as u64, "record");
        format!("complete: {records} arrived exactly once, byte for byte as served")
    } else {
        let Compared { served, arrived, exact, .. } = compared;
        let records = counted(*served as u64, "record");
        format!("incomplete: {records} served, {} arrived, {} correct", number(*arrived), number(*exact))
    };
    let mut faults = counts.kinds_of_faults();
    if faults.is_empty() {
        faults.push("no faults".to_owned());
    }
    let files: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
    format!(
        "\n{verdict}\n\n  pages      {}\n  requests   {}\n  tokens     {}\n  \
         recovered  {}\n\nfiles:\n  {}\n\nfirst record:\n{}\n",
        grouped(counts.pages),
        grouped(counts.requests),
        grouped(counts.tokens),
        faults.join("\n             "),
        files.join("\n  "),
        compared.sample,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_are_those_of_the_seven_days_before_today() {
        let start = |now: &str| days_before(now.parse().unwrap()).to_string();
        assert_eq!(start("2026-03-01T00:00:00Z"), "2026-02-22T00:00:00Z");
        assert_eq!(start("2026-03-01T23:59:59.999Z"), "2026-02-22T00:00:00Z");
        assert_eq!(midnight(jiff::civil::date(2026, 1, 1)), Settings::default().start);
    }
}
