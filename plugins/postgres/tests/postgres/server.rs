//! A PostgreSQL server for all tests of this program.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

use postgres::{Client, NoTls, SimpleQueryMessage};

/// A running server. Its script stops it when this program ends, because its standard input ends then.
pub(crate) struct Server {
    pub(crate) port: u16,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();

impl Server {
    /// The server; `None` if there is none on this machine, which is printed.
    pub(crate) fn get() -> Option<&'static Self> {
        let server = SERVER.get_or_init(Self::start).as_ref();
        if server.is_none() {
            io::stderr().write_all(b"skipped: PostgreSQL\n").unwrap();
        }
        server
    }

    /// A server of its own for a test that restarts it.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// A server of its own, with a standby that follows it on the returned port.
    pub(crate) fn start_with_standby() -> Option<(Self, u16)> {
        let port = free_port();
        Some((Self::start_with(&["", &port.to_string()])?, port))
    }

    /// A server of its own whose tables are on a disk of this many MiB; `None` if there cannot be one, which is printed.
    pub(crate) fn start_on_disk_of(size: u32) -> Option<Self> {
        let server = Self::start_with(&[&size.to_string()]);
        if server.is_none() {
            io::stderr().write_all(b"skipped: PostgreSQL on a small disk\n").unwrap();
        }
        server
    }

    #[expect(
        clippy::zombie_processes,
        reason = "the script ends when its input does, which is after the tests"
    )]
    fn start_with(more: &[&str]) -> Option<Self> {
        if cfg!(not(unix)) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap().keep();
        let port = free_port();
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut script = Command::new("sh")
            .arg(package.join("tests/server.sh"))
            .arg(&folder)
            .arg(port.to_string())
            .arg(package.join("../../tests/support/keys"))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(script.stdout.take().unwrap());
        let mut server = Self { port, input: script.stdin.take().unwrap(), output };
        server.is_ready().then_some(server)
    }

    /// Has its script do something, and waits until it is done: see `tests/server.sh`.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
        assert!(self.is_ready());
    }

    /// Waits until it is ready; `false` if there is no server on this machine.
    fn is_ready(&mut self) -> bool {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        match line.trim_end() {
            "ready" => true,
            skipped if skipped.starts_with("skipped") => false,
            other => panic!("the script ended with {other:?}"),
        }
    }

    /// The URL of the database `postgres`.
    pub(crate) fn url(&self) -> String {
        url(&[self.port])
    }

    /// A new connection.
    pub(crate) fn client(&self) -> Client {
        client(self.port)
    }

    /// The first column of a query.
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        texts(self.port, sql)
    }
}

/// The URL of the database `postgres` of a server that has these ports.
pub(crate) fn url(ports: &[u16]) -> String {
    let hosts = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect::<Vec<_>>().join(",");
    format!("postgres://longhaul:the%20password@{hosts}/postgres")
}

/// A new connection to the server on this port.
pub(crate) fn client(port: u16) -> Client {
    Client::connect(&url(&[port]), NoTls).unwrap()
}

/// The first column of a query to the server on this port.
pub(crate) fn texts(port: u16, sql: &str) -> Vec<String> {
    let rows = client(port).simple_query(sql).unwrap();
    let rows = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    rows.collect()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
