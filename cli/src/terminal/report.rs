//! The closing words on stderr: the one place that prints errors.

use std::{
    error::Error,
    fmt,
    io::{self, Write},
};

use crate::{
    stop::Reason,
    terminal::{failure::Failure, invocation::with_options},
};

/// Prints a failure: one `error:` line, where its cause was written, its causes, and a hint. A command in the hint is
/// given `options`.
pub(crate) fn print(failure: &Failure, options: &str, out: &mut dyn Write) {
    // Nothing can be done for a person whose stderr is closed.
    let _ = out.write_all(harmless(&Report(failure, options).to_string()).as_bytes());
}

/// Reports that the process ends because a stopped run does not.
pub(crate) fn overdue(reason: Reason) {
    let failure =
        Failure::new(reason.exit(), "the run was stopped during an operation that cannot be interrupted");
    print(&failure.hint("run the same command again"), "", &mut io::stderr().lock());
}

/// The text without control characters, which could steer a terminal: it may quote what was typed or configured.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

struct Report<'a>(&'a Failure, &'a str);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.0.error)?;
        if let Some(written) = &self.0.written {
            writeln!(f, "  in: {written}")?;
        }
        for cause in causes(self.0.error.as_ref()) {
            writeln!(f, "  caused by: {cause}")?;
        }
        match &self.0.hint {
            Some(hint) => writeln!(f, "hint: {}", with_options(hint, self.1)),
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

/// What lies beneath an error, outermost first. Some libraries repeat in an error's text what its source says; a cause
/// that adds no words is left out.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = String> + 'a {
    let mut said = error.to_string();
    let beneath =
        std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| (*cause).source());
    beneath.map(ToString::to_string).filter(move |cause| {
        let is_new = !said.contains(cause.as_str());
        said.clone_from(cause);
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
            .hint("make room and run it again");
        let mut printed = Vec::new();
        print(&failure, "", &mut printed);
        assert_eq!(
            String::from_utf8(printed).unwrap(),
            "error: cannot write `out.csv.part`\n  caused by: no space left on device\nhint: make room and run it again\n"
        );
    }

    #[test]
    fn what_is_quoted_cannot_steer_a_terminal() {
        assert_eq!(harmless("no stream `\u{1b}[31m`\nhint"), "no stream `\u{fffd}[31m`\nhint");
    }

    #[test]
    fn a_cause_without_words_of_its_own_is_left_out() {
        let inner = io::Error::other(io::Error::other("the disk is gone"));
        assert_eq!(Chain(&inner).to_string(), "the disk is gone");
    }
}
