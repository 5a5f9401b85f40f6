//! Sinks from shared libraries.

use std::{env, fs};

use crate::{api, folder::Folder};

/// The library of the example, which lies where the tests were built, as a dependency of theirs.
fn library() -> (String, Vec<u8>) {
    let name = format!("{}longhaul_sink_count{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let built = env::current_exe().unwrap().with_file_name(&name);
    (name, fs::read(built).unwrap())
}

#[test]
fn a_sink_that_is_not_built_in_is_found_in_the_plugin_path() {
    let api = api::start(&api::calm(120));
    let (name, library) = library();
    let folder =
        Folder::configured(&api::tutorial(api.base_url())).with(&format!("plugins/{name}"), library).with(
            "more.toml",
            r#"plugin_path = ["plugins"]
               streams.conversations.sinks = ["lines", "count"]
               sinks.count.path = "out/{stream}.count""#,
        );
    folder.run("run -c longhaul.toml -c more.toml").assert_complete();
    assert_eq!(folder.read("out/conversations.count").trim(), "120");
    assert_eq!(folder.read("out/conversations.ndjson").lines().count(), 120);
    let listed = folder.run("sinks -c longhaul.toml -c more.toml");
    assert!(
        listed.printed().contains("count\n  counts the records of each stream\n  options: path\n  plugin ")
    );
}

#[test]
fn a_plugin_is_told_its_options_only_and_names_the_one_that_it_does_not_know() {
    let api = api::start(&api::calm(1));
    let (name, library) = library();
    let folder =
        Folder::configured(&api::tutorial(api.base_url())).with(&format!("plugins/{name}"), library).with(
            "more.toml",
            "plugin_path = [\"plugins\"]\nstreams.conversations.sinks = [\"count\"]\n\
             [sinks.count]\npath = \"n\"\npth = \"n\"\n",
        );
    folder.run("run -c longhaul.toml -c more.toml").assert_failed(
        2,
        "error: the sink `count` cannot be used as it is configured\n  in: more.toml:5\n  \
         caused by: `pth` is not an option of this sink (did you mean `path`?)\n",
    );
    assert_eq!(api.stats().total_requests(), 0);
}
