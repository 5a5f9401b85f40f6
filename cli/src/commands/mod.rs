//! The commands, each in its own file.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod engine;
pub(crate) mod init;
pub(crate) mod new_sink;
pub(crate) mod plan;
pub(crate) mod preview;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sinks;
pub(crate) mod status;
pub(crate) mod streams;
pub(crate) mod systems;
pub(crate) mod token;
pub(crate) mod verify;

use std::io::{self, ErrorKind, Write};

use longhaul_core::sink::SinkError;

use crate::{
    exit::Exit,
    terminal::{failure::Failure, screen::on_stdout},
};

/// Prints a text for people to stdout.
pub(crate) fn print_text(text: &str) -> Result<Exit, Failure> {
    print(&on_stdout(text))
}

/// Prints to stdout. If the reader has closed it, the command ends without an error.
pub(crate) fn print(text: &str) -> Result<Exit, Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let error = SinkError::io("cannot write to standard output", error);
            Err(Failure::new(Exit::Sink, error).hint("free some space, or redirect the output"))
        }
        _ => Ok(Exit::Complete),
    }
}
