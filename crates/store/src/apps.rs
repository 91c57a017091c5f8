//! Apps, their sealed tokens, grants and tariffs.
//!
//! A column of an app stands in three places here, one below the other: [`COLUMNS`], [`values`] and
//! [`decode`].

use fiveone_model::app::{App, AppId, CallbackAddress, Grant};
use fiveone_model::clock::Millis;
use fiveone_model::networks::Networks;
use fiveone_model::product::{PerProduct, Product};
use fiveone_model::report::Dialect;
use fiveone_model::tariff::{PartialRule, Tariff};

use crate::db::{Arg, Row, args};
use crate::{Error, Reader, Writer, corrupt, ledger, missing};

/// An app with what only the engine may open.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// The app.
    pub app: App,
    /// Its tokenId, sealed with the deployment key.
    pub token_sealed: Vec<u8>,
    /// The tokenId before, sealed, and until when it is taken.
    pub former_token: Option<(Vec<u8>, Millis)>,
    /// Its prices, its own or the default ones; `None` when neither is set.
    pub tariffs: PerProduct<Option<Tariff>>,
}

/// What it takes to make an app.
#[derive(Debug, Clone)]
pub struct NewApp {
    /// The app.
    pub app: App,
    /// Its tokenId, sealed.
    pub token_sealed: Vec<u8>,
    /// When.
    pub at: Millis,
}

/// The columns an operator can change, in the order of [`values`].
const COLUMNS: [&str; 19] = [
    "name",
    "dialect",
    "has_legacy_code_signature",
    "requires_signature",
    "has_employer_grant",
    "fund_grant",
    "insurance_grant",
    "fund_callback",
    "insurance_callback",
    "link_events",
    "wants_challenge_callbacks",
    "wants_challenges",
    "wants_findings",
    "acknowledges_by_201",
    "calls_per_second",
    "open_tasks_max",
    "unpaid_per_hour_max",
    "allowed_networks",
    "is_test",
];

fn values(app: &App) -> [Arg<'_>; COLUMNS.len()] {
    let grant = |product| Arg::from(app.grant(product).map(Grant::as_str));
    let callback = |product| Arg::from(app.callback(product).map(|address| address.url.as_str()));
    [
        Arg::from(&app.name),
        Arg::from(app.dialect.as_str()),
        Arg::from(app.has_legacy_code_signature),
        Arg::from(app.requires_signature),
        Arg::from(app.has_employer_grant),
        grant(Product::Fund),
        grant(Product::Insurance),
        callback(Product::Fund),
        callback(Product::Insurance),
        Arg::from(app.link_events.as_ref().map(|address| address.url.as_str())),
        Arg::from(app.wants_challenge_callbacks),
        Arg::from(app.wants_challenges),
        Arg::from(app.wants_findings),
        Arg::from(app.acknowledges_by_201),
        Arg::from(i64::from(app.calls_per_second)),
        Arg::from(i64::from(app.open_tasks_max)),
        Arg::from(i64::from(app.unpaid_per_hour_max)),
        Arg::from(app.allowed_networks.as_str()),
        Arg::from(app.is_test),
    ]
}

fn decode(row: &Row) -> Result<App, Error> {
    let id = row.text("id")?;
    let unreadable = |column| corrupt("app", column, &id);
    let grant = |column: &'static str| -> Result<Option<Grant>, Error> {
        let word = row.maybe_text(column)?;
        word.map(|word| Grant::parse(&word).ok_or_else(|| unreadable(column))).transpose()
    };
    let callback = |column: &'static str| -> Result<_, Error> {
        Ok(row.maybe_text(column)?.map(|url| CallbackAddress { url }))
    };
    let number = |column| u32::try_from(row.int(column)?).map_err(|_| unreadable(column));
    Ok(App {
        id: AppId::parse(&id).ok_or_else(|| unreadable("id"))?,
        name: row.text("name")?,
        dialect: Dialect::parse(&row.text("dialect")?).ok_or_else(|| unreadable("dialect"))?,
        has_legacy_code_signature: row.flag("has_legacy_code_signature")?,
        requires_signature: row.flag("requires_signature")?,
        has_employer_grant: row.flag("has_employer_grant")?,
        grants: PerProduct { fund: grant("fund_grant")?, insurance: grant("insurance_grant")? },
        callbacks: PerProduct {
            fund: callback("fund_callback")?,
            insurance: callback("insurance_callback")?,
        },
        link_events: callback("link_events")?,
        wants_challenge_callbacks: row.flag("wants_challenge_callbacks")?,
        wants_challenges: row.flag("wants_challenges")?,
        wants_findings: row.flag("wants_findings")?,
        acknowledges_by_201: row.flag("acknowledges_by_201")?,
        calls_per_second: number("calls_per_second")?,
        open_tasks_max: number("open_tasks_max")?,
        unpaid_per_hour_max: number("unpaid_per_hour_max")?,
        allowed_networks: Networks::parse(&row.text("allowed_networks")?)
            .ok_or_else(|| unreadable("allowed_networks"))?,
        is_test: row.flag("is_test")?,
    })
}

fn select(rest: &str) -> String {
    format!(
        "select id, token_sealed, former_token_sealed, former_token_until, {} from app {rest}",
        COLUMNS.join(", ")
    )
}

