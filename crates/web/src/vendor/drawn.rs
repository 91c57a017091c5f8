//! Questions as one picture that text answers (P-52), for clients of 2017: a ruler under a puzzle, a
//! grid over words, a numbered list, the QR code itself. Nothing is solved: the person still finds the
//! place, and types what is written beside it.

mod canvas;
mod paper;
mod puzzle;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::question::{OpenQuestion, Question};
use fiveone_model::task::TaskId;

use self::canvas::Canvas;

/// What is kept of pictures that were drawn, in bytes.
const KEPT_BYTES_MAX: u64 = 16 << 20;

/// Draws questions, each once: a client asks for it every second or two.
pub(super) struct Drawer {
    kept: moka::sync::Cache<(TaskId, i64), Arc<str>>,
}

impl Drawer {
    pub(super) fn new() -> Self {
        let weigh =
            |_: &(TaskId, i64), kept: &Arc<str>| u32::try_from(kept.len()).unwrap_or(u32::MAX);
        let kept = moka::sync::Cache::builder()
            .weigher(weigh)
            .max_capacity(KEPT_BYTES_MAX)
            .time_to_live(std::time::Duration::from_secs(300));
        Self { kept: kept.build() }
    }

    /// The picture of a question in padded base64; `None` where there is none to see.
    pub(super) async fn draw(&self, task: &TaskId, open: &OpenQuestion) -> Option<Arc<str>> {
        if open.question.kind == ChallengeKind::Sms {
            return None;
        }
        let key = (task.clone(), open.id);
        if let Some(kept) = self.kept.get(&key) {
            return Some(kept);
        }
        let question = open.question.clone();
        let drawing = tokio::task::spawn_blocking(move || STANDARD.encode(picture(&question)));
        let drawn: Arc<str> = drawing.await.ok()?.into();
        self.kept.insert(key, Arc::clone(&drawn));
        Some(drawn)
    }
}

/// The picture of a question. One that cannot be drawn on is shown as the portal sent it.
fn picture(question: &Question) -> Vec<u8> {
    let drawn = match question.kind {
        ChallengeKind::Captcha | ChallengeKind::Sms => None,
        ChallengeKind::Slide => puzzle::slide(question),
        ChallengeKind::Click => puzzle::click(question),
        ChallengeKind::Scan => paper::scan(question),
        ChallengeKind::Choose => Some(paper::choose(question)),
        ChallengeKind::Confirm => Some(paper::confirm(question)),
    };
    let as_sent = || question.pictures.first().map(|one| one.data.clone()).unwrap_or_default();
    drawn.and_then(Canvas::png).unwrap_or_else(as_sent)
}

#[cfg(test)]
mod tests;
