//! A server on a real socket that fails on request.

mod reaction;
mod request;

use std::{
    fmt,
    io::BufReader,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
};
use url::Url;

use self::reaction::Connection;
pub use self::reaction::{End, Framing, Reaction};
use crate::exchange::Received;

type Script = dyn Fn(&Received) -> Reaction + Send + Sync;

/// A server on the loopback interface that reacts to each request by a script, with a thread for each connection.
/// Dropping the server stops all threads.
pub struct FaultServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    script: Box<Script>,
    /// The time of requests.
    clock: Arc<dyn Clock>,
    /// Ends pauses when the server is dropped.
    ended: Interrupt,
    stopping: AtomicBool,
    connections: AtomicUsize,
    received: Mutex<Vec<Received>>,
    /// The threads own their connections, because a reset is only sent when the last owner is dropped.
    open: Mutex<Vec<Weak<TcpStream>>>,
}

impl FaultServer {
    /// Starts a server that records the times of requests by `clock`.
    pub fn start(
        clock: Arc<dyn Clock>,
        script: impl Fn(&Received) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("the address of a bound socket");
        let shared = Arc::new(Shared {
            script: Box::new(script),
            clock,
            ended: Interrupt::default(),
            stopping: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
            received: Mutex::default(),
            open: Mutex::default(),
        });
        let of_thread = Arc::clone(&shared);
        let accepting = thread::spawn(move || of_thread.accept(&listener));
        Self { address, shared, accepting: Some(accepting) }
    }

    /// The root URL of the server.
    pub fn url(&self) -> Url {
        format!("http://{}", self.address).parse().expect("an address makes a URL")
    }

    /// The number of connections so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// All requests so far, in order.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.shared.received).clone()
    }

    /// The requests to the token endpoint so far, in order.
    pub fn token_requests(&self) -> Vec<Received> {
        self.received().into_iter().filter(Received::is_for_token).collect()
    }

    /// The requests to the API so far, in order.
    pub fn api_requests(&self) -> Vec<Received> {
        self.received().into_iter().filter(|request| !request.is_for_token()).collect()
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        self.shared.ended.raise();
        // Wakes the accepting thread.
        drop(TcpStream::connect(self.address));
        for stream in locked(&self.shared.open).iter().filter_map(Weak::upgrade) {
            // It may already be closed.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let outcome = self.accepting.take().map_or(Ok(()), JoinHandle::join);
        assert!(outcome.is_ok() || thread::panicking(), "the script of the server panicked");
    }
}

impl Shared {
    fn accept(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            for stream in listener.incoming() {
                let mut open = locked(&self.open);
                if self.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream.map(Arc::new) else { continue };
                self.connections.fetch_add(1, Ordering::SeqCst);
                open.push(Arc::downgrade(&stream));
                // The tests break connections on purpose.
                scope.spawn(move || drop(self.serve(&stream)));
            }
        });
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        // Otherwise, small writes would wait for acknowledgements.
        stream.set_nodelay(true)?;
        let pauses = SystemClock::new(self.ended.clone());
        let mut reader = BufReader::new(stream);
        while let Some(mut received) = request::read(&mut reader)? {
            received.at = self.clock.elapsed();
            locked(&self.received).push(received.clone());
            let is_head = received.method == http::Method::HEAD;
            if (self.script)(&received).perform(stream, &pauses, is_head)? == Connection::Close {
                break;
            }
        }
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for FaultServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultServer").field("address", &self.address).finish_non_exhaustive()
    }
}
