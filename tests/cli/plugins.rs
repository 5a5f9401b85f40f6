//! Sinks from shared libraries.

mod checking;
#[cfg(target_os = "linux")]
mod in_c;
mod mutants;
mod panicking;
#[cfg(target_os = "linux")]
mod rejected;

use std::{env, fs};

use crate::{api, folder::Folder};

/// The score of a sink that passes `sinks check`. System calls are followed only on Linux.
pub(crate) const ALL_CASES: &str =
    if cfg!(target_os = "linux") { "21 of 21 cases" } else { "20 of 20 cases" };

/// The file name of a sink's library.
fn file_name(sink: &str) -> String {
    format!("{}longhaul_sink_{sink}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX)
}

/// A sink's library. It is next to the tests, which depend on its package.
fn library(sink: &str) -> Vec<u8> {
    fs::read(env::current_exe().unwrap().with_file_name(file_name(sink))).unwrap()
}

/// A folder with this library of the sink in `plugins`, and a configuration that pulls into the sink with only these
/// `options`.
fn folder_with(library: impl AsRef<[u8]>, base_url: &str, sink: &str, options: &str) -> Folder {
    let streams = api::TUTORIAL.replace("[\"lines\"]", &format!("[\"{sink}\"]"));
    let table = format!("\n[sinks.{sink}]\n{options}\n");
    let configuration = format!("plugin_path = [\"plugins\"]\n{}{streams}{table}", api::connection(base_url));
    Folder::configured(&configuration).with(&format!("plugins/{}", file_name(sink)), library)
}

#[test]
fn a_sink_that_is_not_built_in_is_found_in_the_plugin_path() {
    let api = api::start(&api::without_faults(120));
    let folder = folder_with(library("count"), api.base_url(), "count", "path = \"out/{stream}.count\"");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/conversations.count"), "120\n");
    let listed = folder.run("sinks");
    let count = "count\n  counts the records of each stream\n  options: path\n    \
                 path: string, required; the file that the count is written to\n  plugin ";
    assert!(listed.stable_stdout().contains(count), "{}", listed.stdout);
}

#[test]
fn plugins_are_found_by_environment_variables_and_in_the_data_folder() {
    let place = |folder: &str| format!("{folder}/{}", file_name("count"));
    let folder = Folder::empty()
        .with(&place("listed"), library("count"))
        .with(&place("data/longhaul/plugins"), library("count"))
        .with(&place("home/.local/share/longhaul/plugins"), library("count"));
    let listed = env::join_paths([folder.path("none"), folder.path("listed")]).unwrap();
    let [listed, data, home] =
        [("LONGHAUL_PLUGIN_PATH", listed), ("XDG_DATA_HOME", folder.path("data").into())]
            .into_iter()
            .chain([("HOME", folder.path("home").into())])
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();
    for (variables, found) in [
        (&[&listed, &data, &home][..], "listed"),
        (&[&data, &home], "data/longhaul/plugins"),
        (&[&home], "home/.local/share/longhaul/plugins"),
    ] {
        let command = variables
            .iter()
            .fold(folder.longhaul("sinks"), |command, (name, value)| command.variable(name, value));
        let place = format!("  plugin {}, FOLDER/{}\n", env!("CARGO_PKG_VERSION"), place(found));
        let printed = command.run().assert_complete().stable_stdout();
        assert!(printed.contains(&place), "{printed}");
    }
}

#[test]
fn a_plugin_names_the_option_that_it_does_not_know() {
    let api = api::start(&api::without_faults(1));
    let folder = folder_with(library("count"), api.base_url(), "count", "path = \"n\"\npth = \"n\"");
    folder.run("run").assert_failed(
        2,
        "error: cannot set up the sink `count`\n  in: longhaul.toml:24\n  \
         caused by: `pth` is not an option of this sink (did you mean `path`?)\n",
    );
    assert_eq!(api.stats().total_requests(), 0);
}

#[test]
fn a_plugin_logs_to_the_log_of_the_command_at_its_level() {
    let api = api::start(&api::without_faults(120));
    let folder = folder_with(library("count"), api.base_url(), "count", "path = \"count\"");
    let line = "debug counted 120 records\n";
    assert!(!folder.run("run").assert_complete().stable_stderr().contains(line));
    assert!(folder.run("run -v").assert_complete().stable_stderr().contains(line));
    assert!(!folder.longhaul("run").variable("LONGHAUL_LOG", "info").run().stable_stderr().contains(line));
}

#[test]
fn an_unknown_type_of_sink_lists_the_plugins_that_were_found() {
    let folder =
        folder_with(library("count"), "http://127.0.0.1:1", "count", "type = \"cuont\"\npath = \"n\"");
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(2));
    let error = ended.last_error();
    assert!(error.starts_with("error: unknown sink type `cuont`; "), "{error}");
    let (found, rest) = error.split_once("hint: the plugins found are ").unwrap().1.split_once(';').unwrap();
    // A build of a plugin puts its library next to the executable.
    assert!(found.split(", ").any(|name| name == "`count`"), "{found}");
    let place = format!(
        " one with this name would be `{}` in a folder of `plugin_path`: see longhaul sinks\n",
        file_name("cuont")
    );
    assert_eq!(rest, place);
}
