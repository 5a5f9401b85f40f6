//! All errors of a configuration at once, in the order of the file, also those that only sinks and requests find.

use std::{env, fs};

use crate::folder::Folder;

/// A sink's error of one option.
fn of_sink(sink: &str, line: u32, cause: &str) -> String {
    format!("error: cannot set up the sink `{sink}`\n  in: longhaul.toml:{line}\n  caused by: {cause}\n")
}

const API: &str = "[api]\nbase_url = \"http://127.0.0.1:1\"\n[auth]\ntype = \"none\"\n";

#[test]
fn the_options_of_all_sinks() {
    let configuration = format!(
        "{API}[streams.a]\npath = \"/a\"\nsinks = [\"rows\", \"lines\", \"other\"]\n\
         [sinks.lines]\ntype = \"ndjson\"\npath = \"a\"\nmode = \"apend\"\nzip = 1\n\
         [sinks.rows]\ntype = \"csv\"\ndelimiter = \";;\"\nbom = 7\n\
         [sinks.unused]\ntype = \"csv\"\nbom = 7\n\
         [sinks.other]\ntype = \"ndjsn\"\npath = \"o\"\n"
    );
    let folder = Folder::configured(&configuration);
    let expected = [
        of_sink(
            "lines",
            11,
            "`mode` must be `replace` or `append`, not `apend` (did you mean `append`?)",
        ),
        of_sink("lines", 12, "unknown key `zip`"),
        of_sink("rows", 14, "the key `path` is missing"),
        of_sink("rows", 15, "`delimiter` must be one ASCII character other than a quote or a line end"),
        of_sink("rows", 16, "`bom` must be `true` or `false`, not a number"),
        format!(
            "error: unknown sink type `ndjsn`; the known types are `csv`, `ndjson`, `singer`, `stdout` (did you mean `ndjson`?)\n  \
             in: longhaul.toml:21\n\
             hint: no plugin was found; one with this name would be `{}longhaul_sink_ndjsn{}` in a folder of \
             `plugin_path`: see longhaul sinks\n",
            env::consts::DLL_PREFIX,
            env::consts::DLL_SUFFIX
        ),
    ]
    .concat();
    for command in ["run", "check", "check --offline"] {
        folder.run(command).assert_failed(2, &expected);
    }
}

#[test]
fn the_options_of_sinks_and_the_rest_of_the_configuration() {
    let configuration = format!(
        "{API}[sinks.lines]\ntype = \"ndjson\"\nmode = \"apend\"\n\
         [streams.a]\npath = \"a\"\nsinks = [\"lines\"]\ntimeout = 5\n\
         [[streams.a.answers]]\nwhen = {{ status = 700 }}\nthen = \"stop\"\n",
    );
    let expected = [
        of_sink("lines", 6, "the key `path` is missing"),
        of_sink("lines", 7, "`mode` must be `replace` or `append`, not `apend` (did you mean `append`?)"),
        "error: `streams.a.path`: `a` does not start with `/`\n  in: longhaul.toml:9\n".to_owned(),
        "error: unknown key `streams.a.timeout`\n  in: longhaul.toml:11\n".to_owned(),
        "error: `streams.a.answers`: 700 is neither a status from 100 to 599 nor a class such as \"5xx\"\n  \
         in: longhaul.toml:13\n"
            .to_owned(),
        "error: `streams.a.answers`: `stop` is not one of `page`, `end`, `retry`, `throttle`, `wait`, `renew`, \
         `split`, `restart`, `skip`, `fail`\n  in: longhaul.toml:14\n"
            .to_owned(),
    ];
    Folder::configured(&configuration).run("run").assert_failed(2, &expected.concat());
}

#[test]
fn the_credential_the_start_and_the_parents_of_a_stream() {
    let configuration = "[api]\nbase_url = \"http://127.0.0.1:1\"\n\
         [auth]\ntype = \"token\"\ntoken = \"k\"\nheader = \"X-Key\"\nquery = \"key\"\nscheme = \"Key\"\n\
         [streams.a]\npath = \"/a\"\nwindow = { from = \"2026-01-01\", incremental = true }\n\
         [streams.a.incremental]\nnext = \"/next\"\nfrom = 7\norder = \"as_sent\"\n\
         [streams.b]\npath = \"/b\"\n\
         [streams.b.each]\nlist = [1]\nvalues = { id = \"/id\" }\n";
    let expected = [
        "error: `auth.query`: the credential goes into `auth.header` already\n  in: longhaul.toml:7\n\
         hint: remove one of them\n",
        "error: `auth.scheme`: a query parameter has no scheme, only a value\n  in: longhaul.toml:8\nhint: remove it\n",
        "error: `streams.a.window.incremental` cannot be combined with `streams.a.incremental`\n  in: longhaul.toml:11\n\
         hint: a run starts either at a time or at a value: remove one of them\n",
        "error: `streams.a.incremental.next`: a stream with windows has several last pages, not one\n  \
         in: longhaul.toml:13\nhint: use `at`\n",
        "error: `streams.a.incremental.from`: it has no meaning with `next`\n  in: longhaul.toml:14\nhint: remove it\n",
        "error: `streams.a.incremental.order`: it has no meaning with `next`\n  in: longhaul.toml:15\nhint: remove it\n",
        "error: `streams.b.each.values` has no meaning for a list, whose placeholder is `as`\n  in: longhaul.toml:20\n",
        "error: `streams.b.each.as` is missing\n\
         hint: name the placeholder, for example `as = \"region\"` for `{each.region}`\n",
    ];
    Folder::configured(configuration).run("run").assert_failed(2, &expected.concat());
}

