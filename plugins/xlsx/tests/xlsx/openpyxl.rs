//! Reads a workbook with the Python library `openpyxl`, as users do.
//!
//! The test uses the program in `LONGHAUL_TEST_PYTHON`, or `python3`. Without the library it prints `skipped` and passes.

use std::{
    env,
    io::{self, Write as _},
    process::Command,
};

use crate::{
    support::Folder,
    values::{RECORDS, typed},
};

const PROGRAM: &str = "
import sys, openpyxl
sheet = openpyxl.load_workbook(sys.argv[1])['users']
print(sheet.freeze_panes, sheet.auto_filter.ref)
print(all(8 < sheet.column_dimensions[c].width < 62 for c in 'ABCDEF'))
for row in sheet.iter_rows(min_row=2, values_only=True):
    print(*(repr(value) for value in row), sep='|')
";

#[test]
fn python_reads_the_values() {
    let python = env::var("LONGHAUL_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_library = Command::new(&python).args(["-c", "import openpyxl"]).output();
    if !has_library.is_ok_and(|output| output.status.success()) {
        io::stderr().write_all(b"skipped: openpyxl\n").unwrap();
        return;
    }
    let folder = Folder::new();
    folder.pull(typed(), &RECORDS).unwrap();
    let output = Command::new(python).args(["-c", PROGRAM]).arg(folder.path("a.xlsx")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = [
        "A2 A1:F5",
        "True",
        r#"'é😀 \'"<&_x0000__x005F_x0041__x000D_\n '|-7|0.1|True|datetime.datetime(2026, 1, 1, 0, 2, 3, 456000)|'[1.10,{"b":null}]'"#,
        "'12345678901234567890123'|'9223372036854775807'|-3|False|datetime.datetime(1970, 1, 1, 0, 0)|'1.10'",
        "None|None|None|None|None|None",
        r#"'=1+1'|None|None|None|None|'"1.10"'"#,
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
