//! Commands in a folder without a configuration.

use crate::{api, folder::Folder};

const HINT: &str = "hint: longhaul init URL writes a configuration for the API with this URL, and longhaul init genesys one \
                    for Genesys Cloud; longhaul demo shows a pull without one\n";

#[test]
fn they_say_where_they_looked_and_how_to_start() {
    let folder = Folder::empty();
    let in_folder =
        "`FOLDER/longhaul.toml`, `FOLDER/longhaul.yaml`, `FOLDER/longhaul.yml`, `FOLDER/longhaul.json`";
    for command in ["run", "check", "streams", "run nothing", "check --offline"] {
        let looked = format!("{in_folder}, `/etc/longhaul/config.toml`");
        let error = format!("error: found no configuration; looked for {looked}\n{HINT}");
        folder.run(command).assert_failed(2, &error);
        let home = folder.path("me");
        let looked =
            format!("{in_folder}, `FOLDER/me/.config/longhaul/config.toml`, `/etc/longhaul/config.toml`");
        let error = format!("error: found no configuration; looked for {looked}\n{HINT}");
        folder.longhaul(command).variable("HOME", home).run().assert_failed(2, &error);
    }
}

#[test]
fn the_presets_with_a_stream_are_named() {
    let looked = "error: found no configuration; looked for `FOLDER/longhaul.toml`, `FOLDER/longhaul.yaml`, \
                  `FOLDER/longhaul.yml`, `FOLDER/longhaul.json`, `/etc/longhaul/config.toml`\n";
    let folder = Folder::empty();
    let hint = "hint: the preset `genesys` has this stream: add --system genesys, and set what longhaul systems names for it\n";
    folder.run("run conversations --last 7d").assert_failed(2, &format!("{looked}{hint}"));
    let hint = "hint: these presets have these streams: `genesys`, `microsoft_graph`, `zendesk`; add --system NAME, and set what longhaul \
                systems names for it\n";
    folder.run("run users groups").assert_failed(2, &format!("{looked}{hint}"));
}

#[test]
fn variables_alone_are_a_configuration() {
    let api = api::start(&api::without_faults(1));
    let folder = Folder::empty();
    let command = folder.longhaul("run users").variable("LONGHAUL_SYSTEM", "genesys");
    let command = command.variable("GENESYS_REGION", "us-east-1");
    assert_eq!(api::reach(&api, command).run().assert_complete().stdout.lines().count(), 120);
}
