//! One app: what it may, its switches, keys, price and wallet.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use fiveone_engine::{Fault, set_switch};
use fiveone_model::api_key::KeyMode;
use fiveone_model::app::{App, AppId, Grant, Switch, SwitchKind};
use fiveone_model::callback::webhook_secret;
use fiveone_model::ledger::{Balance, Entry, fen_of, yuan};
use fiveone_model::operator::Role;
use fiveone_model::product::Product;

use super::apps::{Price, Secrets, address, set_price};
use super::frame::{Frame, time};
use super::visit::{Act, Seen, Trouble, page, see_other};
use super::words;
use crate::language::Language;

/// Entries of the wallet on the page.
const ENTRIES: i64 = 20;
/// How long a tokenId is taken after it was replaced, unless it is known to others.
const OVERLAP_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "console/app.html")]
struct AppPage {
    frame: Frame,
    id: String,
    path: String,
    in_query: String,
    name: String,
    grants: Vec<GrantShown>,
    switches: Vec<SwitchShown>,
    keys: Vec<KeyShown>,
    prices: Vec<Price>,
    wallet: WalletShown,
    entries: Vec<EntryShown>,
    month: String,
}

/// What a wallet holds, in yuan.
struct WalletShown {
    free: String,
    held: String,
    revenue: String,
    funding: String,
}

impl From<Balance> for WalletShown {
    fn from(balance: Balance) -> Self {
        let Balance { free_fen, held_fen, revenue_fen, funding_fen } = balance;
        let [free, held, revenue, funding] =
            [free_fen, held_fen, revenue_fen, funding_fen].map(yuan);
        Self { free, held, revenue, funding }
    }
}

struct GrantShown {
    product: &'static str,
    name: &'static str,
    state: &'static str,
    kind: &'static str,
    /// What can be done: its word, its button, and whether it takes something away.
    deeds: Vec<(&'static str, &'static str, bool)>,
}

struct SwitchShown {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    value: String,
    kind: SwitchKind,
}

struct KeyShown {
    id: String,
    mode: &'static str,
    note: String,
    created: String,
    used: String,
    revoked: Option<String>,
}

/// An entry of a wallet.
pub(super) struct EntryShown {
    pub(super) seq: i64,
    pub(super) at: String,
    pub(super) kind: &'static str,
    pub(super) amount: String,
    pub(super) task: String,
    pub(super) note: String,
}

impl EntryShown {
    pub(super) fn of(language: Language, entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            at: time(entry.at),
            kind: words::entry(language, entry.kind),
            amount: yuan(entry.amount_fen),
            task: entry.task_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            note: entry.note.clone(),
        }
    }
}

fn grants(seen: &Seen, app: &App) -> Vec<GrantShown> {
    let grant = |product| {
        let give = ("grant", seen.say("授权", "Grant"), false);
        let pause = ("pause", seen.say("暂停", "Pause"), true);
        let revoke = ("revoke", seen.say("收回", "Revoke"), true);
        let (state, kind, deeds) = match app.grant(product) {
            None => (seen.say("未授权", "none"), "", vec![give]),
            Some(Grant::Active) => (seen.say("可用", "active"), "good", vec![pause, revoke]),
            Some(Grant::Paused) => (seen.say("已暂停", "paused"), "warn", vec![give, revoke]),
        };
        let name = words::product(seen.language(), product);
        GrantShown { product: product.as_str(), name, state, kind, deeds }
    };
    Product::ALL.map(grant).into()
}

/// A switch's name and what it does, for people.
const fn switch_words(language: Language, switch: Switch) -> (&'static str, &'static str) {
    if let Language::English = language {
        return (switch.name(), switch.help());
    }
    switch.in_chinese()
}

fn switches(language: Language, app: &App) -> Vec<SwitchShown> {
    let shown = Switch::ALL.map(|switch| {
        let (label, help) = switch_words(language, switch);
        let (name, value, kind) = (switch.name(), switch.get(app), switch.kind());
        SwitchShown { name, label, help, value, kind }
    });
    shown.into()
}

