//! Links: the person's page of an app, its consent and its end. A task that came of one is withheld
//! from its app until the person hands it over.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::link::Exit;
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;

use crate::callbacks::{NewCallback, queue_callback};
use crate::db::{Row, args};
use crate::link_parts::{LinkPart, PartState};
use crate::{Error, Reader, Writer, app_id, corrupt, link_parts};

/// A link as an app makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The digest of its token.
    pub id: String,
    /// Who asks.
    pub app_id: AppId,
    /// For what, in this order; each once.
    pub products: Vec<Product>,
    /// Where, unless the person chooses.
    pub area: Option<AreaCode>,
    /// Why, in the app's words.
    pub purpose: String,
    /// What the app gets back as it is.
    pub state: String,
    /// Where the person goes in the end.
    pub return_url: Option<String>,
    /// When it ends by itself.
    pub expires_at: Millis,
    /// Whether what comes of it is a test, at the model city.
    pub is_test: bool,
    /// Which light its page is in.
    pub theme: Theme,
    /// The colour of its buttons.
    pub accent: Option<Colour>,
    /// What login fields hold at first, sealed.
    pub prefill_sealed: Option<Vec<u8>>,
}

/// How a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkOutcome {
    /// The person gave the result to the app; of several products, one at least.
    HandedOver,
    /// The person did not, and it was erased.
    Declined,
    /// Its time was over first.
    Expired,
}

impl LinkOutcome {
    /// The word in tables and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HandedOver => "handed_over",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }

    /// What a word made by [`LinkOutcome::as_str`] says.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::HandedOver, Self::Declined, Self::Expired];
        all.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What a person agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The digest of the cookie of the browser in which it was given.
    pub holder: String,
    /// When.
    pub at: Millis,
    /// Which text.
    pub text: String,
}

/// A link as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// As it was made.
    pub made: NewLink,
    /// The consent, once there is one.
    pub consent: Option<Consent>,
    /// The products that it asks for, in order: one at least.
    pub parts: Vec<LinkPart>,
    /// When its page first ran in a browser.
    pub opened_at: Option<Millis>,
    /// How and when it ended; one whose time is over has not until somebody has looked.
    pub end: Option<(LinkOutcome, Millis)>,
    /// Where the person was and why, when nothing was handed over.
    pub exit: Option<Exit>,
}

const COLUMNS: &str = "link.id, app_id, area, purpose, link.state, return_url, expires_at, holder,
    consented_at, consent, outcome, ended_at, is_test, link.exit_stage, link.exit_reason, opened_at,
    theme, accent, prefill_sealed";
/// How many those are: the columns of a part come after them.
const COUNT: usize = 19;

/// Reads links with their parts, of those that `which` picks of the table: a row for each part, in one look.
pub(crate) fn sql(which: &str, order: &str) -> String {
    format!(
        "select {COLUMNS}, {} from ({which}) link join link_part part on part.link_id = link.id
         order by {order} part.seq",
        link_parts::COLUMNS
    )
}

/// The links of rows that [`sql`] reads, each with all of its parts.
pub(crate) fn decode_all(rows: &[Row]) -> Result<Vec<LinkRow>, Error> {
    let mut links: Vec<LinkRow> = Vec::new();
    for row in rows {
        let part = link_parts::decode(row, COUNT)?;
        let id = row.text(0)?;
        match links.last_mut().filter(|link| link.made.id == id) {
            Some(link) => {
                link.made.products.push(part.product);
                link.parts.push(part);
            }
            None => links.push(decode(row, id, part)?),
        }
    }
    Ok(links)
}

fn decode(row: &Row, id: String, part: LinkPart) -> Result<LinkRow, Error> {
    let column = |column| corrupt("link", column, &id);
    let area = row.maybe_text(2)?;
    let area = area.map(|area| AreaCode::parse(&area).ok_or_else(|| column("area"))).transpose()?;
    let consent = match (row.maybe_text(7)?, row.maybe_int(8)?, row.maybe_text(9)?) {
        (Some(holder), Some(at), Some(text)) => Some(Consent { holder, at, text }),
        _ => None,
    };
    let end = match (row.maybe_text(10)?, row.maybe_int(11)?) {
        (Some(word), Some(at)) => {
            Some((LinkOutcome::parse(&word).ok_or_else(|| column("outcome"))?, at))
        }
        _ => None,
    };
    let exit = link_parts::exit_of(row, 13, ("link", &id))?;
    let opened_at = row.maybe_int(15)?;
    let made = NewLink {
        app_id: app_id(row, 1, "link")?,
        products: vec![part.product],
        area,
        purpose: row.text(3)?,
        state: row.text(4)?,
        return_url: row.maybe_text(5)?,
        expires_at: row.int(6)?,
        is_test: row.flag(12)?,
        theme: Theme::parse(&row.text(16)?).ok_or_else(|| column("theme"))?,
        accent: match row.maybe_text(17)? {
            Some(accent) => Some(Colour::parse(&accent).ok_or_else(|| column("accent"))?),
            None => None,
        },
        prefill_sealed: row.maybe_blob(18)?,
        id,
    };
    Ok(LinkRow { made, parts: vec![part], consent, opened_at, end, exit })
}

