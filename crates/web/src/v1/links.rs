//! POST /v1/links and GET /v1/links/{id}: the person's page, for apps that do not want to see passwords.

use std::collections::BTreeMap;

use fiveone_engine::{LINK_FOR_MS, LinkRefusal, LinkRequest, LinkRow, Look, prefill_complaint};
use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::area::AreaCode;
use fiveone_model::clock::rfc3339;
use fiveone_model::link::Exit;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::code::Code;
use super::exit_words::{ExitReasonWord, ExitStageWord};
use super::link_parts::LinkPart;
use super::problem::Problem;
use super::tasks::{ProductChoice, usable_area};
use super::{Outcome, body, json};

/// What POST /v1/links is sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({ "product": "fund", "purpose": "贷款审核", "state": "s-51" }))]
#[schemars(transform = one_of_two)]
pub(super) struct NewLink {
    /// The only product that is asked for; `products` in its place asks for several.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ProductChoice")]
    product: Option<ProductChoice>,
    /// The products that are asked for, each once, in the order in which the person goes through them.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Vec<ProductChoice>", length(min = 1, max = 2), extend("uniqueItems" = true))]
    products: Option<Vec<ProductChoice>>,
    /// The area's code, of every product; without it the person chooses.
    area: Option<String>,
    /// Why, in words for the person; at most 200 characters.
    #[serde(default)]
    purpose: String,
    /// Given back with the person, as it is; at most 200 characters.
    #[serde(default)]
    state: String,
    /// Where the person goes in the end: one of the addresses that the operator listed.
    return_url: Option<String>,
    /// How long it lasts, from 60 to 86400; half an hour without it.
    seconds: Option<i64>,
    /// Which light the page is in.
    #[serde(default)]
    theme: ThemeWord,
    /// The colour of the page's buttons, as #rrggbb; it must be seen on the cards of the theme.
    accent: Option<String>,
    /// What login fields hold at first, by their names; the person may change it. Never a password.
    #[serde(default, deserialize_with = "body::each_once")]
    prefill: BTreeMap<String, String>,
}

/// Which light the page is in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ThemeWord {
    /// As the person's device says.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// A member that may be left out, and is not null.
fn present<'de, D, T>(member: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    let member = Option::<T>::deserialize(member)?;
    member.map(Some).ok_or_else(|| serde::de::Error::custom("null is not a value of it"))
}

/// Either the one member or the other: a document that has both, or none, is refused.
fn one_of_two(schema: &mut schemars::Schema) {
    let required = |name: &str| serde_json::json!({ "required": [name] });
    schema.insert("oneOf".to_owned(), [required("product"), required("products")].into());
    // What is left out is not null, though it is so in memory.
    let members = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut);
    for member in members.into_iter().flat_map(serde_json::Map::values_mut) {
        if let Some(member) = member.as_object_mut()
            && member.get("default") == Some(&serde_json::Value::Null)
        {
            member.remove("default");
        }
    }
}

impl NewLink {
    /// What is asked for, in order.
    fn products(&self) -> Result<Vec<Product>, Problem> {
        match (self.product, &self.products) {
            (Some(product), None) => Ok(vec![product.into()]),
            (None, Some(products)) => Ok(products.iter().map(|one| (*one).into()).collect()),
            _ => Err(Problem::parameter("a link asks for product or products, one of the two")),
        }
    }

    fn look(&self) -> Result<Look, Problem> {
        let theme = match self.theme {
            ThemeWord::Auto => Theme::Auto,
            ThemeWord::Light => Theme::Light,
            ThemeWord::Dark => Theme::Dark,
        };
        let accent = self.accent.as_deref().map(|text| {
            Colour::parse(text).ok_or_else(|| Problem::parameter("accent is a colour as #rrggbb"))
        });
        Ok(Look { theme, accent: accent.transpose()? })
    }
}

/// What login fields hold at first; of an area that is named, those that it has for one of the products.
fn prefill(
    call: &Call<'_>,
    (products, area): (&[Product], Option<&AreaCode>),
    sent: BTreeMap<String, String>,
) -> Result<Credentials, Problem> {
    let mut prefill = Credentials::default();
    for (name, value) in sent {
        let name = FieldName::parse(&name);
        prefill.set(name.ok_or_else(|| Problem::parameter("prefill has an unknown field"))?, value);
    }
    let engine = &call.front.api.engine;
    let methods = area.map(|area| {
        let of = |product: &Product| engine.logins(*product, area).unwrap_or_default();
        products.iter().flat_map(of).cloned().collect::<Vec<_>>()
    });
    match methods.and_then(|methods| prefill_complaint(&methods, &prefill)) {
        Some(complaint) => Err(Problem::parameter(complaint)),
        None => Ok(prefill),
    }
}

/// A new link.
#[derive(Serialize, JsonSchema)]
pub(super) struct Made {
    #[serde(flatten)]
    link: Link,
    /// The path of the page on this gateway, told once: whoever has it may open it.
    path: String,
}

