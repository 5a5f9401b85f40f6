//! The options to repeat a command with.

use std::{borrow::Cow, path::PathBuf};

/// The options that set the configuration of this process, quoted for a shell, each with a space in front.
pub(crate) fn options(files: &[PathBuf], set: &[String]) -> String {
    let files = files.iter().map(|file| ("-c", file.to_string_lossy()));
    let set = set.iter().map(|set| ("--set", Cow::Borrowed(set.as_str())));
    files
        .chain(set)
        .flat_map(|(option, value)| [" ".into(), option.into(), " ".into(), quoted(value)])
        .collect()
}

/// `hint`, with these options in its command.
pub(crate) fn with_options(hint: &str, options: &str) -> String {
    hint.replace("longhaul run ", &format!("longhaul{options} run "))
}

/// Quotes a word for a shell.
fn quoted(word: Cow<'_, str>) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_repeats_the_options_of_the_command() {
        let files = ["a.toml".into(), "my files/it's.toml".into()];
        let options = options(&files, &["api.timeout=5m".to_owned(), "region=\"x\"".to_owned()]);
        assert_eq!(
            with_options("resume with: longhaul run users", &options),
            r#"resume with: longhaul -c a.toml -c 'my files/it'\''s.toml' --set api.timeout=5m --set 'region="x"' run users"#
        );
        assert_eq!(with_options("`longhaul config` shows it", &options), "`longhaul config` shows it");
    }
}
