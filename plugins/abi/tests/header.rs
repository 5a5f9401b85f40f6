//! Compares `longhaul_sink.h` with the Rust types: by parsing it, which works on every machine, and by compiling it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::{
    collections::BTreeMap,
    mem::{align_of, offset_of, size_of},
};

use longhaul_plugin_abi::{
    Batch, Bytes, Host, Level, MAX_RECEIPT, NEEDED_FEATURES, Opened, Part, Position, Reply, SinkTable, Status,
};

const HEADER: &str = include_str!("../longhaul_sink.h");

/// A struct of the header: its name without the prefix, and its size and the offsets of its fields in Rust.
type Layout = (&'static str, usize, Vec<(&'static str, usize)>);

/// The names and offsets of these fields.
macro_rules! offsets {
    ($of:ty: $($field:ident)+) => { vec![$((stringify!($field), offset_of!($of, $field))),+] };
}

fn layouts() -> Vec<Layout> {
    vec![
        ("bytes", size_of::<Bytes>(), offsets!(Bytes: ptr len)),
        ("batch", size_of::<Batch>(), offsets!(Batch: bytes ends records)),
        ("position", size_of::<Position>(), offsets!(Position: receipt mark)),
        ("opened", size_of::<Opened>(), offsets!(Opened: sink at)),
        ("reply", size_of::<Reply>(), offsets!(Reply: data put)),
        ("host", size_of::<Host>(), offsets!(Host: size max_level data log)),
        (
            "sink_table",
            size_of::<SinkTable>(),
            offsets!(SinkTable: size features name version summary options configure destination open
                     drop_configured write commit finish drop_sink),
        ),
    ]
}

fn constants() -> Vec<(&'static str, usize)> {
    [
        ("NEEDED_FEATURES", NEEDED_FEATURES),
        ("OK", Status::OK.0),
        ("CONFIG", Status::CONFIG.0),
        ("REJECTED", Status::REJECTED.0),
        ("UNAVAILABLE", Status::UNAVAILABLE.0),
        ("CLOSED", Status::CLOSED.0),
        ("BROKEN", Status::BROKEN.0),
        ("PANICKED", Status::PANICKED.0),
        ("MESSAGE", Part::MESSAGE.0),
        ("KEY", Part::KEY.0),
        ("CAUSE", Part::CAUSE.0),
        ("RECEIPT", Part::RECEIPT.0),
        ("FILE", Part::FILE.0),
        ("STDOUT", Part::STDOUT.0),
        ("ELSEWHERE", Part::ELSEWHERE.0),
        ("OFF", Level::OFF.0),
        ("ERROR", Level::ERROR.0),
        ("WARN", Level::WARN.0),
        ("INFO", Level::INFO.0),
        ("DEBUG", Level::DEBUG.0),
        ("TRACE", Level::TRACE.0),
    ]
    .map(|(name, value)| (name, value as usize))
    .into_iter()
    .chain([("MAX_RECEIPT", MAX_RECEIPT)])
    .collect()
}

/// The header without its comments.
fn code() -> String {
    let parts = HEADER.split("/*").map(|part| part.split_once("*/").map_or(part, |(_, after)| after));
    parts.collect()
}

/// The layout that a C compiler gives to these fields: the total size, and the offset of each.
fn layout_in_c(fields: &str, known: &BTreeMap<String, (usize, usize)>) -> (usize, Vec<(String, usize)>) {
    let mut offsets = Vec::new();
    let (mut end, mut widest) = (0_usize, 1);
    for field in fields.split(';').map(str::trim).filter(|field| !field.is_empty()) {
        let (name, (size, align)) = member(field, known);
        let offset = end.next_multiple_of(align);
        offsets.push((name.to_owned(), offset));
        end = offset + size;
        widest = widest.max(align);
    }
    (end.next_multiple_of(widest), offsets)
}

/// The name of a field, its size and its alignment.
fn member<'f>(field: &'f str, known: &BTreeMap<String, (usize, usize)>) -> (&'f str, (usize, usize)) {
    let pointer = (size_of::<usize>(), align_of::<usize>());
    if let Some((_, function)) = field.split_once("(*") {
        return (function.split(')').next().unwrap(), pointer);
    }
    let (before, name) = field.rsplit_once([' ', '*']).unwrap();
    (name, if field.contains('*') { pointer } else { known[before.trim()] })
}

#[test]
fn every_struct_has_the_same_layout_as_in_rust() {
    let word = (size_of::<u32>(), align_of::<u32>());
    let mut known: BTreeMap<_, _> = [
        ("uint32_t", word),
        ("longhaul_status", word),
        ("longhaul_part", word),
        ("longhaul_level", word),
        ("uint64_t", (size_of::<u64>(), align_of::<u64>())),
        ("size_t", (size_of::<usize>(), align_of::<usize>())),
    ]
    .map(|(name, layout)| (name.to_owned(), layout))
    .into();
    let code = code();
    let structs = code.split("typedef struct longhaul_").skip(1).filter_map(|text| {
        let (name, rest) = text.split_once(" {").filter(|(name, _)| !name.contains(';'))?;
        Some((name, rest.split_once('}').unwrap().0))
    });
    let structs = structs.collect::<Vec<_>>();
    let expected = layouts();
    let names = |all: &[(&str, &str)]| all.iter().map(|each| each.0.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&structs), expected.iter().map(|each| each.0.to_owned()).collect::<Vec<_>>());
    for ((name, fields), (_, size, offsets)) in structs.into_iter().zip(expected) {
        let offsets =
            offsets.into_iter().map(|(field, offset)| (field.to_owned(), offset)).collect::<Vec<_>>();
        assert_eq!(layout_in_c(fields, &known), (size, offsets), "{name}");
        known.insert(format!("longhaul_{name}"), (size, align_of::<usize>()));
    }
}

#[test]
fn the_header_defines_the_same_constants() {
    let code = code();
    let defined = code.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("#define LONGHAUL_")?.split_once(' ')?;
        let value = match value.strip_prefix("0x") {
            Some(digits) => usize::from_str_radix(digits, 16).ok()?,
            None => value.parse().ok()?,
        };
        Some((name.to_owned(), value))
    });
    let expected = constants().into_iter().map(|(name, value)| (name.to_owned(), value));
    assert_eq!(defined.collect::<BTreeMap<_, _>>(), expected.collect());
}

/// On Unix, Rust links with the C compiler `cc`, so it is always installed.
#[cfg(unix)]
#[test]
fn a_c_compiler_agrees() {
    use std::{
        fmt::Write as _,
        io::Write as _,
        process::{Command, Stdio},
    };

    let mut program = format!("{HEADER}\n");
    let mut assert_equal = |left: String, right: usize| {
        writeln!(program, "_Static_assert(({left}) == {right}, \"{left} is {right} in Rust\");").unwrap();
    };
    for (name, size, offsets) in layouts() {
        assert_equal(format!("sizeof(longhaul_{name})"), size);
        for (field, offset) in offsets {
            assert_equal(format!("offsetof(longhaul_{name}, {field})"), offset);
        }
    }
    for (name, value) in constants() {
        assert_equal(format!("LONGHAUL_{name}"), value);
    }
    let strict = ["-x", "c", "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-"];
    let mut compiler = Command::new("cc")
        .args(strict)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the C compiler `cc`, which Rust also needs for linking");
    compiler.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = compiler.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
