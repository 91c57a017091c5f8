//! The portal's own words for a refusal, such as may be passed on: they go to the app, into a table and
//! onto a phone, so nothing that the person typed and nothing that names them may stand in them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// The longest reason that is passed on, in characters.
const CHARS_MAX: usize = 80;

/// What stands for something left out.
const MASK: &str = "***";

/// The shortest private word that is looked for, in characters: the answer `3` to a sum is in every
/// second refusal, and tells nothing.
const PRIVATE_CHARS_MIN: usize = 2;

/// A number that names a person, an account or a phone has so many digits in a row.
const LONG_DIGITS_MIN: usize = 7;

/// A digest or a key has so many letters and digits in a row.
const LONG_TOKEN_MIN: usize = 16;

/// Amounts: with cents, or with their unit.
static AMOUNTS: LazyLock<Regex> =
    LazyLock::new(|| regex(r"[0-9][0-9,]*\.[0-9]{2}\b|[0-9][0-9,]*(?:\.[0-9]+)?\s*[万]?元"));

/// Letters and digits without an end.
static TOKENS: LazyLock<Regex> = LazyLock::new(|| regex(r"[0-9A-Za-z+_=%]+"));

/// Names by what stands around them, where nobody knows the person's name yet.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x)
        (?P<before> 尊敬的 | (?:姓名|户名|用户|职工|参保人|缴存人) \s* [:：\[【「(（] \s*)
            (?P<name> [\p{Han}·]{2,8})
        | ^ (?P<first> [\p{Han}·]{2,4}) (?P<after> [，,：:！!\s]* (?:您好|你好))
        | (?P<addressed> [\p{Han}·]{2,4}) (?P<title> 先生 | 女士 | 同志)",
    )
});

/// Words that stand where a name may stand.
const NOBODY: [&str; 10] =
    ["用户", "客户", "职工", "缴存", "参保", "会员", "居民", "市民", "您好", "网友"];

/// A portal's words without anything of `private`, without numbers of people, amounts and names, at
/// most [`CHARS_MAX`] characters long.
pub(super) fn passed_on(words: &str, private: &[&str]) -> String {
    let mut reason = words.to_owned();
    let mut private: Vec<&&str> = private.iter().collect();
    // The longer first: an account that holds the password must not leave its other half.
    private.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in private {
        reason = without_word(&reason, word);
    }
    reason = without_names(&reason);
    reason = AMOUNTS.replace_all(&reason, MASK).into_owned();
    reason = without_tokens(&reason);
    reason.chars().take(CHARS_MAX).collect()
}

/// A path of a portal without numbers of people: `/person/99010119900101001X/pay`.
pub(super) fn path(path: &str) -> String {
    without_tokens(path)
}

/// Leaves a word out, in whatever case and with whatever blanks and hyphens between its characters a
/// portal repeats it.
fn without_word(text: &str, word: &str) -> String {
    let word: Vec<char> = compared(word).map(|(_, c)| c).collect();
    if word.len() < PRIVATE_CHARS_MIN {
        return text.to_owned();
    }
    let chars: Vec<(usize, char)> = compared(text).collect();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at + word.len() <= chars.len() {
        let window = &chars[at..at + word.len()];
        if window.iter().map(|(_, c)| c).eq(&word) {
            let (last, _) = window[word.len() - 1];
            let end = last + text[last..].chars().next().map_or(0, char::len_utf8);
            found.push(chars[at].0..end);
            at += word.len();
        } else {
            at += 1;
        }
    }
    let mut kept = text.to_owned();
    for range in found.into_iter().rev() {
        kept.replace_range(range, MASK);
    }
    kept
}

/// The characters that are compared, each with its place.
fn compared(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices()
        .filter(|(_, c)| !c.is_whitespace() && *c != '-')
        .map(|(at, c)| (at, c.to_ascii_lowercase()))
}

fn without_names(text: &str) -> String {
    let shown = |found: &Captures<'_>| {
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
        let name = [part("name"), part("first"), part("addressed")].concat();
        if NOBODY.iter().any(|word| name.contains(word)) {
            return found[0].to_owned();
        }
        format!("{}{MASK}{}{}", part("before"), part("after"), part("title"))
    };
    NAMES.replace_all(text, shown).into_owned()
}

