//! Every way a call of `/v1` can be refused, told once: HTTP status, what it means, what to tell the
//! person, what the app does. Problems, their pages in `docs/errors` and the OpenAPI document are made
//! of this table. It is long because it is a table.

use http::StatusCode;

macro_rules! codes {
    ($($variant:ident = $word:literal, $status:ident, $title:literal,
        cause: $cause:literal, person: $person:literal, app: $app:literal;)*) => {
        /// Why a call is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Code {
            $(#[doc = $title] $variant,)*
        }

        impl Code {
            /// Every code, in the order of their pages.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in `code`, `type` and the name of the page.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The HTTP status.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// What it means, the same each time.
            pub(crate) const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// How it comes to it.
            pub(crate) const fn cause(self) -> &'static str {
                match self { $(Self::$variant => $cause,)* }
            }

            /// What to tell the person, in Chinese.
            pub(crate) const fn person(self) -> &'static str {
                match self { $(Self::$variant => $person,)* }
            }

            /// What the app should do.
            pub(crate) const fn app(self) -> &'static str {
                match self { $(Self::$variant => $app,)* }
            }
        }
    };
}

codes! {
    Unauthorized = "unauthorized", UNAUTHORIZED, "The key is missing or unknown",
        cause: "There is no Authorization header with a Bearer key, or the key is nobody's.",
        person: "服务暂时不可用，请稍后再试",
        app: "Send `Authorization: Bearer fo_live_…` with a key that the operator made; do not repeat the call as it is.";
    KeyRevoked = "key_revoked", UNAUTHORIZED, "The key was revoked",
        cause: "The key was good once and an operator revoked it.",
        person: "服务暂时不可用，请稍后再试",
        app: "Use the key that replaced it.";
    TooManyWrongKeys = "too_many_wrong_keys", TOO_MANY_REQUESTS, "Too many wrong keys came from there",
        cause: "Many calls with unknown keys came from the same address; others that are not known are not looked at for a while.",
        person: "服务暂时不可用，请稍后再试",
        app: "Wait as long as Retry-After says, and look at how the key is configured.";
    AppNotConfigured = "app_not_configured", FORBIDDEN, "The app is not configured",
        cause: "A product that is granted to the app has no price.",
        person: "服务暂时不可用，请稍后再试",
        app: "Ask the operator.";
    AddressNotAllowed = "address_not_allowed", FORBIDDEN, "The app may not call from there",
        cause: "The app is bound to networks, and the call comes from outside of them.",
        person: "服务暂时不可用，请稍后再试",
        app: "Call from a server whose address the operator allowed.";
    ProductNotGranted = "product_not_granted", FORBIDDEN, "The app has no grant for the product",
        cause: "The operator has not granted fund or insurance to the app.",
        person: "暂不支持该类查询",
        app: "Ask the operator for the grant; do not repeat the call.";
    ProductPaused = "product_paused", FORBIDDEN, "The app's grant is paused",
        cause: "The operator paused the app's use of the product.",
        person: "该类查询暂停服务，请稍后再试",
        app: "Ask the operator when it goes on.";
    EmployerLoginNotGranted = "employer_login_not_granted", FORBIDDEN, "Employers' logins are not granted",
        cause: "The login opens the records of an employer's people, for which the app has no grant.",
        person: "请改用个人登录方式",
        app: "Use a personal login of the area.";
    WrongMode = "wrong_mode", FORBIDDEN, "The key does not reach this area",
        cause: "Test keys reach the simulated portals of area 990000 alone, and live keys everything but them.",
        person: "暂不支持该城市",
        app: "Use the key of the other mode.";
    TestKeyNeeded = "test_key_needed", FORBIDDEN, "Only test keys have a sandbox",
        cause: "The call came with a live key; the sandbox is for test keys and test apps.",
        person: "服务暂时不可用，请稍后再试",
        app: "Use a key that begins with `fo_test_`.";
    NotFound = "not_found", NOT_FOUND, "There is no such address",
        cause: "The path is none of /v1.",
        person: "服务暂时不可用，请稍后再试",
        app: "Compare the path with /v1/openapi.json.";
    TaskNotFound = "task_not_found", NOT_FOUND, "There is no such task",
        cause: "The id is no task of this app; another app's tasks do not exist for it.",
        person: "没有找到这次查询，请重新发起",
        app: "Use the id that POST /v1/tasks answered.";
    LinkNotFound = "link_not_found", NOT_FOUND, "There is no such link",
        cause: "The id is no link of this app, or nobody agreed to it and it is long over.",
        person: "链接无效，请重新发起",
        app: "Use the id that POST /v1/links answered, or make a new link.";
    CallbackNotFound = "callback_not_found", NOT_FOUND, "There is no such callback",
        cause: "The id is no callback of this app.",
        person: "服务暂时不可用，请稍后再试",
        app: "Use an id of GET /v1/callbacks.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The address has no such method",
        cause: "The path is right and the method is not; Allow names those it has.",
        person: "服务暂时不可用，请稍后再试",
        app: "Compare the method with /v1/openapi.json.";
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large",
        cause: "The body has more bytes than the node reads.",
        person: "提交的内容过长，请检查后重试",
        app: "Send only the documented members.";
    BodyTooSlow = "body_too_slow", REQUEST_TIMEOUT, "The body did not arrive in time",
        cause: "The body was announced and did not come whole.",
        person: "网络不稳定，请重试",
        app: "Repeat the call, with the same Idempotency-Key.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON",
        cause: "Content-Type is not application/json, or the body is encoded.",
        person: "服务暂时不可用，请稍后再试",
        app: "Send `Content-Type: application/json` in UTF-8, without Content-Encoding.";
    MalformedJson = "malformed_json", BAD_REQUEST, "The body cannot be read as JSON",
        cause: "The body is no JSON; `detail` tells line and column.",
        person: "服务暂时不可用，请稍后再试",
        app: "Mend how the body is written; do not repeat the call as it is.";
    InvalidParameter = "invalid_parameter", UNPROCESSABLE_ENTITY, "Something in the request is not as documented",
        cause: "A member, parameter or header is missing, unknown, or has a value it may not have; `detail` names it.",
        person: "填写的内容不正确，请检查后重新提交",
        app: "Mend what `detail` names; let the person correct a login field, of which GET /v1/areas tells what it takes.";
    AreaUnknown = "area_unknown", UNPROCESSABLE_ENTITY, "There is no such area",
        cause: "The area is not in the list of the product.",
        person: "暂不支持该城市",
        app: "Offer areas of GET /v1/areas.";
    AreaNotDeveloped = "area_not_developed", UNPROCESSABLE_ENTITY, "The area has no connector yet",
        cause: "The area is in the list and cannot be used yet.",
        person: "该城市尚在开发中，暂不支持",
        app: "Offer areas whose status is usable.";
    AreaClosed = "area_closed", CONFLICT, "The area is closed for now",
        cause: "The portal is in maintenance or fails for everybody, or an operator closed the area.",
        person: "该城市网站维护中，请稍后再试",
        app: "Try again later; GET /v1/areas tells when the status is usable again.";
    IdempotencyKeyReused = "idempotency_key_reused", UNPROCESSABLE_ENTITY, "The Idempotency-Key belongs to another request",
        cause: "The same key came with another product, area, login or person within a day.",
        person: "服务暂时不可用，请稍后再试",
        app: "Make a new key for each new task, and keep it for repeats of the same one.";
    RequestInProgress = "request_in_progress", CONFLICT, "The same request is being processed",
        cause: "An identical create came at the same moment.",
        person: "正在处理，请稍候",
        app: "Repeat the call after a second: it answers the task.";
    InsufficientBalance = "insufficient_balance", PAYMENT_REQUIRED, "The wallet does not hold the price",
        cause: "The free balance is smaller than the price of a task.",
        person: "服务暂时不可用，请稍后再试",
        app: "Top the wallet up; GET /v1/wallet tells what is free.";
    TooManyRefusedLogins = "too_many_refused_logins", TOO_MANY_REQUESTS, "The portal refused the account too often",
        cause: "More wrong passwords would lock the account at its portal; a login that was cancelled half-way counts as one.",
        person: "该账号的登录多次被网站拒绝，为免被锁定，请稍后再试",
        app: "Let the person look up the password first; try again when Retry-After is over, at the latest.";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "The app calls too often",
        cause: "The app makes more calls a second than it may.",
        person: "系统繁忙，请稍后再试",
        app: "Wait as long as Retry-After says; follow tasks by events or `wait` instead of polling.";
    Busy = "busy", SERVICE_UNAVAILABLE, "Too much is under way",
        cause: "The node or the app has as many calls or tasks under way as it may, or the node stops.",
        person: "系统繁忙，请稍后再试",
        app: "Wait as long as Retry-After says and repeat the call, with the same Idempotency-Key.";
    NoOpenQuestion = "no_open_question", CONFLICT, "No question waits for this answer",
        cause: "The question was answered, its time is over, or it is another one.",
        person: "验证码已失效，请查看最新的提示",
        app: "Look at the task: `question` is what is asked now.";
    QuestionStays = "question_stays", CONFLICT, "The question cannot be had anew",
        cause: "The portal gives no other picture or SMS in place of this one, or has given as many as it may.",
        person: "无法更换或重发，请按当前的提示操作",
        app: "Offer this only while `can_refresh` of the question is true.";
    RefreshTooSoon = "refresh_too_soon", TOO_MANY_REQUESTS, "An SMS may still be on its way",
        cause: "Another SMS is sent a minute after the one before at the earliest.",
        person: "短信正在发送，请稍后再试",
        app: "Wait as long as Retry-After says, and count it down for the person.";
    TaskEnded = "task_ended", CONFLICT, "The task has ended",
        cause: "What has ended cannot be cancelled.",
        person: "查询已经结束",
        app: "Look at the task for how it ended.";
    TaskNoTest = "task_no_test", CONFLICT, "The task is no test",
        cause: "The task was created with a live key and costs money; the sandbox does not touch it.",
        person: "服务暂时不可用，请稍后再试",
        app: "Use a task that was created with a test key.";
    NoCallbackAddress = "no_callback_address", CONFLICT, "The app has no callback address",
        cause: "The operator has set no callback address for the product.",
        person: "服务暂时不可用，请稍后再试",
        app: "Ask the operator to set it.";
    TooLateToCancel = "too_late_to_cancel", CONFLICT, "Records have been read already",
        cause: "Some sections were read; they are paid for.",
        person: "查询即将完成，无法取消",
        app: "Wait for the end, and erase the report when nobody wants it.";
    ReportNotReady = "report_not_ready", CONFLICT, "The task is under way",
        cause: "There is a report when the task is done.",
        person: "正在查询，请稍候",
        app: "Wait for the end by events or `wait`.";
    NoReport = "no_report", CONFLICT, "The task failed",
        cause: "A task that failed has no report; its `failure` tells why.",
        person: "查询未成功，请按提示处理后重新发起",
        app: "Show the person the reason of `failure`, and create another task when it may be mended.";
    ReportErased = "report_erased", GONE, "The report was erased",
        cause: "It was erased on request, or its time is over.",
        person: "查询结果已删除，如需要请重新查询",
        app: "Create another task if the person wants it.";
    CallbackNotExhausted = "callback_not_exhausted", CONFLICT, "The callback needs no replay",
        cause: "Only callbacks whose tries are used up can be begun anew.",
        person: "服务暂时不可用，请稍后再试",
        app: "Look at its state: pending ones are still tried, delivered ones arrived.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something of ours failed",
        cause: "A fault of the gateway; its log tells more under the request_id.",
        person: "系统繁忙，请稍后再试",
        app: "Repeat the call after a while, with the same Idempotency-Key; tell the operator the request_id.";
}

