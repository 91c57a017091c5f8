//! getFundCitysB and getInsuranceCitysB: all areas and their present state (P-20, P-21).

use bytes::Bytes;
use fiveone_model::area::Area;
use fiveone_model::report::Dialect;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::state::log_fault;

/// All areas of the product. Our fault shows inside `data`, where the documents have a place.
pub(super) async fn list(call: &Call<'_>) -> Result<Bytes, Refusal> {
    let list = match call.api.engine.areas(call.product).await {
        Ok(areas) => areas.iter().map(|area| row(area, call.dialect())).collect(),
        Err(fault) => {
            log_fault(&fault);
            json!([{ "status": -1, "message": "接口调用异常" }])
        }
    };
    Ok(Bytes::from(list.to_string()))
}

/// One row. Tips are always sent, blank as in the documents' sample; the address when known.
fn row(area: &Area, dialect: Dialect) -> Value {
    let mut row = json!({ "area_code": area.code, "area_name": area.name });
    if let Some(url) = &area.url {
        row["area_url"] = json!(url);
    }
    row["area_tips"] = json!(area.tips);
    let status = area.status.number();
    row["area_status"] = match dialect {
        Dialect::Table => json!(status),
        Dialect::Example => json!(status.to_string()),
    };
    row
}

#[cfg(test)]
mod tests {
    use fiveone_model::area::{AreaCode, AreaStatus};

    use super::*;

    fn area(code: &str, url: Option<&str>, tips: &str, status: AreaStatus) -> Area {
        Area {
            code: AreaCode::parse(code).expect("a code"),
            name: "杭州".to_owned(),
            tips: tips.to_owned(),
            url: url.map(str::to_owned),
            status,
        }
    }

    #[test]
    fn p_21_area_status_is_a_number_or_as_the_samples_show_it() {
        let usable = area("330000S", None, "", AreaStatus::Usable);
        let closed = area("330100", Some("http://a.cn/"), "请先注册", AreaStatus::Maintenance);
        let planned = area("330200", None, "", AreaStatus::InDevelopment);
        let rows =
            |dialect| [&usable, &closed, &planned].map(|area| row(area, dialect).to_string());
        insta::assert_snapshot!(rows(Dialect::Table).join("\n"), @r#"
        {"area_code":"330000S","area_name":"杭州","area_tips":"","area_status":0}
        {"area_code":"330100","area_name":"杭州","area_url":"http://a.cn/","area_tips":"请先注册","area_status":1}
        {"area_code":"330200","area_name":"杭州","area_tips":"","area_status":2}
        "#);
        insta::assert_snapshot!(rows(Dialect::Example).join("\n"), @r#"
        {"area_code":"330000S","area_name":"杭州","area_tips":"","area_status":"0"}
        {"area_code":"330100","area_name":"杭州","area_url":"http://a.cn/","area_tips":"请先注册","area_status":"1"}
        {"area_code":"330200","area_name":"杭州","area_tips":"","area_status":"2"}
        "#);
    }
}
