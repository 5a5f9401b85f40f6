//! Collects rows and writes them as row groups.

use std::{io::Write, mem, sync::Arc};

use jiff::Timestamp;
use longhaul_plugin::SinkError;
use longhaul_table::{Cell, Column, Type, mismatch, rejected};
use parquet::{
    basic::{LogicalType, Repetition, TimeUnit, Type as Physical},
    data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::Result,
    file::writer::SerializedFileWriter,
    schema::types,
};

/// The rows of the next row group.
pub(crate) struct Group {
    columns: Vec<Values>,
    /// For each column and row: 1 for a value, 0 for null.
    levels: Vec<Vec<i16>>,
    rows: usize,
    /// The approximate memory of the rows in bytes.
    bytes: usize,
}

/// The values of a column, without nulls.
enum Values {
    Bytes(Vec<ByteArray>),
    Integers(Vec<i64>),
    Doubles(Vec<f64>),
    Booleans(Vec<bool>),
}

/// The schema of a file with these columns. All are nullable.
pub(crate) fn schema(columns: &[Column]) -> Result<types::Type> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            Type::Text | Type::Numeric => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Type::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
            Type::Integer => (Physical::INT64, None),
            Type::Real => (Physical::DOUBLE, None),
            Type::Boolean => (Physical::BOOLEAN, None),
            Type::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        };
        let field = types::Type::primitive_type_builder(&column.name, physical);
        field.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build().map(Arc::new)
    };
    let fields = columns.iter().map(field).collect::<Result<_>>()?;
    types::Type::group_type_builder("record").with_fields(fields).build()
}

/// Whether a microsecond is precise enough for the time.
pub(crate) fn is_precise_enough(at: Timestamp) -> bool {
    at.subsec_nanosecond() % 1000 == 0
}

/// Returns an error if the file cannot store a value of the row. `number` is the number of the record on the page.
pub(crate) fn check(
    columns: &[Column],
    number: usize,
    row: &[Cell<'_>],
) -> std::result::Result<(), SinkError> {
    let error = |(column, cell): (_, &Cell<'_>)| match cell {
        Cell::Timestamp(text, at) if !is_precise_enough(*at) => {
            Some(rejected(number, &mismatch(column, text, "is more precise than a microsecond")))
        }
        _ => None,
    };
    columns.iter().zip(row).find_map(error).map_or(Ok(()), Err)
}

impl Group {
    pub(crate) fn new(columns: &[Column]) -> Self {
        let values = columns.iter().map(|column| match column.kind {
            Type::Text | Type::Numeric | Type::Json => Values::Bytes(Vec::new()),
            Type::Integer | Type::Timestamp => Values::Integers(Vec::new()),
            Type::Real => Values::Doubles(Vec::new()),
            Type::Boolean => Values::Booleans(Vec::new()),
        });
        let columns: Vec<_> = values.collect();
        let levels = vec![Vec::new(); columns.len()];
        Self { columns, levels, rows: 0, bytes: 0 }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a row of cells of the columns' types.
    pub(crate) fn push(&mut self, row: &[Cell<'_>]) {
        self.rows += 1;
        for ((values, levels), cell) in self.columns.iter_mut().zip(&mut self.levels).zip(row) {
            levels.push(i16::from(*cell != Cell::Null));
            self.bytes += values.push(cell) + size_of::<i16>();
        }
    }

    /// Writes the rows to the file, and empties the group.
    pub(crate) fn write<W: Write + Send>(&mut self, file: &mut SerializedFileWriter<W>) -> Result<()> {
        let mut group = file.next_row_group()?;
        for (values, levels) in self.columns.iter_mut().zip(&mut self.levels) {
            let Some(mut column) = group.next_column()? else { break };
            let levels = Some(mem::take(levels));
            let levels = levels.as_deref();
            match values {
                Values::Bytes(values) => {
                    column.typed::<ByteArrayType>().write_batch(&mem::take(values), levels, None)?
                }
                Values::Integers(values) => {
                    column.typed::<Int64Type>().write_batch(&mem::take(values), levels, None)?
                }
                Values::Doubles(values) => {
                    column.typed::<DoubleType>().write_batch(&mem::take(values), levels, None)?
                }
                Values::Booleans(values) => {
                    column.typed::<BoolType>().write_batch(&mem::take(values), levels, None)?
                }
            };
            column.close()?;
        }
        group.close()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl Values {
    /// Adds a value of this type, and returns its size in memory. Ignores other types, including null.
    fn push(&mut self, cell: &Cell<'_>) -> usize {
        match (self, cell) {
            (Self::Bytes(values), Cell::Text(text)) => add(values, text),
            (Self::Bytes(values), Cell::Json(json) | Cell::Numeric(json)) => add(values, json),
            (Self::Integers(values), Cell::Integer(value)) => {
                values.push(*value);
                size_of::<i64>()
            }
            (Self::Integers(values), Cell::Timestamp(_, at)) => {
                values.push(at.as_microsecond());
                size_of::<i64>()
            }
            (Self::Doubles(values), Cell::Real(value)) => {
                values.push(*value);
                size_of::<f64>()
            }
            (Self::Booleans(values), Cell::Boolean(value)) => {
                values.push(*value);
                size_of::<bool>()
            }
            _ => 0,
        }
    }
}

fn add(values: &mut Vec<ByteArray>, text: &str) -> usize {
    values.push(text.as_bytes().to_vec().into());
    size_of::<ByteArray>() + text.len()
}
