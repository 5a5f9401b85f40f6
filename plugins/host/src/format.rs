//! What a library's file is, told from its headers before any of its code runs.
//!
//! Where libraries are ELF, the loader trusts their headers: of one that was cut off it maps what is not there, and
//! the process dies of reading it. Elsewhere the loader looks itself, and says what it finds.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::LoadError;

/// Refuses a file that the loader could not load, or would die of.
pub(crate) fn check(library: &Path) -> Result<(), LoadError> {
    let unreadable = |source| LoadError::Unreadable { library: library.to_owned(), source };
    let kind = fs::metadata(library).map_err(unreadable)?.file_type();
    // Whoever opens a pipe waits for somebody to write to it.
    if !kind.is_file() && !kind.is_dir() {
        return Err(LoadError::NoLibrary { library: library.to_owned() });
    }
    let mut file = File::open(library).map_err(unreadable)?;
    if cfg!(any(target_os = "linux", target_os = "android", target_os = "freebsd")) {
        let size = file.metadata().map_err(unreadable)?.len();
        let verdict = elf::judge(&mut file, size).map_err(unreadable)?;
        return verdict.map_err(|fault| fault.of(library, size));
    }
    Ok(())
}

/// What keeps a file from being loaded.
#[derive(Debug, Eq, PartialEq)]
enum Fault {
    NoLibrary,
    BuiltFor(String),
    CutOff { needed: u64 },
}

impl Fault {
    fn of(self, library: &Path, size: u64) -> LoadError {
        let library = library.to_owned();
        match self {
            Self::NoLibrary => LoadError::NoLibrary { library },
            Self::BuiltFor(machine) => LoadError::Foreign { library, machine },
            Self::CutOff { needed } => LoadError::CutOff { library, size, needed },
        }
    }
}

/// The executable and linkable format, as `elf(5)` describes it.
mod elf {
    use std::{
        env::consts::ARCH,
        io::{Read, Seek, SeekFrom},
    };

    use super::{Fault, io};

    /// The numbers of processors, under the names that Rust has for them.
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

    /// What stands in the header before its own fields: a mark, the width of a word, and the order of bytes.
    const IDENTITY: [u8; 6] = [
        0x7f,
        b'E',
        b'L',
        b'F',
        if WORD == 8 { 2 } else { 1 },
        if cfg!(target_endian = "little") { 1 } else { 2 },
    ];

    /// Looks at a file of `size` bytes. The header says where the lists of segments and of sections are, and the
    /// segments say how long the file must be.
    pub(super) fn judge(file: &mut (impl Read + Seek), size: u64) -> io::Result<Result<(), Fault>> {
        const LENGTH: usize = 40 + 3 * WORD;

        let mut header = Vec::new();
        file.by_ref().take(LENGTH as u64).read_to_end(&mut header)?;
        if !header.starts_with(&IDENTITY[..4]) {
            return Ok(Err(Fault::NoLibrary));
        }
        if header.len() < LENGTH {
            return Ok(Err(Fault::CutOff { needed: LENGTH as u64 }));
        }
        let machine = half(&header, 18);
        let known = MACHINES.iter().find(|(number, _)| *number == machine).map(|(_, name)| *name);
        let is_known_here = MACHINES.iter().any(|(_, name)| *name == ARCH);
        if !header.starts_with(&IDENTITY) || (is_known_here && known != Some(ARCH)) {
            let name = known.map_or_else(|| format!("another processor (number {machine})"), str::to_owned);
            return Ok(Err(Fault::BuiltFor(name)));
        }
        // The list of sections is of no use to the loader, but stands at the end of most files.
        let list = |start, numbers| {
            (word(&header, start), u64::from(half(&header, numbers)), u64::from(half(&header, numbers + 2)))
        };
        let (sections, width, count) = list(24 + 2 * WORD, 34 + 3 * WORD);
        let needed = sections.saturating_add(width * count);
        let (segments, width, count) = list(24 + WORD, 30 + 3 * WORD);
        let needed = needed.max(segments.saturating_add(width * count));
        if needed > size {
            return Ok(Err(Fault::CutOff { needed }));
        }
        let mut listed = Vec::new();
        file.seek(SeekFrom::Start(segments))?;
        file.take(width * count).read_to_end(&mut listed)?;
        let ends = listed.chunks(usize::try_from(width).unwrap_or_default().max(1));
        let ends = ends.map(|segment| word(segment, WORD).saturating_add(word(segment, 4 * WORD)));
        let needed = ends.fold(needed, u64::max);
        Ok(if needed > size { Err(Fault::CutOff { needed }) } else { Ok(()) })
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

    fn verdict(bytes: &[u8]) -> Result<(), Fault> {
        elf::judge(&mut Cursor::new(bytes), bytes.len() as u64).unwrap()
    }

    /// This test's own program stands for a library: only their headers are looked at.
    fn program() -> Vec<u8> {
        fs::read(env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_whole_file_for_this_machine_passes() {
        assert_eq!(verdict(&program()), Ok(()));
    }

    #[test]
    fn what_is_no_library_is_told_by_its_first_bytes() {
        for bytes in [&b""[..], b"text", &[b'#'; 4096]] {
            assert_eq!(verdict(bytes), Err(Fault::NoLibrary));
        }
    }

    #[test]
    fn a_file_that_was_cut_off_anywhere_is_refused() {
        let program = program();
        for length in [4, 20, 64, 300, 4096, program.len() / 4, program.len() - 1] {
            let verdict = verdict(&program[..length]);
            assert!(
                matches!(verdict, Err(Fault::CutOff { needed }) if needed > length as u64),
                "{length}: {verdict:?}"
            );
        }
    }

    #[test]
    fn another_machine_is_named() {
        let with_machine = |machine: u16| {
            let mut program = program();
            program[18..20].copy_from_slice(&machine.to_ne_bytes());
            verdict(&program)
        };
        assert_eq!(with_machine(22), Err(Fault::BuiltFor("s390x".to_owned())));
        assert_eq!(with_machine(4711), Err(Fault::BuiltFor("another processor (number 4711)".to_owned())));
    }
}
