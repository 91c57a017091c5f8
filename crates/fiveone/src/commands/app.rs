//! `fiveone app`: apps and their wallets.

mod key;
mod shown;
mod switches;

use clap::{Args, Subcommand, ValueEnum};
use fiveone_engine::Accounts;
use fiveone_model::app::{App as AppRecord, AppId, Grant};
use fiveone_model::clock::Millis;
use fiveone_model::ledger::fen_of;
use fiveone_model::product::Product;
use fiveone_model::tariff::{PartialRule, Tariff};
use serde_json::{Value, json};

use self::key::KeyAction;
use self::shown::shown;
use super::store_access::StoreAccess;
use crate::config::parse_ms;
use crate::exit::{Failed, Reason};
use crate::output;
use switches::Switches;

/// Makes apps, grants them interfaces, pauses them, tops up their wallets, shows them
#[derive(Debug, Args)]
pub(crate) struct App {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes an app that may use both products, and prints its tokenId once
    ///
    /// Example: fiveone app create loans --name 贷款审核 --price 3.00
    Create {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// What it is called
        #[arg(long, default_value = "")]
        name: String,
        /// Reaches the simulated portals of the model city 990000 and nothing else, at no price
        #[arg(long)]
        test: bool,
        /// The price of a task in yuan; default: the price set for all apps
        #[arg(long, value_parser = fen)]
        price: Option<i64>,
        #[command(flatten)]
        switches: Box<Switches>,
    },
    /// Grants an app a product, or changes its switches
    ///
    /// Example: fiveone app grant loans --product fund --dialect example
    Grant {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// The product; without it only switches change
        #[arg(long)]
        product: Option<ProductArg>,
        #[command(flatten)]
        switches: Box<Switches>,
    },
    /// Pauses an app's use of a product, or of both; `grant` ends the pause
    ///
    /// Example: fiveone app pause loans --product insurance
    Pause {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// The product; default: both
        #[arg(long)]
        product: Option<ProductArg>,
    },
    /// Takes a product from an app, or both; `grant` gives it again
    ///
    /// Tasks under way end as they would, and their callbacks come; new calls get status 7.
    ///
    /// Example: fiveone app revoke loans --product insurance
    Revoke {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// The product; default: both
        #[arg(long)]
        product: Option<ProductArg>,
    },
    /// Gives an app a new tokenId and prints it once; the one before is taken for a while
    ///
    /// Callbacks bear the tokenKey of the new one at once, and the webhook-signature of both.
    ///
    /// Example: fiveone app rotate loans --overlap 24h
    Rotate {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// How long the one before is taken: 0s when somebody else has it
        #[arg(long, value_parser = overlap, default_value = "24h")]
        overlap: Millis,
    },
    /// Adds money to an app's wallet
    ///
    /// Example: fiveone app topup loans 500.00 --note "invoice 12"
    Topup {
        /// The appId
        #[arg(value_parser = app_id)]
        id: AppId,
        /// In yuan, more than 0
        #[arg(value_parser = positive_fen, allow_negative_numbers = true)]
        amount: i64,
        /// Why, for the books
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Makes, lists and revokes the bearer keys of /v1
    #[command(subcommand)]
    Key(KeyAction),
    /// Shows an app, its wallet and its newest entries, or all apps
    ///
    /// Example: fiveone app show loans
    Show {
        /// The appId; default: all apps
        #[arg(value_parser = app_id)]
        id: Option<AppId>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ProductArg {
    Fund,
    Insurance,
}

impl From<ProductArg> for Product {
    fn from(product: ProductArg) -> Self {
        match product {
            ProductArg::Fund => Self::Fund,
            ProductArg::Insurance => Self::Insurance,
        }
    }
}

/// What a task costs when nobody has said otherwise.
const DEFAULT_PRICE_FEN: i64 = 300;

pub(crate) fn app_id(text: &str) -> Result<AppId, String> {
    AppId::parse(text).ok_or_else(|| "1 to 64 printable ASCII characters".to_owned())
}

fn overlap(text: &str) -> Result<Millis, String> {
    parse_ms(text).ok_or_else(|| "a number and d, h, m or s, e.g. 24h".to_owned())
}

/// `12.34` in yuan as 分; at most two places, so that nothing is rounded.
fn fen(text: &str) -> Result<i64, String> {
    fen_of(text).ok_or_else(|| "an amount in yuan with at most two places, e.g. 500.00".to_owned())
}

/// The same for money that is moved: it must be some.
fn positive_fen(text: &str) -> Result<i64, String> {
    let amount = fen(text)?;
    if amount > 0 { Ok(amount) } else { Err("the amount must be positive".to_owned()) }
}

impl App {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let accounts = self.access.accounts().await?;
        let json = match self.action {
            Action::Create { id, name, test, price, switches } => {
                let mut app = AppRecord::new(id, &name).with_all_grants();
                app.is_test = test;
                switches.change(&mut app, self.access.callbacks_to_private()?)?;
                create(&accounts, app, price).await?
            }
            Action::Grant { id, product, switches } => {
                let mut app = find(&accounts, &id).await?;
                if let Some(product) = product {
                    *app.grants.get_mut(product.into()) = Some(Grant::Active);
                }
                switches.change(&mut app, self.access.callbacks_to_private()?)?;
                ensure_prices(&accounts).await?;
                accounts.update(&app).await?;
                shown(&accounts, &app, 0).await?
            }
            Action::Pause { id, product } => {
                let mut app = find(&accounts, &id).await?;
                for each in Product::ALL {
                    let is_meant = product.is_none_or(|product| Product::from(product) == each);
                    if is_meant && app.grant(each).is_some() {
                        *app.grants.get_mut(each) = Some(Grant::Paused);
                    }
                }
                accounts.update(&app).await?;
                shown(&accounts, &app, 0).await?
            }
            Action::Revoke { id, product } => {
                let mut app = find(&accounts, &id).await?;
                for each in Product::ALL {
                    if product.is_none_or(|product| Product::from(product) == each) {
                        *app.grants.get_mut(each) = None;
                    }
                }
                accounts.update(&app).await?;
                shown(&accounts, &app, 0).await?
            }
            Action::Rotate { id, overlap } => {
                let app = find(&accounts, &id).await?;
                let (token, until) = accounts.rotate_token(&id, overlap).await?;
                let mut json = shown(&accounts, &app, 0).await?;
                json["tokenId"] = json!(token.as_str());
                json["webhookSecret"] = json!(fiveone_model::callback::webhook_secret(&token));
                json["formerUntil"] = json!(fiveone_model::clock::shanghai_text(until));
                json
            }
            Action::Topup { id, amount, note } => {
                let app = find(&accounts, &id).await?;
                accounts.topup(&id, amount, &note).await?;
                shown(&accounts, &app, 1).await?
            }
            Action::Key(action) => action.run(&accounts).await?,
            Action::Show { id: Some(id) } => {
                shown(&accounts, &find(&accounts, &id).await?, 20).await?
            }
            Action::Show { id: None } => {
                let mut all = Vec::new();
                for app in accounts.all().await? {
                    all.push(shown(&accounts, &app, 0).await?);
                }
                Value::Array(all)
            }
        };
        output::say_json(&json, !self.json);
        Ok(())
    }
}

async fn create(accounts: &Accounts, app: AppRecord, price: Option<i64>) -> Result<Value, Failed> {
    let id = app.id.clone();
    ensure_prices(accounts).await?;
    let token = Accounts::new_token()?;
    if !accounts.create(app.clone(), &token).await? {
        return Err(Failed::message(Reason::Usage, format!("there is an app {id} already")));
    }
    if let Some(price_fen) = price {
        let tariff = Tariff { price_fen, partial: PartialRule::BaseAndOneMore };
        for product in Product::ALL {
            accounts.set_tariff(Some(&id), product, tariff).await?;
        }
    }
    let mut json = shown(accounts, &app, 0).await?;
    json["tokenId"] = json!(token.as_str());
    json["webhookSecret"] = json!(fiveone_model::callback::webhook_secret(&token));
    Ok(json)
}

/// Sets the default price where there is none yet.
pub(crate) async fn ensure_prices(accounts: &Accounts) -> Result<(), Failed> {
    for product in Product::ALL {
        if accounts.default_tariff(product).await?.is_none() {
            let tariff =
                Tariff { price_fen: DEFAULT_PRICE_FEN, partial: PartialRule::BaseAndOneMore };
            accounts.set_tariff(None, product, tariff).await?;
        }
    }
    Ok(())
}

async fn find(accounts: &Accounts, id: &AppId) -> Result<AppRecord, Failed> {
    accounts
        .show(id)
        .await?
        .ok_or_else(|| Failed::message(Reason::Usage, format!("there is no app {id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_that_is_moved_is_some() {
        assert_eq!(positive_fen("0.00"), Err("the amount must be positive".to_owned()));
        assert_eq!(positive_fen("0.01"), Ok(1));
    }
}
