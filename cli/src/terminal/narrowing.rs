//! A terminal that may become narrower while it shows a progress line.

use std::{
    env, io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use console::measure_text_width;
use indicatif::TermLike;

/// Clears the rows into which a terminal breaks the progress line when it becomes narrower.
#[derive(Debug)]
pub(super) struct Narrowing<T> {
    terminal: T,
    /// Whether the terminal wraps lines again when its width changes. The others cut them off, so that the row above is
    /// another line.
    rewraps: bool,
    /// The width of the line that is shown.
    shown: Mutex<usize>,
}

impl<T: TermLike> Narrowing<T> {
    /// Draws on `terminal`. xterm and screen do not wrap lines again.
    pub(super) fn new(terminal: T) -> Self {
        let rewraps = ["XTERM_VERSION", "STY"].iter().all(|name| env::var_os(name).is_none());
        Self { terminal, rewraps, shown: Mutex::default() }
    }

    fn shown(&self) -> MutexGuard<'_, usize> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: TermLike> TermLike for Narrowing<T> {
    fn width(&self) -> u16 {
        self.terminal.width()
    }

    fn height(&self) -> u16 {
        self.terminal.height()
    }

    fn move_cursor_up(&self, rows: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(rows)
    }

    fn move_cursor_down(&self, rows: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(rows)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.terminal.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // Terminals differ in whether they also break the blanks that fill a line. The row is empty without them.
        if text.trim_matches(' ').is_empty() {
            return Ok(());
        }
        *self.shown() += measure_text_width(text);
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        let shown = std::mem::take(&mut *self.shown());
        let rows = if self.rewraps { shown.div_ceil(self.width().max(1).into()) } else { 1 };
        for _ in 1..rows {
            self.terminal.clear_line()?;
            self.terminal.move_cursor_up(1)?;
        }
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.terminal.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records what is done to it.
    #[derive(Debug, Default)]
    struct Recorded {
        width: Mutex<u16>,
        calls: Mutex<Vec<&'static str>>,
    }

    impl Recorded {
        #[expect(clippy::unnecessary_wraps, reason = "this is what the methods of the trait return")]
        fn call(&self, call: &'static str) -> io::Result<()> {
            self.calls.lock().unwrap().push(call);
            Ok(())
        }
    }

    impl TermLike for Recorded {
        fn width(&self) -> u16 {
            *self.width.lock().unwrap()
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            self.call("up")
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            self.call("down")
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            self.call("right")
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            self.call("left")
        }

        fn write_line(&self, _: &str) -> io::Result<()> {
            self.call("line")
        }

        fn write_str(&self, _: &str) -> io::Result<()> {
            self.call("text")
        }

        fn clear_line(&self) -> io::Result<()> {
            self.call("clear")
        }

        fn flush(&self) -> io::Result<()> {
            self.call("flush")
        }
    }

    /// What is done to a terminal that shows a line of 70 columns, and is then cleared twice at this width.
    fn calls(width: u16, rewraps: bool) -> Vec<&'static str> {
        let (terminal, shown) = (Recorded::default(), Mutex::default());
        let narrowing = Narrowing { terminal, rewraps, shown };
        narrowing.write_str(&"é".repeat(70)).unwrap();
        narrowing.write_str(&" ".repeat(10)).unwrap();
        *narrowing.terminal.width.lock().unwrap() = width;
        narrowing.clear_line().unwrap();
        narrowing.clear_line().unwrap();
        narrowing.terminal.calls.into_inner().unwrap()
    }

    #[test]
    fn the_rows_of_a_broken_line_are_cleared() {
        for width in [200, 80, 70] {
            assert_eq!(calls(width, true), ["text", "clear", "clear"], "{width}");
        }
        assert_eq!(calls(40, true), ["text", "clear", "up", "clear", "clear"]);
        assert_eq!(calls(25, true), ["text", "clear", "up", "clear", "up", "clear", "clear"]);
        assert_eq!(calls(25, false), ["text", "clear", "clear"]);
    }
}
