//! Random tables of difficult values, read back by two readers: one of another crate, and a strict one that
//! distinguishes a missing value from empty text.
//!
//! `LONGHAUL_TEST_SEED` selects other values.

mod dialect;
mod draws;

use serde_json::json;

use self::{
    dialect::{Cell, Dialect},
    draws::{Drawn, Kind},
};

pub(crate) use self::draws::Draws;

/// A record with these members.
fn object(members: impl Iterator<Item = (String, Option<String>)>) -> String {
    let members = members.filter_map(|(name, json)| Some(format!("{}:{}", json!(name), json?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn named(names: &[String], dialect: &Dialect) -> Vec<Cell> {
    names.iter().map(|name| Some(dialect.written(name))).collect()
}

#[test]
fn listed_columns_contain_the_values_of_the_records() {
    let mut draws = Draws::new();
    for _ in 0..150 {
        let dialect = Dialect::drawn(&mut draws);
        let names: Vec<_> = (0..=draws.below(5)).map(|at| draws.text() + &format!("{at}")).collect();
        let rows: Vec<Vec<_>> = (0..30).map(|_| names.iter().map(|_| draws.value()).collect()).collect();
        let members = |row: &Vec<Drawn>| {
            let values = row.iter().map(|value| value.json.clone());
            object(names.iter().cloned().zip(values))
        };
        let records: Vec<_> = rows.iter().map(members).collect();
        let columns = names.iter().map(
            |name| json!({"name": name, "at": format!("/{}", name.replace('~', "~0").replace('/', "~1"))}),
        );
        let mut options = dialect.options();
        options["columns"] = columns.collect();
        options["mode"] = json!(draws.one_of(&["replace", "append"]));
        let mut expected = vec![named(&names, &dialect)];
        expected.extend(rows.iter().map(|row| row.iter().map(|value| dialect.cell(value)).collect()));
        // A row with a single empty cell would be an empty line, which most readers skip.
        for row in expected.iter_mut().filter(|row| row[..] == [None]) {
            row[0] = Some(String::new());
        }
        assert_eq!(dialect.read_back(options, &records), expected);
    }
}

#[test]
fn all_columns_contain_the_values_of_the_records() {
    let mut draws = Draws::new();
    for _ in 0..150 {
        let dialect = Dialect::drawn(&mut draws);
        let count = 2 + draws.below(5);
        // Every second one is nested. The first record has all of them, so that their order is known.
        let outer: Vec<_> = (0..count).map(|at| format!("{}k{at}", draws.text())).collect();
        let inner: Vec<_> = (0..count).map(|at| format!("{}m{at}", draws.text())).collect();
        let mut rows: Vec<Vec<_>> = (0..30).map(|_| (0..count).map(|_| draws.value()).collect()).collect();
        for value in &mut rows[0] {
            *value = Drawn { json: Some("1.10".to_owned()), kind: Kind::Other };
        }
        let nested = |at: usize, json: String| {
            if at.is_multiple_of(2) { json } else { object([(inner[at].clone(), Some(json))].into_iter()) }
        };
        let members = |row: &Vec<Drawn>| {
            let values = row.iter().enumerate().map(|(at, value)| Some(nested(at, value.json.clone()?)));
            object(outer.iter().cloned().zip(values))
        };
        let records: Vec<_> = rows.iter().map(members).collect();
        let names: Vec<_> = (0..count)
            .map(|at| {
                if at.is_multiple_of(2) { outer[at].clone() } else { format!("{}.{}", outer[at], inner[at]) }
            })
            .collect();
        let mut expected = vec![named(&names, &dialect)];
        expected.extend(rows.iter().map(|row| row.iter().map(|value| dialect.cell(value)).collect()));
        let mut found = dialect.read_back(dialect.options(), &records);
        // A record without members has its own column at the end.
        for (row, record) in found.iter_mut().skip(1).zip(&records).filter(|(row, _)| row.len() > count) {
            let whole = row.pop().unwrap();
            assert_eq!(whole.is_some(), record == "{}", "{record}");
        }
        found[0].truncate(count);
        assert_eq!(found, expected);
    }
}

#[test]
fn each_part_of_a_record_is_a_row_with_its_values() {
    let mut draws = Draws::new();
    for _ in 0..60 {
        let dialect = Dialect::drawn(&mut draws);
        let (mut records, mut expected) =
            (Vec::new(), vec![["id", "p", "s"].map(|name| Some(name.to_owned())).to_vec()]);
        for _ in 0..15 {
            let id = draws.value();
            let mut parts = Vec::new();
            for _ in 0..draws.below(4) {
                let p = draws.value();
                let below: Vec<_> = (0..draws.below(4)).map(|_| draws.value()).collect();
                for s in &below {
                    expected.push([&id, &p, s].map(|value| dialect.cell(value)).to_vec());
                }
                let below: Vec<_> =
                    below.into_iter().map(|s| object([("s".to_owned(), s.json)].into_iter())).collect();
                let below = Some(format!("[{}]", below.join(",")));
                parts.push(object([("ss".to_owned(), below), ("p".to_owned(), p.json)].into_iter()));
            }
            let parts = Some(format!("[{}]", parts.join(",")));
            records.push(object([("ps".to_owned(), parts), ("id".to_owned(), id.json)].into_iter()));
        }
        let mut options = dialect.options();
        options["rows"] = json!("/ps/*/ss/*");
        options["columns"] = json!(["^/id", "^^/p", "/s"]);
        assert_eq!(dialect.read_back(options, &records), expected);
    }
}