async fn keys(seen: &Seen, id: &AppId) -> Result<Vec<KeyShown>, Trouble> {
    let all = seen.api.engine.api_keys().all(id).await?;
    let shown = all.into_iter().map(|key| KeyShown {
        mode: match key.mode {
            KeyMode::Live => seen.say("正式", "live"),
            KeyMode::Test => seen.say("测试", "test"),
        },
        created: time(key.created_at),
        used: key.used_on.unwrap_or_else(|| "–".to_owned()),
        revoked: key.revoked_at.map(time),
        id: key.id,
        note: key.note,
    });
    Ok(shown.collect())
}

/// The page.
pub(super) async fn show(seen: Seen, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id = seen.app_id(&id)?;
    let accounts = seen.api.engine.accounts();
    let app = accounts.show(&id).await?.ok_or_else(|| seen.missing())?;
    let mut prices = Vec::new();
    for product in Product::ALL {
        prices.push(Price::of(&seen, product, accounts.tariff(&id, product).await?));
    }
    let entries = accounts.entries(&id, ENTRIES).await?;
    page(&AppPage {
        path: address(&id),
        in_query: super::problems::in_address(id.as_str()),
        grants: grants(&seen, &app),
        switches: switches(seen.language(), &app),
        keys: keys(&seen, &id).await?,
        prices,
        wallet: accounts.balance(&id).await?.unwrap_or_default().into(),
        entries: entries.iter().map(|entry| EntryShown::of(seen.language(), entry)).collect(),
        month: time(seen.api.engine.now()).chars().take(7).collect(),
        id: id.to_string(),
        name: app.name,
        frame: seen.frame("apps"),
    })
}

/// The app of a form that an owner sent.
async fn owned(act: &Act, id: &str) -> Result<App, Trouble> {
    act.seen.needs(Role::Owner)?;
    let id = act.seen.app_id(id)?;
    act.seen.api.engine.accounts().show(&id).await?.ok_or_else(|| act.seen.missing())
}

async fn save(act: &Act, app: &App, about: &str) -> Result<Response, Trouble> {
    let deed = act.seen.deed("change_app", about)?.on_app(&app.id);
    act.seen.api.engine.console().accounts(deed).update(app).await?;
    act.seen.api.engine.forget_apps();
    Ok(see_other(&format!("{}?said=saved", address(&app.id))))
}

/// Switches what was changed in the form.
pub(super) async fn switch(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let mut app = owned(&act, &id).await?;
    let is_private_allowed = act.seen.api.engine.console().callbacks_to_private();
    let mut changed = Vec::new();
    let name: String = act.field("name").chars().take(100).collect();
    if act.has("name") && name != app.name {
        changed.push(format!("name={name}"));
        app.name = name;
    }
    for switch in Switch::ALL {
        let before = switch.get(&app);
        let typed = match switch.kind() {
            // A browser sends a box that is not ticked as nothing.
            SwitchKind::Flag => act.has(switch.name()).to_string(),
            _ if !act.has(switch.name()) => continue,
            _ => act.field(switch.name()).to_owned(),
        };
        if typed == before {
            continue;
        }
        if let Err(why) = set_switch(&mut app, switch, &typed, is_private_allowed) {
            let (label, _) = switch_words(act.seen.language(), switch);
            return Err(act.seen.typed(&format!("{label}：{why}"), &format!("{label}: {why}")));
        }
        changed.push(format!("{}={}", switch.name(), switch.get(&app)));
    }
    save(&act, &app, &changed.join(", ")).await
}

