//! Login methods and the person's login fields (P-22, P-23).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The eight names the documents know for what a person types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldName {
    /// 用户帐号
    Account,
    /// 卡号、身份证号
    IdCard,
    /// 姓名
    RealName,
    /// 密码
    Password,
    /// 区域编码
    SubArea,
    /// 公司账号
    CorpAccount,
    /// 公司名称
    CorpName,
    /// 手机号
    Mobile,
}

/// The number of a login method as clients write it: `1`, or `1.0` where their JSON library has
/// floating-point numbers alone.
#[must_use]
pub fn login_type(text: &str) -> Option<u32> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
    let is_digits = whole.bytes().all(|b| b.is_ascii_digit());
    if is_whole && is_digits { whole.parse().ok() } else { None }
}

impl FieldName {
    /// All names, in the order the documents list them.
    pub const ALL: [Self; 8] = [
        Self::Account,
        Self::IdCard,
        Self::RealName,
        Self::Password,
        Self::SubArea,
        Self::CorpAccount,
        Self::CorpName,
        Self::Mobile,
    ];

    /// The parameter name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::IdCard => "id_card",
            Self::RealName => "real_name",
            Self::Password => "password",
            Self::SubArea => "sub_area",
            Self::CorpAccount => "corp_account",
            Self::CorpName => "corp_name",
            Self::Mobile => "mobile",
        }
    }

    /// What the field is called when a connector gives it no other label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Account => "账号",
            Self::IdCard => "身份证号",
            Self::RealName => "姓名",
            Self::Password => "密码",
            Self::SubArea => "区域",
            Self::CorpAccount => "单位账号",
            Self::CorpName => "单位名称",
            Self::Mobile => "手机号",
        }
    }

    /// The field of a parameter name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// An employer's field: a login with it opens other people's records (P-23).
    #[must_use]
    pub const fn is_corporate(self) -> bool {
        matches!(self, Self::CorpAccount | Self::CorpName)
    }
}

/// How a field is shown in HTML (`login_params[].type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A text box.
    Text,
    /// A box whose text is hidden.
    Password,
    /// A choice among [`LoginField::options`].
    Select,
}

impl FieldKind {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Password => "password",
            Self::Select => "select",
        }
    }
}

/// One choice of a select: `key` is shown, `value` is sent (P-22).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// What the person reads.
    pub key: String,
    /// What the client sends.
    pub value: String,
}

/// One field of a login method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginField {
    /// Its name on the wire.
    pub name: FieldName,
    /// What the person reads beside it.
    pub label: String,
    /// How it is shown.
    pub kind: FieldKind,
    /// Whether a create without it is refused.
    pub is_required: bool,
    /// The choices, for a select; else empty.
    pub options: Vec<Choice>,
    /// A hint for the person; may be empty.
    pub tip: String,
    /// The most characters a value may have.
    pub chars_max: usize,
}

/// One way to log in to an area's portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginMethod {
    /// `login_type`: its number within the area.
    pub number: u32,
    /// `login_name`: what the person reads.
    pub name: String,
    /// What must be typed.
    pub fields: Vec<LoginField>,
}

impl LoginMethod {
    /// Whether this is an employer's login (P-23).
    #[must_use]
    pub fn is_corporate(&self) -> bool {
        self.fields.iter().any(|field| field.name.is_corporate())
    }

    /// Checks what a client sent for this method (P-30): every required field present, no value
    /// outside its list, too long, or with control characters. Says what is wrong in Chinese.
    ///
    /// # Errors
    /// The first complaint, as the client will read it; it names the field, never the value.
    pub fn check(&self, credentials: &Credentials) -> Result<(), String> {
        for field in &self.fields {
            let Some(value) = credentials.get(field.name) else {
                if field.is_required {
                    return Err(format!("缺少必填参数 {}（{}）", field.name.as_str(), field.label));
                }
                continue;
            };
            let name = field.name.as_str();
            if value.chars().count() > field.chars_max {
                return Err(format!("参数 {name} 过长，最多 {} 个字符", field.chars_max));
            }
            if value.chars().any(char::is_control) {
                return Err(format!("参数 {name} 含有不允许的控制字符"));
            }
            let is_listed = field.options.iter().any(|choice| choice.value == value);
            if field.kind == FieldKind::Select && !is_listed {
                return Err(format!("参数 {name} 的取值不在可选范围内"));
            }
            if field.name == FieldName::IdCard
                && matches!(field.label.as_str(), "身份证" | "身份证号" | "身份证号码")
            {
                check_id_card(value).map_err(|complaint| format!("参数 {name} {complaint}"))?;
            }
        }
        Ok(())
    }
}

