//! The table of a pull, and its SQL statements.

use std::sync::Arc;

use longhaul_table::{Columns, Mode};

use crate::row::{JsonType, declared};

/// The column of a row's number in its pull, in the table of committed rows.
const ROW: &str = "_longhaul_row";

/// A table as configured.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) columns: Arc<Columns>,
    pub(crate) json_type: JsonType,
    /// Whether columns are added to an existing table.
    pub(crate) add_columns: bool,
    /// The columns of the key, by index.
    pub(crate) key: Vec<usize>,
    pub(crate) indexes: Vec<Vec<usize>>,
    pub(crate) mode: Mode,
}

/// The table of a pull.
#[derive(Debug)]
pub(crate) struct Table(Layout);

impl Table {
    pub(crate) fn new(layout: Layout) -> Self {
        Self(layout)
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0
    }

    pub(crate) fn schema(&self) -> &str {
        &self.0.schema
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// The names and types of the columns.
    pub(crate) fn declared(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let json_type = self.0.json_type;
        self.0.columns.iter().map(move |column| (column.name.as_str(), declared(column.kind, json_type)))
    }

    /// The names of the columns of the key.
    pub(crate) fn key_names(&self) -> Vec<String> {
        let names = self.0.columns.iter().map(|column| &column.name).collect::<Vec<_>>();
        self.0.key.iter().map(|&index| names[index].clone()).collect()
    }

    /// Creates an empty table for the committed rows of a pull.
    pub(crate) fn create_committed(&self) -> String {
        let committed = self.committed();
        format!(
            "DROP TABLE IF EXISTS {committed}; CREATE TABLE {committed} ({} bigint, {})",
            quoted(ROW),
            self.definitions()
        )
    }

    /// Adds committed rows, in the text format of `COPY`. The first value is the number of the row.
    pub(crate) fn copy(&self) -> String {
        format!("COPY {} FROM STDIN", self.committed())
    }

    /// Deletes the committed rows after the number in the parameter.
    pub(crate) fn truncate_committed(&self) -> String {
        format!("DELETE FROM {} WHERE {} > $1", self.committed(), quoted(ROW))
    }

    /// Moves the rows of the pull to the target table. `missing` are the columns to add to it.
    pub(crate) fn publish(&self, missing: &[(&str, &str)]) -> String {
        match self.0.mode {
            Mode::Replace => self.replace(),
            Mode::Append => self.append(missing),
        }
        .join("; ")
    }

    /// Fills a new table, which then takes over the name, so that readers wait only for a moment.
    fn replace(&self) -> Vec<String> {
        let (name, new) = (&self.0.name, format!("_longhaul_new_{}", self.0.name));
        let (target, filled) = (self.qualified(name), self.qualified(&new));
        let mut build = vec![
            format!("DROP TABLE IF EXISTS {filled}"),
            format!("CREATE TABLE {filled} ({})", self.definitions()),
            self.insert(&filled),
        ];
        let mut rename = vec![
            format!("DROP TABLE IF EXISTS {target}"),
            format!("ALTER TABLE {filled} RENAME TO {}", quoted(name)),
        ];
        if !self.0.key.is_empty() {
            let (built, constraint) =
                (quoted(&format!("_longhaul_key_{name}")), quoted(&format!("{name}_pkey")));
            let columns = self.listed(&self.0.key);
            build.push(format!("ALTER TABLE {filled} ADD CONSTRAINT {built} PRIMARY KEY ({columns})"));
            rename.push(format!("ALTER TABLE {target} RENAME CONSTRAINT {built} TO {constraint}"));
        }
        for (number, index) in (1..).zip(&self.0.indexes) {
            let built = format!("_longhaul_i{number}_{name}");
            build.push(format!("CREATE INDEX {} ON {filled} ({})", quoted(&built), self.listed(index)));
            let renamed = quoted(&format!("{name}_index_{number}"));
            rename.push(format!("ALTER INDEX {} RENAME TO {renamed}", self.qualified(&built)));
        }
        rename.push(format!("DROP TABLE {}", self.committed()));
        [build, rename].concat()
    }

    fn append(&self, missing: &[(&str, &str)]) -> Vec<String> {
        let name = &self.0.name;
        let target = self.qualified(name);
        let key = if self.0.key.is_empty() {
            String::new()
        } else {
            let constraint = quoted(&format!("{name}_pkey"));
            format!(", CONSTRAINT {constraint} PRIMARY KEY ({})", self.listed(&self.0.key))
        };
        let added = missing
            .iter()
            .map(|(column, kind)| format!("ALTER TABLE {target} ADD COLUMN {} {kind}", quoted(column)));
        let indexes = (1..).zip(&self.0.indexes).map(|(number, index)| {
            let built = quoted(&format!("{name}_index_{number}"));
            format!("CREATE INDEX IF NOT EXISTS {built} ON {target} ({})", self.listed(index))
        });
        [format!("CREATE TABLE IF NOT EXISTS {target} ({}{key})", self.definitions())]
            .into_iter()
            .chain(added)
            .chain([self.insert(&target)])
            .chain(indexes)
            .chain([format!("DROP TABLE {}", self.committed())])
            .collect()
    }

    /// Copies the rows of the pull to `target`, in order. Of the rows with the same key, it takes the last.
    fn insert(&self, target: &str) -> String {
        let all = self.listed(&(0..self.0.columns.iter().len()).collect::<Vec<_>>());
        let (committed, row) = (self.committed(), quoted(ROW));
        if self.0.key.is_empty() {
            return format!("INSERT INTO {target} ({all}) SELECT {all} FROM {committed} ORDER BY {row}");
        }
        let key = self.listed(&self.0.key);
        let others = self.0.columns.iter().enumerate().filter(|(index, _)| !self.0.key.contains(index));
        let updates = others.map(|(_, column)| format!("{0} = excluded.{0}", quoted(&column.name)));
        let updates = updates.collect::<Vec<_>>().join(", ");
        let action = match (self.0.mode, updates.is_empty()) {
            // A new table has no rows to update.
            (Mode::Replace, _) => String::new(),
            (Mode::Append, true) => format!(" ON CONFLICT ({key}) DO NOTHING"),
            (Mode::Append, false) => format!(" ON CONFLICT ({key}) DO UPDATE SET {updates}"),
        };
        format!(
            "INSERT INTO {target} ({all}) SELECT {all} FROM (SELECT DISTINCT ON ({key}) * FROM {committed} ORDER BY \
             {key}, {row} DESC) AS last ORDER BY {row}{action}"
        )
    }

    fn committed(&self) -> String {
        self.qualified(&format!("_longhaul_{}", self.0.name))
    }

    fn qualified(&self, name: &str) -> String {
        format!("{}.{}", quoted(&self.0.schema), quoted(name))
    }

    fn definitions(&self) -> String {
        let definition = |(name, kind)| format!("{} {kind}", quoted(name));
        self.declared().map(definition).collect::<Vec<_>>().join(", ")
    }

    fn listed(&self, columns: &[usize]) -> String {
        let names = self.0.columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>();
        columns.iter().map(|&index| names[index].as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use longhaul_table::{Column, Type};

    use super::*;

    fn table(key: Vec<usize>, mode: Mode) -> Table {
        let column = |name: &str, kind| Column { name: name.into(), at: "".parse().unwrap(), kind };
        let columns = vec![column("id", Type::Integer), column("say \"hi\"", Type::Json)];
        Table::new(Layout {
            schema: "s".into(),
            name: "a\"b".into(),
            columns: Arc::new(columns.into()),
            json_type: JsonType::Json,
            add_columns: false,
            key,
            indexes: vec![vec![1, 0]],
            mode,
        })
    }

    #[test]
    fn a_new_table_takes_over_the_name() {
        assert_eq!(
            table(vec![0], Mode::Replace).publish(&[]),
            "DROP TABLE IF EXISTS \"s\".\"_longhaul_new_a\"\"b\"; CREATE TABLE \"s\".\"_longhaul_new_a\"\"b\" (\"id\" \
             bigint, \"say \"\"hi\"\"\" json); INSERT INTO \"s\".\"_longhaul_new_a\"\"b\" (\"id\", \"say \"\"hi\"\"\") \
             SELECT \"id\", \"say \"\"hi\"\"\" FROM (SELECT DISTINCT ON (\"id\") * FROM \"s\".\"_longhaul_a\"\"b\" \
             ORDER BY \"id\", \"_longhaul_row\" DESC) AS last ORDER BY \"_longhaul_row\"; ALTER TABLE \
             \"s\".\"_longhaul_new_a\"\"b\" ADD CONSTRAINT \"_longhaul_key_a\"\"b\" PRIMARY KEY (\"id\"); CREATE INDEX \
             \"_longhaul_i1_a\"\"b\" ON \"s\".\"_longhaul_new_a\"\"b\" (\"say \"\"hi\"\"\", \"id\"); DROP TABLE IF \
             EXISTS \"s\".\"a\"\"b\"; ALTER TABLE \"s\".\"_longhaul_new_a\"\"b\" RENAME TO \"a\"\"b\"; ALTER TABLE \
             \"s\".\"a\"\"b\" RENAME CONSTRAINT \"_longhaul_key_a\"\"b\" TO \"a\"\"b_pkey\"; ALTER INDEX \
             \"s\".\"_longhaul_i1_a\"\"b\" RENAME TO \"a\"\"b_index_1\"; DROP TABLE \"s\".\"_longhaul_a\"\"b\""
        );
    }

    #[test]
    fn rows_are_added_or_updated_and_so_are_columns() {
        let published = |key| table(key, Mode::Append).publish(&[("new", "text")]);
        let plain = published(vec![]);
        assert!(plain.contains("ALTER TABLE \"s\".\"a\"\"b\" ADD COLUMN \"new\" text;"), "{plain}");
        assert!(!plain.contains("ON CONFLICT"), "{plain}");
        let updated = " ON CONFLICT (\"id\") DO UPDATE SET \"say \"\"hi\"\"\" = excluded.\"say \"\"hi\"\"\";";
        assert!(published(vec![0]).contains(updated));
        assert!(published(vec![0, 1]).contains(" ON CONFLICT (\"id\", \"say \"\"hi\"\"\") DO NOTHING;"));
    }
}
