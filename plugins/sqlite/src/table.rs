//! The table of a pull, and its SQL statements.

use std::sync::Arc;

use longhaul_table::{Column, ColumnChoice, Columns, Mode, Rows, Type};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};

/// The column of a row's number in its pull, in the tables of uncommitted and committed rows.
pub(crate) const ROW: &str = "_longhaul_row";

/// The columns of the target table.
#[derive(Debug)]
pub(crate) enum Target {
    /// Those of the collected rows.
    Same,
    /// Those of all rows of the records, which are collected as they are.
    Inferred(Rows),
}

/// The table of a pull.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    /// The columns of the rows that are collected.
    columns: Arc<Columns>,
    /// Whether these are the columns of the target table, too.
    target: Target,
    key: Vec<usize>,
    /// The columns of each index, as quoted SQL.
    indexes: Vec<String>,
    mode: Mode,
}

impl Table {
    pub(crate) fn new(
        name: String,
        columns: ColumnChoice,
        key: Vec<usize>,
        indexes: &[Vec<usize>],
        mode: Mode,
    ) -> Self {
        let (columns, target) = match columns {
            ColumnChoice::Listed(columns) => (columns, Target::Same),
            ColumnChoice::All(rows) => (Arc::default(), Target::Inferred(rows)),
        };
        let mut table = Self { name, columns, target, key, indexes: Vec::new(), mode };
        table.indexes = indexes.iter().map(|columns| table.listed(columns)).collect();
        table
    }

    /// The same table with these columns.
    pub(crate) fn with_columns(&self, columns: Vec<Column>) -> Self {
        let columns = ColumnChoice::Listed(Arc::new(columns.into()));
        Self::new(self.name.clone(), columns, Vec::new(), &[], self.mode)
    }

    /// The columns of the target table.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The name as configured.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What to do with the rows of earlier pulls.
    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// The columns. Their values are the parameters of [`insert`](Self::insert) after the first.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// The columns of the key, by index.
    pub(crate) fn key(&self) -> &[usize] {
        &self.key
    }

    /// The names and SQLite types of the columns.
    fn declared(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.columns.iter().map(|column| (column.name.as_str(), declared(column.kind)))
    }

    /// Creates the table of uncommitted rows. It is temporary, so it ends with the connection.
    pub(crate) fn create_uncommitted(&self) -> String {
        format!(
            "CREATE TEMP TABLE {} ({} INTEGER PRIMARY KEY, {})",
            uncommitted(),
            quoted(ROW),
            self.definitions()
        )
    }

    /// Inserts an uncommitted row. The first parameter is its number.
    pub(crate) fn insert(&self) -> String {
        let values = ", ?".repeat(self.columns.iter().len());
        format!("INSERT INTO temp.{} VALUES (?{values})", uncommitted())
    }

    /// Deletes the uncommitted rows.
    pub(crate) fn clear_uncommitted() -> String {
        format!("DELETE FROM temp.{}", uncommitted())
    }

    /// Creates an empty table for the committed rows of a pull.
    pub(crate) fn create_committed(&self) -> String {
        let (committed, row) = (self.committed(), quoted(ROW));
        format!(
            "DROP TABLE IF EXISTS main.{committed}; CREATE TABLE main.{committed} ({row} INTEGER PRIMARY KEY, {})",
            self.definitions()
        )
    }

    /// Copies the uncommitted rows to the table of committed rows.
    pub(crate) fn commit(&self) -> String {
        format!("INSERT INTO main.{} SELECT * FROM temp.{} ORDER BY 1", self.committed(), uncommitted())
    }

    /// Deletes the committed rows after the number in the parameter.
    pub(crate) fn truncate_committed(&self) -> String {
        format!("DELETE FROM main.{} WHERE {} > ?", self.committed(), quoted(ROW))
    }

    /// Deletes the rows of earlier pulls in the mode `replace`, and creates the target table if it does not exist.
    pub(crate) fn create(&self) -> String {
        let name = quoted(&self.name);
        let key = if self.key.is_empty() {
            String::new()
        } else {
            format!(", PRIMARY KEY ({})", self.listed(&self.key))
        };
        let create = format!("CREATE TABLE IF NOT EXISTS main.{name} ({}{key});", self.definitions());
        match self.mode {
            Mode::Replace => format!("DROP TABLE IF EXISTS main.{name}; {create}"),
            Mode::Append => create,
        }
    }

