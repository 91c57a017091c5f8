//! Links: the person's page of an app, its consent and its end. A task that came of one is withheld
//! from its app until the person hands it over.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::link::{Exit, ExitReason, ExitStage};
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;

use crate::callbacks::{NewCallback, queue_callback};
use crate::db::{Row, args};
use crate::link_ends::{lock_wallet_of, refund_others};
use crate::{Error, Reader, Writer, app_id, corrupt};

/// A link as an app makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLink {
    /// The digest of its token.
    pub id: String,
    /// Who asks.
    pub app_id: AppId,
    /// For what.
    pub product: Product,
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
    /// The person gave the result to the app.
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
    /// Its newest task.
    pub task: Option<TaskId>,
    /// One before it that has read a part, while the newest reads the rest.
    pub kept: Option<TaskId>,
    /// When its page first ran in a browser.
    pub opened_at: Option<Millis>,
    /// How and when it ended; one whose time is over has not until somebody has looked.
    pub end: Option<(LinkOutcome, Millis)>,
    /// Where the person was and why, when nothing was handed over.
    pub exit: Option<Exit>,
    /// What the erasure of its records was answered with.
    pub receipt: Option<String>,
}

pub(crate) const COLUMNS: &str =
    "id, app_id, product, area, purpose, state, return_url, expires_at, holder,
    consented_at, consent, task_id, outcome, ended_at, is_test, exit_stage,
    exit_reason, receipt, opened_at, kept_task_id,
    theme, accent, prefill_sealed";

pub(crate) fn decode(row: &Row) -> Result<LinkRow, Error> {
    let id = row.text(0)?;
    let column = |column| corrupt("link", column, &id);
    let area = row.maybe_text(3)?;
    let area = area.map(|area| AreaCode::parse(&area).ok_or_else(|| column("area"))).transpose()?;
    let task_at = |at, name| -> Result<Option<TaskId>, Error> {
        let task = row.maybe_text(at)?;
        task.map(|task| TaskId::parse(&task).ok_or_else(|| column(name))).transpose()
    };
    let (task, kept) = (task_at(11, "task_id")?, task_at(19, "kept_task_id")?);
    let consent = match (row.maybe_text(8)?, row.maybe_int(9)?, row.maybe_text(10)?) {
        (Some(holder), Some(at), Some(text)) => Some(Consent { holder, at, text }),
        _ => None,
    };
    let end = match (row.maybe_text(12)?, row.maybe_int(13)?) {
        (Some(word), Some(at)) => {
            Some((LinkOutcome::parse(&word).ok_or_else(|| column("outcome"))?, at))
        }
        _ => None,
    };
    let exit = match (row.maybe_text(15)?, row.maybe_text(16)?) {
        (Some(stage), Some(reason)) => Some(Exit {
            stage: ExitStage::parse(&stage).ok_or_else(|| column("exit_stage"))?,
            reason: ExitReason::parse(&reason).ok_or_else(|| column("exit_reason"))?,
        }),
        _ => None,
    };
    let made = NewLink {
        app_id: app_id(row, 1, "link")?,
        product: Product::parse(&row.text(2)?).ok_or_else(|| column("product"))?,
        area,
        purpose: row.text(4)?,
        state: row.text(5)?,
        return_url: row.maybe_text(6)?,
        expires_at: row.int(7)?,
        is_test: row.flag(14)?,
        theme: Theme::parse(&row.text(20)?).ok_or_else(|| column("theme"))?,
        accent: match row.maybe_text(21)? {
            Some(accent) => Some(Colour::parse(&accent).ok_or_else(|| column("accent"))?),
            None => None,
        },
        prefill_sealed: row.maybe_blob(22)?,
        id,
    };
    let (receipt, opened_at) = (row.maybe_text(17)?, row.maybe_int(18)?);
    Ok(LinkRow { made, consent, task, kept, opened_at, end, exit, receipt })
}

impl Reader {
    /// The link of a digest.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn link(&self, id: &str) -> Result<Option<LinkRow>, Error> {
        let sql = format!("select {COLUMNS} from link where id = $1");
        self.db.fetch_one(&sql, args![id]).await?.as_ref().map(decode).transpose()
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
        let sql =
            "insert into link (id, app_id, product, area, purpose, state, return_url, created_at,
                     expires_at, is_test, theme, accent, prefill_sealed)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let accent = new.accent.map(|accent| accent.to_string());
        let arguments = args![
            &new.id,
            new.app_id.as_str(),
            new.product.as_str(),
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
        self.db.execute(sql, arguments).await.map(drop)
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

    /// Gives a link its newest task in place of the one before, and keeps the one that it reads the rest of;
    /// `false` when it has another by now or is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn begin_link_task(
        &self,
        id: &str,
        before: Option<&TaskId>,
        task: &TaskId,
        kept: Option<&TaskId>,
    ) -> Result<bool, Error> {
        let sql = "update link set task_id = $3, kept_task_id = $4
                   where id = $1 and coalesce(task_id, '') = $2 and ended_at is null";
        let before = before.map_or("", TaskId::as_str);
        let arguments = args![id, before, task.as_str(), kept.map(TaskId::as_str)];
        Ok(self.db.execute(sql, arguments).await? == 1)
    }

    /// Goes back to the task that a link has kept, from its newest; `false` when it keeps none, or has
    /// another by now, or is over.
    ///
    /// # Errors
    /// The database failed.
    pub async fn return_to_kept(
        &self,
        id: &str,
        from: &TaskId,
        now: Millis,
    ) -> Result<bool, Error> {
        let sql = "update link set task_id = kept_task_id, kept_task_id = null
                   where id = $1 and task_id = $2 and kept_task_id is not null
                     and ended_at is null and expires_at > $3";
        Ok(self.db.execute(sql, args![id, from.as_str(), now]).await? == 1)
    }

    /// Hands a link's finished task over to its app, which is called back about it, may see it until
    /// `wipe_after`, and pays for no other task of the link; `false` when the link was over, or its task is no more.
    ///
    /// # Errors
    /// The database failed, and nothing was handed over.
    pub async fn hand_over(
        &self,
        link: &str,
        task: &TaskId,
        callback: Option<&NewCallback>,
        wipe_after: Millis,
        now: Millis,
    ) -> Result<bool, Error> {
        let mut tx = self.db.begin().await?;
        lock_wallet_of(&mut tx, link).await?;
        let sql = "update link set ended_at = $3, outcome = 'handed_over', prefill_sealed = null
                   where id = $1 and task_id = $2 and ended_at is null and expires_at > $3";
        if tx.execute(sql, args![link, task.as_str(), now]).await? == 0 {
            return Ok(false);
        }
        let sql = "update task set withheld_until = null, wipe_after = $2
                   where id = $1 and finished_at is not null and wiped_at is null
                     and withheld_until is not null and erase_asked_at is null";
        if tx.execute(sql, args![task.as_str(), wipe_after]).await? == 0 {
            return Ok(false);
        }
        refund_others(&mut tx, self.books.key()?, (link, Some(task), "read again"), now).await?;
        if let Some(callback) = callback {
            queue_callback(&mut tx, callback).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets up to `limit` links that were over before `before` and that nobody agreed to; returns how
    /// many. What somebody agreed to is kept: it is the proof of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_links(&self, before: Millis, limit: i64) -> Result<u64, Error> {
        let sql = "delete from link where id in (
                     select id from link where consented_at is null and expires_at < $1
                     order by expires_at limit $2)";
        self.db.execute(sql, args![before, limit]).await
    }
}
