//! A target table that exists already.

use longhaul_table::Mode;
use postgres::{Error, GenericClient};

use crate::table::Table;

/// What a pull has to do so that its rows fit into the target table.
pub(crate) enum Fit<'t> {
    /// Add these columns, with their types. Usually there are none.
    With(Vec<(&'t str, &'static str)>),
    /// Nothing helps. The reason.
    Never(String),
}

/// Compares the target table, if it exists, with that of the pull.
pub(crate) fn fit<'t>(table: &'t Table, client: &mut impl GenericClient) -> Result<Fit<'t>, Error> {
    let sql = "SELECT c.oid, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
               WHERE n.nspname = $1 AND c.relname = $2";
    let Some(found) = client.query_opt(sql, &[&table.schema(), &table.name()])? else {
        return Ok(Fit::With(Vec::new()));
    };
    let (oid, kind): (u32, String) = (found.get(0), found.get(1));
    match (kind.as_str(), table.layout().mode) {
        ("r", Mode::Replace) => Ok(Fit::With(Vec::new())),
        ("r" | "p", Mode::Append) => columns(table, client, oid),
        ("p", Mode::Replace) => Ok(Fit::Never("it is partitioned (set `mode = \"append\"`)".into())),
        (other, _) => Ok(Fit::Never(format!("it already exists as a {}", relation(other)))),
    }
}

fn columns<'t>(table: &'t Table, client: &mut impl GenericClient, oid: u32) -> Result<Fit<'t>, Error> {
    let sql = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
               WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped";
    let found: Vec<(String, String)> =
        client.query(sql, &[&oid])?.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut missing = Vec::new();
    for (column, kind) in table.declared() {
        match found.iter().find(|(name, _)| name == column) {
            Some((_, found)) if found == kind => {}
            Some((_, found)) => {
                return Ok(Fit::Never(format!("its column `{column}` is of type {found}, not {kind}")));
            }
            None if table.layout().add_columns => missing.push((column, kind)),
            None => {
                let reason = format!("it has no column `{column}` (set `add_columns = true` to add it)");
                return Ok(Fit::Never(reason));
            }
        }
    }
    let key = table.key_names();
    if key.is_empty() {
        return Ok(Fit::With(missing));
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM pg_index i, LATERAL (SELECT array_agg(a.attname::text) AS names \
               FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1])) k \
               WHERE i.indrelid = $1 AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL \
               AND k.names @> $2 AND k.names <@ $2)";
    if client.query_one(sql, &[&oid, &key])?.get(0) {
        return Ok(Fit::With(missing));
    }
    let key = key.join("`, `");
    Ok(Fit::Never(format!("it has no PRIMARY KEY or UNIQUE constraint for the `key`, `{key}`")))
}

fn relation(kind: &str) -> &'static str {
    match kind {
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        "i" | "I" => "index",
        "S" => "sequence",
        _ => "type",
    }
}
