//! The system calls that write or sync files.

use std::{fs, io};

use nix::{libc, unistd::Pid};

/// What a system call does to files, by descriptors of the calling thread.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Call {
    /// Changes a file. `syncs` if this call by itself makes the change durable.
    Write { file: u64, syncs: bool },
    /// Changes the length of a file, which `O_SYNC` does not make durable.
    Resize { file: u64 },
    /// Maps a file into memory that is shared with it.
    Map { file: u64 },
    /// Makes a file durable.
    Sync { file: u64 },
    /// Makes the mapped memory at this address durable.
    SyncMemory { address: u64, length: u64 },
    /// Makes all files durable.
    SyncAll,
    /// Could write in ways that later system calls do not show. The name of the method.
    Hidden(&'static str),
    /// Does nothing of this.
    Other,
}

/// The system call that the stopped `thread` is about to make.
pub(crate) fn current(thread: Pid) -> io::Result<Call> {
    let line = fs::read_to_string(format!("/proc/{thread}/syscall"))?;
    Ok(parse(&line).unwrap_or(Call::Other))
}

/// Parses the number of a system call in decimal, and its arguments in hexadecimal.
fn parse(line: &str) -> Option<Call> {
    let mut fields = line.split_whitespace();
    let number: libc::c_long = fields.next()?.parse().ok()?;
    let arguments: Vec<u64> =
        fields.map_while(|field| u64::from_str_radix(field.strip_prefix("0x")?, 16).ok()).collect();
    let argument = |index: usize| arguments.get(index).copied();
    Some(match number {
        libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev | libc::SYS_pwritev | libc::SYS_sendfile => {
            Call::Write { file: argument(0)?, syncs: false }
        }
        libc::SYS_pwritev2 => {
            Call::Write { file: argument(0)?, syncs: has(argument(5)?, libc::RWF_SYNC | libc::RWF_DSYNC) }
        }
        libc::SYS_copy_file_range | libc::SYS_splice => Call::Write { file: argument(2)?, syncs: false },
        libc::SYS_ftruncate | libc::SYS_fallocate => Call::Resize { file: argument(0)? },
        // The two kinds of shared mappings. What is read-only now may become writable later.
        libc::SYS_mmap if has(argument(3)?, libc::MAP_SHARED) && !has(argument(3)?, libc::MAP_ANONYMOUS) => {
            Call::Map { file: argument(4)? }
        }
        libc::SYS_fsync | libc::SYS_fdatasync => Call::Sync { file: argument(0)? },
        libc::SYS_msync if has(argument(2)?, libc::MS_SYNC) => {
            Call::SyncMemory { address: argument(0)?, length: argument(1)? }
        }
        libc::SYS_sync | libc::SYS_syncfs => Call::SyncAll,
        libc::SYS_io_uring_setup => Call::Hidden("io_uring"),
        libc::SYS_io_submit => Call::Hidden("io_submit"),
        _ => Call::Other,
    })
}

fn has(flags: u64, flag: libc::c_int) -> bool {
    flags & u64::from(flag.unsigned_abs()) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_calls_are_recognized_by_number_and_flags() {
        let call = |number: libc::c_long, arguments: &str| parse(&format!("{number} {arguments} 0x7f 0x55"));
        let zeros = "0x0 0x0 0x0 0x0 0x0";
        assert_eq!(
            call(libc::SYS_write, &format!("0x5 {zeros}")),
            Some(Call::Write { file: 5, syncs: false })
        );
        assert_eq!(
            call(libc::SYS_pwritev2, "0x5 0x0 0x1 0x0 0x0 0x2"),
            Some(Call::Write { file: 5, syncs: true })
        );
        assert_eq!(call(libc::SYS_mmap, "0x0 0x10 0x3 0x1 0xa 0x0"), Some(Call::Map { file: 10 }));
        assert_eq!(call(libc::SYS_mmap, "0x0 0x10 0x3 0x2 0xa 0x0"), Some(Call::Other));
        assert_eq!(call(libc::SYS_msync, "0x1000 0x10 0x1 0x0 0x0 0x0"), Some(Call::Other));
        assert_eq!(call(libc::SYS_sync_file_range, &format!("0x5 {zeros}")), Some(Call::Other));
        assert_eq!(parse("running"), None);
    }
}
