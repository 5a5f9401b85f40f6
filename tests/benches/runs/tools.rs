//! Other tools that do the same work, from files that longhaul fetches as pages from the server.

use std::{env, fs, time::Duration};

use crate::{
    child_process::Cost,
    comparison::{median, ratio},
    pages::RECORDS,
    program::{Bench, Pull},
    records::record,
};

/// Some work, and who does it.
struct Work {
    title: &'static str,
    /// Whether the command has the sink.
    is_possible: bool,
    pull: Pull<'static>,
    /// Commands with their names. `{in}` is the input, and `out` a file in the working folder.
    others: &'static [(&'static str, &'static str)],
}

/// Reads without writing: the command's standard output is discarded.
const NOWHERE: &str = "type = \"stdout\"";

const PARQUET: &str = "type = \"parquet\"\npath = \"out.parquet\"\ncolumns = [\"/conversationId\", \
    { at = \"/conversationStart\", type = \"timestamp\" }, { at = \"/conversationEnd\", type = \"timestamp\" }, \
    \"/originatingDirection\", \"/participants/0/purpose\", \"/participants/1/sessions/0/ani\"]";

const SQLITE: &str = "type = \"sqlite\"\npath = \"out.db\"\ncolumns = [\"/conversationId\", \
    { at = \"/conversationStart\", type = \"timestamp\" }, { at = \"/conversationEnd\", type = \"timestamp\" }, \
    \"/originatingDirection\", \"/participants/0/purpose\", \"/participants/1/sessions/0/ani\"]";

/// With the types of the columns, which makes the other tools faster.
const WORKS: [Work; 6] = [
    Work { title: "JSON, only read", is_possible: true, pull: narrow(NOWHERE), others: &[] },
    Work {
        title: "JSON to CSV, six columns",
        is_possible: true,
        pull: Pull::six_columns(),
        others: &[
            (
                "DuckDB",
                "import duckdb; duckdb.execute(\"\"\"copy (select conversationId, conversationStart, \
                 conversationEnd, originatingDirection, participants[1].purpose, \
                 participants[2].sessions[1].ani from read_ndjson('{in}', columns = {conversationId: 'varchar', \
                 conversationStart: 'varchar', conversationEnd: 'varchar', originatingDirection: 'varchar', \
                 participants: 'struct(purpose varchar, sessions struct(ani varchar)[])[]'})) to 'out' \
                 (format csv)\"\"\")",
            ),
            (
                "polars",
                "import polars as p; s = p.String; f = {n: s for n in ['conversationId', 'conversationStart', \
                 'conversationEnd', 'originatingDirection']}; each = p.Struct({'purpose': s, 'sessions': \
                 p.List(p.Struct({'ani': s}))}); of = lambda n: p.col('participants').list.get(n, \
                 null_on_oob=True).struct; p.scan_ndjson('{in}', schema=f | {'participants': \
                 p.List(each)}).select(*f, of(0).field('purpose'), of(1).field('sessions').list.get(0, \
                 null_on_oob=True).struct.field('ani')).sink_csv('out')",
            ),
            (
                "jq",
                "jq -r '[.conversationId, .conversationStart, .conversationEnd, .originatingDirection, \
                 .participants[0].purpose, .participants[1].sessions[0].ani] | @csv' '{in}' > out",
            ),
        ],
    },
    Work {
        title: "JSON to Parquet, six typed columns",
        is_possible: cfg!(feature = "parquet"),
        pull: narrow(PARQUET),
        others: &[
            (
                "DuckDB",
                "import duckdb; duckdb.execute(\"\"\"copy (select conversationId, conversationStart, \
                 conversationEnd, originatingDirection, participants[1].purpose, \
                 participants[2].sessions[1].ani from read_ndjson('{in}', columns = {conversationId: 'varchar', \
                 conversationStart: 'timestamp', conversationEnd: 'timestamp', originatingDirection: 'varchar', \
                 participants: 'struct(purpose varchar, sessions struct(ani varchar)[])[]'})) to 'out' \
                 (format parquet, compression zstd)\"\"\")",
            ),
            (
                "polars",
                "import polars as p; s = p.String; f = {n: s for n in ['conversationId', 'conversationStart', \
                 'conversationEnd', 'originatingDirection']}; each = p.Struct({'purpose': s, 'sessions': \
                 p.List(p.Struct({'ani': s}))}); of = lambda n: p.col('participants').list.get(n, \
                 null_on_oob=True).struct; time = lambda n: p.col(n).str.to_datetime(time_zone='UTC'); \
                 p.scan_ndjson('{in}', schema=f | {'participants': p.List(each)}).select('conversationId', \
                 time('conversationStart'), time('conversationEnd'), 'originatingDirection', \
                 of(0).field('purpose'), of(1).field('sessions').list.get(0, \
                 null_on_oob=True).struct.field('ani')).sink_parquet('out', compression='zstd')",
            ),
        ],
    },
    Work {
        title: "JSON to SQLite, six typed columns",
        is_possible: cfg!(feature = "sqlite"),
        pull: narrow(SQLITE),
        others: &[(
            "Python",
            "import sqlite3; import json; d = sqlite3.connect('out'); d.execute('create table t (a, b, c, d, e, f)'); \
             d.executemany('insert into t values (?, ?, ?, ?, ?, ?)', ((r['conversationId'], \
             r['conversationStart'], r['conversationEnd'], r['originatingDirection'], \
             r['participants'][0]['purpose'], r['participants'][1]['sessions'][0]['ani']) for r in \
             map(json.loads, open('{in}')))); d.commit()",
        )],
    },
    Work {
        title: "CSV to NDJSON",
        is_possible: true,
        pull: Pull { shape: "csv", stream: "format = \"csv\"", records: "", ..Pull::compact(100) },
        others: &[
            (
                "DuckDB",
                "import duckdb; duckdb.execute(\"\"\"copy (from read_csv('{in}', header = true, all_varchar = \
                 true)) to 'out' (format json)\"\"\")",
            ),
            ("polars", "import polars as p; p.scan_csv('{in}', infer_schema=False).sink_ndjson('out')"),
            ("qsv", "qsv tojsonl '{in}' > out"),
        ],
    },
    Work {
        title: "NDJSON to NDJSON",
        is_possible: true,
        pull: Pull { shape: "ndjson", stream: "format = \"ndjson\"", records: "", ..Pull::compact(100) },
        others: &[
            (
                "DuckDB",
                "import duckdb; duckdb.execute(\"\"\"copy (from read_ndjson('{in}')) to 'out' (format json)\"\"\")",
            ),
            ("polars", "import polars as p; p.scan_ndjson('{in}').sink_ndjson('out')"),
            ("jq", "jq -c . '{in}' > out"),
        ],
    },
];

