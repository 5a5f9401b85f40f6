//! Compresses and decompresses files.

use std::io::{Cursor, Read, Write};

use flate2::{read::MultiGzDecoder, write::GzEncoder};

/// Decompresses a whole file. `compression` is `gzip` or `zstd`, or the file extension `gz` or `zst`; any other means no
/// compression.
pub fn decompress(compression: &str, file: &[u8]) -> Vec<u8> {
    let mut contents = Vec::new();
    let read = match compression {
        "gzip" | "gz" => MultiGzDecoder::new(file).read_to_end(&mut contents),
        "zstd" | "zst" => zstd::Decoder::new(file).and_then(|mut decoder| decoder.read_to_end(&mut contents)),
        _ => return file.to_vec(),
    };
    // The decoders accept an empty file, but the commands `gzip` and `zstd` refuse it.
    assert!(read.is_ok() && !file.is_empty(), "{compression}: {read:?} of {} bytes", file.len());
    contents
}

/// Compresses `text` to a whole file.
pub fn compress(compression: &str, text: &str) -> Vec<u8> {
    let compressed = match compression {
        "gzip" => {
            let mut member = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            member.write_all(text.as_bytes()).and_then(|()| member.finish())
        }
        "zstd" => zstd::encode_all(text.as_bytes(), 1),
        _ => Ok(text.into()),
    };
    compressed.expect("writing to memory succeeds")
}

/// A zip archive with these files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        let options = zip::write::SimpleFileOptions::default();
        let written = archive.start_file(*name, options).and_then(|()| Ok(archive.write_all(contents)?));
        written.expect("writing to memory succeeds");
    }
    archive.finish().expect("writing to memory succeeds").into_inner()
}
