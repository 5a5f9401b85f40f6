//! Prints errors to stderr. Nothing else does.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
};

use crate::{
    stop::Reason,
    terminal::{failure::Failure, invocation::Invocation, screen::Screen},
};

/// Shows a failure on `screen`: as text, or as one line of JSON if log lines are JSON.
pub(crate) fn show(failure: &Failure, invocation: &Invocation, screen: &Screen) {
    std::iter::once(failure).chain(&failure.others).for_each(|each| show_one(each, invocation, screen));
}

fn show_one(failure: &Failure, invocation: &Invocation, screen: &Screen) {
    let mut out = screen.clone();
    if !screen.is_json() {
        return print(failure, invocation, &mut out);
    }
    let line = serde_json::json!({
        "time": jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        "level": "error",
        "message": failure.error.to_string(),
        "in": failure.origin.as_ref().map(ToString::to_string),
        "causes": causes(failure.error.as_ref()).collect::<Vec<_>>(),
        "hint": failure.hint.as_ref().map(|hint| invocation.complete(hint)),
        "exit_code": failure.exit.code(),
    });
    // If stderr is closed, there is nobody to tell.
    let _ = writeln!(out, "{line}");
}

/// Prints a failure: the `error:` line, where it was configured, its causes, and the hint with the command to repeat.
pub(crate) fn print(failure: &Failure, invocation: &Invocation, out: &mut dyn Write) {
    // If stderr is closed, there is nobody to tell.
    let _ = out.write_all(without_control_characters(&Report(failure, invocation).to_string()).as_bytes());
}

/// Reports that the process ends although the stopped run has not.
pub(crate) fn print_forced_exit(reason: Reason) {
    let failure =
        Failure::new(reason.exit(), "the run was stopped during an operation that cannot be interrupted");
    print(&failure.hint("run the same command again"), &Invocation::default(), &mut io::stderr().lock());
}

/// Replaces control characters. The text may quote the command line or the configuration, which could control the
/// terminal.
fn without_control_characters(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

struct Report<'a>(&'a Failure, &'a Invocation);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.0.error)?;
        if let Some(origin) = &self.0.origin {
            writeln!(f, "  in: {origin}")?;
        }
        for cause in causes(self.0.error.as_ref()) {
            writeln!(f, "  caused by: {cause}")?;
        }
        match &self.0.hint {
            Some(hint) => writeln!(f, "hint: {}", self.1.complete(hint)),
            None => Ok(()),
        }
    }
}

/// An error and its causes on one line.
pub(crate) struct Chain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        causes(self.0).try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// The causes of an error, outermost first. Some libraries include the text of the source in the error; a cause that
/// adds nothing is left out.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    let mut shown = error.to_string();
    let sources =
        std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source());
    sources.map(ToString::to_string).filter(move |cause| {
        let is_new = !shown.contains(cause.as_str());
        shown.clone_from(cause);
        is_new
    })
}

#[cfg(test)]
mod tests {
    use std::io;

    use longhaul_core::sink::SinkError;

    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_report_is_an_error_its_causes_and_a_hint() {
        let cause = io::Error::new(io::ErrorKind::StorageFull, "no space left on device");
        let failure = Failure::new(Exit::Sink, SinkError::io("cannot write `out.csv.part`", cause))
            .hint("free some space");
        let mut printed = Vec::new();
        print(&failure, &Invocation::default(), &mut printed);
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "error: cannot write `out.csv.part`\n  caused by: no space left on device\nhint: free some space\n"
        );
    }

    #[test]
    fn control_characters_are_replaced() {
        assert_eq!(
            without_control_characters("no stream `\u{1b}[31m`\nhint"),
            "no stream `\u{fffd}[31m`\nhint"
        );
    }

    #[test]
    fn a_cause_that_adds_nothing_is_left_out() {
        let inner = io::Error::other(io::Error::other("the disk is gone"));
        assert_eq!(Chain(&inner).to_string(), "the disk is gone");
    }
}
