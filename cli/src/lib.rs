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
//! ```
//!
//! The configuration, loaded from all its layers, is the crate `longhaul-config`. The fake API of `longhaul demo` is the
//! crate `longhaul-demo`.

mod args;
mod build;
mod commands;
pub mod exit;
mod session;
mod stop;
mod terminal;

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;
pub(crate) use longhaul_config as config;

use self::{
    args::{Arguments, Command, Global, SinksCommand},
    config::Sources,
    exit::Exit,
    session::Session,
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, report, screen::Screen},
};

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
    dispatch(&arguments, &screen).unwrap_or_else(|failure| {
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

fn dispatch(arguments: &Arguments, screen: &Screen) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.global.directory {
        std::env::set_current_dir(folder).map_err(|error| {
            Failure::usage(error).hint(format!("check the folder of -C: `{}`", folder.display()))
        })?;
    }
    let stop =
        Stop::on_signals(report::print_forced_exit).map_err(|error| Failure::new(Exit::Fault, error))?;
    let sends_nothing = matches!(
        &arguments.command,
        Command::Config | Command::Status(_) | Command::Streams | Command::Check { offline: true, .. }
    );
    let start = || {
        let sources = Sources { may_lack_credentials: sends_nothing, ..sources(&arguments.global)? };
        commands::init::check_configured(&sources)?;
        Session::start(sources, invocation(&arguments.global), screen.clone(), stop.clone())
    };
    let start_or_replay = |recording: &Option<PathBuf>| match recording {
        None => start(),
        Some(recording) => {
            let (sources, invocation) = (sources(&arguments.global)?, invocation(&arguments.global));
            commands::init::check_configured(&sources)?;
            Session::replaying(sources, invocation, screen.clone(), stop.clone(), recording)
        }
    };
    match &arguments.command {
        Command::Run(run) => {
            let session = start_or_replay(&run.replay)?;
            let session = match &run.record {
                Some(folder) => session.recorded_in(folder)?,
                None => session,
            };
            commands::run::execute(&session, run)
        }
        Command::Init(init) => {
            let (sources, invocation) = (sources(&arguments.global)?, invocation(&arguments.global));
            commands::init::execute(init, &sources, &invocation, screen, &stop)
        }
        Command::Plan(plan) => commands::plan::execute(start()?, plan),
        Command::Verify(verify) => commands::verify::execute(&start()?, verify),
        Command::Engine { engine } => commands::engine::execute(*engine),
        Command::Demo(demo) => commands::demo::execute(demo, screen, &stop),
        Command::Check { streams, offline: true } => commands::check::offline(start()?, streams),
        Command::Check { streams, .. } => commands::check::execute(&start()?, streams),
        Command::Preview(preview) => commands::preview::execute(&start_or_replay(&preview.replay)?, preview),
        Command::Config => commands::config::execute(&start()?),
        Command::Schema => commands::schema::execute(),
        Command::Sinks { command: None } => commands::sinks::list(&sources(&arguments.global)?),
        Command::Sinks { command: Some(SinksCommand::Check(check)) } => commands::sinks::check(check),
        Command::NewSink(new) => commands::new_sink::execute(new),
        Command::Status(status) => commands::status::execute(&start()?, status),
        Command::Streams => commands::streams::execute(&start()?),
        Command::Systems => commands::systems::execute(),
        Command::Token => commands::token::execute(&start()?),
        Command::Completions { shell } => commands::completions::execute(*shell),
    }
}

/// The options to repeat in hints.
fn invocation(Global { directory, config, set, .. }: &Global) -> Invocation {
    Invocation::new(directory.as_deref(), config, set)
}

/// Where this process finds its configuration.
fn sources(options: &Global) -> Result<Sources, Failure> {
    Ok(Sources {
        cwd: std::env::current_dir().map_err(Failure::usage)?,
        environment: std::env::vars_os().collect(),
        files: options.config.clone(),
        machine_file: Some("/etc/longhaul/config.toml".into()),
        set: options.set.clone(),
        may_lack_credentials: false,
    })
}
