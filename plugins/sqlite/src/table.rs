//! A table, and the statements about it.

use std::sync::Arc;

use longhaul_table::{Columns, Type};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

use crate::config::Mode;

/// The number of a row in its pull, as a column of the tables that rows wait in.
pub(crate) const ROW: &str = "_longhaul_row";

/// The table of a pull.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    columns: Arc<Columns>,
    key: Vec<usize>,
    /// For each index its columns, quoted and listed.
    indexes: Vec<String>,
    mode: Mode,
}

impl Table {
    pub(crate) fn new(
        name: String,
        columns: Arc<Columns>,
        key: Vec<usize>,
        indexes: &[Vec<usize>],
        mode: Mode,
    ) -> Self {
        let mut table = Self { name, columns, key, indexes: Vec::new(), mode };
        table.indexes = indexes.iter().map(|columns| table.listed(columns)).collect();
        table
    }

    /// Its name as the configuration has it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What becomes of the rows of earlier pulls.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// The columns, whose values are the parameters of [`take`](Self::take) after the first.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The columns of the key, by index.
    pub(crate) fn key(&self) -> &[usize] {
        &self.key
    }

    /// Names and types of the columns, as SQLite has them.
    fn declared(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.columns.iter().map(|column| (column.name.as_str(), declared(column.kind)))
    }

    /// Makes the table that holds what is not committed. It is gone with the connection.
    pub(crate) fn make_waiting(&self) -> String {
        format!(
            "CREATE TEMP TABLE {} ({} INTEGER PRIMARY KEY, {})",
            waiting(),
            quoted(ROW),
            self.definitions()
        )
    }

    /// Puts a row there; its number is the first parameter.
    pub(crate) fn take(&self) -> String {
        let values = ", ?".repeat(self.columns.iter().len());
        format!("INSERT INTO temp.{} VALUES (?{values})", waiting())
    }

    /// Empties it.
    pub(crate) fn forget_waiting() -> String {
        format!("DELETE FROM temp.{}", waiting())
    }

    /// Makes the table that holds what is committed of a pull, empty.
    pub(crate) fn make_gathered(&self) -> String {
        let (gathered, row) = (self.gathered(), quoted(ROW));
        format!(
            "DROP TABLE IF EXISTS main.{gathered}; CREATE TABLE main.{gathered} ({row} INTEGER PRIMARY KEY, {})",
            self.definitions()
        )
    }

    /// Moves what waits to there.
    pub(crate) fn gather(&self) -> String {
        format!("INSERT INTO main.{} SELECT * FROM temp.{} ORDER BY 1", self.gathered(), waiting())
    }

    /// Takes the rows after the parameter from there.
    pub(crate) fn cut_gathered(&self) -> String {
        format!("DELETE FROM main.{} WHERE {} > ?", self.gathered(), quoted(ROW))
    }

    /// Takes the earlier pulls' rows away, where the mode says so, and makes the table where there is none.
    pub(crate) fn make(&self) -> String {
        let name = quoted(&self.name);
        let key = if self.key.is_empty() {
            String::new()
        } else {
            format!(", PRIMARY KEY ({})", self.listed(&self.key))
        };
        let made = format!("CREATE TABLE IF NOT EXISTS main.{name} ({}{key});", self.definitions());
        match self.mode {
            Mode::Replace => format!("DROP TABLE IF EXISTS main.{name}; {made}"),
            Mode::Append => made,
        }
    }

    /// Copies the pull into the table, in its order.
    pub(crate) fn publish(&self) -> String {
        let all = self.listed(&(0..self.columns.iter().len()).collect::<Vec<_>>());
        // Without a WHERE, SQLite would take the ON for a join's.
        let rows = format!(
            "INSERT INTO main.{} ({all}) SELECT {all} FROM main.{} WHERE true ORDER BY {}",
            quoted(&self.name),
            self.gathered(),
            quoted(ROW)
        );
        if self.key.is_empty() {
            return rows;
        }
        let others = self.columns.iter().enumerate().filter(|(index, _)| !self.key.contains(index));
        let taken = others.map(|(_, column)| format!("{0} = excluded.{0}", quoted(&column.name)));
        let taken = taken.collect::<Vec<_>>().join(", ");
        let does = if taken.is_empty() { "NOTHING".into() } else { format!("UPDATE SET {taken}") };
        format!("{rows} ON CONFLICT ({}) DO {does}", self.listed(&self.key))
    }

    /// Makes the indexes, and takes away what the pull had gathered.
    pub(crate) fn tidy(&self) -> String {
        let index = |columns: &String| {
            // The names of indexes are of the whole database, so the table's is part of them.
            let name = quoted(&format!("{}({})", self.name, columns.replace('"', "")));
            format!("CREATE INDEX IF NOT EXISTS main.{name} ON {} ({columns});", quoted(&self.name))
        };
        let indexes = self.indexes.iter().map(index).collect::<String>();
        format!("{indexes} DROP TABLE main.{}", self.gathered())
    }