/// Accepts what people's papers carry: 15 digits, or 17 and a digit or X; papers of other kinds
/// (passports, permits) are not all digits. The check character is left to the portal: some old
/// numbers were issued with a wrong one.
fn check_id_card(text: &str) -> Result<(), String> {
    let text = text.trim();
    let (head, last) = text.split_at(text.char_indices().last().map_or(0, |(at, _)| at));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if is_number(head) && (is_number(last) || last.eq_ignore_ascii_case("x")) {
        return match text.len() {
            15 | 18 => Ok(()),
            _ => Err("位数不正确".to_owned()),
        };
    }
    let is_plausible = (5..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if is_plausible { Ok(()) } else { Err("格式不正确".to_owned()) }
}

/// The check character of the first 17 digits of an identity number (GB 11643-1999).
#[must_use]
pub fn id_card_check_character(first17: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let digits: Vec<u32> = first17.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != WEIGHTS.len() {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    CHARACTERS.get((sum % 11) as usize).copied()
}

/// What the person typed, zeroed when dropped. It has no `Debug` that shows values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials(BTreeMap<FieldName, Zeroizing<String>>);

impl Credentials {
    /// Sets a field.
    pub fn set(&mut self, name: FieldName, value: String) {
        self.0.insert(name, Zeroizing::new(value));
    }

    /// The account that logs in, whatever it is typed as: what a portal counts wrong passwords by.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let names =
            [FieldName::Account, FieldName::IdCard, FieldName::CorpAccount, FieldName::Mobile];
        names.into_iter().find_map(|name| self.get(name).filter(|text| !text.trim().is_empty()))
    }

    /// The value of a field; a blank one counts as not given.
    #[must_use]
    pub fn get(&self, name: FieldName) -> Option<&str> {
        self.0.get(&name).map(|value| value.as_str()).filter(|value| !value.trim().is_empty())
    }

    /// The fields that have a value, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (FieldName, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .filter(|(_, value)| !value.trim().is_empty())
    }

    /// The fields as bytes to be sealed: name, NUL, value, NUL.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let size = self.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        for (name, value) in self.iter() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    /// Reads what [`Credentials::to_bytes`] wrote; `None` when it is something else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut credentials = Self::default();
        let mut parts = text.split_terminator('\0');
        while let Some(name) = parts.next() {
            credentials.set(FieldName::parse(name)?, parts.next()?.to_owned());
        }
        Some(credentials)
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys().map(|name| name.as_str())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: FieldName, is_required: bool) -> LoginField {
        LoginField {
            name,
            label: name.label().to_owned(),
            kind: if name == FieldName::SubArea { FieldKind::Select } else { FieldKind::Text },
            is_required,
            options: vec![Choice { key: "市直".to_owned(), value: "01".to_owned() }],
            tip: String::new(),
            chars_max: 20,
        }
    }

    fn check(values: &[(FieldName, &str)]) -> Result<(), String> {
        let fields =
            [(FieldName::IdCard, true), (FieldName::Password, true), (FieldName::SubArea, false)];
        let fields =
            fields.into_iter().map(|(name, is_required)| field(name, is_required)).collect();
        let method = LoginMethod { number: 1, name: "身份证号".to_owned(), fields };
        let mut credentials = Credentials::default();
        for (name, value) in values {
            credentials.set(*name, (*value).to_owned());
        }
        method.check(&credentials)
    }

    #[test]
    fn p_30_missing_and_malformed_fields_are_told_by_name_and_never_by_value() {
        use FieldName::{IdCard, Password, SubArea};
        let good = (IdCard, "990000190001010016");
        let pass = (Password, "p,a=ss");
        assert_eq!(check(&[good, pass]), Ok(()));
        assert_eq!(check(&[good, pass, (SubArea, "01")]), Ok(()));
        let complaint = |values: &[_]| check(values).unwrap_err();
        assert_eq!(complaint(&[good]), "缺少必填参数 password（密码）");
        assert_eq!(complaint(&[good, (Password, "  ")]), "缺少必填参数 password（密码）");
        assert_eq!(complaint(&[good, pass, (SubArea, "09")]), "参数 sub_area 的取值不在可选范围内");
        assert_eq!(complaint(&[good, (Password, "a\u{0}b")]), "参数 password 含有不允许的控制字符");
        let long = "p".repeat(21);
        assert_eq!(complaint(&[good, (Password, &long)]), "参数 password 过长，最多 20 个字符");
        assert_eq!(check(&[(IdCard, "99000019000101001x"), pass]), Ok(()));
        assert_eq!(complaint(&[(IdCard, "9900001900010100"), pass]), "参数 id_card 位数不正确");
        assert_eq!(complaint(&[(IdCard, "身份证"), pass]), "参数 id_card 格式不正确");
        assert_eq!(check(&[(IdCard, "990000900101001"), pass]), Ok(()), "fifteen digits");
        assert_eq!(check(&[(IdCard, "E12345678"), pass]), Ok(()), "a passport");
    }

    #[test]
    fn p_30_a_login_type_is_a_whole_number_also_as_floating_point_writes_it() {
        for text in ["1", "1.0", " 1.00 ", "01"] {
            assert_eq!(login_type(text), Some(1), "{text}");
        }
        for text in ["", ".", "1.", ".0", "1.5", "+1", "-1", "1e0", "1.0.0", "99999999999"] {
            assert_eq!(login_type(text), None, "{text}");
        }
    }

    #[test]
    fn credentials_read_back_as_written_and_show_no_value() {
        let mut credentials = Credentials::default();
        credentials.set(FieldName::Password, "p,a=ss 密码".to_owned());
        credentials.set(FieldName::IdCard, "990000190001010016".to_owned());
        credentials.set(FieldName::Mobile, String::new());
        let bytes = credentials.to_bytes();
        let again = Credentials::from_bytes(&bytes).unwrap();
        assert_eq!(again.iter().collect::<Vec<_>>(), credentials.iter().collect::<Vec<_>>());
        assert!(!format!("{credentials:?}").contains("密码"));
        assert!(Credentials::from_bytes(b"nonsense\0x\0").is_none());
        assert!(Credentials::from_bytes(&[0xff, 0]).is_none());
    }
}