/// A link to the person's page.
#[derive(Serialize, JsonSchema)]
pub(super) struct Link {
    id: String,
    status: LinkStatus,
    /// When it ends by itself.
    expires_at: String,
    /// When the page first ran in a browser.
    opened_at: Option<String>,
    /// When the person agreed.
    agreed_at: Option<String>,
    /// Which text the person agreed to, by its day.
    agreed_to: Option<String>,
    state: String,
    /// The task that was handed over; of several the first, and `parts` has each.
    task: Option<String>,
    /// Where the person was and why, when it ended with nothing handed over.
    exit: Option<LinkExit>,
    /// Each product that was asked for, in order; what became of it is told when the link is over.
    parts: Vec<LinkPart>,
}

/// How a link ended with nothing handed over.
#[derive(Serialize, JsonSchema)]
pub(super) struct LinkExit {
    at: String,
    stage: ExitStageWord,
    reason: ExitReasonWord,
}

impl LinkExit {
    fn of(exit: Exit, at: i64) -> Self {
        Self { at: rfc3339(at), stage: exit.stage.into(), reason: exit.reason.into() }
    }
}

/// How far a link is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum LinkStatus {
    /// Nobody has agreed yet.
    Waiting,
    /// The person agreed, and is at it.
    Agreed,
    /// The result is the app's.
    HandedOver,
    /// The person gave nothing.
    Declined,
    /// Its time is over.
    Expired,
}

impl Link {
    fn of(row: &LinkRow, now: i64) -> Self {
        use fiveone_engine::LinkOutcome::{Declined, Expired, HandedOver};
        let outcome = row.end.map(|(outcome, _)| outcome);
        let status = match (outcome, &row.consent) {
            (Some(HandedOver), _) => LinkStatus::HandedOver,
            (Some(Declined), _) => LinkStatus::Declined,
            (Some(Expired), _) => LinkStatus::Expired,
            (None, _) if row.made.expires_at <= now => LinkStatus::Expired,
            (None, Some(_)) => LinkStatus::Agreed,
            (None, None) => LinkStatus::Waiting,
        };
        let task = row.handed_over().next().map(|(_, task)| task.to_string());
        Self {
            id: row.made.id.clone(),
            status,
            expires_at: rfc3339(row.made.expires_at),
            opened_at: row.opened_at.map(rfc3339),
            agreed_at: row.consent.as_ref().map(|consent| rfc3339(consent.at)),
            agreed_to: row.consent.as_ref().map(|consent| consent.text.clone()),
            state: row.made.state.clone(),
            task,
            parts: row.parts.iter().map(|part| LinkPart::of(part, outcome.is_some())).collect(),
            exit: row.exit.zip(row.end).map(|(exit, (_, at))| LinkExit::of(exit, at)),
        }
    }
}

/// POST /v1/links
pub(super) async fn create(call: Call<'_>) -> Outcome {
    let new: NewLink = body::parse(&call.body)?;
    let products = new.products()?;
    for product in &products {
        call.allow(*product)?;
    }
    let (look, area) = (new.look()?, area(&call, &products, new.area.as_deref()).await?);
    let request = LinkRequest {
        look,
        prefill: prefill(&call, (&products, area.as_ref()), new.prefill)?,
        products,
        area,
        purpose: new.purpose,
        state: new.state,
        return_url: new.return_url,
        for_ms: new.seconds.map_or(LINK_FOR_MS, |seconds| seconds.saturating_mul(1_000)),
        mode: call.mode,
    };
    let engine = &call.front.api.engine;
    let links = engine.links();
    let token = links.create(&call.app, request).await?.map_err(refused)?;
    let row = links.of_token(&token).await?.ok_or(Code::LinkNotFound)?;
    let path = format!("/link/{}", *token);
    json(StatusCode::CREATED, &Made { link: Link::of(&row, engine.now()), path })
}

/// The area of a link, where each product can be read; with a test key it is the model city.
async fn area(
    call: &Call<'_>,
    products: &[Product],
    sent: Option<&str>,
) -> Result<Option<AreaCode>, Problem> {
    let meant = sent.or((call.mode == KeyMode::Test).then_some(MODEL_CITY));
    let Some(code) = meant else { return Ok(None) };
    let mut area = None;
    for product in products {
        area = Some(usable_area(call, *product, code).await?);
    }
    Ok(area)
}

fn refused(refusal: LinkRefusal) -> Problem {
    match refusal {
        LinkRefusal::NoGrant => Code::ProductNotGranted.into(),
        LinkRefusal::WrongMode => Code::WrongMode.into(),
        LinkRefusal::Products
        | LinkRefusal::ReturnUrl
        | LinkRefusal::Words
        | LinkRefusal::Accent
        | LinkRefusal::Prefill
        | LinkRefusal::Lasts => Problem::parameter(refusal.to_string()),
    }
}

/// GET /v1/links/{id}
pub(super) async fn show(call: Call<'_>) -> Outcome {
    let engine = &call.front.api.engine;
    let row = engine.links().of(&call.app.app.id, &call.id).await?.ok_or(Code::LinkNotFound)?;
    json(StatusCode::OK, &Link::of(&row, engine.now()))
}
