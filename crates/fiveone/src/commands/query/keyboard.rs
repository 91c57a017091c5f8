//! What the person types. Lines are read on a thread of their own, so that the screen goes on while
//! somebody thinks, and so that Ctrl-C is heard.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::sync::mpsc::Sender;

use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, Termios};
use tokio::sync::mpsc::UnboundedReceiver;

type Typed = io::Result<Option<String>>;

/// Standard input, line by line.
pub(super) struct Keyboard {
    asks: Sender<()>,
    typed: UnboundedReceiver<Typed>,
    is_asked: bool,
}

impl Keyboard {
    pub(super) fn new() -> Self {
        let (asks, asked) = std::sync::mpsc::channel();
        let (types, typed) = tokio::sync::mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while asked.recv().is_ok() {
                if types.send(read()).is_err() {
                    return;
                }
            }
        });
        Self { asks, typed, is_asked: false }
    }

    /// The next line without its end; `None` when nobody is there any more. Nothing is lost when this is
    /// dropped before a line is there.
    pub(super) async fn line(&mut self) -> Typed {
        if !self.is_asked {
            self.is_asked = self.asks.send(()).is_ok();
        }
        let typed = self.typed.recv().await.unwrap_or(Ok(None));
        self.is_asked = false;
        typed
    }

    /// Forgets what was typed for a question that is no more.
    pub(super) fn forget() {
        if io::stdin().is_terminal() {
            _ = termios::tcflush(io::stdin(), QueueSelector::IFlush);
        }
    }
}

fn read() -> Typed {
    let mut text = String::new();
    let count = io::stdin().lock().read_line(&mut text)?;
    Ok((count > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// For as long as this lives the terminal does not show what is typed.
pub(super) struct Hidden {
    before: Option<Termios>,
}

impl Hidden {
    pub(super) fn begin() -> Self {
        let before = termios::tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            // The end of the line is shown all the same.
            hidden.local_modes.insert(LocalModes::ECHONL);
            _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &hidden);
        }
        Self { before }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
