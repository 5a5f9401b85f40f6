//! System calls that the standard library does not have.

use std::{fs::File, io, os::fd::AsRawFd, ptr};

use nix::libc;

/// How a mapping is synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Msync {
    Now,
    Later,
    Never,
}

/// Appends to the file through memory that is shared with it.
pub(crate) fn append_mapped(file: &File, bytes: &[u8], msync: Msync) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let start = file.metadata()?.len();
    let length = usize::try_from(start).map_err(io::Error::other)? + bytes.len();
    file.set_len(length as u64)?;
    // The new length must be durable, too.
    file.sync_data()?;
    // SAFETY: the mapping is new, and nothing else in this process uses it.
    let memory = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping has `length` bytes, and the file is as long.
    unsafe {
        let end = memory.cast::<u8>().add(length - bytes.len());
        ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len());
        match msync {
            Msync::Now => libc::msync(memory, length, libc::MS_SYNC),
            Msync::Later => libc::msync(memory, length, libc::MS_ASYNC),
            Msync::Never => 0,
        };
        libc::munmap(memory, length);
    }
    Ok(())
}

/// Starts to write the file to the disk. This does not include its length, nor the cache of the disk.
pub(crate) fn sync_file_range(file: &File) {
    // SAFETY: the call only takes numbers.
    unsafe {
        libc::sync_file_range(
            file.as_raw_fd(),
            0,
            0,
            libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER,
        );
    }
}
