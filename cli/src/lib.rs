//! The command `longhaul`: pulls all the records of a paginated, OAuth2-protected HTTP API into sinks.
//!
//! The engine is `longhaul-core`. This crate contains the commands, in layers. Each layer uses only those below it:
//!
//! ```text
//! commands   a file or folder for each command
//! session    a run: its streams, where they start or resume, saved state and lock
//! build      builds the parts of the engine from the configuration
//! terminal   progress, logs, tables, errors and hints
//! stop       signals and limits that stop a run
//! args, exit the command line, and the exit codes
//! config     the configuration: the crate `longhaul-config`
//! ```
//!
//! The fake API of `longhaul demo` is the crate `longhaul-demo`.

mod args;
mod build;
mod commands;
mod config;
pub mod exit;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod session;
mod stop;
mod terminal;

use std::{ffi::OsString, path::PathBuf};

use clap::{CommandFactory, Parser};
use jiff::Timestamp;

use self::{
    args::{Arguments, Command, Global, RangeArguments, RunArguments, SinksCommand},
    config::{RangeFlags, Sources},
    exit::Exit,
    session::Session,
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, report, screen::Screen},
};

/// The command line, for its man pages.
pub fn command_line() -> clap::Command {
    Arguments::command()
}

/// Runs the command line `args`, which starts with the name of the program.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(args) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are printed here, too. If the stream is closed, there is nobody to tell.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Complete };
        }
    };
    let screen = Screen::set_up(&arguments.global, std::env::var("LONGHAUL_LOG").ok().as_deref());
    let stop = Stop::on_signals(report::print_forced_exit, build::end_children);
    let stop = stop.map_err(|error| Failure::new(Exit::Fault, error));
    let ended = stop.and_then(|stop| match &arguments.command {
        Command::Run(run) => {
            let dispatch = || dispatch(&arguments, &screen, &stop);
            commands::run::pinged(run.ping.as_ref(), &screen, &stop, dispatch)
        }
        _ => dispatch(&arguments, &screen, &stop),
    });
    ended.unwrap_or_else(|failure| {
        let invocation = invocation(&arguments.global);
        let invocation = match &arguments.command {
            Command::Run(run) => invocation.of_run(run),
            Command::Plan(plan) => invocation.of_plan(plan),
            _ => invocation,
        };
        report::show(&failure, &invocation, &screen);
        failure.exit
    })
}

