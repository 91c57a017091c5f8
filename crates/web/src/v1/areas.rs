//! GET /v1/areas: where records can be fetched now, and what a login takes.

use fiveone_model::area::{Area as AreaRow, AreaCode, AreaStatus};
use fiveone_model::login::{FieldKind, LoginField, LoginMethod};
use fiveone_model::product::Product;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::call::Call;
use super::task::ProductWord;
use super::{Outcome, json};

/// The areas.
#[derive(Serialize, JsonSchema)]
pub(super) struct AreaList<'a> {
    data: Vec<Area<'a>>,
}

/// A city, or a province's own office, for one product.
#[derive(Serialize, JsonSchema)]
struct Area<'a> {
    product: ProductWord,
    /// Its code, which POST /v1/tasks takes.
    code: &'a str,
    /// Its Chinese name.
    name: &'a str,
    status: AreaState,
    /// What the person should know before logging in; may be blank.
    tips: &'a str,
    /// The portal's own address for people.
    url: Option<&'a str>,
    logins: Vec<Login<'a>>,
}

/// Whether an area can be used now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum AreaState {
    /// Tasks are accepted.
    Usable,
    /// Its portal is closed or fails for everybody, or an operator closed it.
    Maintenance,
    /// It has no connector yet.
    InDevelopment,
}

/// One way to log in.
#[derive(Serialize, JsonSchema)]
struct Login<'a> {
    /// Its number within the area.
    number: u32,
    name: &'a str,
    /// Whether it is an employer's, which wants a grant of its own.
    employer: bool,
    fields: Vec<Field<'a>>,
}

/// What the person types or chooses.
#[derive(Serialize, JsonSchema)]
struct Field<'a> {
    /// Its name in `fields` of POST /v1/tasks.
    name: &'static str,
    /// What the person reads beside it.
    label: &'a str,
    r#type: FieldType,
    required: bool,
    /// A hint for the person; may be blank.
    tip: &'a str,
    /// The most characters.
    max_length: usize,
    /// The choices of a select; else none.
    options: Vec<Choice<'a>>,
}

/// How a field is shown.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum FieldType {
    Text,
    Password,
    Select,
}

/// A choice of a select.
#[derive(Serialize, JsonSchema)]
struct Choice<'a> {
    /// What the person reads.
    label: &'a str,
    /// What is sent.
    value: &'a str,
}

/// GET /v1/areas
pub(super) async fn list(call: Call<'_>) -> Outcome {
    let wanted = call.query.product()?;
    let code = call.query.parsed("area", "an area's code", AreaCode::parse)?;
    let engine = &call.front.api.engine;
    let (fund, insurance) =
        (engine.areas(Product::Fund).await?, engine.areas(Product::Insurance).await?);
    let mut data = Vec::new();
    for (product, areas) in [(Product::Fund, &fund), (Product::Insurance, &insurance)] {
        if wanted.is_some_and(|wanted| wanted != product) {
            continue;
        }
        let areas = areas.iter().filter(|area| code.as_ref().is_none_or(|code| area.code == *code));
        data.extend(areas.map(|area| {
            let logins = engine.logins(product, &area.code).unwrap_or_default();
            of_area(product, area, logins)
        }));
    }
    json(StatusCode::OK, &AreaList { data })
}

fn of_area<'a>(product: Product, area: &'a AreaRow, logins: &'a [LoginMethod]) -> Area<'a> {
    Area {
        product: ProductWord(product.as_str()),
        code: area.code.as_str(),
        name: &area.name,
        status: match area.status {
            AreaStatus::Usable => AreaState::Usable,
            AreaStatus::Maintenance => AreaState::Maintenance,
            AreaStatus::InDevelopment => AreaState::InDevelopment,
        },
        tips: &area.tips,
        url: area.url.as_deref(),
        logins: logins
            .iter()
            .map(|login| Login {
                number: login.number,
                name: &login.name,
                employer: login.is_corporate(),
                fields: login.fields.iter().map(of_field).collect(),
            })
            .collect(),
    }
}

fn of_field(field: &LoginField) -> Field<'_> {
    Field {
        name: field.name.as_str(),
        label: &field.label,
        r#type: match field.kind {
            FieldKind::Text => FieldType::Text,
            FieldKind::Password => FieldType::Password,
            FieldKind::Select => FieldType::Select,
        },
        required: field.is_required,
        tip: &field.tip,
        max_length: field.chars_max,
        options: field
            .options
            .iter()
            .map(|choice| Choice { label: &choice.key, value: &choice.value })
            .collect(),
    }
}
