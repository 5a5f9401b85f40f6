//! What a server does with a request.

use std::{
    io::{self, Write},
    net::TcpStream,
    time::Duration,
};

use longhaul_core::Clock;
use socket2::SockRef;

use crate::exchange::Reply;

/// What a server does with a request.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// It answers, and keeps the connection.
    Reply(Reply),
    /// It answers in chunks (RFC 9112 §7.1), and keeps the connection.
    Chunked(Reply),
    /// It answers as if it kept the connection, and then closes it.
    ReplyAndClose(Reply),
    /// It answers in pieces of a few bytes, with pauses between.
    Drip(Reply),
    /// It closes the connection without an answer.
    Close,
    /// It resets the connection without an answer.
    Reset,
    /// It answers, but the body ends too early.
    Cut {
        /// The answer.
        reply: Reply,
        /// How the answer marks the end of its body.
        framing: Framing,
        /// How many bytes of the body are sent.
        after: usize,
        /// How the connection ends.
        end: End,
    },
    /// It sends nothing until it is dropped.
    Stall,
    /// It sends the head and one byte of the body, and then nothing until it is dropped.
    StallInBody(Reply),
    /// It sends these bytes, and closes the connection.
    Raw(Vec<u8>),
}

/// How an answer marks the end of its body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// By its length.
    Length,
    /// By a last chunk.
    Chunks,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    /// Normally.
    Close,
    /// By a reset.
    Reset,
}

/// What happens to the connection after a reaction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Connection {
    Keep,
    Close,
}

/// The maximum time of a stall, so that a test cannot hang.
const MAX_STALL: Duration = Duration::from_secs(60);

impl From<Reply> for Reaction {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

impl Reaction {
    /// Performs the reaction. Each write is one TCP segment if it fits. The answer to HEAD ends with its head.
    pub(super) fn perform(
        self,
        stream: &TcpStream,
        pauses: &dyn Clock,
        is_head: bool,
    ) -> io::Result<Connection> {
        let mut out = stream;
        match self {
            Self::Reply(reply) => {
                let (bytes, head) = message(&reply, Framing::Length);
                out.write_all(if is_head { &bytes[..head] } else { &bytes })?;
            }
            Self::Chunked(reply) => out.write_all(&message(&reply, Framing::Chunks).0)?,
            Self::ReplyAndClose(reply) => {
                out.write_all(&message(&reply, Framing::Length).0)?;
                return Ok(Connection::Close);
            }
            Self::Drip(reply) => {
                for piece in message(&reply, Framing::Chunks).0.chunks(31) {
                    out.write_all(piece)?;
                    pauses.sleep(Duration::from_millis(1));
                }
            }
            Self::Close => return Ok(Connection::Close),
            Self::Reset => {
                reset_on_close(stream)?;
                return Ok(Connection::Close);
            }
            Self::Cut { reply, framing, after, end } => {
                let (bytes, head) = message(&reply, framing);
                out.write_all(&bytes[..head + after])?;
                if end == End::Reset {
                    reset_on_close(stream)?;
                }
                return Ok(Connection::Close);
            }
            Self::Stall => {
                pauses.sleep(MAX_STALL);
                return Ok(Connection::Close);
            }
            Self::StallInBody(reply) => {
                let (bytes, head) = message(&reply, Framing::Length);
                out.write_all(&bytes[..=head])?;
                pauses.sleep(MAX_STALL);
                return Ok(Connection::Close);
            }
            Self::Raw(bytes) => {
                out.write_all(&bytes)?;
                return Ok(Connection::Close);
            }
        }
        Ok(Connection::Keep)
    }
}

/// The whole answer as bytes, and how many of them are its head.
fn message(reply: &Reply, framing: Framing) -> (Vec<u8>, usize) {
    let Reply { status, headers, body } = reply;
    let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    let frame = match framing {
        // RFC 9110 §8.6: no length if there can be no content.
        Framing::Length if *status == 204 => "\r\n".to_owned(),
        Framing::Length => format!("content-length: {}\r\n\r\n", body.len()),
        Framing::Chunks => "transfer-encoding: chunked\r\n\r\n".to_owned(),
    };
    bytes.extend(frame.bytes());
    let head = bytes.len();
    match framing {
        Framing::Length => bytes.extend(body),
        Framing::Chunks => {
            for chunk in body.chunks(100) {
                bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
                bytes.extend(chunk);
                bytes.extend(b"\r\n");
            }
            bytes.extend(b"0\r\n\r\n");
        }
    }
    (bytes, head)
}

/// RST instead of FIN.
fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}
