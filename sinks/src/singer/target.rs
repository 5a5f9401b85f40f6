//! A running target: a child process that reads messages and writes the states that it has stored.

use std::{
    collections::VecDeque,
    env,
    error::Error,
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    mem,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    },
    thread,
    time::Duration,
};

use longhaul_core::{
    Clock,
    clock::{Interrupt, SystemClock},
    sink::{SinkError, SinkErrorKind},
};

use super::{
    children::{Children, Ended, Process, Started},
    last_lines::LastLines,
    target_lock::TargetLock,
};
use crate::file::FilePath;

/// The number of bytes that are passed to the writing thread at once.
const CHUNK: usize = 1 << 18;

/// How many chunks may be on their way.
const CHUNKS: usize = 2;

/// The longest line that a target may write, in bytes.
const LONGEST_LINE: u64 = 1 << 20;

/// How long to wait for the rest of what a target says after it has ended.
const REST: Duration = Duration::from_secs(1);

/// How a target is started, and how long it may take.
#[derive(Debug)]
pub(super) struct Program {
    /// The program and its arguments. There is at least the program.
    pub(super) command: Vec<String>,
    /// How long the target may do nothing.
    pub(super) timeout: Duration,
    pub(super) children: Children,
    /// The names of the variables of the environment with credentials, which it does not get.
    pub(super) credentials: Arc<[String]>,
}

/// A running target. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Target {
    name: String,
    timeout: Duration,
    process: Process,
    /// To the thread that writes to the process.
    input: SyncSender<Vec<u8>>,
    /// From the threads that write to and read from the process.
    events: Receiver<Event>,
    last_lines: Arc<Mutex<LastLines>>,
    /// How many chunks are on their way.
    unwritten: usize,
    /// The lines of standard output that were not taken yet.
    lines: VecDeque<String>,
}

/// What happened to the process.
#[derive(Debug)]
enum Event {
    /// It has taken a chunk, or cannot.
    Written(io::Result<()>),
    /// It wrote a line to standard output.
    Line(String),
    /// It closed standard output.
    OutputEnded,
    /// It closed standard error.
    ErrorsEnded,
}

impl Program {
    /// Starts the target, as soon as no process of an earlier run has the lock at `lock`.
    pub(super) fn start(&self, lock: FilePath) -> Result<Target, SinkError> {
        let [name, arguments @ ..] = self.command.as_slice() else {
            return Err(SinkError::config("command", "`command` is empty"));
        };
        let lock = TargetLock::acquire(lock, name, self.timeout)?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // The target has no use for the configuration and the credentials of the API. It can still read their files: it runs
        // as the same user.
        let is_withheld = |name: &str| {
            name.starts_with("LONGHAUL_") || self.credentials.iter().any(|withheld| withheld == name)
        };
        for (variable, _) in env::vars_os() {
            if variable.to_str().is_some_and(is_withheld) {
                command.env_remove(variable);
            }
        }
        // Ctrl-C in a terminal must not end the target before the run has stopped.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let started = self.children.start(&mut command, lock).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                let message =
                    format!("cannot find the target `{name}` (install it, or write its path in `command`)");
                SinkError::new(SinkErrorKind::Unavailable, message)
            }
            _ => SinkError::io(format!("cannot start the target `{name}`"), error),
        })?;
        let Started { process, stdin, stdout, stderr } = started;
        let no_thread =
            |error| SinkError::io(format!("cannot start a thread for the target `{name}`"), error);
        let (input, chunks) = sync_channel(CHUNKS);
        let (sender, events) = channel();
        let last_lines = Arc::<Mutex<LastLines>>::default();
        let to_writer = sender.clone();
        spawn("target input", move || write_chunks(stdin, &chunks, &to_writer)).map_err(no_thread)?;
        let to_reader = sender.clone();
        spawn("target output", move || read_lines(stdout, &to_reader)).map_err(no_thread)?;
        let lines = Arc::clone(&last_lines);
        spawn("target errors", move || {
            if let Some(stderr) = stderr {
                LastLines::read(stderr, &lines);
            }
            drop(sender.send(Event::ErrorsEnded));
        })
        .map_err(no_thread)?;
        let (name, timeout) = (name.clone(), self.timeout);
        Ok(Target { name, timeout, process, input, events, last_lines, unwritten: 0, lines: VecDeque::new() })
    }
}

impl Target {
    /// Sends whole messages. Waits while the target does not take them.
    pub(super) fn send(&mut self, messages: &[u8]) -> Result<(), SinkError> {
        for chunk in messages.chunks(CHUNK) {
            while self.unwritten >= CHUNKS {
                self.wait()?;
            }
            if self.input.send(chunk.to_vec()).is_err() {
                return Err(self.ended_early());
            }
            self.unwritten += 1;
        }
        while let Ok(event) = self.events.try_recv() {
            self.note(event)?;
        }
        Ok(())
    }

