//! Writes the man pages of longhaul into a folder: one for each command. They are in the archive of a release.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: longhaul-man FOLDER"))?;
    write(Path::new(&folder))
}

/// Writes the pages into `folder`, which is created if it is missing.
fn write(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    clap_mangen::generate_to(longhaul::command_line(), folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path()).unwrap();
        for command in longhaul::command_line().get_subcommands() {
            let page = folder.path().join(format!("longhaul-{}.1", command.get_name()));
            let page = fs::read_to_string(page).unwrap();
            for flag in command.get_arguments().filter_map(|argument| argument.get_long()) {
                // In a page, a hyphen that is typed has a backslash.
                let flag = format!("\\-\\-{}", flag.replace('-', "\\-"));
                assert!(page.contains(&flag), "the page of `{}` lacks {flag}", command.get_name());
            }
        }
        let page = fs::read_to_string(folder.path().join("longhaul.1")).unwrap();
        assert!(page.contains("longhaul\\-run(1)"), "{page}");
    }

    #[test]
    fn only_ranges_of_time_are_listed_as_such() {
        for command in longhaul::command_line().get_subcommands() {
            let of_range = command
                .get_arguments()
                .filter(|argument| argument.get_help_heading().is_some_and(|name| name.starts_with("Range")))
                .filter_map(|argument| argument.get_long());
            let others: Vec<_> =
                of_range.filter(|name| !["from", "to", "last", "month"].contains(name)).collect();
            assert!(others.is_empty(), "{}: {others:?}", command.get_name());
        }
    }
}
