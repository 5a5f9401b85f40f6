//! Joins the files of several pulls into what one pull would have written.

use std::io::{self, Read, Write};

use longhaul_core::sink::{Keys, Options, SinkError};

use crate::file::{Compression, Encoder};

/// How the files of a sink are joined.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    format: Format,
    compression: Compression,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    /// Files without a header.
    Lines,
    /// Files with a header, which all have or leave out because they have no records.
    Table,
}

/// Why files cannot be joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// A file cannot be read, or the result cannot be written.
    #[error("cannot join the files")]
    Io(#[from] io::Error),
    /// The files are tables with different columns.
    #[error("file {number} has other columns than the files before it")]
    Columns {
        /// The number of the file, from 1.
        number: usize,
    },
}

impl Join {
    /// How the files of a sink of this type with these options are joined; `None` if they cannot be.
    ///
    /// # Errors
    /// The options are not valid.
    pub fn of(kind: &str, options: &Options) -> Result<Option<Self>, SinkError> {
        let format = match kind {
            "ndjson" => Format::Lines,
            "csv" => Format::Table,
            _ => return Ok(None),
        };
        let known: Vec<_> = options.keys().cloned().collect();
        let keys = Keys::new(options, &known)?;
        let compression = Compression::new(&keys, keys.required_text("path")?)?;
        Ok(Some(Self { format, compression }))
    }

    /// Writes the contents of `files` to `out`, one after another.
    pub fn write<R: Read>(
        self,
        files: impl IntoIterator<Item = io::Result<R>>,
        out: &mut dyn Write,
    ) -> Result<(), JoinError> {
        match self.format {
            // Compressed files are valid one after another (RFC 1952 §2.2, RFC 8878 §3.1).
            Format::Lines => files.into_iter().try_for_each(|file| {
                io::copy(&mut file?, out)?;
                Ok(())
            }),
            Format::Table => self.write_tables(files, out),
        }
    }

    fn write_tables<R: Read>(
        self,
        files: impl IntoIterator<Item = io::Result<R>>,
        out: &mut dyn Write,
    ) -> Result<(), JoinError> {
        let mut encoder = Encoder::new(self.compression);
        let (mut header, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        for (file, number) in files.into_iter().zip(1..) {
            let mut file = self.compression.decoded(file?)?;
            let (found, mut rest) = header_of(&mut file)?;
            if header.is_empty() {
                out.write_all(&encoder.encode(&found)?)?;
                header = found;
            } else if found != header && !found.is_empty() {
                return Err(JoinError::Columns { number });
            }
            while !rest.is_empty() {
                out.write_all(&encoder.encode(&rest)?)?;
                let read = file.read(&mut buffer)?;
                rest.clear();
                rest.extend_from_slice(&buffer[..read]);
            }
        }
        let rest = if header.is_empty() { encoder.empty_file()? } else { encoder.end()? };
        Ok(out.write_all(&rest)?)
    }
}

/// The header of a table with its line end, and the start of what follows it, which is empty only at the end of the file.
fn header_of(file: &mut dyn Read) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut start, mut searched, mut is_quoted) = (Vec::new(), 0, false);
    let mut chunk = vec![0; 1 << 12];
    loop {
        let end = start.iter().skip(searched).position(|byte| {
            is_quoted ^= *byte == b'"';
            *byte == b'\n' && !is_quoted
        });
        if let Some(end) = end {
            let mut rest = start.split_off(searched + end + 1);
            if rest.is_empty() {
                let read = file.read(&mut chunk)?;
                rest.extend_from_slice(&chunk[..read]);
            }
            return Ok((start, rest));
        }
        searched = start.len();
        match file.read(&mut chunk)? {
            0 => return Ok((start, Vec::new())),
            read => start.extend_from_slice(&chunk[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compression as Level, read::MultiGzDecoder, write::GzEncoder};
    use serde_json::json;

    use super::*;

    fn joined(kind: &str, path: &str, files: &[&[u8]]) -> Result<Vec<u8>, String> {
        let options = Options::from_iter([("path".to_owned(), json!(path)), ("bom".to_owned(), json!(true))]);
        let join = Join::of(kind, &options).unwrap().unwrap();
        let mut out = Vec::new();
        let written = join.write(files.iter().map(|file| Ok(*file)), &mut out);
        written.map(|()| out).map_err(|error| error.to_string())
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Level::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> String {
        io::read_to_string(MultiGzDecoder::new(bytes)).unwrap()
    }

    #[test]
    fn lines_follow_each_other() {
        assert_eq!(joined("ndjson", "x", &[b"1\n2\n", b"", b"3\n"]).unwrap(), b"1\n2\n3\n");
        let files = [packed("1\n"), packed(""), packed("2\n")];
        let files: Vec<_> = files.iter().map(Vec::as_slice).collect();
        assert_eq!(unpacked(&joined("ndjson", "x.gz", &files).unwrap()), "1\n2\n");
    }

    #[test]
    fn a_table_has_one_header() {
        let header = "a,\"b\"\"\nc\"\r\n";
        let rows =
            [format!("{header}1,2\r\n"), header.to_owned(), String::new(), format!("{header}3,\"\n\"\r\n")];
        let whole = format!("{header}1,2\r\n3,\"\n\"\r\n");
        let plain: Vec<_> = rows.iter().map(String::as_bytes).collect();
        assert_eq!(joined("csv", "x", &plain).unwrap(), whole.as_bytes());
        assert_eq!(joined("csv", "x", &[b"", b""]).unwrap(), b"");
        let files: Vec<_> = rows.iter().map(|rows| packed(rows)).collect();
        let files: Vec<_> = files.iter().map(Vec::as_slice).collect();
        assert_eq!(unpacked(&joined("csv", "x.gz", &files).unwrap()), whole);
        let long = format!("a\n{}", "1\n".repeat(100_000));
        let joined = joined("csv", "x", &[long.as_bytes(), long.as_bytes()]).unwrap();
        assert_eq!(joined.len(), long.len() * 2 - 2);
    }

    #[test]
    fn tables_with_other_columns_are_refused() {
        let error = joined("csv", "x", &[b"a\n1\n", b"", b"a,b\n1,2\n"]).unwrap_err();
        assert_eq!(error, "file 3 has other columns than the files before it");
        assert!(Join::of("parquet", &Options::new()).unwrap().is_none());
    }
}
