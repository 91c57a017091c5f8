//! Words of the page that the console has, too.

use fiveone_model::link::WrongReason;

use crate::language::Language;

/// A reason in a person's words.
pub(crate) const fn reason_name(language: Language, reason: WrongReason) -> &'static str {
    match reason {
        WrongReason::NotMine => language.say("不是我的记录", "these are not my records"),
        WrongReason::Amounts => language.say("金额不对", "amounts are wrong"),
        WrongReason::Incomplete => language.say("有缺失的月份或条目", "months or rows are missing"),
        WrongReason::Outdated => language.say("不是最新的", "it is out of date"),
        WrongReason::Other => language.say("其他问题", "something else"),
    }
}
