//! The list of apps, making one, and the prices of those that have none of their own.

use askama::Template;
use axum::response::Response;
use fiveone_engine::Accounts;
use fiveone_model::app::{App, AppId, Grant};
use fiveone_model::callback::webhook_secret;
use fiveone_model::ledger::{fen_of, yuan};
use fiveone_model::operator::Role;
use fiveone_model::product::Product;
use fiveone_model::tariff::{PartialRule, Tariff};

use super::frame::Frame;
use super::visit::{Act, Seen, Trouble, page, see_other};
use super::words;

#[derive(Template)]
#[template(path = "console/apps.html")]
struct Apps {
    frame: Frame,
    rows: Vec<Row>,
    prices: Vec<Price>,
}

struct Row {
    path: String,
    id: String,
    name: String,
    grants: Vec<(&'static str, &'static str)>,
    has_callback: bool,
}

/// The price of a product.
pub(super) struct Price {
    pub(super) product: &'static str,
    pub(super) name: &'static str,
    pub(super) yuan: String,
    pub(super) rules: Vec<(&'static str, &'static str, bool)>,
}

impl Price {
    pub(super) fn of(seen: &Seen, product: Product, tariff: Option<Tariff>) -> Self {
        let rules = [
            (
                PartialRule::BaseAndOneMore,
                seen.say("基本信息加一项即收费", "base and one more are paid"),
            ),
            (PartialRule::Always, seen.say("读到任何一项即收费", "any section is paid")),
            (PartialRule::Never, seen.say("不完整不收费", "never paid")),
        ];
        let chosen = tariff.map(|tariff| tariff.partial);
        Self {
            product: product.as_str(),
            name: words::product(seen.language(), product),
            yuan: tariff.map(|tariff| yuan(tariff.price_fen)).unwrap_or_default(),
            rules: rules.map(|(rule, name)| (rule.as_str(), name, chosen == Some(rule))).to_vec(),
        }
    }
}

/// Each product an app may use, and whether it is paused.
pub(super) fn grants(seen: &Seen, app: &App) -> Vec<(&'static str, &'static str)> {
    let grant = |product| {
        let kind = match app.grant(product)? {
            Grant::Active => "good",
            Grant::Paused => "warn",
        };
        Some((words::product(seen.language(), product), kind))
    };
    Product::ALL.into_iter().filter_map(grant).collect()
}

/// The list.
pub(super) async fn list(seen: Seen) -> Result<Response, Trouble> {
    let accounts = seen.api.engine.accounts();
    let all = accounts.all().await?;
    let rows = all.into_iter().map(|app| Row {
        path: address(&app.id),
        grants: grants(&seen, &app),
        has_callback: Product::ALL.into_iter().any(|product| app.callback(product).is_some()),
        id: app.id.to_string(),
        name: app.name,
    });
    let rows = rows.collect();
    let mut prices = Vec::new();
    for product in Product::ALL {
        prices.push(Price::of(&seen, product, accounts.default_tariff(product).await?));
    }
    page(&Apps { rows, prices, frame: seen.frame("apps") })
}

/// Secrets that are shown once.
#[derive(Template)]
#[template(path = "console/secret.html")]
pub(super) struct Secrets {
    pub(super) frame: Frame,
    pub(super) title: String,
    pub(super) secrets: Vec<(&'static str, String)>,
    pub(super) back: String,
}

/// Makes an app; its secrets are shown once.
pub(super) async fn create(act: Act) -> Result<Response, Trouble> {
    let seen = &act.seen;
    seen.needs(Role::Owner)?;
    let id = AppId::parse(act.field("id")).ok_or_else(|| {
        seen.typed(
            "appId 须为 1 至 64 个可见的 ASCII 字符。",
            "An appId has 1 to 64 printable ASCII characters.",
        )
    })?;
    let name: String = act.field("name").chars().take(100).collect();
    let app = App::new(id.clone(), &name).with_all_grants();
    let token = Accounts::new_token()?;
    let deed = seen.deed("create_app", &name)?.on_app(&id);
    if !seen.api.engine.console().accounts(deed).create(app, &token).await? {
        return Err(seen.typed("已有这个 appId。", "There is an app of this id already."));
    }
    seen.api.engine.forget_apps();
    page(&Secrets {
        title: format!("{} {id}", seen.say("已创建应用", "The app is made:")),
        secrets: vec![
            ("tokenId", token.to_string()),
            ("webhook secret", webhook_secret(&token).to_string()),
        ],
        back: address(&id),
        frame: seen.frame("apps"),
    })
}

/// The address of an app's page.
pub(super) fn address(id: &AppId) -> String {
    format!("/console/apps/{}", super::problems::in_address(id.as_str()))
}

/// Sets a price, of one app or of all that have none of their own.
pub(super) async fn set_price(act: &Act, app: Option<&AppId>) -> Result<(), Trouble> {
    let seen = &act.seen;
    seen.needs(Role::Owner)?;
    let wrong = || {
        seen.typed(
            "价格须为元，最多两位小数，如 3.00。",
            "A price is in yuan with at most two places, e.g. 3.00.",
        )
    };
    let product = Product::parse(act.field("product")).ok_or_else(wrong)?;
    let tariff = Tariff {
        price_fen: fen_of(act.field("price")).ok_or_else(wrong)?,
        partial: PartialRule::parse(act.field("partial")).ok_or_else(wrong)?,
    };
    let about =
        format!("{} ¥{} {}", product.as_str(), yuan(tariff.price_fen), tariff.partial.as_str());
    let deed = seen.deed("set_price", &about)?;
    let deed = match app {
        Some(app) => deed.on_app(app),
        None => deed,
    };
    seen.api.engine.console().accounts(deed).set_tariff(app, product, tariff).await?;
    seen.api.engine.forget_apps();
    Ok(())
}

/// The price of apps that have none of their own.
pub(super) async fn set_default_price(act: Act) -> Result<Response, Trouble> {
    set_price(&act, None).await?;
    Ok(see_other("/console/apps?said=saved"))
}