fn dispatch(arguments: &Arguments, screen: &Screen, stop: &Stop) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.global.directory {
        std::env::set_current_dir(folder).map_err(|error| {
            Failure::usage(format!("cannot enter the folder `{}`: {error}", folder.display()))
                .hint("check the path after -C")
        })?;
    }
    let sends_nothing = matches!(
        &arguments.command,
        Command::Config | Command::Status(_) | Command::Streams | Command::Check { offline: true, .. }
    ) || matches!(&arguments.command, Command::Run(run) if run.dry_run);
    let configured = |sources: Sources, streams: &[String]| {
        let sources = Sources { may_lack_credentials: sends_nothing, ..sources };
        commands::init::configured(sources, streams)
    };
    let start_with = |sources: Sources, streams: &[String]| {
        let sources = configured(sources, streams)?;
        Session::start(sources, invocation(&arguments.global), screen.clone(), stop.clone())
    };
    let start_or_replay = |sources: Sources, streams: &[String], recording: &Option<PathBuf>| match recording
    {
        None => start_with(sources, streams),
        Some(recording) => {
            let sources = configured(sources, streams)?;
            Session::replaying(
                sources,
                invocation(&arguments.global),
                screen.clone(),
                stop.clone(),
                recording,
            )
        }
    };
    let start = || start_with(sources(&arguments.global)?, &[]);
    let with_range = |streams: &[String], range: &RangeArguments| -> Result<Sources, Failure> {
        Ok(Sources { range: range_of(range, streams), ..sources(&arguments.global)? })
    };
    let start_for =
        |streams: &[String], range: &RangeArguments| start_with(with_range(streams, range)?, streams);
    match &arguments.command {
        Command::Run(run) => {
            let run = session::out::with_sink(run)?;
            let RunArguments { streams, range, .. } = &run;
            let out = run.sink.first().cloned().zip(run.out.clone());
            let sources = Sources { out, ..with_range(streams, range)? };
            let session = start_or_replay(sources, streams, &run.replay)?;
            let session = match &run.record {
                Some(folder) => session.recorded_in(folder)?,
                None => session,
            };
            if run.dry_run {
                commands::run::show_plan(session, &run)
            } else {
                let ended = commands::run::execute(&session, &run);
                report_on_terminal(&session, &run, ended.is_ok());
                ended
            }
        }
        Command::Init(init) => {
            let (sources, invocation) = (sources(&arguments.global)?, invocation(&arguments.global));
            commands::init::execute(init, &sources, &invocation, screen, stop)
        }
        Command::Plan(plan) => commands::plan::execute(start_for(&plan.streams, &plan.range)?, plan),
        Command::Verify(verify) => commands::verify::execute(&start()?, verify),
        Command::Engine { engine } => commands::engine::execute(*engine),
        Command::Demo(demo) => commands::demo::execute(demo, screen, stop),
        Command::Check { streams, offline: true, range } => {
            commands::check::offline(start_for(streams, range)?, streams)
        }
        Command::Check { streams, range, .. } => {
            commands::check::execute(&start_for(streams, range)?, streams)
        }
        Command::Preview(preview) => {
            let stream = std::slice::from_ref(&preview.stream);
            let sources = with_range(stream, &preview.range)?;
            commands::preview::execute(&start_or_replay(sources, stream, &preview.replay)?, preview)
        }
        Command::Config => commands::config::execute(&start()?),
        Command::Schema => commands::schema::execute(),
        Command::Sinks { command: None } => commands::sinks::list(&sources(&arguments.global)?),
        Command::Sinks { command: Some(SinksCommand::Check(check)) } => commands::sinks::check(check),
        Command::NewSink(new) => commands::new_sink::execute(new),
        Command::Status(status) => {
            commands::status::execute(&start_with(sources(&arguments.global)?, &status.streams)?, status)
        }
        Command::Streams => commands::streams::execute(&start()?),
        Command::Systems => commands::systems::execute(),
        Command::Token => commands::token::execute(&start()?),
        Command::Completions { shell } => commands::completions::execute(*shell),
    }
}

/// Prints what a run survived, and the next step. Without a terminal, the log has the faults.
fn report_on_terminal(session: &Session, run: &RunArguments, is_complete: bool) {
    if !session.screen.is_terminal() {
        return;
    }
    if let Some(survived) = session.progress.counts().survived() {
        session.screen.print(&survived);
    }
    if is_complete && run.limit.is_some() {
        session.screen.print("next: the same command without --limit pulls everything");
    } else if is_complete && run.plan.is_none() {
        // Without configured streams, `status` needs names.
        let names = if session.loaded.streams().is_empty() { run.streams.as_slice() } else { &[] };
        let status = names.iter().fold("status".to_owned(), |command, name| command + " " + name);
        let status = session.invocation.command(&status);
        session.screen.print(&format!("next: {status} shows what is complete; the same command pulls again"));
    }
}

/// The range of time that the command line gives for these streams.
fn range_of(range: &RangeArguments, streams: &[String]) -> Option<RangeFlags> {
    Some(RangeFlags { range: range.range()?, streams: streams.to_vec(), now: Timestamp::now() })
}

/// The options to repeat in hints.
fn invocation(Global { directory, config, system, set, .. }: &Global) -> Invocation {
    Invocation::new(directory.as_deref(), config, system.as_deref(), set)
}

/// Where this process finds its configuration.
fn sources(options: &Global) -> Result<Sources, Failure> {
    Ok(Sources {
        cwd: std::env::current_dir().map_err(Failure::usage)?,
        environment: std::env::vars_os().collect(),
        files: options.config.clone(),
        machine_file: Some("/etc/longhaul/config.toml".into()),
        set: options.set.clone(),
        system: options.system.clone(),
        ..Sources::default()
    })
}
