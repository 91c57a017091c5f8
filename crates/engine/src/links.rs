//! Links: an app's invitation to a person, and what the person does on its page. Whoever holds the
//! token may look; after the consent only the browser that gave it.

use std::sync::Arc;

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::login::Credentials;
use fiveone_model::product::Product;
use fiveone_model::question::AnswerForm;
use fiveone_model::task::{Stage, TaskId};
use fiveone_store::{Consent, Erase, LinkOutcome, LinkRow, NewLink, Store};
use sha2::{Digest as _, Sha256};
use url::Url;
use zeroize::Zeroizing;

use crate::admit::Admission;
use crate::answer::{Answers, Code};
use crate::apps::Apps;
use crate::node::Node;
use crate::seal::{PageKey, random};
use crate::settle::final_callback;
use crate::show::{Reports, Viewer};
use crate::signals::Signals;
use crate::time::Time;
use crate::view::{Shown, TaskView};
use crate::{AdmitError, Answered, AppEntry, CreateRequest, Fault};

/// The longest a link may last.
const LINK_FOR_MS_MAX: Millis = 24 * 3_600_000;
/// How long one lasts of which nothing is said.
pub const LINK_FOR_MS: Millis = 30 * 60_000;
/// The longest words of an app on the page, in characters.
const WORDS_CHARS_MAX: usize = 200;

/// What an app asks a person for.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// Which records.
    pub product: Product,
    /// Where, unless the person chooses.
    pub area: Option<AreaCode>,
    /// Why, in words for the person.
    pub purpose: String,
    /// Given back as it is.
    pub state: String,
    /// Where the person goes in the end: one of the app's own list.
    pub return_url: Option<String>,
    /// How long it lasts, in milliseconds.
    pub for_ms: Millis,
}

/// Why no link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// The app has no active grant for the product.
    #[error("the app has no active grant for the product")]
    NoGrant,
    /// The return address is not on the app's list.
    #[error("the return address is not on the app's list")]
    ReturnUrl,
    /// The purpose or the state is too long or has control characters.
    #[error("purpose and state may have 200 characters, and no control characters")]
    Words,
    /// It would last too short or too long.
    #[error("a link lasts at least a minute and at most a day")]
    Lasts,
}

/// Makes links and says where they may lead back to; it needs no running node.
#[derive(Clone)]
pub struct Links {
    store: Store,
    time: Arc<dyn Time>,
}

impl Links {
    /// The links of a store.
    #[must_use]
    pub fn new(store: Store, time: Arc<dyn Time>) -> Self {
        Self { store, time }
    }

    /// Makes a link; its token is told once.
    ///
    /// # Errors
    /// The store failed, or the system gives no random bytes.
    pub async fn create(
        &self,
        entry: &AppEntry,
        request: LinkRequest,
    ) -> Result<Result<Zeroizing<String>, LinkRefusal>, Fault> {
        let app = &entry.app;
        if app.grant(request.product) != Some(fiveone_model::app::Grant::Active) {
            return Ok(Err(LinkRefusal::NoGrant));
        }
        let is_fit = |text: &str| {
            text.chars().count() <= WORDS_CHARS_MAX && !text.chars().any(char::is_control)
        };
        if !is_fit(&request.purpose) || !is_fit(&request.state) {
            return Ok(Err(LinkRefusal::Words));
        }
        if !(60_000..=LINK_FOR_MS_MAX).contains(&request.for_ms) {
            return Ok(Err(LinkRefusal::Lasts));
        }
        if let Some(url) = &request.return_url
            && !self.store.read.return_urls(&app.id).await?.contains(url)
        {
            return Ok(Err(LinkRefusal::ReturnUrl));
        }
        let token = Zeroizing::new(hex::encode(random::<32>()?));
        let now = self.time.now();
        let new = NewLink {
            id: digest(&token),
            app_id: app.id.clone(),
            product: request.product,
            area: request.area,
            purpose: request.purpose,
            state: request.state,
            return_url: request.return_url,
            expires_at: now + request.for_ms,
        };
        self.store.write.create_link(&new, now).await?;
        Ok(Ok(token))
    }

    /// The link of a token.
    ///
    /// # Errors
    /// The store failed.
    pub async fn of_token(&self, token: &str) -> Result<Option<LinkRow>, Fault> {
        Ok(self.store.read.link(&digest(token)).await?)
    }

