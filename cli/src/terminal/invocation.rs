//! How a command is given again.

use std::{borrow::Cow, path::PathBuf};

/// The options by which this process was told its configuration, as a shell takes them, with a space in front of each.
pub(crate) fn options(files: &[PathBuf], set: &[String]) -> String {
    let files = files.iter().map(|file| ("-c", file.to_string_lossy()));
    let set = set.iter().map(|set| ("--set", Cow::Borrowed(set.as_str())));
    files
        .chain(set)
        .flat_map(|(option, value)| [" ".into(), option.into(), " ".into(), quoted(value)])
        .collect()
}

/// `hint`, whose command is given the same options.
pub(crate) fn with_options(hint: &str, options: &str) -> String {
    hint.replace("longhaul run ", &format!("longhaul{options} run "))
}

/// A word for a shell.
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
    fn a_command_is_given_again_as_it_was_typed() {
        let files = ["a.toml".into(), "my files/it's.toml".into()];
        let options = options(&files, &["api.timeout=5m".to_owned(), "region=\"x\"".to_owned()]);
        assert_eq!(
            with_options("resume with: longhaul run users", &options),
            r#"resume with: longhaul -c a.toml -c 'my files/it'\''s.toml' --set api.timeout=5m --set 'region="x"' run users"#
        );
        assert_eq!(with_options("`longhaul config` shows it", &options), "`longhaul config` shows it");
    }
}