#[test]
fn the_options_of_a_plugin() {
    let name = format!("{}longhaul_sink_count{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let library = fs::read(env::current_exe().unwrap().with_file_name(&name)).unwrap();
    let configuration = format!(
        "plugin_path = [\"plugins\"]\n{API}[streams.a]\npath = \"/a\"\nsinks = [\"count\"]\n\
         [sinks.count]\nmood = 1\npath = 7\npth = \"n\"\n"
    );
    let folder = Folder::configured(&configuration).with(&format!("plugins/{name}"), &library);
    let expected = [
        of_sink("count", 10, "`mood` is not an option of this sink"),
        of_sink("count", 11, "`path`: invalid type: integer `7`, expected a string"),
        of_sink("count", 12, "`pth` is not an option of this sink (did you mean `path`?)"),
    ];
    folder.run("run").assert_failed(2, &expected.concat());
    let broken = configuration.replace("path = \"/a\"", "path = \"a\"");
    let folder = Folder::configured(&broken).with(&format!("plugins/{name}"), &library);
    let of_stream = "error: `streams.a.path`: `a` does not start with `/`\n  in: longhaul.toml:7\n";
    folder.run("run").assert_failed(2, &[of_stream, &expected.concat()].concat());
}

#[test]
fn what_only_the_plan_of_a_stream_finds() {
    let configuration = format!(
        "{API}[streams.a]\npath = \"/a\"\nsinks = [\"a\"]\n[streams.b]\npath = \"/b\"\nsinks = [\"b\"]\n\
         [sinks.a]\ntype = \"ndjson\"\npath = \"{{straem}}\"\n[sinks.b]\ntype = \"ndjson\"\npath = \"out/\"\n"
    );
    let expected = [
        of_sink("a", 13, "`{straem}` is not a known placeholder (did you mean `stream`?)"),
        of_sink("b", 16, "cannot write to `out/`: it names a folder"),
    ];
    Folder::configured(&configuration).run("run").assert_failed(2, &expected.concat());
}

#[test]
fn the_columns_and_paths_of_sinks_and_the_rest_of_the_configuration() {
    let sinks = "[sinks.rows]\ntype = \"csv\"\npath = \"{straem}/{window.start}.csv\"\ncolumns = [\"/a\", \"b\", 7]\n\
                 [sinks.lines]\ntype = \"ndjson\"\npath = \"{window.start}.ndjson\"\n\
                 [sinks.other]\ntype = \"ndjson\"\npath = \"{dat}.ndjson\"\nmode = \"apend\"\n";
    let streams = "[streams.a]\npath = \"/a\"\nsinks = [\"rows\", \"lines\", \"other\"]\n";
    let of_columns = of_sink(
        "rows",
        8,
        "column 2: `b` is not a JSON pointer: it must be empty or start with `/`; column 3: it must be text or a \
         table, not a number",
    );
    let of_path = of_sink("lines", 11, "`{window.start}` is not a known placeholder")
        + "hint: add a table `[streams.a.window]`, whose windows have these times\n";
    let of_mode =
        of_sink("other", 15, "`mode` must be `replace` or `append`, not `apend` (did you mean `append`?)");
    let expected = [of_columns, of_path.clone(), of_mode].concat();
    for command in ["run", "check --offline"] {
        Folder::configured(&[API, sinks, streams].concat()).run(command).assert_failed(2, &expected);
    }
    let of_stream = "error: `streams.a.path`: `a` does not start with `/`\n  in: longhaul.toml:17\n";
    let broken = streams.replace("\"/a\"", "\"a\"");
    Folder::configured(&[API, sinks, &broken].concat()).run("run").assert_failed(2, &(expected + of_stream));
    let repaired = sinks.replace("\"b\", 7", "\"/b\"").replace("apend", "append");
    let expected = [
        of_sink(
            "rows",
            7,
            "`{straem}` is not a known placeholder (did you mean `stream`?); `{window.start}` is not a known placeholder",
        ) + "hint: add a table `[streams.a.window]`, whose windows have these times\n",
        of_path,
        of_sink("other", 14, "`{dat}` is not a known placeholder (did you mean `date`?)"),
    ];
    Folder::configured(&[API, &repaired, streams].concat()).run("run").assert_failed(2, &expected.concat());
}
