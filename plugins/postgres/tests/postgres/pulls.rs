//! Successive, concurrent and resumed pulls.

use longhaul_core::sink::{Mark, Receipt, Variables};
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::support::{Schema, configured, describe};

fn with(mode: &str, key: &[&str]) -> Value {
    json!({
        "mode": mode, "key": key, "indexes": ["name", ["name", "id"]],
        "columns": [{"name": "id", "at": "/id", "type": "integer"}, "/name"]
    })
}

fn names(schema: &Schema) -> Vec<String> {
    schema.rows("SELECT id || ' ' || name FROM users ORDER BY id, ctid")
}

const FIRST: [&str; 2] = [r#"{"id":1,"name":"a"}"#, r#"{"id":2,"name":"b"}"#];
const SECOND: [&str; 3] = [r#"{"id":2,"name":"c"}"#, r#"{"id":3,"name":"d"}"#, r#"{"id":3,"name":"e"}"#];

#[test]
fn a_pull_replaces_the_earlier_one_or_is_added_to_it() {
    let pulled = |mode, key: &[&str]| {
        let schema = Schema::new()?;
        schema.pull(with(mode, key), &FIRST).unwrap();
        schema.pull(with(mode, key), &SECOND).unwrap();
        Some(names(&schema))
    };
    let Some(replaced) = pulled("replace", &[]) else { return };
    assert_eq!(replaced, ["2 c", "3 d", "3 e"]);
    assert_eq!(pulled("append", &[]).unwrap(), ["1 a", "2 b", "2 c", "3 d", "3 e"]);
    // The last row with a key wins, also within a pull.
    assert_eq!(pulled("replace", &["id"]).unwrap(), ["2 c", "3 e"]);
    assert_eq!(pulled("append", &["id"]).unwrap(), ["1 a", "2 c", "3 e"]);
    assert_eq!(pulled("append", &["id", "name"]).unwrap(), ["1 a", "2 b", "2 c", "3 d", "3 e"]);
}

#[test]
fn indexes_are_created_and_nothing_else_is_left() {
    let Some(schema) = Schema::new() else { return };
    for mode in ["replace", "replace", "append"] {
        schema.pull(with(mode, &["id"]), &FIRST).unwrap();
    }
    let relations = format!(
        "SELECT relname FROM pg_class WHERE relnamespace = '{}'::regnamespace AND relkind IN ('r', 'i') ORDER BY relname",
        schema.name
    );
    assert_eq!(
        schema.rows(&relations),
        ["_longhaul", "_longhaul_pkey", "users", "users_index_1", "users_index_2", "users_pkey"]
    );
    let state = "SELECT \"table\", stream, mark, \"rows\", state FROM _longhaul";
    assert_eq!(schema.rows(state), ["users|users|1|2|complete"]);
}

#[test]
fn columns_are_added_if_configured() {
    let Some(schema) = Schema::new() else { return };
    schema.pull(json!({"mode": "append", "columns": ["/id"]}), &FIRST).unwrap();
    let options = json!({"mode": "append", "add_columns": true, "columns": ["/id", "/name"]});
    schema.pull(options, &SECOND[..1]).unwrap();
    assert_eq!(schema.rows("SELECT * FROM users ORDER BY ctid"), ["1|NULL", "2|NULL", "2|c"]);
}

#[test]
fn a_pull_publishes_nothing_until_it_is_complete_and_rolls_back_completely() {
    let Some(schema) = Schema::new() else { return };
    let options = || with("append", &["id"]);
    schema.pull(options(), &FIRST).unwrap();
    let mut sink = schema.open(options()).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    write_page(&mut sink, &SECOND).unwrap();
    sink.commit(Mark(1)).unwrap();
    drop(sink);
    assert_eq!(names(&schema), ["1 a", "2 b"]);
    let mut sink = schema.resume(options(), &start, 0).unwrap();
    write_page(&mut sink, &[r#"{"id":4,"name":"f"}"#]).unwrap();
    sink.commit(Mark(1)).unwrap();
    sink.finish().unwrap();
    assert_eq!(names(&schema), ["1 a", "2 b", "4 f"]);
}

/// More than is held back until a commit.
#[test]
fn rows_that_are_not_committed_are_gone() {
    let Some(schema) = Schema::new() else { return };
    let mut sink = schema.open(json!({})).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    let long = format!("\"{}\"", "x".repeat(5 << 20));
    write_page(&mut sink, &[&long, &long]).unwrap();
    drop(sink);
    let mut sink = schema.resume(json!({}), &start, 0).unwrap();
    write_page(&mut sink, &["1"]).unwrap();
    sink.commit(Mark(1)).unwrap();
    sink.finish().unwrap();
    assert_eq!(schema.rows("SELECT record FROM users"), ["1"]);
}

#[test]
fn a_stream_cannot_disturb_another_in_the_same_table() {
    let Some(schema) = Schema::new() else { return };
    let open = |stream: &str, mode: &str| {
        let sink = configured(schema.options(json!({"table": "all", "mode": mode}))).unwrap();
        sink.open(&Variables::new(stream, "/"), None).map(|opened| opened.sink)
    };
    let conflict = |stream, mode| {
        let message = describe(&open(stream, mode).unwrap_err());
        let (_, reason) = message.split_once("postgres`: ").unwrap_or_else(|| panic!("{message}"));
        reason.to_owned()
    };
    let pull = |stream, mode| {
        let mut sink = open(stream, mode).unwrap();
        write_page(&mut sink, &FIRST[..1]).unwrap();
        sink.commit(Mark(1)).unwrap();
        sink.finish().unwrap();
    };
    pull("users", "replace");
    assert_eq!(
        conflict("groups", "replace"),
        "it would replace the records of the stream `users` (give each stream its own table, or set `mode = \"append\"`)"
    );
    pull("groups", "append");
    assert_eq!(schema.rows("SELECT count(*) FROM \"all\""), ["2"]);
    let sink = open("groups", "append").unwrap();
    drop(sink);
    assert_eq!(
        conflict("users", "append"),
        "a pull of the stream `groups` into it is not complete (finish it first)"
    );
}

#[test]
fn a_pull_ends_when_another_one_replaces_it() {
    let Some(schema) = Schema::new() else { return };
    let options = || with("replace", &[]);
    let mut sink = schema.open(options()).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    schema.pull(options(), &SECOND).unwrap();
    let shown = schema.shown();
    assert_eq!(
        describe(&sink.commit(Mark(1)).unwrap_err()),
        format!("Rejected: cannot write to {shown}: another pull into it has started since")
    );
    assert_eq!(
        describe(&schema.resume(options(), &start, 0).unwrap_err()),
        format!(
            "Rejected: cannot resume {shown}: another pull into it has started since, or the database is older than the \
             checkpoint (start over with `--fresh`)"
        )
    );
    assert_eq!(names(&schema), ["2 c", "3 d", "3 e"]);
}

/// So that `--fresh` works after somebody has dropped the tables.
#[test]
fn a_pull_rolls_back_to_its_start_even_if_its_tables_are_gone() {
    for tables in ["_longhaul_users", "_longhaul", "_longhaul, _longhaul_users"] {
        let Some(schema) = Schema::new() else { return };
        let mut sink = schema.open(with("replace", &[])).unwrap();
        let start = sink.commit(Mark::START).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        let last = sink.commit(Mark(1)).unwrap();
        drop(sink);
        schema.run(&format!("DROP TABLE {tables}"));
        assert!(schema.resume(with("replace", &[]), &last, 1).is_err(), "{tables}");
        let mut sink = schema.resume(with("replace", &[]), &start, 0).unwrap();
        assert_eq!(sink.commit(Mark::START).unwrap(), start);
        write_page(&mut sink, &SECOND).unwrap();
        sink.commit(Mark(1)).unwrap();
        sink.finish().unwrap();
        assert_eq!(names(&schema), ["2 c", "3 d", "3 e"], "{tables}");
    }
}

#[test]
fn an_invalid_receipt_is_rejected_with_the_reason() {
    let Some(schema) = Schema::new() else { return };
    let error = |receipt: &str| {
        let message = describe(&schema.resume(json!({}), &Receipt(receipt.into()), 1).unwrap_err());
        let prefix = format!("Rejected: cannot resume {}: ", schema.shown());
        message.strip_prefix(&prefix).unwrap_or_else(|| panic!("{message}")).to_owned()
    };
    assert_eq!(error("x"), "the receipt `x` was not issued by this sink");
    assert_eq!(error("a0:1"), "the database has no pull into it (start over with `--fresh`)");
    let mut sink = schema.open(json!({})).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    let last = sink.commit(Mark(1)).unwrap();
    assert_eq!(
        error(&last.0.replace(":2", ":7")),
        "it has 2 rows, but 7 were committed: the database is older than the checkpoint (restore it, or start over with \
         `--fresh`)"
    );
    sink.finish().unwrap();
    let mut sink = schema.resume(json!({}), &last, 1).unwrap();
    assert_eq!(
        describe(&write_page(&mut sink, &FIRST).unwrap_err()),
        format!("Rejected: cannot write to {}: it is already complete", schema.shown())
    );
}