/// Grants a product, pauses it, or takes it away.
pub(super) async fn grant(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let mut app = owned(&act, &id).await?;
    let product = Product::parse(act.field("product")).ok_or_else(|| act.seen.missing())?;
    let to = match act.field("to") {
        "grant" => Some(Grant::Active),
        "pause" => Some(Grant::Paused),
        "revoke" => None,
        _ => return Err(act.seen.missing()),
    };
    *app.grants.get_mut(product) = to;
    let about = format!("{}: {}", product.as_str(), act.field("to"));
    save(&act, &app, &about).await
}

/// Issues a bearer key, which is shown once.
pub(super) async fn create_key(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let app = owned(&act, &id).await?;
    let mode = if act.field("mode") == "test" { KeyMode::Test } else { KeyMode::Live };
    let note: String = act.field("note").chars().take(200).collect();
    let deed = act.seen.deed("create_key", &format!("{} {note}", mode.as_str()))?.on_app(&app.id);
    let keys = act.seen.api.engine.console().accounts(deed).api_keys();
    let (key, _) = keys.create(&app.id, mode, &note).await?;
    page(&Secrets {
        title: format!("{} {}", act.seen.say("新密钥：", "A new key of"), app.id),
        secrets: vec![("Authorization: Bearer", key.as_str().to_owned())],
        back: address(&app.id),
        frame: act.seen.frame("apps"),
    })
}

/// Revokes a bearer key.
pub(super) async fn revoke_key(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let app = owned(&act, &id).await?;
    let key = act.field("key");
    // Of this app, whatever the form says.
    let keys = act.seen.api.engine.api_keys().all(&app.id).await?;
    if !keys.iter().any(|known| known.id == key) {
        return Err(act.seen.missing());
    }
    let deed = act.seen.deed("revoke_key", key)?.on_app(&app.id);
    act.seen.api.engine.console().accounts(deed).api_keys().revoke(key).await?;
    act.seen.api.engine.forget_apps();
    Ok(see_other(&format!("{}?said=revoked", address(&app.id))))
}

/// Gives another tokenId, which is shown once.
pub(super) async fn rotate(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let app = owned(&act, &id).await?;
    let overlap_ms = if act.has("at_once") { 0 } else { OVERLAP_MS };
    let deed = act.seen.deed("rotate_token", &format!("overlap {} h", overlap_ms / 3_600_000))?;
    let accounts = act.seen.api.engine.console().accounts(deed.on_app(&app.id));
    let (token, until) = accounts.rotate_token(&app.id, overlap_ms).await?;
    act.seen.api.engine.forget_apps();
    page(&Secrets {
        title: format!(
            "{} {}",
            act.seen
                .say("新的 tokenId；旧的有效至", "A new tokenId; the one before is taken until"),
            time(until)
        ),
        secrets: vec![
            ("tokenId", token.to_string()),
            ("webhook secret", webhook_secret(&token).to_string()),
        ],
        back: address(&app.id),
        frame: act.seen.frame("apps"),
    })
}

/// Sets the app's own price.
pub(super) async fn price(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let app = owned(&act, &id).await?;
    set_price(&act, Some(&app.id)).await?;
    Ok(see_other(&format!("{}?said=saved", address(&app.id))))
}

/// Adds money to the wallet.
pub(super) async fn top_up(Path(id): Path<String>, act: Act) -> Result<Response, Trouble> {
    let app = owned(&act, &id).await?;
    let amount = fen_of(act.field("amount")).filter(|amount| *amount > 0).ok_or_else(|| {
        act.seen.typed(
            "金额须为正数，单位元，最多两位小数。",
            "An amount in yuan with at most two places, more than 0.",
        )
    })?;
    let reason = act.words("reason")?;
    let deed = act.seen.deed("top_up", &format!("¥{} {reason}", yuan(amount)))?.on_app(&app.id);
    match act.seen.api.engine.console().accounts(deed).topup(&app.id, amount, reason).await {
        Err(Fault::WalletFull) => {
            return Err(act.seen.typed("钱包放不下这么多。", "The wallet takes no more."));
        }
        done => done?,
    }
    Ok(see_other(&format!("{}?said=topped", address(&app.id))))
}
