//! `longhaul init genesys`: asks what to pull from Genesys Cloud, tries it, and writes the configuration.

use std::fmt::Write;

use super::{ask::Questions, destination::Destination, draft::SINK, text::quoted, trial::Trial};
use crate::{
    args::InitArguments,
    commands::{check, print_text},
    config::{Moment, Sources, Stream},
    exit::Exit,
    session::Session,
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, report, screen::Screen},
};

/// The variables that hold the region, in the order of the preset.
const REGION: [&str; 3] = ["GENESYS_REGION", "GENESYSCLOUD_REGION", "LONGHAUL_REGION"];

/// The variables that hold the id of the client.
const CLIENT_ID: [&str; 3] = ["GENESYS_CLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_ID", "LONGHAUL_AUTH__CLIENT_ID"];

/// The variables that hold the secret of the client.
const CLIENT_SECRET: [&str; 3] =
    ["GENESYS_CLIENT_SECRET", "GENESYSCLOUD_OAUTHCLIENT_SECRET", "LONGHAUL_AUTH__CLIENT_SECRET"];

/// The answers.
#[derive(Debug)]
struct Answers {
    /// `None` if a variable holds it.
    region: Option<String>,
    /// `None` if a variable holds it.
    client_id: Option<String>,
    streams: Vec<PulledStream>,
    /// The range of the streams with a window.
    range: Option<(String, String)>,
}

/// A stream of the preset that was chosen.
#[derive(Clone, Debug)]
struct PulledStream {
    name: String,
    description: String,
    has_window: bool,
}

/// Asks, tries and writes.
pub(super) fn execute(
    arguments: &InitArguments,
    sources: &Sources,
    invocation: &Invocation,
    screen: &Screen,
    stop: &Stop,
) -> Result<Exit, Failure> {
    if arguments.has_options() {
        let error = "init genesys takes no options: it asks what to pull";
        return Err(Failure::usage(error).hint("the options are for init URL"));
    }
    let destination = Destination::of(sources)?;
    let secret = variable(sources, &CLIENT_SECRET).ok_or_else(|| {
        let error = format!("the environment variable `{}` is not set", CLIENT_SECRET[0]);
        Failure::usage(error)
            .hint("put the secret of the OAuth client into it; init does not ask for secrets")
    })?;
    let (questions, trial) = (Questions::new(screen), Trial::new(sources, screen, stop)?);
    let answers = Answers::ask(&questions, &trial, sources)?;
    let text = answers.configuration(secret);
    if let Err(failure) = trial.session(&text).and_then(|session| check::execute(&session, &[])) {
        report::show(&failure, invocation, screen);
        let name = destination.name();
        let answer =
            questions.ask(&format!("The check failed. Write {name} anyway, yes or no"), Some("no"))?;
        if !matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes") {
            let error = format!("`{name}` was not written, because the check failed");
            return Err(Failure::new(failure.exit, error).hint("fix the problem, and run init again"));
        }
    }
    destination.write(&text)?;
    let commands = ["streams", "run"].map(|command| format!("  {}\n", invocation.command(command))).concat();
    print_text(&format!("wrote {}\n\nnext:\n{commands}", destination.name()))
}

/// The first of these variables that is set.
fn variable<'n>(sources: &Sources, names: &[&'n str]) -> Option<&'n str> {
    let is_set =
        |name: &&&str| sources.environment.iter().any(|(known, value)| known == **name && !value.is_empty());
    names.iter().find(is_set).copied()
}

