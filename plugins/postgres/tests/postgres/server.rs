//! A PostgreSQL server for all tests of this program.

use std::{
    io::{self, BufRead, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use postgres::{Client, NoTls};

/// A running server. Its script stops it when this program ends, because its standard input ends then.
pub(crate) struct Server {
    pub(crate) port: u16,
    _script: Child,
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

    fn start() -> Option<Self> {
        if cfg!(not(unix)) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap().keep();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut script = Command::new("sh")
            .arg(package.join("tests/server.sh"))
            .arg(&folder)
            .arg(port.to_string())
            .arg(package.join("../../tests/support/keys"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        match line.trim_end() {
            "ready" => Some(Self { port, _script: script }),
            skipped if skipped.starts_with("skipped") => None,
            other => panic!("the script ended with {other:?}"),
        }
    }

    /// The URL of the database `postgres`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://longhaul:the%20password@127.0.0.1:{}/postgres", self.port)
    }

    /// A new connection.
    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).unwrap()
    }
}