    fn gathered(&self) -> String {
        quoted(&format!("_longhaul_{}", self.name))
    }

    fn definitions(&self) -> String {
        let definition = |(name, kind)| format!("{} {kind}", quoted(name));
        self.declared().map(definition).collect::<Vec<_>>().join(", ")
    }

    fn listed(&self, columns: &[usize]) -> String {
        let names = self.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>();
        columns.iter().map(|&index| names[index].as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Why the rows of a pull cannot go to what is there under the table's name; none where they can.
pub(crate) fn check(table: &Table, database: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT type FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE";
    let found: Option<String> = database.query_row(sql, [&table.name], |row| row.get(0)).optional()?;
    match (found.as_deref(), table.mode) {
        (None, _) | (Some("table"), Mode::Replace) => Ok(None),
        (Some("table"), Mode::Append) => {
            let sql = "SELECT upper(type) FROM pragma_table_info(?) WHERE name = ? COLLATE NOCASE";
            for (column, kind) in table.declared() {
                let found: Option<String> =
                    database.query_row(sql, [&table.name, column], |row| row.get(0)).optional()?;
                match found {
                    Some(found) if found == kind => {}
                    Some(found) => {
                        return Ok(Some(format!("its column `{column}` is of type {found}, not {kind}")));
                    }
                    None => return Ok(Some(format!("it has no column `{column}`"))),
                }
            }
            // Whether the key is one there can only be found by trying.
            let key = database.prepare(&table.publish());
            Ok(key.err().map(|error| match error.sqlite_error_code() {
                Some(ErrorCode::Unknown) if !table.key.is_empty() => {
                    let key = table.listed(&table.key).replace('"', "`");
                    format!("it has no PRIMARY KEY or UNIQUE constraint on {key}, which is the `key`")
                }
                _ => error.to_string(),
            }))
        }
        (Some(other), _) => Ok(Some(format!("there is one, but it is of the kind {other}"))),
    }
}

fn waiting() -> String {
    quoted("_longhaul_waiting")
}

/// What SQLite calls a type. One that it does not know would be numeric there, and lose digits of text.
fn declared(kind: Type) -> &'static str {
    match kind {
        Type::Text | Type::Timestamp | Type::Json => "TEXT",
        Type::Integer | Type::Boolean => "INTEGER",
        Type::Real => "REAL",
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use longhaul_table::Column;

    use super::*;

    fn table(key: Vec<usize>, mode: Mode) -> Table {
        let column = |name: &str, kind| Column { name: name.into(), at: "".parse().unwrap(), kind };
        let columns = vec![column("id", Type::Integer), column("say \"hi\"", Type::Json)];
        Table::new("a\"b".into(), Arc::new(columns.into()), key, &[vec![1, 0]], mode)
    }

    #[test]
    fn names_are_quoted_and_types_are_sqlites() {
        assert_eq!(
            table(vec![], Mode::Append).make(),
            r#"CREATE TABLE IF NOT EXISTS main."a""b" ("id" INTEGER, "say ""hi""" TEXT);"#
        );
        assert_eq!(
            table(vec![0], Mode::Replace).make(),
            "DROP TABLE IF EXISTS main.\"a\"\"b\"; CREATE TABLE IF NOT EXISTS main.\"a\"\"b\" (\"id\" INTEGER, \
             \"say \"\"hi\"\"\" TEXT, PRIMARY KEY (\"id\"));"
        );
        assert_eq!(
            table(vec![], Mode::Replace).tidy(),
            "CREATE INDEX IF NOT EXISTS main.\"a\"\"b(say hi, id)\" ON \"a\"\"b\" (\"say \"\"hi\"\"\", \"id\"); \
             DROP TABLE main.\"_longhaul_a\"\"b\""
        );
    }

    #[test]
    fn a_row_of_the_same_key_gets_the_later_values() {
        let published = |key| table(key, Mode::Append).publish();
        let rows = published(vec![]);
        assert_eq!(
            rows,
            "INSERT INTO main.\"a\"\"b\" (\"id\", \"say \"\"hi\"\"\") SELECT \"id\", \"say \"\"hi\"\"\" FROM \
             main.\"_longhaul_a\"\"b\" WHERE true ORDER BY \"_longhaul_row\""
        );
        assert_eq!(
            published(vec![0]),
            format!(
                "{rows} ON CONFLICT (\"id\") DO UPDATE SET \"say \"\"hi\"\"\" = excluded.\"say \"\"hi\"\"\""
            )
        );
        assert_eq!(
            published(vec![0, 1]),
            format!("{rows} ON CONFLICT (\"id\", \"say \"\"hi\"\"\") DO NOTHING")
        );
    }
}
