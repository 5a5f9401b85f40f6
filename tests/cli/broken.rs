//! Configurations and command lines that cannot be used: exit code 2, what is wrong and where it was written, and
//! nothing is sent.

use std::env;

use longhaul_tests::Reply;

use crate::{
    api::{self, CLIENT_SECRET},
    folder::Folder,
};

/// The tutorial's job with `from` replaced by `to` is refused with these words, before anything is sent.
#[track_caller]
fn assert_refused(from: &str, to: &str, said: &str) {
    let server = api::server(|_| Reply::json("{}").into());
    let configuration = api::tutorial(&api::root(&server));
    assert!(configuration.contains(from), "{from:?} is not in {configuration}");
    let folder = Folder::configured(&configuration.replacen(from, to, 1));
    for command in ["run", "check"] {
        let ended = folder.run(command);
        ended.assert_failed(2, said);
        ended.assert_silent_about(CLIENT_SECRET);
    }
    assert_eq!(server.connections(), 0);
    assert_eq!(folder.names_in("."), ["longhaul.toml"]);
}

#[test]
fn an_unknown_key() {
    assert_refused(
        "records =",
        "recrods =",
        "error: unknown key `streams.conversations.recrods` (did you mean `records`?)\n  in: longhaul.toml:17\n",
    );
}

#[test]
fn a_header_that_is_made_from_the_request_itself() {
    for name in ["Host", "Content-Length", "Transfer-Encoding", "Connection"] {
        assert_refused(
            "[auth]",
            &format!("[api.headers]\n{name} = \"x\"\n[auth]"),
            &format!(
                "error: `api.headers.{name}`: this field is made from the request itself\n  in: longhaul.toml:5\n"
            ),
        );
    }
    assert_refused(
        "[auth]",
        "[api.headers]\nAuthorization = \"x\"\n[auth]",
        "error: `api.headers.Authorization`: this field carries the token; for credentials of your own set \
         `auth.type = \"none\"`\n  in: longhaul.toml:5\n",
    );
}

#[test]
fn a_sink_that_would_write_over_the_configuration_or_the_state() {
    assert_refused(
        "path = \"out/{stream}.ndjson\"",
        "path = \"longhaul.toml\"",
        "error: the configuration and stream `conversations` through sink `lines` both write to \
         `FOLDER/longhaul.toml`\n  in: longhaul.toml:23\nhint: put `{stream}` into the path, or choose another\n",
    );
}

#[test]
fn a_slip_of_syntax() {
    assert_refused(
        "base_delay = \"1ms\"",
        "base_delay = 1ms",
        "error: the file is not TOML at line 11, column 15: expected newline, `#`\n  in: longhaul.toml:11\n",
    );
}

#[test]
fn an_unknown_style_of_pagination() {
    assert_refused(
        "type = \"next_url\"",
        "type = \"nxt_url\"",
        "error: `streams.conversations.pages.type`: `nxt_url` is not one of `cursor`, `link_header`, `next_url`, `offset`, `page_number`, `single` (did you mean \
         `next_url`?)\n  in: longhaul.toml:18\n",
    );
}

#[test]
fn an_unknown_type_of_credentials() {
    assert_refused(
        "type = \"client_credentials\"",
        "type = \"client_credential\"",
        "error: `auth.type`: `client_credential` is not one of `client_credentials`, `none`, `password`, `token` \
         (did you mean `client_credentials`?)\n  in: longhaul.toml:5\n",
    );
}

#[test]
fn an_unknown_type_of_sink() {
    assert_refused(
        "type = \"ndjson\"",
        "type = \"ndjsn\"",
        &format!(
            "error: unknown sink type `ndjsn`; the known types are `csv`, `ndjson`, `stdout` (did you mean `ndjson`?)\n  \
             in: longhaul.toml:22\n\
             hint: a plugin of that name would be `{}longhaul_sink_ndjsn{}`, in a folder of `plugin_path`; longhaul \
             sinks lists those that are found\n",
            env::consts::DLL_PREFIX,
            env::consts::DLL_SUFFIX
        ),
    );
    assert_refused(
        "type = \"ndjson\"",
        "type = \"../ndjson\"",
        "error: unknown sink type `../ndjson`; the known types are `csv`, `ndjson`, `stdout` (did you mean `ndjson`?)\n  \
         in: longhaul.toml:22\n",
    );
}

#[test]
fn a_url_that_is_none() {
    assert_refused(
        "base_url = \"http://",
        "base_url = \"",
        "error: `api.base_url`: `127.0.0.1:PORT` is not a URL that starts with `https://` or `http://`\n  \
         in: longhaul.toml:2\n",
    );
}

#[test]
fn a_duration_that_is_none() {
    assert_refused(
        "\"1ms\"",
        "\"soon\"",
        "error: `retry.base_delay`: `soon` is not a duration such as `30s`, `2m` or `1h30m`\n  in: longhaul.toml:11\n",
    );
}

#[test]
fn a_pointer_that_is_none() {
    assert_refused(
        "\"/results\"",
        "\"results\"",
        "error: `streams.conversations.records`: `results` is not a JSON pointer: it must be empty or start with `/`\n  \
         in: longhaul.toml:17\n",
    );
}

#[test]
fn a_method_that_is_none() {
    assert_refused(
        "\"POST\"",
        "\"PO ST\"",
        "error: `streams.conversations.method`: `PO ST` is not a method such as `GET` or `POST`\n  \
         in: longhaul.toml:14\n",
    );
}