impl LinkRow {
    /// Whether it asks for more than one product.
    #[must_use]
    pub fn has_several(&self) -> bool {
        self.parts.len() > 1
    }

    /// The product whose turn it is: the first that the person has not decided about; none when all are
    /// decided, or the link is over.
    #[must_use]
    pub fn turn(&self) -> Option<&LinkPart> {
        self.parts.iter().find(|part| part.state == PartState::Open)
    }

    /// What it has of a product.
    #[must_use]
    pub fn part(&self, product: Product) -> Option<&LinkPart> {
        self.parts.iter().find(|part| part.product == product)
    }

    /// What was handed over, in the order of the products.
    pub fn handed_over(&self) -> impl Iterator<Item = (Product, &TaskId)> {
        let given = self.parts.iter().filter(|part| part.state == PartState::HandedOver);
        given.filter_map(|part| Some((part.product, part.task.as_ref()?)))
    }
}

impl Reader {
    /// The link of a digest.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn link(&self, id: &str) -> Result<Option<LinkRow>, Error> {
        let sql = sql("select * from link where id = $1", "");
        Ok(decode_all(&self.db.fetch_all(&sql, args![id]).await?)?.pop())
    }

    /// The addresses that an app's links may lead back to.
    ///
    /// # Errors
    /// The database failed.
    pub async fn return_urls(&self, app: &AppId) -> Result<Vec<String>, Error> {
        let sql = "select url from return_url where app_id = $1 order by url";
        let rows = self.db.fetch_all(sql, args![app.as_str()]).await?;
        rows.iter().map(|row| row.text(0)).collect()
    }
}

impl Writer {
    /// Makes a link.
    ///
    /// # Errors
    /// The database failed.
    pub async fn create_link(&self, new: &NewLink, now: Millis) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        let sql = "insert into link (id, app_id, area, purpose, state, return_url, created_at,
                     expires_at, is_test, theme, accent, prefill_sealed)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let accent = new.accent.map(|accent| accent.to_string());
        let arguments = args![
            &new.id,
            new.app_id.as_str(),
            new.area.as_ref().map(AreaCode::as_str),
            &new.purpose,
            &new.state,
            new.return_url.as_deref(),
            now,
            new.expires_at,
            new.is_test,
            new.theme.as_str(),
            accent.as_deref(),
            new.prefill_sealed.as_deref(),
        ];
        tx.execute(sql, arguments).await?;
        for (seq, product) in (1_i64..).zip(&new.products) {
            let sql = "insert into link_part (link_id, product, seq, state)
                       values ($1, $2, $3, 'open')";
            tx.execute(sql, args![&new.id, product.as_str(), seq]).await?;
        }
        tx.commit().await
    }

    /// Lets a link lead back to this address, or no more.
    ///
    /// # Errors
    /// The database failed, or there is no such app.
    pub async fn set_return_url(&self, app: &AppId, url: &str, may: bool) -> Result<(), Error> {
        let sql = match may {
            true => "insert into return_url (app_id, url) values ($1, $2) on conflict do nothing",
            false => "delete from return_url where app_id = $1 and url = $2",
        };
        self.db.execute(sql, args![app.as_str(), url]).await.map(drop)
    }

    /// Notes that a link's page runs in a browser, and queues what tells its app so; `false` when it did
    /// before, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_link(
        &self,
        id: &str,
        callback: Option<&NewCallback>,
        now: Millis,
    ) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        let sql = "update link set opened_at = $2
                   where id = $1 and opened_at is null and ended_at is null and expires_at > $2";
        if tx.execute(sql, args![id, now]).await? == 0 {
            return Ok(false);
        }
        if let Some(callback) = callback {
            queue_callback(&mut tx, callback).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps a consent; `false` when another browser gave one, or the link is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn consent(&self, id: &str, consent: &Consent) -> Result<bool, Error> {
        let sql = "update link set holder = $2, consented_at = coalesce(consented_at, $3),
                     consent = coalesce(consent, $4)
                   where id = $1 and (holder is null or holder = $2)
                     and ended_at is null and expires_at > $3";
        let arguments = args![id, &consent.holder, consent.at, &consent.text];
        Ok(self.db.execute(sql, arguments).await? == 1)
    }

    /// Forgets up to `limit` links that were over before `before` and that nobody agreed to; returns how
    /// many. What somebody agreed to is kept: it is the proof of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_links(&self, before: Millis, limit: i64) -> Result<u64, Error> {
        let mut tx = self.db.begin().await?;
        let sql = "select id from link where consented_at is null and expires_at < $1
                   order by expires_at limit $2 {lock}";
        let rows = tx.fetch_all(sql, args![before, limit]).await?;
        for row in &rows {
            let id = row.text(0)?;
            tx.execute("delete from link_part where link_id = $1", args![&id]).await?;
            tx.execute("delete from link where id = $1", args![&id]).await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }
}
