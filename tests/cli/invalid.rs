//! Invalid configurations and command lines: exit code 2, the error and where it is configured, and nothing is sent.

use std::env;

use longhaul_tests::Reply;

use crate::{
    api::{self, CLIENT_SECRET},
    folder::Folder,
};

/// The configuration of the tutorial with `from` replaced by `to` is an error, before anything is sent.
#[track_caller]
fn assert_refused(from: &str, to: &str, stderr: &str) {
    let server = api::server(|_| Reply::json("{}").into());
    let configuration = api::tutorial(&api::root(&server));
    assert!(configuration.contains(from), "{from:?} is not in {configuration}");
    let folder = Folder::configured(&configuration.replacen(from, to, 1));
    for command in ["run", "check"] {
        let ended = folder.run(command);
        ended.assert_failed(2, stderr);
        ended.assert_hides(CLIENT_SECRET);
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
fn a_header_that_longhaul_sets_itself() {
    for name in ["Host", "Content-Length", "Transfer-Encoding", "Connection"] {
        assert_refused(
            "[auth]",
            &format!("[api.headers]\n{name} = \"x\"\n[auth]"),
            &format!(
                "error: `api.headers.{name}`: longhaul sets this header itself\n  in: longhaul.toml:5\n"
            ),
        );
    }
    assert_refused(
        "[auth]",
        "[api.headers]\nAuthorization = \"x\"\n[auth]",
        "error: `api.headers.Authorization`: this header carries the token; to set your own, use `auth.type = \"none\"`\n  in: longhaul.toml:5\n",
    );
}

#[test]
fn a_sink_that_would_overwrite_the_configuration() {
    assert_refused(
        "path = \"out/{stream}.ndjson\"",
        "path = \"longhaul.toml\"",
        "error: stream `conversations` through sink `lines` would overwrite the configuration file \
         `FOLDER/longhaul.toml`\n  in: longhaul.toml:23\nhint: put `{stream}` in the path, or choose another path\n",
    );
}

#[test]
fn a_syntax_error() {
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
        "error: `auth.type`: `client_credential` is not one of `api_key`, `basic`, `client_credentials`, \
         `jwt_bearer`, `none`, `password`, `refresh_token`, `token` (did you mean `client_credentials`?)\n  \
         in: longhaul.toml:5\n",
    );
}

#[test]
fn an_unknown_type_of_sink() {
    assert_refused(
        "type = \"ndjson\"",
        "type = \"ndjsn\"",
        &format!(
            "error: unknown sink type `ndjsn`; the known types are `csv`, `ndjson`, `singer`, `stdout` (did you mean `ndjson`?)\n  \
             in: longhaul.toml:22\n\
             hint: no plugin was found; one with this name would be `{}longhaul_sink_ndjsn{}` in a folder of `plugin_path`: see longhaul sinks\n",
            env::consts::DLL_PREFIX,
            env::consts::DLL_SUFFIX
        ),
    );
    assert_refused(
        "type = \"ndjson\"",
        "type = \"../ndjson\"",
        "error: unknown sink type `../ndjson`; the known types are `csv`, `ndjson`, `singer`, `stdout` (did you mean `ndjson`?)\n  \
         in: longhaul.toml:22\n",
    );
}

#[test]
fn an_invalid_url() {
    assert_refused(
        "base_url = \"http://",
        "base_url = \"",
        "error: `api.base_url`: `127.0.0.1:PORT` is not a URL that starts with `https://` or `http://`\n  \
         in: longhaul.toml:2\n",
    );
}

#[test]
fn an_invalid_duration() {
    assert_refused(
        "\"1ms\"",
        "\"soon\"",
        "error: `retry.base_delay`: `soon` is not a duration such as `30s`, `2m` or `1h30m`\n  in: longhaul.toml:11\n",
    );
}

#[test]
fn an_invalid_pointer() {
    assert_refused(
        "\"/results\"",
        "\"results\"",
        "error: `streams.conversations.records`: `results` is not a JSON pointer: it must be empty or start with `/`\n  \
         in: longhaul.toml:17\n",
    );
}

#[test]
fn an_invalid_method() {
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
fn unknown_options_of_a_sink() {
    assert_refused(
        "path = \"out/{stream}.ndjson\"",
        "path = \"out/{stream}.ndjson\"\nmood = \"append\"",
        "error: cannot set up the sink `lines`\n  in: longhaul.toml:24\n  \
         caused by: unknown key `mood` (did you mean `mode`?)\n",
    );
    assert_refused(
        "out/{stream}.ndjson",
        "out/{straem}.ndjson",
        "error: cannot set up the sink `lines`\n  in: longhaul.toml:23\n  \
         caused by: `{straem}` is not a known placeholder (did you mean `stream`?)\n",
    );
    assert_refused(
        "out/{stream}.ndjson",
        "out/",
        "error: cannot set up the sink `lines`\n  in: longhaul.toml:23\n  \
         caused by: cannot write to `out/`: it names a folder\n",
    );
}

#[test]
fn a_file_without_a_configuration() {
    for (content, stderr) in [
        (b"".as_slice(), "error: the file is empty\n  in: longhaul.toml\n"),
        (b"\x7fELF\0\xff\xfe", "error: the file is not UTF-8 text\n  in: longhaul.toml\n"),
        (b"\0\0\0", "error: the file is not TOML at line 1, column 1: invalid key\n  in: longhaul.toml:1\n"),
    ] {
        Folder::empty().with("longhaul.toml", content).run("run").assert_failed(2, stderr);
    }
}

#[test]
fn a_missing_file() {
    let ended = Folder::empty().run("run -c other.toml");
    ended.assert_failed(2, "error: the configuration file `other.toml` does not exist\n");
}

#[test]
fn nothing_to_pull() {
    let folder = Folder::configured(&api::connection("http://127.0.0.1:1"));
    folder.run("run").assert_failed(
        2,
        "error: no stream is configured\n\
         hint: add a table `[streams.NAME]`, or see an example: longhaul demo\n",
    );
}

#[test]
fn an_unknown_stream() {
    let folder = Folder::configured(&api::tutorial("http://127.0.0.1:1"));
    folder.run("run conversation").assert_failed(
        2,
        "error: unknown stream `conversation` (did you mean `conversations`?)\n\
         hint: longhaul streams lists the configured streams\n",
    );
}

#[test]
fn two_streams_that_write_to_the_same_file() {
    let second = "[streams.users]\npath = \"/api/v2/users\"\nsinks = [\"lines\"]\n";
    let configuration = api::tutorial("http://127.0.0.1:1").replace("{stream}", "all") + second;
    Folder::configured(&configuration).run("run").assert_failed(
        2,
        "error: stream `conversations` through sink `lines` and stream `users` through sink `lines` both write to \
         `FOLDER/out/all.ndjson`\n  in: longhaul.toml:23\nhint: put `{stream}` in the path, or choose another path\n",
    );
}

#[test]
fn a_stream_that_writes_to_a_numbered_file_of_another_one() {
    let sinks = "[streams.users]\npath = \"/api/v2/users\"\nsinks = [\"second\"]\n\
                 [sinks.second]\ntype = \"ndjson\"\npath = \"out/all.2.csv\"\n";
    let table = "type = \"csv\"\ncolumns = [\"/id\"]\nmax_rows = 100\n";
    let configuration = api::tutorial("http://127.0.0.1:1")
        .replace("{stream}.ndjson", "all.csv")
        .replace("type = \"ndjson\"\n", table);
    Folder::configured(&(configuration + sinks)).run("run").assert_failed(
        2,
        "error: stream `conversations` through sink `lines` and stream `users` through sink `second` both write to \
         `FOLDER/out/all.2.csv`\n  in: longhaul.toml:31\nhint: put `{stream}` in the path, or choose another path\n",
    );
}

/// Each stream would overwrite what the other one appended.
#[cfg(unix)]
#[test]
fn two_streams_that_write_to_the_same_file_by_two_paths() {
    let second = "[streams.users]\npath = \"/api/v2/users\"\nsinks = [\"lines\"]\n";
    let configuration = api::tutorial("http://127.0.0.1:1") + "mode = \"append\"\n" + second;
    let folder = Folder::configured(&configuration).with("out/users.ndjson", "");
    std::fs::hard_link(folder.path("out/users.ndjson"), folder.path("out/conversations.ndjson")).unwrap();
    folder.run("run").assert_failed(
        2,
        "error: stream `conversations` through sink `lines` and stream `users` through sink `lines` both write to the same file: `FOLDER/out/conversations.ndjson` and `FOLDER/out/users.ndjson`\n  in: longhaul.toml:23\n\
         hint: put `{stream}` in the path, or choose another path\n",
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
    ended.assert_hides("hunter2");
}

#[test]
fn invalid_command_lines() {
    for (line, words) in [
        ("", "Usage: longhaul"),
        ("chek", "tip: some similar subcommands exist: 'schema', 'check'"),
        ("run --frsh", "unexpected argument '--frsh' found"),
        ("run --sink", "a value is required for '--sink <NAME>'"),
        ("-q -v run", "cannot be used with"),
        ("demo --faults 2", "expected a number between 0 and 1, such as 0.1"),
        ("demo --token-life 0", "expected a whole number of at least 1"),
        ("run --limit 0", "expected a whole number of at least 1"),
        ("run --max-requests many", "expected a whole number of at least 1"),
        ("completions cobol", "invalid value 'cobol' for '<SHELL>'"),
    ] {
        let ended = Folder::empty().run(line);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{line}");
        assert!(ended.stderr.contains(words), "{line}: {}", ended.stderr);
    }
}