    /// An app's link by its id; another app's is none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn of(&self, app: &AppId, id: &str) -> Result<Option<LinkRow>, Fault> {
        Ok(self.store.read.link(id).await?.filter(|row| row.made.app_id == *app))
    }

    /// The addresses that an app's links may lead back to.
    ///
    /// # Errors
    /// The store failed.
    pub async fn return_urls(&self, app: &AppId) -> Result<Vec<String>, Fault> {
        Ok(self.store.read.return_urls(app).await?)
    }

    /// Puts an address on the list, or takes it off.
    ///
    /// # Errors
    /// The store failed, or there is no such app.
    pub async fn set_return_url(&self, app: &AppId, url: &str, may: bool) -> Result<(), Fault> {
        Ok(self.store.write.set_return_url(app, url, may).await?)
    }
}

/// What the table has of a token or a cookie.
fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// A link as a page that was asked for sees it.
#[derive(Debug, Clone)]
pub struct Link {
    /// As it stands.
    pub row: LinkRow,
    /// What the app is called.
    pub app_name: String,
    /// Whether its time is over.
    pub is_expired: bool,
}

impl Link {
    /// What everything that its page seals is about.
    #[must_use]
    pub fn about(&self) -> String {
        format!("link:{}", self.row.made.id)
    }

    /// Whether the browser with this cookie may go on: nobody has agreed yet, or it has.
    #[must_use]
    pub fn is_open_to(&self, cookie: Option<&str>) -> bool {
        let Some(consent) = &self.row.consent else { return true };
        cookie.is_some_and(|cookie| digest(cookie) == consent.holder)
    }

    /// Where the person goes from here, with what the app gave the link and how it ended.
    #[must_use]
    pub fn way_back(&self) -> Option<String> {
        let mut url = Url::parse(self.row.made.return_url.as_deref()?).ok()?;
        let outcome = self.row.end.map_or("left", |(outcome, _)| outcome.as_str());
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("state", &self.row.made.state).append_pair("outcome", outcome);
            if let (Some(task), Some((LinkOutcome::HandedOver, _))) = (&self.row.task, self.row.end)
            {
                query.append_pair("tid", task.as_str());
            }
        }
        Some(url.into())
    }
}

/// A link's newest task as its person sees it.
#[derive(Debug)]
pub struct LinkTask {
    /// What a poll would show, and findings.
    pub view: TaskView,
    /// Where it logs in.
    pub area: AreaCode,
    /// By which of the area's login methods.
    pub login_type: u32,
}

/// What came of the person's login fields.
#[derive(Debug)]
pub enum Begun {
    /// A task has begun, or goes on.
    Task,
    /// They were sealed to a key that is no more: the page takes the new one and sends them again.
    Resealed,
    /// Not admitted.
    Refused(AdmitError),
}

/// What persons do on their pages.
pub struct LinkPages {
    pub(crate) store: Store,
    pub(crate) admission: Arc<Admission>,
    pub(crate) apps: Arc<Apps>,
    pub(crate) node: Arc<Node>,
    pub(crate) reports: Reports,
    pub(crate) answers: Answers,
    pub(crate) signals: Arc<Signals>,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) report_for_ms: Millis,
}

