//! The codes a client sees of a task, `data.code`, with the labels of the documents (P-40, P-41).
//!
//! This is the one place where the numbers stand; which stage or failure has which code is said by
//! [`crate::task::Stage::code`] and [`crate::failure::FailureKind::code`].

/// What a client sees of a task's stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StateCode(u32);

macro_rules! state_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $label:literal;)*) => {
        impl StateCode {
            $($(#[$doc])* pub const $name: Self = Self($number);)*

            /// Every code, in the documents' order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The documents' label.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self.0 {
                    $($number => $label,)*
                    // The field is private, so there are no other numbers.
                    _ => "",
                }
            }
        }
    };
}

state_codes! {
    /// Accepted, queued or logging in.
    LOGGING_IN = 10001, "登录中";
    /// The portal let the person in.
    LOGGED_IN = 10002, "登陆成功,准备爬取";
    /// Waiting for an SMS code.
    AWAITING_SMS = 10003, "登录中，等待用户输入短信";
    /// Waiting for what stands in a picture.
    AWAITING_CAPTCHA = 10004, "登录中，等待用户输入图片码";
    /// The first section is being read.
    CRAWLING = 20001, "爬取中";
    /// At least one section is stored and shown.
    PARTLY_CRAWLED = 20005, "阶段性爬取成功";
    /// All sections were tried; the report is being sealed.
    STORING = 30001, "存储中";
    /// The report is whole.
    FINISHED = 40001, "爬取结束";
    /// The report has parts missing.
    PARTLY_FINISHED = 40002, "爬取结束,部分数据缺失";
    /// The login failed for a reason without a code of its own.
    LOGIN_FAILED = 50001, "登录失败";
    /// Reading failed, or we did.
    CRAWL_FAILED = 50002, "爬取失败";
    /// There is no connector.
    NOT_DEVELOPED = 50003, "爬取失败,网站未开发";
    /// Wrong account, password or identity.
    WRONG_CREDENTIALS = 50004, "登录失败,用户名密码输入错误";
    /// The portal says it is closed.
    MAINTENANCE = 50005, "登录失败,网站维护中";
    /// The portal complains of the form of what was typed.
    BAD_FORMAT = 50006, "登录失败,请求参数错误";
    /// Timeouts, broken connections or server errors.
    UNSTABLE = 50007, "爬取失败,网站不稳定";
    /// The person did not answer in time.
    NO_ANSWER = 50008, "登录失败,等待用户输入超时";
    /// The code was wrong three times.
    WRONG_CODE = 50009, "登录失败,验证码输入错误";
}

impl StateCode {
    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The code of a number as a client gets it.
    #[must_use]
    pub fn parse(number: &str) -> Option<Self> {
        let number: u32 = number.parse().ok()?;
        Self::ALL.iter().copied().find(|code| code.0 == number)
    }

    /// Whether a task that shows it has ended (P-41).
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.0 >= Self::FINISHED.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_41_a_code_reads_back_and_the_last_eleven_are_final() {
        for &code in StateCode::ALL {
            assert_eq!(StateCode::parse(&code.number().to_string()), Some(code));
            assert!(!code.label().is_empty(), "{code:?}");
        }
        let last = StateCode::ALL.iter().filter(|code| code.is_final());
        assert_eq!((StateCode::ALL.len(), last.count()), (18, 11));
        assert_eq!((StateCode::parse("0"), StateCode::parse("-2")), (None, None));
    }
}
