//! Questions on the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::terminal::{
    failure::Failure,
    screen::{Screen, broken_between_words, width},
};

/// Asks on stderr, and reads the answers from standard input.
#[derive(Debug)]
pub(super) struct Questions<'a> {
    screen: &'a Screen,
    /// Whether somebody types the answers.
    is_terminal: bool,
}

impl<'a> Questions<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self { screen, is_terminal: io::stdin().is_terminal() && io::stderr().is_terminal() }
    }

    /// Whether somebody can be asked.
    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// The answer to `question`; without one, `default`.
    pub(super) fn ask(&self, question: &str, default: Option<&str>) -> Result<String, Failure> {
        let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
        loop {
            self.show(&format!("{question}{shown}: "));
            let mut line = String::new();
            let read = io::stdin().lock().read_line(&mut line).map_err(Failure::usage)?;
            if !self.is_terminal {
                // The answer is not shown, so it does not end the line.
                self.show("\n");
            }
            match (line.trim(), default) {
                ("", None) if read == 0 => {
                    let error = "the input ended before all questions were answered";
                    return Err(Failure::usage(error).hint("answer each question on a line of its own"));
                }
                ("", None) => {}
                ("", Some(default)) => return Ok(default.to_owned()),
                (answer, _) => return Ok(answer.to_owned()),
            }
        }
    }

    /// Asks until `check` accepts the answer, and returns what it made of it.
    pub(super) fn ask_for<T>(
        &self,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        loop {
            match check(&self.ask(question, default)?) {
                Ok(checked) => return Ok(checked),
                Err(problem) => self.show(&format!("{problem}\n")),
            }
        }
    }

    /// Shows a text, also with `-q`: a question must be seen. On a terminal, its lines are broken between words.
    pub(super) fn show(&self, text: &str) {
        let shown = if self.is_terminal { broken_between_words(text, width()) } else { text.to_owned() };
        // If stderr is closed, there is nobody to tell.
        let _ = self.screen.clone().write_all(shown.as_bytes());
    }
}