impl LinkPages {
    /// The public key that pages seal to now: a point of P-256, uncompressed.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        self.page_key().public().to_vec()
    }

    fn page_key(&self) -> PageKey {
        PageKey::derive(&self.node.twin_key.get())
    }

    /// A new cookie for a browser: 64 random hex digits.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn new_cookie(&self) -> Result<Zeroizing<String>, Fault> {
        Ok(Zeroizing::new(hex::encode(random::<32>()?)))
    }

    /// The link of a token; `None` when there is no such link.
    ///
    /// # Errors
    /// The store failed.
    pub async fn find(&self, token: &str) -> Result<Option<Link>, Fault> {
        let Some(row) = self.store.read.link(&digest(token)).await? else { return Ok(None) };
        let Some(app) = self.apps.app(&row.made.app_id).await? else { return Ok(None) };
        let app_name = if app.name.is_empty() { app.id.to_string() } else { app.name };
        let is_expired = row.end.is_none() && row.made.expires_at <= self.time.now();
        Ok(Some(Link { row, app_name, is_expired }))
    }

    /// Keeps that the person agreed to `text` in the browser with this cookie; `false` when another
    /// browser did before, or the link is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn consent(&self, link: &Link, cookie: &str, text: &str) -> Result<bool, Fault> {
        let consent =
            Consent { holder: digest(cookie), at: self.time.now(), text: text.to_owned() };
        Ok(self.store.write.consent(&link.row.made.id, &consent).await?)
    }

    /// A link's newest task as the person sees it; `None` when there is none, or nothing left of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn look(&self, link: &Link) -> Result<Option<LinkTask>, Fault> {
        let Some(task) = &link.row.task else { return Ok(None) };
        let Some(row) = self.store.read.task(task).await? else { return Ok(None) };
        let Some(entry) = self.apps.find(&link.row.made.app_id).await? else { return Ok(None) };
        let product = link.row.made.product;
        match self.reports.show_to(Viewer::Person, &entry, product, task.as_str()).await? {
            Shown::Task(view) => {
                Ok(Some(LinkTask { view: *view, area: row.area, login_type: row.login_type }))
            }
            Shown::Unknown | Shown::NotYours | Shown::Gone | Shown::Unreadable => Ok(None),
        }
    }

    /// Logs the person in at an area, by a login method, with the login fields that the page sealed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(
        &self,
        link: &Link,
        (area, login_type): (&str, &str),
        sealed: &[u8],
    ) -> Result<Begun, Fault> {
        let made = &link.row.made;
        let Some(plain) = self.page_key().open(sealed, &link.about()) else {
            return Ok(Begun::Resealed);
        };
        let Some(credentials) = Credentials::from_bytes(&plain) else {
            return Ok(Begun::Refused(AdmitError::Parameter("参数无法解析".to_owned())));
        };
        if self.is_under_way(link).await? {
            // A second press, or another tab: what runs goes on.
            return Ok(Begun::Task);
        }
        let Some(entry) = self.apps.find(&made.app_id).await? else {
            return Ok(Begun::Refused(AdmitError::Busy));
        };
        let request = CreateRequest {
            product: made.product,
            area: made.area.as_ref().map_or(area, AreaCode::as_str).to_owned(),
            login_type: login_type.to_owned(),
            credentials,
            idempotency_key: None,
            withheld_until: Some(made.expires_at),
        };
        let task = match self.admission.admit(&entry, request).await {
            Ok(task) => task,
            Err(AdmitError::Fault(fault)) => return Err(fault),
            Err(refusal) => return Ok(Begun::Refused(refusal)),
        };
        let before = link.row.task.as_ref();
        if !self.store.write.begin_link_task(&made.id, before, &task).await? {
            // Somebody was first, or said no meanwhile: nobody will ever look at this one.
            self.erase(task).await?;
        }
        self.signals.changed();
        Ok(Begun::Task)
    }

    /// Whether the newest task has not failed.
    async fn is_under_way(&self, link: &Link) -> Result<bool, Fault> {
        let Some(task) = &link.row.task else { return Ok(false) };
        let row = self.store.read.task(task).await?;
        Ok(row.is_some_and(|row| !matches!(row.stage, Stage::Failed(_))))
    }

    /// Takes an answer that the page sealed; `None` when it was sealed to a key that is no more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn answer(&self, link: &Link, sealed: &[u8]) -> Result<Option<Answered>, Fault> {
        let made = &link.row.made;
        let Some(plain) = self.page_key().open(sealed, &link.about()) else { return Ok(None) };
        let (Some(task), Ok(text)) = (&link.row.task, std::str::from_utf8(&plain)) else {
            return Ok(Some(Answered::Malformed));
        };
        let Some(entry) = self.apps.find(&made.app_id).await? else {
            return Ok(Some(Answered::Unknown));
        };
        let code = Code { text, form: AnswerForm::Structured };
        let (product, tid) = (made.product, task.as_str());
        self.answers.take_from(Viewer::Person, &entry, product, tid, code).await.map(Some)
    }

    /// Hands the result over to the app, which is called back about it; `false` when there is none to hand
    /// over, or the link is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn hand_over(&self, link: &Link) -> Result<bool, Fault> {
        let Some(task) = &link.row.task else { return Ok(false) };
        let Some(row) = self.store.read.task(task).await? else { return Ok(false) };
        if !matches!(row.stage, Stage::Done { .. }) {
            return Ok(false);
        }
        let now = self.time.now();
        let callback = final_callback(&self.apps, &row, &row.stage, now).await?;
        let wipe_after = now + self.report_for_ms;
        let (id, write) = (&link.row.made.id, &self.store.write);
        let is_done = write.hand_over(id, task, callback.as_ref(), wipe_after, now).await?;
        self.signals.callbacks.notify_one();
        self.signals.changed();
        Ok(is_done)
    }

    /// Ends the link without giving anything to its app, and erases what was read, or will be.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decline(&self, link: &Link) -> Result<(), Fault> {
        let is_done = self.store.write.decline_link(&link.row.made.id, self.time.now()).await?;
        if let Some(task) = link.row.task.clone().filter(|_| is_done) {
            self.erase(task).await?;
        }
        self.signals.changed();
        Ok(())
    }

    async fn erase(&self, task: TaskId) -> Result<(), Fault> {
        self.store.write.erase(&Erase::Task(task), self.time.now(), 1).await?;
        Ok(())
    }
}
