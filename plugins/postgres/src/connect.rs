//! Connects to a server.

use std::{fmt, path::PathBuf, time::Duration};

use longhaul_plugin::{SinkError, SinkErrorKind};
use postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode, TargetSessionAttrs},
};

use crate::{error::failed, tls};

/// How long a server may be silent that does not confirm what is sent, as when its machine has lost power. Without a limit,
/// a run would wait for hours before the next one can use another server.
const VANISHED: Duration = Duration::from_secs(120);

/// A server and its database, and how to connect to it. It may have several hosts; one of them accepts writes.
pub(crate) struct Server {
    config: Config,
    /// Whether the certificate of the server must be valid for its name.
    is_verified: bool,
    ca_file: Option<PathBuf>,
    timeouts: Timeouts,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// For each address of the server.
    pub(crate) connect: Duration,
    /// For a lock that another program holds.
    pub(crate) lock: Duration,
    /// For a statement.
    pub(crate) statement: Duration,
}

impl Server {
    /// Reads a URL, or a list of `key=value`, as `psql` accepts it. The error does not contain the URL.
    pub(crate) fn parse(url: &str, ca_file: Option<PathBuf>, timeouts: Timeouts) -> Result<Self, SinkError> {
        let invalid = |message: &str| SinkError::config("url", message);
        if url.contains("sslmode=verify-ca") {
            return Err(invalid("`sslmode=verify-ca` is not supported; use `verify-full`"));
        }
        let read_only = ["read-only", "standby", "prefer-standby"];
        let wanted = read_only.iter().find(|kind| url.contains(&format!("target_session_attrs={kind}")));
        if let Some(kind) = wanted {
            return Err(invalid(&format!(
                "`target_session_attrs={kind}` finds a server that cannot be written to; use `read-write`"
            )));
        }
        let is_verified = url.contains("sslmode=verify-full");
        // The driver only knows that TLS is required, and has no name for a primary.
        let url = url.replace("sslmode=verify-full", "sslmode=require");
        let url = url.replace("target_session_attrs=primary", "target_session_attrs=read-write");
        let mut config = url.parse::<Config>().map_err(|_| {
            invalid(
                "`url` is not the URL of a PostgreSQL database, such as `postgres://user@host:5432/database`",
            )
        })?;
        if config.get_hosts().is_empty() {
            return Err(invalid("`url` names no host"));
        }
        config.connect_timeout(timeouts.connect);
        // Of several hosts, the others may be standbys.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(VANISHED);
        }
        if !url.contains("keepalives_idle") {
            config.keepalives_idle(VANISHED / 2);
        }
        if config.get_application_name().is_none() {
            config.application_name("longhaul");
        }
        Ok(Self { config, is_verified, ca_file, timeouts })
    }

    /// The hosts, their ports and the database, without credentials.
    pub(crate) fn place(&self) -> String {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(index, host)| {
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => format!("{host}:{port}"),
                #[cfg(unix)]
                Host::Unix(folder) => folder.join(format!(".s.PGSQL.{port}")).display().to_string(),
            }
        });
        let hosts = hosts.collect::<Vec<_>>().join(",");
        format!("{hosts}/{}", self.config.get_dbname().or(self.config.get_user()).unwrap_or_default())
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Result<Client, SinkError> {
        let what = || {
            let (place, hosts) = (self.place(), self.config.get_hosts().len());
            let last = if hosts > 1 { " (this is what the last host says)" } else { "" };
            format!("cannot connect to `{place}`{last}")
        };
        let connected = if self.config.get_ssl_mode() == SslMode::Disable {
            self.config.connect(NoTls)
        } else {
            let tls = tls::connector(self.is_verified, self.ca_file.as_deref()).map_err(|error| {
                SinkError::new(SinkErrorKind::Config, format!("{}: TLS cannot be set up", what()))
                    .because(error)
            })?;
            self.config.connect(tls)
        };
        let mut client = connected.map_err(|error| failed(what(), &error))?;
        let Timeouts { lock, statement, .. } = self.timeouts;
        // With `synchronous_commit` off, a commit could be lost although it was reported.
        let settings = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; SET synchronous_commit = on; \
             SET client_min_messages = warning",
            statement.as_millis(),
            lock.as_millis()
        );
        client.batch_execute(&settings).map_err(|error| failed(what(), &error))?;
        Ok(client)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Server").field(&self.place()).finish()
    }
}
