//! Every summary that a test writes is valid by `cli/summary.schema.json`.

use std::{fs, path::Path};

use boon::{Compiler, Schemas};
use serde_json::Value;

/// Checks the summary that a command with these arguments has written in `folder`, if it has written one.
#[track_caller]
pub(crate) fn assert_valid<'a>(mut arguments: impl Iterator<Item = &'a str>, folder: &Path) {
    if arguments.by_ref().any(|argument| argument == "--summary")
        && let Some(Ok(text)) = arguments.next().map(|path| fs::read_to_string(folder.join(path)))
        && let Ok(summary) = serde_json::from_str::<Value>(&text)
    {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/summary.schema.json");
        let schema = compiler.compile(schema, &mut schemas).unwrap();
        if let Err(error) = schemas.validate(&summary, schema) {
            panic!("{error:#}\n{text}");
        }
    }
}

#[test]
#[should_panic(expected = "missing properties")]
fn an_incomplete_summary_is_invalid() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("summary.json"), r#"{"version":1}"#).unwrap();
    assert_valid(["run", "--summary", "summary.json"].into_iter(), folder.path());
}
