//! What the person is asked before a task: the way to log in, and its fields, each with what it means and
//! what the city says of it.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::sync::LazyLock;

use fiveone_connector::Library;
use fiveone_model::area::AreaCode;
use fiveone_model::login::FieldName;
use fiveone_model::product::Product;
use serde_json::Value;

use super::keyboard::{Hidden, Keyboard};
use super::screen::Screen;
use crate::client::text;
use crate::exit::{Failed, Reason};
use crate::output::complain;

fn none() -> Vec<Value> {
    Vec::new()
}

/// Asks through a keyboard and a screen.
pub(super) struct Asker<'a> {
    pub(super) keyboard: &'a mut Keyboard,
    pub(super) screen: &'a Screen,
}

impl Asker<'_> {
    /// The login method with this number; asked for when there are several and none was given.
    pub(super) async fn method<'m>(
        &mut self,
        methods: &'m Value,
        number: Option<i64>,
    ) -> Result<&'m Value, Failed> {
        let Some(all) = methods.as_array().filter(|all| !all.is_empty()) else {
            return Err(Failed::message(Reason::Refused, "this area has no way to log in"));
        };
        let number = match number {
            None if all.len() == 1 => return Ok(&all[0]),
            Some(number) => number.to_string(),
            None => {
                for method in all {
                    let fields = method["login_params"].as_array().cloned().unwrap_or_else(none);
                    let labels: Vec<_> = fields.iter().map(|field| text(&field["label"])).collect();
                    let (number, name) = (&method["login_type"], text(&method["login_name"]));
                    complain(&format!("  {number}  {name}（{}）", labels.join("、")));
                }
                self.line("登录方式").await?.trim().to_owned()
            }
        };
        all.iter()
            .find(|method| text(&method["login_type"]) == number)
            .ok_or_else(|| Failed::message(Reason::Usage, format!("no login method {number}")))
    }

    /// Every field of a method: as given, or asked for.
    pub(super) async fn fields(
        &mut self,
        method: &Value,
        given: &BTreeMap<String, String>,
        tips: &Tips,
    ) -> Result<Vec<(String, String)>, Failed> {
        let params = method["login_params"].as_array().cloned().unwrap_or_else(none);
        let mut fields = Vec::new();
        for param in &params {
            let name = text(&param["name"]);
            let value = match given.get(&name) {
                Some(value) => value.clone(),
                None => self.field(param, &tips.of(&text(&method["login_type"]), &name)).await?,
            };
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        if let Some(unknown) =
            given.keys().find(|name| !params.iter().any(|param| param["name"] == **name))
        {
            let message = format!("this login has no field {unknown}");
            return Err(Failed::message(Reason::Usage, message));
        }
        Ok(fields)
    }

    async fn field(&mut self, param: &Value, hint: &str) -> Result<String, Failed> {
        let mut label = text(&param["label"]);
        if !hint.is_empty() {
            complain(&format!("  {label}：{hint}"));
        }
        if param["required"] == false {
            label.push_str("（可不填）");
        }
        if param["type"] == "password" && io::stdin().is_terminal() {
            let _hidden = Hidden::begin();
            return self.line(&label).await;
        }
        let options = param["list"].as_array().cloned().unwrap_or_else(none);
        for (index, option) in options.iter().enumerate() {
            complain(&format!("  {}  {}", index + 1, text(&option["key"])));
        }
        let typed = self.line(&label).await?;
        // A password may begin or end with a blank; nothing else does.
        let typed = if param["type"] == "password" { typed } else { typed.trim().to_owned() };
        // The number in front of an option, its words, or its value itself.
        let chosen = options.iter().enumerate().find(|(index, option)| {
            typed == (index + 1).to_string() || option["key"] == *typed || option["value"] == *typed
        });
        Ok(chosen.map_or(typed, |(_, option)| text(&option["value"])))
    }

    async fn line(&mut self, label: &str) -> Result<String, Failed> {
        self.screen.ask(label, None);
        let nobody = || Failed::message(Reason::Usage, format!("nobody is there to type {label}"));
        self.keyboard.line().await?.ok_or_else(nobody)
    }
}

/// What the fields of an area mean.
pub(super) struct Tips {
    /// The city's own words, as far as this program's connectors know them: the
    /// documents have no place for them.
    own: LazyLock<Own, Box<dyn FnOnce() -> Own + Send>>,
}

/// A city's words by login and field.
type Own = BTreeMap<(String, String), String>;

impl Tips {
    /// Those of an area; they are looked up when somebody is asked.
    pub(super) fn new(product: Product, area: &str) -> Self {
        let area = area.to_owned();
        Self { own: LazyLock::new(Box::new(move || Self::own(product, &area))) }
    }

    fn own(product: Product, area: &str) -> Own {
        let mut own = BTreeMap::new();
        let library = Library::builtin().ok();
        let code = AreaCode::parse(area);
        let connector =
            library.as_ref().zip(code).and_then(|(all, code)| all.connector(product, &code));
        for method in connector.iter().flat_map(|connector| connector.logins()) {
            for field in method.fields.iter().filter(|field| !field.tip.is_empty()) {
                let key = (method.number.to_string(), field.name.as_str().to_owned());
                own.insert(key, field.tip.clone());
            }
        }
        own
    }

    fn of(&self, login_type: &str, name: &str) -> String {
        let own = self.own.get(&(login_type.to_owned(), name.to_owned())).map(String::as_str);
        let means = FieldName::parse(name).map(means);
        [means, own].into_iter().flatten().collect::<Vec<_>>().join("；")
    }
}

/// What a person types into a field.
const fn means(name: FieldName) -> &'static str {
    match name {
        FieldName::Account => "在该网站登录用的账号，如个人公积金账号、社保号或用户名",
        FieldName::IdCard => "本人 18 位身份证号，末位可以是 X",
        FieldName::RealName => "身份证上的姓名",
        FieldName::Password => "该网站的登录密码，不是银行卡或手机密码；输入时不显示",
        FieldName::SubArea => "开户或参保的区县、网点",
        FieldName::CorpAccount => "所在单位在该网站的账号",
        FieldName::CorpName => "所在单位的全称",
        FieldName::Mobile => "在该网站登记、能收短信的手机号",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_says_what_it_means_and_what_the_city_says() {
        let own =
            BTreeMap::from([(("1".to_owned(), "mobile".to_owned()), "与柜台登记一致".to_owned())]);
        let tips = Tips { own: LazyLock::new(Box::new(|| own)) };
        assert_eq!(tips.of("1", "mobile"), "在该网站登记、能收短信的手机号；与柜台登记一致");
        assert_eq!(tips.of("2", "mobile"), "在该网站登记、能收短信的手机号");
        assert_eq!(tips.of("1", "of_later"), "");
    }
}
