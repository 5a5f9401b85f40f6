//! Checks the headers of a library before any of its code runs.
//!
//! On systems with ELF libraries, the loader trusts the headers: it maps the missing part of a truncated file, and
//! the process crashes when it reads there. The loaders of other systems check the headers themselves.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::LoadError;

/// Rejects a file that the loader cannot load, or that would crash it.
pub(crate) fn check(library: &Path) -> Result<(), LoadError> {
    let unreadable = |source| LoadError::Unreadable { library: library.to_owned(), source };
    let kind = fs::metadata(library).map_err(unreadable)?.file_type();
    // Opening a pipe would block until someone writes to it.
    if !kind.is_file() && !kind.is_dir() {
        return Err(LoadError::NotALibrary { library: library.to_owned() });
    }
    let mut file = File::open(library).map_err(unreadable)?;
    if cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd")) {
        let size = file.metadata().map_err(unreadable)?.len();
        let checked = elf::check(&mut file, size).map_err(unreadable)?;
        return checked.map_err(|error| error.for_library(library, size));
    }
    Ok(())
}

/// Why a file cannot be loaded.
#[derive(Debug, Eq, PartialEq)]
enum FormatError {
    NotALibrary,
    OtherMachine(String),
    Truncated { needed: u64 },
}

impl FormatError {
    fn for_library(self, library: &Path, size: u64) -> LoadError {
        let library = library.to_owned();
        match self {
            Self::NotALibrary => LoadError::NotALibrary { library },
            Self::OtherMachine(machine) => LoadError::OtherMachine { library, machine },
            Self::Truncated { needed } => LoadError::Truncated { library, size, needed },
        }
    }
}

/// The executable and linkable format, as `elf(5)` describes it.
mod elf {
    use std::{
        env::consts::ARCH,
        io::{Read, Seek, SeekFrom},
    };

    use super::{FormatError, io};

    /// The numbers of processors, with their names in Rust.
    const MACHINES: [(u16, &str); 9] = [
        (3, "x86"),
        (20, "powerpc"),
        (21, "powerpc64"),
        (22, "s390x"),
        (40, "arm"),
        (62, "x86_64"),
        (183, "aarch64"),
        (243, "riscv64"),
        (258, "loongarch64"),
    ];

    const WORD: usize = size_of::<usize>();

    /// The start of the header: a signature, the size of a word, and the byte order.
    const IDENTITY: [u8; 6] = [
        0x7f,
        b'E',
        b'L',
        b'F',
        if WORD == 8 { 2 } else { 1 },
        if cfg!(target_endian = "little") { 1 } else { 2 },
    ];

    /// Checks a file of `size` bytes. The header contains the positions of the tables of segments and sections, and
    /// the segments determine the minimum length of the file.
    pub(super) fn check(file: &mut (impl Read + Seek), size: u64) -> io::Result<Result<(), FormatError>> {
        const LENGTH: usize = 40 + 3 * WORD;

        let mut header = Vec::new();
        file.by_ref().take(LENGTH as u64).read_to_end(&mut header)?;
        if !header.starts_with(&IDENTITY[..4]) {
            return Ok(Err(FormatError::NotALibrary));
        }
        if header.len() < LENGTH {
            return Ok(Err(FormatError::Truncated { needed: LENGTH as u64 }));
        }
        let machine = half(&header, 18);
        let known = MACHINES.iter().find(|(number, _)| *number == machine).map(|(_, name)| *name);
        let is_known_here = MACHINES.iter().any(|(_, name)| *name == ARCH);
        if !header.starts_with(&IDENTITY) || (is_known_here && known != Some(ARCH)) {
            let name = known.map_or_else(|| format!("another processor (number {machine})"), str::to_owned);
            return Ok(Err(FormatError::OtherMachine(name)));
        }
        // The loader does not use the section table, but it is at the end of most files.
        let table = |start, numbers| {
            (word(&header, start), u64::from(half(&header, numbers)), u64::from(half(&header, numbers + 2)))
        };
        let (sections, width, count) = table(24 + 2 * WORD, 34 + 3 * WORD);
        let needed = sections.saturating_add(width * count);
        let (segments, width, count) = table(24 + WORD, 30 + 3 * WORD);
        let needed = needed.max(segments.saturating_add(width * count));
        if needed > size {
            return Ok(Err(FormatError::Truncated { needed }));
        }
        let mut entries = Vec::new();
        file.seek(SeekFrom::Start(segments))?;
        file.take(width * count).read_to_end(&mut entries)?;
        let ends = entries.chunks(usize::try_from(width).unwrap_or_default().max(1));
        let ends = ends.map(|segment| word(segment, WORD).saturating_add(word(segment, 4 * WORD)));
        let needed = ends.fold(needed, u64::max);
        Ok(if needed > size { Err(FormatError::Truncated { needed }) } else { Ok(()) })
    }

    fn half(bytes: &[u8], at: usize) -> u16 {
        bytes.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map_or(0, u16::from_ne_bytes)
    }

    fn word(bytes: &[u8], at: usize) -> u64 {
        let bytes = bytes.get(at..at + WORD).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, usize::from_ne_bytes) as u64
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::{env, fs, io::Cursor};

    use super::*;

    fn check_bytes(bytes: &[u8]) -> Result<(), FormatError> {
        elf::check(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    /// The test's own program, in place of a library: only its headers are read.
    fn program() -> Vec<u8> {
        fs::read(env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_complete_file_for_this_machine_passes() {
        assert_eq!(check_bytes(&program()), Ok(()));
    }

    #[test]
    fn a_file_that_is_not_a_library_is_detected_by_its_first_bytes() {
        for bytes in [&b""[..], b"text", &[b'#'; 4096]] {
            assert_eq!(check_bytes(bytes), Err(FormatError::NotALibrary));
        }
    }

    #[test]
    fn a_truncated_file_is_rejected() {
        let program = program();
        for length in [4, 20, 64, 300, 4096, program.len() / 4, program.len() - 1] {
            let checked = check_bytes(&program[..length]);
            assert!(
                matches!(checked, Err(FormatError::Truncated { needed }) if needed > length as u64),
                "{length}: {checked:?}"
            );
        }
    }

    #[test]
    fn another_machine_is_named() {
        let with_machine = |machine: u16| {
            let mut program = program();
            program[18..20].copy_from_slice(&machine.to_ne_bytes());
            check_bytes(&program)
        };
        assert_eq!(with_machine(22), Err(FormatError::OtherMachine("s390x".to_owned())));
        assert_eq!(
            with_machine(4711),
            Err(FormatError::OtherMachine("another processor (number 4711)".to_owned()))
        );
    }
}
