//! What the targets for fuzzing call: plans and receipts of partitions, which no other crate reads.

use std::{
    error::Error,
    io::{Read, Seek, Write},
    path::Path,
};

use crate::session::{
    partitions::{
        plan_file::{Header, Line, PlanFile, write_line, write_plan},
        receipt::{Receipt, ReceiptFile},
    },
    state_place::StatePlace,
};

/// The partition of every receipt.
const PARTITION: &str = "p";

/// Reads the plan at `path`, and writes it again.
///
/// # Errors
/// It is not a whole plan.
pub fn rewritten_plan(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let plan = PlanFile::open(path)?;
    let lines = plan.lines()?.collect::<Result<Vec<Line>, _>>()?;
    written(plan.header, |out| lines.iter().try_for_each(|line| Ok(write_line(out, line)?)))
}

/// The same plan with a checksum that is right; `None` if its first line is not that of a plan.
pub fn sealed_plan(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let header = serde_json::from_slice(&text[..end]).ok()?;
    written(header, |out| Ok(out.write_all(&text[end + 1..])?)).ok()
}

fn written(
    header: Header,
    lines: impl FnOnce(&mut dyn Write) -> Result<(), Box<dyn Error>>,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut file = tempfile::tempfile()?;
    write_plan(&file, &mut header.unsealed(), |_, out| lines(out))?;
    file.rewind()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Reads the receipt at `path`, and writes it again.
///
/// # Errors
/// It is damaged.
pub fn rewritten_receipt(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let folder = path.parent().ok_or("it has no folder")?.to_owned();
    let name = path.file_name().ok_or("it has no name")?.to_string_lossy().into_owned();
    let receipt = ReceiptFile::new(StatePlace::Folder(folder), name);
    let receipt = receipt.read(PARTITION)?.ok_or("there is none")?;
    Ok(serde_json::to_vec(&receipt)?)
}

/// The same receipt with a checksum that is right; `None` if it is not one.
pub fn sealed_receipt(text: &[u8]) -> Option<Vec<u8>> {
    let receipt: Receipt = serde_json::from_slice(text).ok()?;
    serde_json::to_vec(&receipt.sealed()).ok()
}
