//! Apps, their sealed tokens, grants and tariffs.

use fiveone_model::app::{App, AppId, CallbackAddress, Grant};
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::report::Dialect;
use fiveone_model::tariff::{PartialRule, Tariff};

use crate::db::{Row, args};
use crate::{Error, Reader, Writer, corrupt, ledger, missing};

/// An app with what only the engine may open.
#[derive(Debug, Clone)]
pub struct AppRow {
    /// The app.
    pub app: App,
    /// Its tokenId, sealed with the deployment key.
    pub token_sealed: Vec<u8>,
    /// Its price for fund tasks, its own or the house's; `None` when neither is set.
    pub fund_tariff: Option<Tariff>,
    /// Its price for insurance tasks.
    pub insurance_tariff: Option<Tariff>,
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

const COLUMNS: &str = "
    select id, name, token_sealed, dialect, has_legacy_code_signature, has_employer_grant,
      fund_grant, insurance_grant, fund_callback, insurance_callback,
      wants_challenge_callbacks, acknowledges_by_201, calls_per_second
    from app";

impl Reader {
    /// The app of an id, with the tariffs that hold for it.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn app(&self, id: &AppId) -> Result<Option<AppRow>, Error> {
        let sql = format!("{COLUMNS} where id = $1");
        let Some(row) = self.db.fetch_one(&sql, args![id.as_str()]).await? else {
            return Ok(None);
        };
        let (app, token_sealed) = decode(&row)?;
        Ok(Some(AppRow {
            fund_tariff: self.tariff(id, Product::Fund).await?,
            insurance_tariff: self.tariff(id, Product::Insurance).await?,
            app,
            token_sealed,
        }))
    }

    /// Every app, by id; for operators.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn all_apps(&self) -> Result<Vec<App>, Error> {
        let rows = self.db.fetch_all(&format!("{COLUMNS} order by id"), &[]).await?;
        rows.iter().map(|row| Ok(decode(row)?.0)).collect()
    }

    /// The price of a product for apps without one of their own.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn house_tariff(&self, product: Product) -> Result<Option<Tariff>, Error> {
        self.tariff_for("", product).await
    }

    async fn tariff(&self, id: &AppId, product: Product) -> Result<Option<Tariff>, Error> {
        self.tariff_for(id.as_str(), product).await
    }

    async fn tariff_for(&self, app: &str, product: Product) -> Result<Option<Tariff>, Error> {
        let row = self
            .db
            .fetch_one(
                "select price_fen, partial_rule from tariff
                 where product = $1 and app_id in ('', $2)
                 order by app_id desc
                 limit 1",
                args![product.as_str(), app],
            )
            .await?;
        row.map(|row| {
            let partial = PartialRule::parse(&row.text(1)?)
                .ok_or_else(|| corrupt("tariff", "partial_rule", app))?;
            Ok(Tariff { price_fen: row.int(0)?, partial })
        })
        .transpose()
    }
}

fn decode(row: &Row) -> Result<(App, Vec<u8>), Error> {
    let id = row.text(0)?;
    let grant = |index, column| -> Result<Option<Grant>, Error> {
        let word = row.maybe_text(index)?;
        word.map(|word| Grant::parse(&word).ok_or_else(|| corrupt("app", column, &id))).transpose()
    };
    let callback = |index| -> Result<_, Error> {
        Ok(row.maybe_text(index)?.map(|url| CallbackAddress { url }))
    };
    let app = App {
        id: AppId::parse(&id).ok_or_else(|| corrupt("app", "id", &id))?,
        name: row.text(1)?,
        dialect: Dialect::parse(&row.text(3)?).ok_or_else(|| corrupt("app", "dialect", &id))?,
        has_legacy_code_signature: row.fact(4)?,
        has_employer_grant: row.fact(5)?,
        fund: grant(6, "fund_grant")?,
        insurance: grant(7, "insurance_grant")?,
        fund_callback: callback(8)?,
        insurance_callback: callback(9)?,
        wants_challenge_callbacks: row.fact(10)?,
        acknowledges_by_201: row.fact(11)?,
        calls_per_second: u32::try_from(row.int(12)?)
            .map_err(|_| corrupt("app", "calls_per_second", &id))?,
    };
    Ok((app, row.blob(2)?))
}

impl Writer {
    /// Makes an app and its empty wallet; `false` when the id is taken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn create_app(&self, new: &NewApp) -> Result<bool, Error> {
        let app = &new.app;
        let mut tx = self.db.begin().await?;
        let made = tx
            .execute(
                "insert into app (id, name, token_sealed, dialect, has_legacy_code_signature,
                   has_employer_grant, fund_grant, insurance_grant, fund_callback,
                   insurance_callback, wants_challenge_callbacks, acknowledges_by_201,
                   calls_per_second, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                 on conflict (id) do nothing",
                args![
                    app.id.as_str(),
                    &app.name,
                    &new.token_sealed,
                    app.dialect.as_str(),
                    app.has_legacy_code_signature,
                    app.has_employer_grant,
                    app.fund.map(Grant::as_str),
                    app.insurance.map(Grant::as_str),
                    app.fund_callback.as_ref().map(|callback| callback.url.as_str()),
                    app.insurance_callback.as_ref().map(|callback| callback.url.as_str()),
                    app.wants_challenge_callbacks,
                    app.acknowledges_by_201,
                    i64::from(app.calls_per_second),
                    new.at,
                ],
            )
            .await?;
        if made == 1 {
            ledger::open_wallet(&mut tx, app.id.as_str()).await?;
        }
        tx.commit().await?;
        Ok(made == 1)
    }

    /// Writes every switch of an app as given; its id, token and wallet stay.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn update_app(&self, app: &App) -> Result<(), Error> {
        let rows = self
            .db
            .execute(
                "update app set
                   name = $2, dialect = $3, has_legacy_code_signature = $4,
                   has_employer_grant = $5, fund_grant = $6, insurance_grant = $7,
                   fund_callback = $8, insurance_callback = $9, wants_challenge_callbacks = $10,
                   acknowledges_by_201 = $11, calls_per_second = $12
                 where id = $1",
                args![
                    app.id.as_str(),
                    &app.name,
                    app.dialect.as_str(),
                    app.has_legacy_code_signature,
                    app.has_employer_grant,
                    app.fund.map(Grant::as_str),
                    app.insurance.map(Grant::as_str),
                    app.fund_callback.as_ref().map(|callback| callback.url.as_str()),
                    app.insurance_callback.as_ref().map(|callback| callback.url.as_str()),
                    app.wants_challenge_callbacks,
                    app.acknowledges_by_201,
                    i64::from(app.calls_per_second),
                ],
            )
            .await?;
        if rows == 1 { Ok(()) } else { Err(missing("app", app.id.as_str())) }
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
        self.db
            .execute(
                "insert into tariff (app_id, product, price_fen, partial_rule)
                 values ($1, $2, $3, $4)
                 on conflict (app_id, product) do update
                 set price_fen = excluded.price_fen, partial_rule = excluded.partial_rule",
                args![
                    app.map_or("", AppId::as_str),
                    product.as_str(),
                    tariff.price_fen,
                    tariff.partial.as_str(),
                ],
            )
            .await
            .map(drop)
    }
}
