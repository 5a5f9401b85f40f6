//! The last lines that a target wrote to standard error.

use std::{
    collections::VecDeque,
    env,
    io::{BufRead, BufReader, Read},
    sync::{Mutex, PoisonError},
};

use longhaul_core::Secret;

/// How many lines are kept.
const LINES: usize = 10;

/// How many bytes of a line are kept.
const LENGTH: u64 = 4096;

/// The shortest value of the environment that counts as a secret. Shorter ones would make the lines unreadable.
const SHORTEST: usize = 4;

/// The last lines of an output, without secrets.
#[derive(Debug, Default)]
pub(super) struct LastLines(VecDeque<String>);

impl LastLines {
    /// Reads `output` to its end into `lines`. Each line is logged, too.
    pub(super) fn read(output: impl Read, lines: &Mutex<Self>) {
        let secrets = secrets();
        let (mut output, mut line) = (BufReader::new(output), Vec::new());
        while output.by_ref().take(LENGTH).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let shown = redacted(String::from_utf8_lossy(&line).trim_end(), &secrets);
            lines.lock().unwrap_or_else(PoisonError::into_inner).add(&shown);
            line.clear();
        }
    }

    fn add(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        log::debug!("target: {line}");
        if self.0.len() == LINES {
            self.0.pop_front();
        }
        self.0.push_back(line.to_owned());
    }

    /// The lines as text; `None` if there are none.
    pub(super) fn text(&self) -> Option<String> {
        if self.0.is_empty() { None } else { Some(Vec::from(self.0.clone()).join("\n")) }
    }
}

/// The values of variables of the environment that are secrets by their name.
fn secrets() -> Vec<Secret> {
    let is_secret = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL"]
            .iter()
            .any(|word| name.contains(word))
    };
    let variables = env::vars_os().filter_map(|(name, value)| {
        let value = value.into_string().ok().filter(|value| value.len() >= SHORTEST)?;
        is_secret(name.to_str()?).then(|| Secret::new(value))
    });
    variables.collect()
}

/// `line` without control characters, these secrets, and the passwords in URLs and after words such as `password=`.
fn redacted(line: &str, secrets: &[Secret]) -> String {
    let line: String = line.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let line = secrets.iter().fold(line, |line, secret| secret.redact(&line));
    without_assigned(&without_user(&line))
}

/// Hides `user:password` in `scheme://user:password@host`.
fn without_user(line: &str) -> String {
    let mut parts = line.split("://");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part.find(|char: char| char.is_whitespace() || "/?#\"'".contains(char));
        let authority = &part[..authority.unwrap_or(part.len())];
        let shown = authority.rfind('@').map_or(part, |at| &part[at..]);
        text.push_str("://");
        if shown.len() < part.len() {
            text.push_str("***");
        }
        text.push_str(shown);
    }
    text
}

/// Hides what follows `password=`, `"token": "` and the like.
fn without_assigned(line: &str) -> String {
    const WORDS: [&str; 5] = ["password", "passwd", "secret", "token", "api_key"];
    let lower = line.to_ascii_lowercase();
    let (mut text, mut from) = (String::new(), 0);
    loop {
        let found = WORDS.iter().filter_map(|word| Some(lower[from..].find(word)? + from + word.len())).min();
        let Some(end) = found else { break };
        let sign = line[end..].trim_start_matches(['"', '\'', ' ']);
        let value = sign.strip_prefix(['=', ':']).map(|value| value.trim_start_matches(['"', '\'', ' ']));
        let start = value.map_or(end, |value| line.len() - value.len());
        text.push_str(&line[from..start]);
        from = start;
        if let Some(value) = value {
            let length = value.find(|char: char| char.is_whitespace() || "\"',;&)}".contains(char));
            let length = length.unwrap_or(value.len());
            if length > 0 {
                text.push_str("***");
            }
            from += length;
        }
    }
    text + &line[from..]
}

#[cfg(test)]
mod tests {
    use longhaul_core::Secret;

    use super::*;

    #[test]
    fn only_the_last_lines_are_kept() {
        let output = (0..25).map(|line| format!("line {line}\n\n")).collect::<Vec<_>>().concat();
        let lines = Mutex::<LastLines>::default();
        assert_eq!(lines.lock().unwrap().text(), None);
        LastLines::read(output.as_bytes(), &lines);
        let text = lines.lock().unwrap().text().unwrap();
        assert_eq!((text.lines().count(), text.lines().next()), (10, Some("line 15")));
    }

    #[test]
    fn secrets_are_hidden() {
        let secrets = [Secret::new("hunter2")];
        let cases = [
            ("cannot log in with hunter2", "cannot log in with ***"),
            ("no host: db://me:pa@ss@db.example/x?y=1", "no host: db://***@db.example/x?y=1"),
            ("see https://example.com/a@b for more", "see https://example.com/a@b for more"),
            (r#"{"password": "abc", "user": "me"}"#, r#"{"password": "***", "user": "me"}"#),
            ("Token=abc;Secret: 'x y' tokens", "Token=***;Secret: '*** y' tokens"),
            ("the password is wrong", "the password is wrong"),
            ("password=", "password="),
            ("a\tb\x1b[31m", "a b [31m"),
        ];
        for (line, shown) in cases {
            assert_eq!(redacted(line, &secrets), shown);
        }
    }
}
