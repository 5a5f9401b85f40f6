//! Accepts connections, with one thread for each.

use std::{
    collections::HashMap,
    io::{self, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use socket2::SockRef;

use crate::{
    api::{Answer, Api},
    head::Unreadable,
    request::Request,
    response::{Persistence, Response},
};

const MAX_CONNECTIONS: usize = 512;
/// How long a connection may be idle.
const IDLE: Duration = Duration::from_secs(300);

/// Accepts connections until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<Mutex<Connections>>,
    accepting: Option<JoinHandle<()>>,
}

/// A port that is bound but not yet served.
#[derive(Debug)]
pub(crate) struct Port(TcpListener, SocketAddr);

#[derive(Debug, Default)]
struct Connections {
    stopped: bool,
    count: u64,
    open: HashMap<u64, TcpStream>,
}

impl Port {
    /// Binds `port` on the loopback interface; 0 picks a free one.
    pub(crate) fn take(port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        Ok(Self(listener, address))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.1
    }

    pub(crate) fn serve(self, api: Arc<Api>) -> io::Result<Server> {
        let Self(listener, address) = self;
        let connections = Arc::new(Mutex::new(Connections::default()));
        let shared = Arc::clone(&connections);
        let accepting =
            thread::Builder::new().name("fake-api".into()).spawn(move || accept(&listener, &shared, &api))?;
        Ok(Server { address, connections, accepting: Some(accepting) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut connections = lock(&self.connections);
        connections.stopped = true;
        for stream in connections.open.values() {
            // It fails only if the connection is already closed.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(connections);
        // Only a new connection makes `accept` return. If none can be made, the thread is left running.
        let woken = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
        if let (Ok(_), Some(accepting)) = (woken, self.accepting.take()) {
            let _ = accepting.join();
        }
    }
}

fn lock(connections: &Mutex<Connections>) -> MutexGuard<'_, Connections> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, connections: &Arc<Mutex<Connections>>, api: &Arc<Api>) {
    loop {
        let accepted = listener.accept();
        let mut known = lock(connections);
        if known.stopped {
            return;
        }
        // A connection over the limit, or one that cannot be cloned, is dropped and thereby closed.
        let Ok((stream, _)) = accepted else { continue };
        let Ok(handle) = stream.try_clone() else { continue };
        if known.open.len() >= MAX_CONNECTIONS {
            continue;
        }
        known.count += 1;
        let id = known.count;
        known.open.insert(id, handle);
        drop(known);
        let (shared, api) = (Arc::clone(connections), Arc::clone(api));
        let connection = move || {
            let end = converse(&stream, &api);
            // Only closing the last handle resets the connection.
            lock(&shared).open.remove(&id);
            if matches!(end, Ok(End::Reset)) {
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            }
        };
        if thread::Builder::new().name(format!("fake-api-{id}")).spawn(connection).is_err() {
            lock(connections).open.remove(&id);
        }
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum End {
    Closed,
    Reset,
}

/// Answers the requests of a connection one by one.
fn converse(stream: &TcpStream, api: &Api) -> io::Result<End> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let request = match Request::read(&mut reader, &mut writer) {
            Ok(request) => request,
            Err(Unreadable::Gone) => return Ok(End::Closed),
            Err(Unreadable::Malformed { status, problem }) => {
                writer.write_all(&api.refuse(status, problem).message(Persistence::Close))?;
                return linger(stream);
            }
        };
        match api.answer(&request) {
            Answer::Cut(response) => {
                writer.write_all(&cut(&response))?;
                stream.shutdown(Shutdown::Both)?;
                return Ok(End::Closed);
            }
            Answer::Nothing => return Ok(End::Closed),
            Answer::Reset => return Ok(End::Reset),
            Answer::Whole(response) if request.keeps_alive => {
                writer.write_all(&response.message(Persistence::KeepAlive))?;
            }
            Answer::Whole(response) => {
                writer.write_all(&response.message(Persistence::Close))?;
                return Ok(End::Closed);
            }
        }
    }
}

/// A response that declares its whole body but contains only half of it.
fn cut(response: &Response) -> Vec<u8> {
    let mut message = response.message(Persistence::KeepAlive);
    message.truncate(message.len() - response.body.len().div_ceil(2));
    message
}

/// Reads what a refused client is still sending: closing at once would reset the connection, and the response
/// could be lost (RFC 9112 §9.6).
fn linger(stream: &TcpStream) -> io::Result<End> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut stream.take(1 << 20), &mut io::sink())?;
    Ok(End::Closed)
}
