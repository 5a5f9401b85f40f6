//! A server with minimal overhead: its answers are prepared, and its connections stay open.

use std::{
    io::{self, BufRead, BufReader, IoSlice, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use crate::pages::{Answer, Pages};

/// Listens until the program ends. `/SHAPE/COUNT/NUMBER` is page NUMBER of COUNT pages. `/slow/…` is a small page that takes
/// [`LATENCY`].
pub(crate) fn serve(pages: Arc<Pages>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let pages = Arc::clone(&pages);
            // Errors are ignored, because a client may close its connection.
            thread::spawn(move || stream.and_then(|stream| answer(&pages, stream)));
        }
    });
    address
}

/// The time that a slow page takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(50);

fn answer(pages: &Pages, mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        while line != "\r\n" {
            line.clear();
            requests.read_line(&mut line)?;
        }
        if target.starts_with("/slow/") {
            thread::park_timeout(LATENCY);
        }
        let Answer { mut head, body, times, tail } = pages.answer(&target);
        for _ in 1..times {
            send(&mut stream, [head.as_bytes(), body, &[]])?;
            head.clear();
        }
        send(&mut stream, [head.as_bytes(), body, tail.as_bytes()])?;
    }
}

/// Sends several pieces in one call, if possible.
fn send(stream: &mut TcpStream, pieces: [&[u8]; 3]) -> io::Result<()> {
    let mut pieces = pieces.map(IoSlice::new);
    let mut left = &mut pieces[..];
    while !left.is_empty() {
        let written = stream.write_vectored(left)?;
        IoSlice::advance_slices(&mut left, written);
    }
    Ok(())
}