impl Code {
    /// The code of a word made by [`Code::as_str`].
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// Where its page is served.
    pub(crate) fn address(self) -> String {
        format!("/v1/errors/{}", self.as_str())
    }

    /// Its page, in Markdown.
    pub(crate) fn page(self) -> String {
        format!(
            "# {code}: {title}\n\n\
             HTTP status {status}.\n\n\
             ## Cause\n\n{cause}\n\n\
             ## What to tell the person\n\n{person}\n\n\
             ## What the app does\n\n{app}\n",
            code = self.as_str(),
            title = self.title(),
            status = self.status().as_u16(),
            cause = self.cause(),
            person = self.person(),
            app = self.app(),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// `FIVEONE_WRITE_ERRORS=1` writes the pages anew.
    #[test]
    fn every_code_has_its_page_and_every_page_its_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let mut index = "# Errors of /v1\n\nEach problem names its page in `type`; a node serves them, too.\n\n\
             | code | status | title |\n|---|---|---|\n".to_owned();
        for code in Code::ALL {
            let (word, status) = (code.as_str(), code.status().as_u16());
            index.push_str(&format!("| [{word}]({word}.md) | {status} | {} |\n", code.title()));
        }
        let mut pages = vec![("index.md".to_owned(), index)];
        pages.extend(Code::ALL.iter().map(|code| (format!("{}.md", code.as_str()), code.page())));
        if std::env::var("FIVEONE_WRITE_ERRORS").is_ok() {
            for (name, text) in &pages {
                std::fs::write(folder.join(name), text).unwrap();
            }
        }
        for (name, text) in &pages {
            let found = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert_eq!(found, *text, "{name}");
        }
        let there: BTreeSet<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(there, pages.into_iter().map(|(name, _)| name).collect());
    }

    #[test]
    fn words_are_unlike_and_read_back() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| Code::parse(code.as_str()) == Some(*code)));
        assert_eq!(Code::parse("nonsense"), None);
    }
}