/// Pages of records of 1.75 KB.
const fn narrow(sink: &'static str) -> Pull<'static> {
    Pull { sink, ..Pull::six_columns() }
}

/// Does each work with every tool, alternately, and writes the table of `README.md` if `UPDATE_README` is set.
pub(crate) fn compare(bench: &Bench) {
    let line = |lines: String, index| lines + &record(index, 1750).to_string() + "\n";
    let narrow = (0..RECORDS).fold(String::new(), line);
    let narrow = bench.file("narrow.ndjson", &narrow.repeat(Pull::six_columns().pages));
    let mut table = String::from("| work | tool | CPU | times longhaul |\n|---|---|---|---|\n");
    for work in WORKS.iter().filter(|work| work.is_possible) {
        let input = match work.pull.shape {
            "narrow" => narrow.clone(),
            shape => bench.file(shape, &bench.pages.text(&format!("/{shape}/{}", work.pull.pages))),
        };
        let rows = work.rows(bench, &input.display().to_string());
        print!("{rows}");
        table += &rows;
        if input != narrow {
            fs::remove_file(input).unwrap();
        }
    }
    fs::remove_file(narrow).unwrap();
    if env::var_os("UPDATE_README").is_some() {
        update(&table);
    }
}

impl Work {
    /// The rows of the table for this work on the file `input`.
    fn rows(&self, bench: &Bench, input: &str) -> String {
        let Self { title, pull, others, .. } = self;
        let (mut ours, mut theirs) = (Vec::new(), vec![Vec::new(); others.len()]);
        for _ in 0..bench.rounds.min(3) {
            ours.push(bench.longhaul(pull).0);
            for ((_, command), costs) in others.iter().zip(&mut theirs) {
                costs.extend(tool(bench, &command.replace("{in}", input)));
            }
        }
        let cpu = |costs: &[Cost]| median(costs.iter().map(|cost| cost.cpu).collect());
        let ours = cpu(&ours);
        let row = |name: &str, cpu: Duration| {
            let times = ratio(cpu, ours);
            format!("| {title} | {name} | {:.2} s | {times:.1} |\n", cpu.as_secs_f64())
        };
        let mut rows = row("longhaul", ours);
        for ((name, _), costs) in others.iter().zip(&theirs) {
            if costs.is_empty() {
                println!("  {name} is not installed, or failed");
                continue;
            }
            rows += &row(name, cpu(costs));
        }
        rows
    }
}

/// The cost of a command, or of a program in Python. `None` if the tool is not installed.
fn tool(bench: &Bench, command: &str) -> Option<Cost> {
    let Some(module) = command.strip_prefix("import ") else {
        let program = command.split(' ').next()?;
        return bench
            .run("sh", &["-c", &format!("command -v {program}")])
            .and_then(|_| bench.run("sh", &["-c", command]));
    };
    let python = env::var("LONGHAUL_BENCH_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let module = module.split([' ', ';']).next()?;
    bench.run(&python, &["-c", &format!("import {module}")])?;
    bench.run(&python, &["-c", command])
}

/// Replaces the table in `README.md`.
fn update(rows: &str) {
    const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/benches/README.md");
    let text = fs::read_to_string(README).unwrap();
    let (before, rest) = text.split_once("<!-- tools -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of tools -->").unwrap();
    fs::write(README, format!("{before}<!-- tools -->\n{rows}<!-- end of tools -->{after}")).unwrap();
}