    /// Copies the rows of the pull to the target table, in order.
    pub(crate) fn publish(&self) -> String {
        let all = self.listed(&(0..self.columns.iter().len()).collect::<Vec<_>>());
        // Without the WHERE, SQLite would parse the ON as part of a join.
        let rows = format!(
            "INSERT INTO main.{} ({all}) SELECT {all} FROM main.{} WHERE true ORDER BY {}",
            quoted(&self.name),
            self.committed(),
            quoted(ROW)
        );
        if self.key.is_empty() {
            return rows;
        }
        let others = self.columns.iter().enumerate().filter(|(index, _)| !self.key.contains(index));
        let updates = others.map(|(_, column)| format!("{0} = excluded.{0}", quoted(&column.name)));
        let updates = updates.collect::<Vec<_>>().join(", ");
        let action = if updates.is_empty() { "NOTHING".into() } else { format!("UPDATE SET {updates}") };
        format!("{rows} ON CONFLICT ({}) DO {action}", self.listed(&self.key))
    }

    /// Selects the collected records, in order, if each is in one column.
    pub(crate) fn select_records(&self) -> String {
        let columns = self.listed(&[0]);
        format!("SELECT {columns} FROM main.{} ORDER BY {}", self.committed(), quoted(ROW))
    }

    /// Inserts a row into the target table.
    pub(crate) fn insert_into_target(&self) -> String {
        let values = vec!["?"; self.columns.list().len()].join(", ");
        format!("INSERT INTO main.{} VALUES ({values})", quoted(&self.name))
    }

    /// Creates the indexes, and deletes the committed rows.
    pub(crate) fn clean_up(&self) -> String {
        let index = |columns: &String| {
            // Index names are unique in the database, so they include the name of the table.
            let name = quoted(&format!("{}({})", self.name, columns.replace('"', "")));
            format!("CREATE INDEX IF NOT EXISTS main.{name} ON {} ({columns});", quoted(&self.name))
        };
        let indexes = self.indexes.iter().map(index).collect::<String>();
        format!("{indexes} DROP TABLE main.{}", self.committed())
    }

    fn committed(&self) -> String {
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

/// Why the rows of a pull cannot be written to the existing table, or `None` if they can.
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
            // Only preparing the statement shows whether the table has a constraint for the key.
            let key = database.prepare(&table.publish());
            Ok(key.err().map(|error| match error.sqlite_error_code() {
                Some(ErrorCode::Unknown) if !table.key.is_empty() => {
                    let key = table.listed(&table.key).replace('"', "`");
                    format!("it has no PRIMARY KEY or UNIQUE constraint for the `key`, {key}")
                }
                _ => error.to_string(),
            }))
        }
        (Some(other), _) => Ok(Some(format!("it already exists as a {other}"))),
    }
}

fn uncommitted() -> String {
    quoted("_longhaul_uncommitted")
}

/// The SQLite type of a column. SQLite treats an unknown type as numeric, which would lose digits of text.
fn declared(kind: Type) -> &'static str {
    match kind {
        Type::Text | Type::Numeric | Type::Timestamp | Type::Json => "TEXT",
        Type::Integer | Type::Boolean => "INTEGER",
        Type::Real => "REAL",
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(key: Vec<usize>, mode: Mode) -> Table {
        let column = |name: &str, kind| Column { name: name.into(), at: "".parse().unwrap(), kind };
        let columns = vec![column("id", Type::Integer), column("say \"hi\"", Type::Json)];
        let columns = ColumnChoice::Listed(Arc::new(columns.into()));
        Table::new("a\"b".into(), columns, key, &[vec![1, 0]], mode)
    }

    #[test]
    fn names_are_quoted_and_types_are_those_of_sqlite() {
        assert_eq!(
            table(vec![], Mode::Append).create(),
            r#"CREATE TABLE IF NOT EXISTS main."a""b" ("id" INTEGER, "say ""hi""" TEXT);"#
        );
        assert_eq!(
            table(vec![0], Mode::Replace).create(),
            "DROP TABLE IF EXISTS main.\"a\"\"b\"; CREATE TABLE IF NOT EXISTS main.\"a\"\"b\" (\"id\" INTEGER, \
             \"say \"\"hi\"\"\" TEXT, PRIMARY KEY (\"id\"));"
        );
        assert_eq!(
            table(vec![], Mode::Replace).clean_up(),
            "CREATE INDEX IF NOT EXISTS main.\"a\"\"b(say hi, id)\" ON \"a\"\"b\" (\"say \"\"hi\"\"\", \"id\"); \
             DROP TABLE main.\"_longhaul_a\"\"b\""
        );
    }

    #[test]
    fn a_row_with_the_same_key_is_updated() {
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