#[test]
fn a_secret_that_is_missing() {
    assert_refused(
        "client_secret = \"the-s3cret\"\n",
        "",
        "error: `auth.client_secret` is missing\n  in: longhaul.toml:4\n\
         hint: add it to a configuration file, or set the environment variable `LONGHAUL_AUTH__CLIENT_SECRET`\n",
    );
    assert_refused(
        "\"the-s3cret\"",
        "{ env = \"THE_SECRET\" }",
        "error: `auth.client_secret`: the environment variable `THE_SECRET` is not set\n  in: longhaul.toml:8\n",
    );
}

#[test]
fn options_of_a_sink_that_it_does_not_have() {
    assert_refused(
        "path = \"out/{stream}.ndjson\"",
        "path = \"out/{stream}.ndjson\"\nmood = \"append\"",
        "error: the sink `lines` cannot be used as it is configured\n  in: longhaul.toml:24\n  \
         caused by: unknown key `mood` (did you mean `mode`?)\n",
    );
    assert_refused(
        "out/{stream}.ndjson",
        "out/{straem}.ndjson",
        "error: the sink `lines` cannot be used as it is configured\n  in: longhaul.toml:23\n  \
         caused by: `{straem}` is not a known placeholder (did you mean `stream`?)\n",
    );
    assert_refused(
        "out/{stream}.ndjson",
        "out/",
        "error: the sink `lines` cannot be used as it is configured\n  in: longhaul.toml:23\n  \
         caused by: cannot write to `out/`: it names a folder\n",
    );
}

#[test]
fn a_file_that_holds_no_configuration() {
    for (content, said) in [
        (b"".as_slice(), "error: the file is empty\n  in: longhaul.toml\n"),
        (b"\x7fELF\0\xff\xfe", "error: the file is not UTF-8 text\n  in: longhaul.toml\n"),
        (b"\0\0\0", "error: the file is not TOML at line 1, column 1: invalid key\n  in: longhaul.toml:1\n"),
    ] {
        Folder::empty().with("longhaul.toml", content).run("run").assert_failed(2, said);
    }
}

#[test]
fn a_file_that_is_not_there() {
    let ended = Folder::empty().run("run -c other.toml");
    ended.assert_failed(2, "error: the configuration file `other.toml` does not exist\n");
}

#[test]
fn nothing_to_pull() {
    let folder = Folder::configured(&api::connection("http://127.0.0.1:1"));
    folder.run("run").assert_failed(
        2,
        "error: no stream is configured\n\
         hint: write a table `[streams.NAME]`, or see what a pull looks like: longhaul demo\n",
    );
}

#[test]
fn a_stream_that_is_not_there() {
    let folder = Folder::configured(&api::tutorial("http://127.0.0.1:1"));
    folder.run("run conversation").assert_failed(
        2,
        "error: unknown stream `conversation` (did you mean `conversations`?)\n\
         hint: longhaul streams lists the configured streams\n",
    );
}

#[test]
fn two_streams_that_write_to_one_file() {
    let second = "[streams.users]\npath = \"/api/v2/users\"\nsinks = [\"lines\"]\n";
    let configuration = api::tutorial("http://127.0.0.1:1").replace("{stream}", "all") + second;
    Folder::configured(&configuration).run("run").assert_failed(
        2,
        "error: stream `conversations` through sink `lines` and stream `users` through sink `lines` both write to \
         `FOLDER/out/all.ndjson`\n  in: longhaul.toml:23\nhint: put `{stream}` into the path, or choose another\n",
    );
}

/// Each would go on at an end of its own, over what the other wrote.
#[cfg(unix)]
#[test]
fn two_streams_that_write_to_one_file_under_two_names() {
    let second = "[streams.users]\npath = \"/api/v2/users\"\nsinks = [\"lines\"]\n";
    let configuration = api::tutorial("http://127.0.0.1:1") + "mode = \"append\"\n" + second;
    let folder = Folder::configured(&configuration).with("out/users.ndjson", "");
    std::fs::hard_link(folder.path("out/users.ndjson"), folder.path("out/conversations.ndjson")).unwrap();
    folder.run("run").assert_failed(
        2,
        "error: stream `conversations` through sink `lines` and stream `users` through sink `lines` both write to \
         one file, `FOLDER/out/conversations.ndjson` and `FOLDER/out/users.ndjson`\n  in: longhaul.toml:23\n\
         hint: put `{stream}` into the path, or choose another\n",
    );
}

#[test]
fn a_secret_on_the_command_line() {
    let folder = Folder::configured(&api::tutorial("http://127.0.0.1:1"));
    let ended = folder.run("run --set auth.client_secret=hunter2");
    ended.assert_failed(
        2,
        "error: `auth.client_secret` cannot be set on the command line, because the process list would show it\n  \
         in: --set auth.client_secret\n\
         hint: set the environment variable `LONGHAUL_AUTH__CLIENT_SECRET` instead\n",
    );
    ended.assert_silent_about("hunter2");
}

#[test]
fn command_lines_that_mean_nothing() {
    for (line, words) in [
        ("", "Usage: longhaul"),
        ("chek", "tip: some similar subcommands exist: 'schema', 'check'"),
        ("run --frsh", "unexpected argument '--frsh' found"),
        ("run --sink", "a value is required for '--sink <NAME>'"),
        ("-q -v run", "cannot be used with"),
        ("demo --faults 2", "it is a share between 0 and 1, such as 0.1"),
        ("demo --token-life 0", "0 is not in 1.."),
        ("completions cobol", "invalid value 'cobol' for '<SHELL>'"),
    ] {
        let ended = Folder::empty().run(line);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(ended.stderr.contains(words), "{line}: {}", ended.stderr);
    }
}