impl Answers {
    fn ask(questions: &Questions<'_>, trial: &Trial<'_>, sources: &Sources) -> Result<Self, Failure> {
        let mut answers = Self { region: None, client_id: None, streams: Vec::new(), range: None };
        if let Some(name) = variable(sources, &REGION) {
            questions.show(&format!("Region: from {name}\n"));
        } else {
            let question = "Region, such as us-west-2, or its domain, such as mypurecloud.de";
            answers.region = Some(questions.ask_for(question, None, |region| in_region(trial, region))?);
        }
        if let Some(name) = variable(sources, &CLIENT_ID) {
            questions.show(&format!("Id of the OAuth client: from {name}\n"));
        } else {
            let question = "Id of an OAuth client of the type Client Credentials";
            answers.client_id = Some(questions.ask(question, None)?);
        }
        let session = trial.session(&answers.head())?;
        let question = "Streams, separated by commas; ? lists them";
        answers.streams =
            questions.ask_for(question, Some("conversations, users"), |names| choose(&session, names))?;
        if answers.streams.iter().any(|stream| stream.has_window) {
            let from = questions.ask_for("From, such as 2026-01-01 or now-7d/d", Some("now-7d/d"), moment)?;
            let to = questions.ask_for("To, excluding this time", Some("now/d"), moment)?;
            answers.range = Some((from, to));
        }
        Ok(answers)
    }

    /// The lines of the file before the streams.
    fn head(&self) -> String {
        let mut text = "system = \"genesys\"\n".to_owned();
        // Writing to a string does not fail.
        if let Some(region) = &self.region {
            let _ = writeln!(text, "region = {}", quoted(region));
        }
        if let Some(client_id) = &self.client_id {
            let _ = writeln!(text, "\n[auth]\nclient_id = {}", quoted(client_id));
        }
        text
    }

    /// The whole file. `secret` is the variable that holds the secret.
    fn configuration(&self, secret: &str) -> String {
        let mut text = format!(
            "# Written by `longhaul init genesys`. The secret of the client is in the environment variable\n# {secret}, not in this file.\n{}",
            self.head()
        );
        for PulledStream { name, description, has_window } in &self.streams {
            let _ = writeln!(text, "\n# {description}\n[streams.{name}]");
            if let Some((from, to)) = self.range.as_ref().filter(|_| *has_window) {
                let (from, to) = (quoted(from), quoted(to));
                let _ = writeln!(text, "# `to` is not included.\nwindow = {{ from = {from}, to = {to} }}");
            }
            let _ = writeln!(text, "sinks = [\"lines\"]");
        }
        text + SINK
    }
}

/// The region, if the preset knows it.
fn in_region(trial: &Trial<'_>, region: &str) -> Result<String, String> {
    let region = region.to_ascii_lowercase();
    let stand_in = Answers {
        region: Some(region.clone()),
        client_id: Some("unknown".to_owned()),
        streams: Vec::new(),
        range: None,
    };
    match trial.session(&stand_in.head()) {
        Ok(_) => Ok(region),
        Err(failure) => Err(format!("{}; {}", failure.error, failure.hint.unwrap_or_default())),
    }
}

/// The streams with these names.
fn choose(session: &Session, names: &str) -> Result<Vec<PulledStream>, String> {
    let all = session.loaded.all_streams();
    if names == "?" {
        let lines = all.iter().map(|(name, stream)| format!("  {name}: {}", description(stream)));
        return Err(lines.collect::<Vec<_>>().join("\n"));
    }
    let names = names.split([',', ' ']).filter(|name| !name.is_empty());
    let mut chosen: Vec<PulledStream> = Vec::new();
    for name in names.map(str::to_ascii_lowercase) {
        let Some((_, stream)) = all.iter().find(|(known, _)| *known == name) else {
            let suggestion = longhaul_core::suggest::closest(&name, all.iter().map(|(known, _)| known));
            return Err(format!("unknown stream `{name}`{suggestion}"));
        };
        if !chosen.iter().any(|known| known.name == name) {
            let (description, has_window) = (description(stream), stream.window.is_some());
            chosen.push(PulledStream { name, description, has_window });
        }
    }
    Ok(chosen)
}

fn description(stream: &Stream) -> String {
    stream.description.clone().unwrap_or_default()
}

fn moment(text: &str) -> Result<String, String> {
    text.parse::<Moment>().map(|moment| moment.to_string()).map_err(|error| error.to_string())
}
