//! Compressed files.

use std::io::{Read, Write};

use flate2::{read::MultiGzDecoder, write::GzEncoder};

/// What a file holds to its last byte that was written with this compression: `gzip` or `zstd`, or the ending of its
/// name, `gz` or `zst`. Any other is not compressed.
pub fn unpacked(compression: &str, file: &[u8]) -> Vec<u8> {
    let mut held = Vec::new();
    let read = match compression {
        "gzip" | "gz" => MultiGzDecoder::new(file).read_to_end(&mut held),
        "zstd" | "zst" => zstd::Decoder::new(file).and_then(|mut decoder| decoder.read_to_end(&mut held)),
        _ => return file.to_vec(),
    };
    // Neither decoder may take an empty file for one that holds nothing: the commands refuse it.
    assert!(read.is_ok() && !file.is_empty(), "{compression}: {read:?} of {} bytes", file.len());
    held
}

/// A whole file that holds this text.
pub fn packed(compression: &str, text: &str) -> Vec<u8> {
    let packed = match compression {
        "gzip" => {
            let mut member = GzEncoder::new(Vec::new(), flate2::Compression::fast());
            member.write_all(text.as_bytes()).and_then(|()| member.finish())
        }
        "zstd" => zstd::encode_all(text.as_bytes(), 1),
        _ => Ok(text.into()),
    };
    packed.expect("memory can be written to")
}
