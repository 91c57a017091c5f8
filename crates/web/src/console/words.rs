//! What stages, failures, entries and the like are called, in both languages.

use fiveone_engine::{CallbackState, Resolved};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::FailureKind;
use fiveone_model::ledger::EntryKind;
use fiveone_model::product::Product;
use fiveone_model::task::{Stage, StageName};

use crate::language::Language;

pub(super) fn product(language: Language, product: Product) -> &'static str {
    match product {
        Product::Fund => language.say("公积金", "fund"),
        Product::Insurance => language.say("社保", "insurance"),
    }
}

pub(super) fn stage_name(language: Language, stage: StageName) -> &'static str {
    match stage {
        StageName::Queued => language.say("排队", "queued"),
        StageName::LoggingIn => language.say("登录中", "logging in"),
        StageName::Asking => language.say("等待用户回答", "asking the person"),
        StageName::LoggedIn => language.say("已登录", "logged in"),
        StageName::Crawling => language.say("读取中", "reading"),
        StageName::Storing => language.say("存储中", "storing"),
        StageName::Done => language.say("成功", "done"),
        StageName::Failed => language.say("失败", "failed"),
    }
}

/// The stage with what of it matters, and how it is coloured.
pub(super) fn stage(language: Language, stage: &Stage) -> (String, &'static str) {
    let name = stage_name(language, stage.name());
    match stage {
        Stage::Asking(kind) => (format!("{name}：{}", kind_name(language, *kind)), "warn"),
        Stage::Done { missing } if missing.is_empty() => (name.to_owned(), "good"),
        Stage::Done { missing } => {
            let parts: Vec<_> = missing.iter().map(|section| section.as_str()).collect();
            (format!("{name}，{} {}", language.say("缺", "without"), parts.join(", ")), "warn")
        }
        Stage::Failed(failure) => (failure_kind(language, failure.kind).to_owned(), "bad"),
        _ => (name.to_owned(), ""),
    }
}

/// What is asked for.
pub(super) fn kind_name(language: Language, kind: ChallengeKind) -> &'static str {
    let (chinese, english) = kind.label();
    language.say(chinese, english)
}

pub(super) fn failure_kind(language: Language, kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::WrongCredentials => language.say("账号或密码错误", "wrong credentials"),
        FailureKind::BadFormat => language.say("格式不对", "bad format"),
        FailureKind::WrongCode => language.say("验证码错误", "wrong code"),
        FailureKind::NoAnswer => language.say("用户没有回答", "no answer"),
        FailureKind::Maintenance => language.say("网站维护", "portal in maintenance"),
        FailureKind::Locked => language.say("账号被锁", "account locked"),
        FailureKind::ActionNeeded => language.say("需用户到网站处理", "person must act"),
        FailureKind::Quota => language.say("网站限次", "portal's quota"),
        FailureKind::Blocked => language.say("被网站拦截", "blocked by the portal"),
        FailureKind::LoginFailed => language.say("登录失败", "login failed"),
        FailureKind::PortalChanged => language.say("网站改版", "portal changed"),
        FailureKind::ConnectorFault => language.say("连接器有误", "connector's fault"),
        FailureKind::LimitReached => language.say("超出上限", "limit reached"),
        FailureKind::OtherPerson => language.say("不是本人记录", "another person's"),
        FailureKind::NodeLost => language.say("节点中断", "node lost"),
        FailureKind::NodesDied => language.say("多个节点中断", "nodes died"),
        FailureKind::SessionLost => language.say("会话丢失", "session lost"),
        FailureKind::Cancelled => language.say("已取消", "cancelled"),
        FailureKind::DeadlinePassed => language.say("超时", "deadline passed"),
        FailureKind::Internal => language.say("内部错误", "our fault"),
        FailureKind::NotDeveloped => language.say("未开发", "not developed"),
        FailureKind::PortalUnstable => language.say("网站不稳定", "portal unstable"),
    }
}

pub(super) fn entry(language: Language, kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Topup => language.say("充值", "topped up"),
        EntryKind::Hold => language.say("冻结", "held"),
        EntryKind::Capture => language.say("扣款", "captured"),
        EntryKind::Release => language.say("释放", "released"),
        EntryKind::Refund => language.say("退款", "refunded"),
    }
}

pub(super) fn resolved(language: Language, resolved: Option<Resolved>) -> &'static str {
    match resolved {
        None => language.say("冻结中", "held"),
        Some(Resolved::Captured) => language.say("已扣款", "captured"),
        Some(Resolved::Released) => language.say("已释放", "released"),
    }
}

/// A callback's state, and how it is coloured.
pub(super) fn callback(language: Language, state: CallbackState) -> (&'static str, &'static str) {
    match state {
        CallbackState::Pending => (language.say("待发", "pending"), "warn"),
        CallbackState::Delivered => (language.say("已送达", "delivered"), "good"),
        CallbackState::Exhausted => (language.say("已放弃", "given up"), "bad"),
        CallbackState::Superseded => (language.say("被后一条取代", "superseded"), ""),
    }
}

/// What somebody did.
pub(super) fn deed(language: Language, action: &str) -> String {
    let (chinese, english) = match action {
        "sign_in" => ("登录", "signed in"),
        "sign_in_refused" => ("登录被拒", "was not let in"),
        "look_at_task" => ("查看任务", "looked at a task"),
        "look_at_statement" => ("查看对账单", "looked at a statement"),
        "look_at_callback" => ("查看回调内容", "looked at a callback"),
        "cancel" => ("取消任务", "cancelled a task"),
        "refund" => ("退款", "refunded"),
        "replay" => ("重发回调", "sent callbacks again"),
        "create_app" => ("创建应用", "made an app"),
        "change_app" => ("修改应用", "changed an app"),
        "create_key" => ("签发密钥", "issued a key"),
        "revoke_key" => ("吊销密钥", "revoked a key"),
        "rotate_token" => ("更换 tokenId", "rotated a tokenId"),
        "set_price" => ("定价", "set a price"),
        "top_up" => ("充值", "topped up"),
        "close_area" => ("关闭地区", "closed an area"),
        "open_area" => ("开放地区", "opened an area"),
        "explain" => ("排查签名", "explained a tokenKey"),
        "erase" => ("删除", "erased"),
        other => return other.to_owned(),
    };
    language.say(chinese, english).to_owned()
}
