//! getFundCityParamB and getInsuranceCityParamB: how one logs in to an area's portal (P-22).

use bytes::Bytes;
use fiveone_model::area::AreaCode;
use fiveone_model::login::{FieldKind, LoginField, LoginMethod};
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;

/// The login methods of `area_code`. The documents give this interface's data no place for an
/// error, so an area that is not in the list of areas is status 2; one without a connector has no
/// methods.
pub(super) async fn list(call: &Call<'_>) -> Result<Bytes, Refusal> {
    let missing = || Refusal::parameter("缺少参数 area_code");
    let unknown = || Refusal::parameter("area_code 不在城市列表中");
    let code = call.params.filled("area_code").ok_or_else(missing)?;
    let code = AreaCode::parse(code).ok_or_else(unknown)?;
    let methods = match call.api.engine.logins(call.product, &code) {
        Some(methods) => methods,
        None => {
            let areas = call.api.engine.areas(call.product).await?;
            areas.iter().find(|area| area.code == code).ok_or_else(unknown)?;
            &[]
        }
    };
    let list: Value = methods.iter().map(|method| row(&code, method)).collect();
    Ok(Bytes::from(list.to_string()))
}

fn row(code: &AreaCode, method: &LoginMethod) -> Value {
    let fields: Vec<_> = method.fields.iter().map(field).collect();
    json!({
        "area_code": code,
        "login_name": method.name,
        "login_params": fields,
        "login_type": method.number,
    })
}

/// One field; `list` only for a select: `key` is shown, `value` is sent.
fn field(field: &LoginField) -> Value {
    let mut row = json!({
        "name": field.name.as_str(),
        "label": field.label,
        "type": field.kind.as_str(),
    });
    if field.kind == FieldKind::Select {
        row["list"] = json!(field.options);
    }
    row["required"] = json!(field.is_required);
    row
}

#[cfg(test)]
mod tests {
    use fiveone_model::login::{Choice, FieldName};

    use super::*;

    #[test]
    fn p_22_login_params_are_as_in_the_documents_sample() {
        let choice =
            |key: &str, value: &str| Choice { key: key.to_owned(), value: value.to_owned() };
        let field = |name: FieldName, label: &str, kind, options| LoginField {
            name,
            label: label.to_owned(),
            kind,
            is_required: true,
            options,
            tip: "not on the wire".to_owned(),
            chars_max: 64,
        };
        let offices = vec![choice("市中心(含各县区)", "1"), choice("马钢分中心", "2")];
        let method = LoginMethod {
            number: 1,
            name: "客户号".to_owned(),
            fields: vec![
                field(FieldName::Account, "客户号", FieldKind::Text, Vec::new()),
                field(FieldName::Password, "密码", FieldKind::Password, Vec::new()),
                field(FieldName::SubArea, "缴存网点", FieldKind::Select, offices),
            ],
        };
        let code = AreaCode::parse("310000").expect("a code");
        insta::assert_json_snapshot!(row(&code, &method), @r#"
        {
          "area_code": "310000",
          "login_name": "客户号",
          "login_params": [
            {
              "name": "account",
              "label": "客户号",
              "type": "text",
              "required": true
            },
            {
              "name": "password",
              "label": "密码",
              "type": "password",
              "required": true
            },
            {
              "name": "sub_area",
              "label": "缴存网点",
              "type": "select",
              "list": [
                {
                  "key": "市中心(含各县区)",
                  "value": "1"
                },
                {
                  "key": "马钢分中心",
                  "value": "2"
                }
              ],
              "required": true
            }
          ],
          "login_type": 1
        }
        "#);
    }
}