    /// The lines that it has written to standard output since the last call.
    pub(super) fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
        mem::take(&mut self.lines).into_iter()
    }

    /// Ends the input, waits until the target has stored everything and ended, and returns its remaining lines.
    pub(super) fn close(mut self) -> Result<impl Iterator<Item = String> + use<>, SinkError> {
        while self.unwritten > 0 {
            self.wait()?;
        }
        // The writing thread closes the input of the process.
        drop(mem::replace(&mut self.input, sync_channel(0).0));
        loop {
            match self.next(self.timeout)? {
                Event::OutputEnded => break,
                Event::Line(line) => self.lines.push_back(line),
                Event::Written(_) | Event::ErrorsEnded => {}
            }
        }
        match self.status(self.timeout)? {
            Some(ended) if ended.is_success => Ok(self.lines()),
            Some(ended) => Err(self.failed("failed", &ended.words)),
            None => Err(self.hangs()),
        }
    }

    /// Waits for the next event.
    fn wait(&mut self) -> Result<(), SinkError> {
        let event = self.next(self.timeout)?;
        self.note(event)
    }

    fn next(&self, timeout: Duration) -> Result<Event, SinkError> {
        match self.events.recv_timeout(timeout) {
            Ok(event) => Ok(event),
            Err(RecvTimeoutError::Timeout) => Err(self.hangs()),
            Err(RecvTimeoutError::Disconnected) => Err(self.ended_early()),
        }
    }

    /// Notes an event before the end of the input.
    fn note(&mut self, event: Event) -> Result<(), SinkError> {
        match event {
            Event::Written(Ok(())) => self.unwritten -= 1,
            Event::Line(line) => self.lines.push_back(line),
            Event::ErrorsEnded => {}
            Event::Written(Err(_)) | Event::OutputEnded => return Err(self.ended_early()),
        }
        Ok(())
    }

    /// How the process has ended, if it does within `timeout`.
    fn status(&self, timeout: Duration) -> Result<Option<Ended>, SinkError> {
        let clock = SystemClock::new(Interrupt::default());
        let mut pause = Duration::from_millis(1);
        loop {
            let ended = self.process.ended();
            let ended = ended.map_err(|error| {
                SinkError::io(format!("cannot wait for the target `{}`", self.name), error)
            })?;
            if ended.is_some() || clock.elapsed() >= timeout {
                return Ok(ended);
            }
            clock.sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }

    fn ended_early(&self) -> SinkError {
        let status = match self.status(REST) {
            Ok(Some(ended)) => ended.words,
            Ok(None) => "it no longer reads its input".to_owned(),
            Err(error) => return error,
        };
        self.failed("ended before it had taken all records", &status)
    }

    fn hangs(&self) -> SinkError {
        let timeout = jiff::SignedDuration::try_from(self.timeout).unwrap_or_default();
        self.failed("does not go on", &format!("nothing has happened for {timeout:#}"))
    }

    /// An error with the last lines of the target.
    fn failed(&self, what: &str, why: &str) -> SinkError {
        // After its end, the last lines may still be on their way.
        while !matches!(self.events.recv_timeout(REST), Ok(Event::ErrorsEnded) | Err(_)) {}
        let message = format!("the target `{}` {what} ({why})", self.name);
        let error = SinkError::new(SinkErrorKind::Unavailable, message);
        let last = self.last_lines.lock().unwrap_or_else(PoisonError::into_inner).text();
        match last {
            Some(last) => error.because(Said(last)),
            None => error,
        }
    }
}

/// The last lines that a target wrote to standard error, as the cause of its failure.
#[derive(Debug)]
struct Said(String);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its last lines were:")?;
        self.0.lines().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Error for Said {}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

/// Writes each chunk. The input of the process is closed when there are no more.
fn write_chunks(stdin: Option<impl Write>, chunks: &Receiver<Vec<u8>>, events: &Sender<Event>) {
    let Some(mut stdin) = stdin else { return };
    for chunk in chunks {
        let written = stdin.write_all(&chunk);
        let has_failed = written.is_err();
        if events.send(Event::Written(written)).is_err() || has_failed {
            return;
        }
    }
}

fn read_lines(stdout: Option<impl Read>, events: &Sender<Event>) {
    let Some(stdout) = stdout else { return };
    let (mut stdout, mut line) = (BufReader::new(stdout), Vec::new());
    while stdout.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if !text.is_empty() && events.send(Event::Line(text)).is_err() {
            return;
        }
        line.clear();
    }
    drop(events.send(Event::OutputEnded));
}
