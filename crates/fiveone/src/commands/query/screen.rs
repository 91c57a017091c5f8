//! What the person sees while a task is under way: one line that is drawn anew where there is a terminal,
//! and a line for each change where there is none. All of it is on standard error, so that the report
//! alone is on standard output.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use fiveone_model::product::Product;
use fiveone_model::report::Section;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::client::text;
use crate::output::complain;

/// How often the line moves.
const MOVES_EVERY: Duration = Duration::from_millis(120);

/// The line of a task.
pub(super) struct Screen {
    product: Product,
    /// Whether it is drawn anew in place.
    is_live: bool,
    is_quiet: bool,
    bar: ProgressBar,
    /// The last line that was told.
    told: String,
}

impl Screen {
    pub(super) fn new(product: Product, is_quiet: bool) -> Self {
        let is_live = io::stderr().is_terminal() && io::stdout().is_terminal();
        let bar =
            if is_live && !is_quiet { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        Self { product, is_live, is_quiet, bar, told: String::new() }
    }

    /// Whether pictures and times can be drawn.
    pub(super) const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Tells how far the task is; `left` is how long its question waits.
    pub(super) fn show(&mut self, data: &Value, left: Option<Duration>) {
        let line = line(self.product, data);
        let is_new = self.told != line;
        if is_new && !self.is_live && !self.is_quiet {
            complain(&line);
        }
        self.bar.enable_steady_tick(MOVES_EVERY);
        let left = left.map(|left| format!("  剩余 {}", clock(left))).unwrap_or_default();
        self.bar.set_message(format!("{line}{left}"));
        if is_new {
            self.told = line;
        }
    }

    /// Takes the line away, so that something can be asked.
    pub(super) fn clear(&self) {
        self.bar.disable_steady_tick();
        self.bar.set_message("");
        self.bar.suspend(|| ());
        if self.is_live && !self.is_quiet {
            put("\r\x1b[2K");
        }
    }

    /// Asks for a line, with the time that is left above it.
    pub(super) fn ask(&self, label: &str, left: Option<Duration>) {
        match left {
            Some(left) if self.is_live => put(&format!("剩余 {}\n{label}: ", clock(left))),
            Some(left) => put(&format!("{label}（{} 秒内）: ", left.as_secs())),
            None => put(&format!("{label}: ")),
        }
    }

    /// Draws the time that is left anew, above what is being typed.
    pub(super) fn count_down(&self, left: Duration) {
        if self.is_live {
            put(&format!("\x1b7\x1b[1A\r剩余 {}\x1b[K\x1b8", clock(left)));
        }
    }

    pub(super) fn end(&self) {
        self.clear();
        self.bar.finish_and_clear();
    }
}

/// Where the task is, and its sections as they come.
fn line(product: Product, data: &Value) -> String {
    let mut line = text(&data["msg"]);
    for section in Section::of(product) {
        if data.get(section.as_str()).is_some() {
            line.push_str(" ✔");
            line.push_str(section.label());
        }
    }
    line
}

fn clock(left: Duration) -> String {
    let seconds = left.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Writes what has no end of its line yet. A reader that went away is no reason to fail.
fn put(text: &str) {
    let mut error = io::stderr().lock();
    drop(error.write_all(text.as_bytes()));
    drop(error.flush());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sections_are_ticked_in_the_documents_order() {
        let data = json!({ "msg": "正在爬取", "billInfos": [], "baseInfo": {} });
        assert_eq!(line(Product::Fund, &data), "正在爬取 ✔基础信息 ✔缴存信息");
        assert_eq!(line(Product::Insurance, &json!({ "msg": "登录中" })), "登录中");
    }

    #[test]
    fn time_is_told_in_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(119_900)), "1:59");
        assert_eq!(clock(Duration::from_secs(5)), "0:05");
    }
}
