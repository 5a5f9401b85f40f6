//! Commands in a folder without a configuration.

use crate::{api, folder::Folder};

const START: &str = "longhaul init URL writes a configuration for the API with this URL, and longhaul init genesys one \
                     for Genesys Cloud; longhaul demo shows a pull without one\n";

#[test]
fn they_say_where_they_looked_and_how_to_start() {
    let folder = Folder::empty();
    let in_folder =
        "`FOLDER/longhaul.toml`, `FOLDER/longhaul.yaml`, `FOLDER/longhaul.yml`, `FOLDER/longhaul.json`";
    for command in ["run", "check", "streams", "run nothing", "check --offline"] {
        let looked = format!("{in_folder}, `/etc/longhaul/config.toml`");
        let error = format!("error: found no configuration; looked for {looked}\nhint: {START}");
        folder.run(command).assert_failed(2, &error);
        let home = folder.path("me");
        let looked =
            format!("{in_folder}, `FOLDER/me/.config/longhaul/config.toml`, `/etc/longhaul/config.toml`");
        let error = format!("error: found no configuration; looked for {looked}\nhint: {START}");
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
fn a_preset_whose_variables_are_set_is_named() {
    let looked = "error: found no configuration; looked for `FOLDER/longhaul.toml`, `FOLDER/longhaul.yaml`, \
                  `FOLDER/longhaul.yml`, `FOLDER/longhaul.json`, `/etc/longhaul/config.toml`\n";
    let folder = Folder::empty();
    for command in ["run", "check", "streams", "run nothing"] {
        let with_genesys = folder.longhaul(command).variable("GENESYS_CLIENT_ID", "me");
        let hint = "hint: `GENESYS_CLIENT_ID` is set: to use the preset `genesys`, add --system genesys, or write \
                    `system = \"genesys\"` to longhaul.toml; ";
        with_genesys.run().assert_failed(2, &format!("{looked}{hint}{START}"));
        let with_two =
            folder.longhaul(command).variable("GENESYS_REGION", "us-east-1").variable("GH_TOKEN", "t");
        let hint = "hint: variables of the presets `genesys`, `github` are set: to use one, add --system NAME, or write \
                    `system = \"NAME\"` to longhaul.toml; ";
        with_two.run().assert_failed(2, &format!("{looked}{hint}{START}"));
    }
}

#[test]
fn variables_alone_are_a_configuration() {
    let api = api::start(&api::without_faults(1));
    let folder = Folder::empty();
    let command = folder.longhaul("run users").variable("LONGHAUL_SYSTEM", "genesys");
    let command = command.variable("GENESYS_REGION", "us-east-1");
    assert_eq!(api::reach(&api, command).run().assert_complete().stdout.lines().count(), 120);
}