impl Reader {
    /// The app of an id, with the tariffs that hold for it.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn app(&self, id: &AppId) -> Result<Option<AppRow>, Error> {
        let sql = select("where id = $1");
        let Some(row) = self.db.fetch_one(&sql, args![id.as_str()]).await? else {
            return Ok(None);
        };
        Ok(Some(AppRow {
            app: decode(&row)?,
            token_sealed: row.blob("token_sealed")?,
            former_token: row
                .maybe_blob("former_token_sealed")?
                .zip(row.maybe_int("former_token_until")?),
            tariffs: PerProduct {
                fund: self.tariff(id, Product::Fund).await?,
                insurance: self.tariff(id, Product::Insurance).await?,
            },
        }))
    }

    /// Every app, by id; for operators.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn all_apps(&self) -> Result<Vec<App>, Error> {
        let rows = self.db.fetch_all(&select("order by id"), &[]).await?;
        rows.iter().map(decode).collect()
    }

    /// The price of a product for apps without one of their own.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn default_tariff(&self, product: Product) -> Result<Option<Tariff>, Error> {
        let sql = "select price_fen, partial_rule from default_tariff where product = $1";
        let row = self.db.fetch_one(sql, args![product.as_str()]).await?;
        row.as_ref().map(|row| decode_tariff(row, "default_tariff")).transpose()
    }

    /// What a task of a product costs an app: its own price, or the one for all.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn tariff(&self, app: &AppId, product: Product) -> Result<Option<Tariff>, Error> {
        let sql = "select price_fen, partial_rule from tariff where app_id = $1 and product = $2";
        match self.db.fetch_one(sql, args![app.as_str(), product.as_str()]).await? {
            Some(row) => decode_tariff(&row, "tariff").map(Some),
            None => self.default_tariff(product).await,
        }
    }
}

fn decode_tariff(row: &Row, table: &'static str) -> Result<Tariff, Error> {
    let rule = row.text("partial_rule")?;
    let partial = PartialRule::parse(&rule).ok_or_else(|| corrupt(table, "partial_rule", &rule))?;
    Ok(Tariff { price_fen: row.int("price_fen")?, partial })
}

impl Writer {
    /// Makes an app and its empty wallet; `false` when the id is taken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn create_app(&self, new: &NewApp) -> Result<bool, Error> {
        let id = Arg::from(new.app.id.as_str());
        let own = [id, Arg::from(&new.token_sealed), Arg::from(new.at)];
        let arguments = [own.as_slice(), &values(&new.app)].concat();
        let places: Vec<_> = (1..=arguments.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "insert into app (id, token_sealed, created_at, {}) values ({})
             on conflict (id) do nothing",
            COLUMNS.join(", "),
            places.join(", ")
        );
        let mut tx = self.db.begin().await?;
        let made = tx.execute(&sql, &arguments).await?;
        if made == 1 {
            ledger::open_wallet(&mut tx, &new.app.id).await?;
            tx.commit().await?;
        }
        Ok(made == 1)
    }

    /// Writes every switch of an app as given; its id, token and wallet stay.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn update_app(&self, app: &App) -> Result<(), Error> {
        let own = [Arg::from(app.id.as_str())];
        let arguments = [own.as_slice(), &values(app)].concat();
        let places = COLUMNS.iter().zip(2..).map(|(column, place)| format!("{column} = ${place}"));
        let changes = places.collect::<Vec<_>>().join(", ");
        let sql = format!("update app set {changes} where id = $1");
        let rows = self.db.execute(&sql, &arguments).await?;
        if rows == 1 { Ok(()) } else { Err(missing("app", app.id.as_str())) }
    }

    /// Gives an app another tokenId; the one it had is taken until an instant.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn rotate_token(
        &self,
        id: &AppId,
        token_sealed: &[u8],
        former_until: Millis,
    ) -> Result<(), Error> {
        let sql = "update app set former_token_sealed = token_sealed, former_token_until = $3,
                     token_sealed = $2
                   where id = $1";
        let rows = self.db.execute(sql, args![id.as_str(), token_sealed, former_until]).await?;
        if rows == 1 { Ok(()) } else { Err(missing("app", id.as_str())) }
    }

    /// Forgets tokenIds that are not taken any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_former_tokens(&self, now: Millis) -> Result<u64, Error> {
        let sql = "update app set former_token_sealed = null, former_token_until = null
                   where former_token_until <= $1";
        self.db.execute(sql, args![now]).await
    }

    /// Sets the price of a product, for one app or, with `None`, for all that have none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_tariff(
        &self,
        app: Option<&AppId>,
        product: Product,
        tariff: Tariff,
    ) -> Result<(), Error> {
        let (price, rule) = (tariff.price_fen, tariff.partial.as_str());
        let written = match app {
            Some(app) => {
                self.db
                    .execute(
                        "insert into tariff (app_id, product, price_fen, partial_rule)
                         values ($1, $2, $3, $4)
                         on conflict (app_id, product) do update
                         set price_fen = excluded.price_fen, partial_rule = excluded.partial_rule",
                        args![app.as_str(), product.as_str(), price, rule],
                    )
                    .await
            }
            None => {
                self.db
                    .execute(
                        "insert into default_tariff (product, price_fen, partial_rule)
                         values ($1, $2, $3)
                         on conflict (product) do update
                         set price_fen = excluded.price_fen, partial_rule = excluded.partial_rule",
                        args![product.as_str(), price, rule],
                    )
                    .await
            }
        };
        written.map(drop)
    }
}
