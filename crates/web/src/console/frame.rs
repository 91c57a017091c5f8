//! What stands around every page: the menu, who is signed in, and how times and money are written.

use fiveone_model::clock::{Millis, shanghai_text};
use fiveone_model::operator::Role;

use crate::assets;
use crate::language::Language;

/// What every template has.
pub(super) struct Frame {
    pub(super) language: Language,
    pub(super) operator: String,
    pub(super) role: Role,
    pub(super) form_token: String,
    pub(super) here: &'static str,
    pub(super) other_language: String,
    pub(super) now: Millis,
    pub(super) said: Option<&'static str>,
}

/// A line of the menu.
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) is_here: bool,
}

/// The menu: a page's word, its address and its names.
const PLACES: [(&str, &str, &str, &str); 9] = [
    ("overview", "/console", "概览", "Overview"),
    ("tasks", "/console/tasks", "任务", "Tasks"),
    ("apps", "/console/apps", "应用", "Apps"),
    ("areas", "/console/areas", "地区", "Areas"),
    ("connectors", "/console/connectors", "连接器", "Connectors"),
    ("callbacks", "/console/callbacks", "回调", "Callbacks"),
    ("explain", "/console/explain", "签名排查", "Token keys"),
    ("erasure", "/console/erasure", "删除", "Erasure"),
    ("deeds", "/console/deeds", "操作记录", "Audit log"),
];

impl Frame {
    pub(super) fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.say(chinese, english)
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let (here, language) = (self.here, self.language);
        PLACES.into_iter().map(move |(word, path, chinese, english)| Place {
            path,
            name: language.say(chinese, english),
            is_here: word == here,
        })
    }

    pub(super) const fn version(&self) -> &'static str {
        assets::VERSION
    }

    pub(super) fn role_name(&self) -> &'static str {
        match self.role {
            Role::Viewer => self.language.say("只读", "viewer"),
            Role::Operator => self.language.say("运维", "operator"),
            Role::Owner => self.language.say("负责人", "owner"),
        }
    }

    /// Whether buttons of operators are shown.
    pub(super) fn may_operate(&self) -> bool {
        self.role.may(Role::Operator)
    }

    /// Whether buttons of owners are shown.
    pub(super) fn may_own(&self) -> bool {
        self.role.may(Role::Owner)
    }

    /// How long ago an instant was, in one unit.
    pub(super) fn ago(&self, at: Millis) -> String {
        let passed = lasting(self.language, (self.now - at).max(0));
        match self.language {
            Language::Chinese => format!("{passed}前"),
            Language::English => format!("{passed} ago"),
        }
    }
}

/// A span in its largest whole unit.
pub(super) fn lasting(language: Language, ms: Millis) -> String {
    let (number, chinese, english) = match ms {
        ..1_000 => (ms, "毫秒", "ms"),
        1_000..60_000 => (ms / 1_000, "秒", "s"),
        60_000..3_600_000 => (ms / 60_000, "分钟", "min"),
        3_600_000..86_400_000 => (ms / 3_600_000, "小时", "h"),
        _ => (ms / 86_400_000, "天", "d"),
    };
    format!("{number} {}", language.say(chinese, english))
}

/// An instant in Asia/Shanghai, or a dash.
pub(super) fn time(at: impl Into<Option<Millis>>) -> String {
    at.into().map_or_else(|| "–".to_owned(), shanghai_text)
}

/// What a page says of what was just done; whoever makes up a word gets nothing said.
pub(super) fn said(language: Language, word: &str) -> Option<&'static str> {
    let (chinese, english) = match word {
        "cancelled" => ("任务已取消，款项已释放。", "The task is cancelled and its money is free."),
        "ended" => ("任务已经结束，没有可取消的。", "The task had ended; nothing was cancelled."),
        "late" => ("已读到记录，不能取消。", "Records were read already; it cannot be cancelled."),
        "replayed" => ("已重新排队，几秒内发出。", "Queued anew; it goes out within seconds."),
        "nothing" => ("没有可重发的回调。", "There was nothing to send again."),
        "refunded" => ("已退款，分录已写入账本。", "Refunded; the entry is in the books."),
        "refused" => (
            "不能退款：没有扣款，或已退过。",
            "No refund: nothing was captured, or it was refunded.",
        ),
        "saved" => ("已保存，一秒内生效。", "Saved; it holds within a second."),
        "revoked" => ("已吊销，一秒内生效。", "Revoked; it holds within a second."),
        "opened" => ("地区已开放。", "The area is open."),
        "closed" => ("地区已关闭。", "The area is closed."),
        "topped" => ("已充值。", "The money is in the wallet."),
        _ => return None,
    };
    Some(language.say(chinese, english))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_their_largest_unit() {
        for (ms, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (59_999, "59 s"),
            (60_000, "1 min"),
            (7_200_000, "2 h"),
            (200_000_000, "2 d"),
        ] {
            assert_eq!(lasting(Language::English, ms), text);
        }
    }
}
