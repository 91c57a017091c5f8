//! How a portal spells its labels: other words, other characters, blanks, colons and units.

use crate::shown::{Fact, Shown};
use crate::vary::{Dimension, Vary};

/// Other words that readers of these portals met for the same label.
const SYNONYMS: &[&[&str]] = &[
    &["姓名", "职工姓名"],
    &["身份证号", "身份证号码", "证件号码", "公民身份号码"],
    &["单位名称", "所在单位", "工作单位"],
    &["单位账号", "单位编号", "单位代码"],
    &["个人缴存比例", "个人比例"],
    &["单位缴存比例", "单位比例"],
    &["个人月缴额", "个人月缴存额"],
    &["单位月缴额", "单位月缴存额"],
    &["月缴存额", "月缴金额", "月缴额"],
    &["账户余额", "公积金余额", "余额"],
    &["账户状态", "当前状态"],
    &["缴至年月", "缴至月份"],
    &["缴存银行", "开户银行"],
    &["手机号码", "联系手机", "移动电话"],
    &["开户日期", "开户时间"],
    &["缴存基数", "月缴基数"],
    &["参加工作日期", "参加工作时间"],
    &["减少", "支出"],
    &["增加", "收入"],
    &["摘要", "业务摘要"],
    &["家庭住址", "家庭地址"],
    &["邮政编码", "邮编"],
    &["出生日期", "出生年月日"],
    &["缴费年月", "费款所属期"],
    &["到账日期", "到账时间"],
    &["个人编号", "个人编码"],
];

/// A label as the stranger writes it, without what stands around it.
pub(crate) fn label(vary: &Vary, fact: &Fact) -> String {
    let mut text = fact.label.to_owned();
    if vary.has(Dimension::Synonyms) {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let known = SYNONYMS.iter().find(|words| words.contains(&bare.as_str()));
        let mut rng = vary.rng(Dimension::Synonyms, fact.label);
        if let Some(words) = known
            && !rng.one_in(3)
        {
            text = rng.pick(words).to_owned();
        }
    }
    if vary.has(Dimension::Account) {
        text = if text.contains('账') {
            text.replace('账', "帐")
        } else {
            text.replace('帐', "账")
        };
    }
    if vary.has(Dimension::Pay) {
        text = text.replace('缴', "交");
    }
    if vary.has(Dimension::Amount) && !text.contains("余额") {
        text = match text.strip_suffix("金额") {
            Some(start) => format!("{start}额"),
            None => text.strip_suffix('额').map_or(text.clone(), |start| format!("{start}金额")),
        };
    }
    if let Some(variant) = vary.variant(Dimension::Blanks) {
        text = spread(&text, if variant == 0 { ' ' } else { '　' });
    }
    text + unit(vary, &fact.value)
}

/// Blanks between the characters of a short label, as on printed forms.
fn spread(label: &str, blank: char) -> String {
    let bare: Vec<char> = label.chars().filter(|c| !c.is_whitespace()).collect();
    if !(2..=4).contains(&bare.len()) {
        return label.to_owned();
    }
    let mut out = String::new();
    for (place, one) in bare.into_iter().enumerate() {
        if place > 0 {
            out.push(blank);
        }
        out.push(one);
    }
    out
}

fn unit(vary: &Vary, value: &Shown) -> &'static str {
    let Some(variant) = vary.variant(Dimension::Units) else { return "" };
    match value {
        Shown::Money(_) | Shown::Yuan(_) | Shown::MoneyText(_) => {
            ["(元)", "（元）", "[元]"][variant]
        }
        Shown::Ratio(_) => ["(%)", "（%）", "[%]"][variant],
        _ => "",
    }
}

/// What stands between a label and its value.
pub(crate) fn colon(vary: &Vary) -> &'static str {
    vary.variant(Dimension::Colon).map_or("：", |variant| [":", "", " ：", ": "][variant])
}