/// Runs of digits as long as numbers of people, and of letters and digits as long as a digest.
fn without_tokens(text: &str) -> String {
    let shown = |found: &Captures<'_>| {
        let token = &found[0];
        let has_digit = token.bytes().any(|byte| byte.is_ascii_digit());
        let is_digest = token.len() >= LONG_TOKEN_MIN && has_digit;
        if is_digest { MASK.to_owned() } else { without_digits(token) }
    };
    TOKENS.replace_all(text, shown).into_owned()
}

fn without_digits(token: &str) -> String {
    let mut kept = String::new();
    let mut digits = String::new();
    for c in token.chars().map(Some).chain([None]) {
        match c {
            Some(c) if c.is_ascii_digit() => digits.push(c),
            Some(c) if c.eq_ignore_ascii_case(&'x') && digits.len() >= 14 => digits.push(c),
            other => {
                kept.push_str(if digits.len() >= LONG_DIGITS_MIN { MASK } else { &digits });
                digits.clear();
                kept.extend(other);
            }
        }
    }
    kept
}

#[expect(clippy::expect_used, reason = "a pattern of this file, tried by its tests")]
fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_left_out_however_it_is_repeated() {
        let typed = ["pass-Word1", "99010119900101001X", "王五", "3", "pass"];
        let check = |words: &str, expected: &str| {
            assert_eq!(passed_on(words, &typed), expected, "{words}");
        };
        check("密码pass-Word1不正确", "密码***不正确");
        check("密码 PASS-WORD1 不正确", "密码 *** 不正确");
        check("密码passWord1不正确", "密码***不正确");
        check("证件9901 0119 9001 0100 1x不存在", "证件***不存在");
        check("王 五：密码错误，还剩3次", "***：密码错误，还剩3次");
        check("pass 与 pass-Word1", "*** 与 ***");
        check("密码错误", "密码错误");
    }

    #[test]
    fn numbers_of_people_amounts_and_digests_are_left_out() {
        let check = |words: &str, expected: &str| {
            assert_eq!(passed_on(words, &[]), expected, "{words}");
        };
        check("账号23000112345678已锁定", "账号***已锁定");
        check("99010119900101001x 已被占用", "*** 已被占用");
        check("余额12,345.67，不能查询", "余额***，不能查询");
        check("余额 12345元，月缴800 元", "余额 ***，月缴***");
        check("口令e10adc3949ba59abbe56e057f20f883e不符", "口令***不符");
        // What helps the person stays.
        check("请拨打12329或400-888-8888", "请拨打12329或400-888-8888");
        check("请于2024-01-05 8:30后再试，还剩2次", "请于2024-01-05 8:30后再试，还剩2次");
        check("java.lang.NullPointerException", "java.lang.NullPointerException");
        check(&"长".repeat(200), &"长".repeat(80));
        check("", "");
    }

    #[test]
    fn names_are_left_out_by_what_stands_around_them() {
        let check = |words: &str, expected: &str| {
            assert_eq!(passed_on(words, &[]), expected, "{words}");
        };
        check("尊敬的王小五，密码错误", "尊敬的***，密码错误");
        check("尊敬的用户，密码错误", "尊敬的用户，密码错误");
        check("王五您好，您的账号已锁定", "***您好，您的账号已锁定");
        check("用户您好，账号已锁定", "用户您好，账号已锁定");
        check("姓名：王五 与证件号不符", "姓名：*** 与证件号不符");
        check("用户[王五]不存在", "用户[***]不存在");
        check("用户名或密码错误", "用户名或密码错误");
        check("王五先生：密码错误", "***先生：密码错误");
    }

    #[test]
    fn a_path_keeps_its_words_and_loses_its_numbers() {
        assert_eq!(path("/payment/230001199001010015/list.do"), "/payment/***/list.do");
        assert_eq!(path("/wscx/zfbzgl/zfbzsq/main_menu.jsp"), "/wscx/zfbzgl/zfbzsq/main_menu.jsp");
        assert_eq!(path("/rs/2024/01/v2"), "/rs/2024/01/v2");
    }
}
