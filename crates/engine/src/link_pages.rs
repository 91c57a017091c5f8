//! What persons do on the pages of links: agree, log in, answer, look; of several products each in its turn.
//! What they decide about each is `link_parts.rs`, how links end `link_ends.rs`.

use std::sync::Arc;

use fiveone_model::api_key::KeyMode;
use fiveone_model::app::Grant;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::login::Credentials;
use fiveone_model::question::AnswerForm;
use fiveone_model::task::Stage;
use fiveone_model::words::without_tricks;
use fiveone_store::{Consent, LinkPart, LinkRow, PartState, Store, Viewer};
use zeroize::Zeroizing;

use crate::admit::{Admission, Withheld};
use crate::answer::{Answers, Code};
use crate::apps::Apps;
use crate::kept_parts::KeptParts;
use crate::link_ends::LinkEnds;
use crate::links::{Link, digest};
use crate::node::Node;
use crate::seal::{PageKey, random};
use crate::show::Reports;
use crate::signals::Signals;
use crate::time::Time;
use crate::view::{Shown, TaskView};
use crate::{AdmitError, Answered, CreateRequest, Fault, Refreshing};

/// How many tasks one link begins: mistakes, and parts that were missing. Each may be held for until the link
/// ends, and one person may not take all that an app has.
const TASKS_OF_LINK_MAX: i64 = 10;

/// The newest task of a link's product as its person sees it.
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
    pub(crate) ends: LinkEnds,
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
        let name = without_tricks(&app.name);
        let app_name = if name.trim().is_empty() { app.id.to_string() } else { name };
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

    /// The newest task of a link's product as the person sees it; `None` when there is none, or nothing left of
    /// it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn look(&self, link: &Link, part: &LinkPart) -> Result<Option<LinkTask>, Fault> {
        let Some(task) = &part.task else { return Ok(None) };
        let Some(row) = self.store.read.task(task).await? else { return Ok(None) };
        let Some(entry) = self.apps.find(&link.row.made.app_id).await? else { return Ok(None) };
        match self.reports.show_to(Viewer::Person, &entry, part.product, task.as_str()).await? {
            Shown::Task(view) => {
                Ok(Some(LinkTask { view: *view, area: row.area, login_type: row.login_type }))
            }
            Shown::Unknown | Shown::NotYours | Shown::Gone | Shown::Unreadable => Ok(None),
        }
    }

    /// The area of another product of the link that was read, where the person is likely to have this one, too.
    ///
    /// # Errors
    /// The store failed.
    pub async fn area_before(&self, link: &Link) -> Result<Option<AreaCode>, Fault> {
        for part in &link.row.parts {
            let (Some(task), PartState::Accepted) = (&part.task, part.state) else { continue };
            if let Some(row) = self.store.read.task(task).await? {
                return Ok(Some(row.area));
            }
        }
        Ok(None)
    }

    /// What is another text whenever its page may have to show something else: one look for those who wait.
    ///
    /// # Errors
    /// The store failed.
    pub async fn version(&self, link: &Link) -> Result<String, Fault> {
        let LinkRow { made, consent, parts, end, .. } = &link.row;
        let version = match link.row.turn().and_then(|turn| turn.task.as_ref()) {
            Some(id) => self.store.read.task_version(Viewer::Person, &made.app_id, id).await?,
            None => None,
        };
        let has_consent = consent.is_some();
        Ok(format!("{has_consent} {} {end:?} {parts:?} {version:?}", link.is_expired))
    }

    /// Logs the person in at an area for the product whose turn it is, by a login method, with the login fields
    /// that the page sealed; `again` reads the rest of what was read in part.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(
        &self,
        link: &Link,
        (area, login_type, again): (&str, &str, bool),
        sealed: &[u8],
    ) -> Result<Begun, Fault> {
        let made = &link.row.made;
        // Decided about in another tab: what is shown now tells.
        let Some(turn) = link.row.turn() else { return Ok(Begun::Task) };
        let product = turn.product;
        let Some(plain) = self.page_key().open(sealed, &link.about()) else {
            return Ok(Begun::Resealed);
        };
        let Some(credentials) = Credentials::from_bytes(&plain) else {
            return Ok(Begun::Refused(AdmitError::Parameter("参数无法解析".to_owned())));
        };
        let kept = KeptParts::of(&self.store, &self.reports.keys, turn).await?;
        let is_rest = again && kept.as_ref().map(|kept| &kept.task) == turn.task.as_ref();
        if !is_rest && self.is_under_way(turn).await? {
            // A second press, or another tab: what runs goes on.
            return Ok(Begun::Task);
        }
        if self.store.read.count_tasks_of_link(&made.id).await? >= TASKS_OF_LINK_MAX {
            let complaint = "这个链接已登录过太多次，请回到应用重新发起".to_owned();
            return Ok(Begun::Refused(AdmitError::Parameter(complaint)));
        }
        let Some(entry) = self.apps.find(&made.app_id).await? else {
            return Ok(Begun::Refused(AdmitError::Busy { wait_ms: 1_000 }));
        };
        if entry.app.grant(product) != Some(Grant::Active) {
            let complaint = "应用暂时无法使用本服务，请联系应用".to_owned();
            return Ok(Begun::Refused(AdmitError::Parameter(complaint)));
        }
        let keeps = kept.as_ref().map(|kept| kept.task.clone());
        let request = CreateRequest {
            product,
            area: made.area.as_ref().map_or(area, AreaCode::as_str).to_owned(),
            login_type: login_type.to_owned(),
            credentials,
            idempotency_key: None,
            withheld: Some(Withheld { link: made.id.clone(), until: made.expires_at, kept }),
            mode: if made.is_test { KeyMode::Test } else { entry.app.mode() },
        };
        let task = match self.admission.admit(&entry, request).await {
            Ok(task) => task,
            Err(AdmitError::Fault(fault)) => return Err(fault),
            Err(refusal) => return Ok(Begun::Refused(refusal)),
        };
        let (part, before) = ((made.id.as_str(), product), turn.task.as_ref());
        if !self.store.write.begin_link_task(part, before, &task, keeps.as_ref()).await? {
            // Somebody was first. The same again is the same task; any other nobody will ever look at.
            let now = self.store.read.link(&made.id).await?.filter(|now| now.end.is_none());
            let now = now.as_ref().and_then(|now| now.part(product));
            if now.is_none_or(|now| now.task.as_ref() != Some(&task)) {
                self.ends.tasks.give_up(&made.app_id, &task).await?;
            }
        }
        self.signals.changed();
        Ok(Begun::Task)
    }

    /// Goes back to what was read before, and reads the rest no more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn return_to_kept(&self, link: &Link) -> Result<(), Fault> {
        let made = &link.row.made;
        let Some(turn) = link.row.turn() else { return Ok(()) };
        let Some(task) = &turn.task else { return Ok(()) };
        let part = (made.id.as_str(), turn.product);
        if self.store.write.return_to_kept(part, task, self.time.now()).await? {
            self.ends.tasks.give_up(&made.app_id, task).await?;
            self.signals.changed();
        }
        Ok(())
    }

    /// Whether the newest task has not failed.
    async fn is_under_way(&self, turn: &LinkPart) -> Result<bool, Fault> {
        let Some(task) = &turn.task else { return Ok(false) };
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
        // The question's number stands before the answer, so that a late one answers no other.
        let parts = std::str::from_utf8(&plain).ok().and_then(|text| text.split_once('\0'));
        let turn = link.row.turn().and_then(|turn| Some((turn.product, turn.task.as_ref()?)));
        let (Some((product, task)), Some((question, text))) = (turn, parts) else {
            return Ok(Some(Answered::Malformed));
        };
        let Ok(question) = question.parse() else { return Ok(Some(Answered::Malformed)) };
        let Some(entry) = self.apps.find(&made.app_id).await? else {
            return Ok(Some(Answered::Unknown));
        };
        if link.row.end.is_some() || link.is_expired {
            // Nobody waits for the result any more: nothing more is read for it.
            return Ok(Some(Answered::NotWaiting));
        }
        let code = Code { text, form: AnswerForm::Structured, question: Some(question) };
        self.answers.take_from(Viewer::Person, &entry, product, task.as_str(), code).await.map(Some)
    }

    /// Asks for another picture, or another SMS, in place of the question that is shown.
    ///
    /// # Errors
    /// The store failed, or what it has does not open.
    pub async fn refresh(&self, link: &Link, question: i64) -> Result<Refreshing, Fault> {
        let task = link.row.turn().and_then(|turn| turn.task.as_ref());
        let Some(task) = task else { return Ok(Refreshing::NotWaiting) };
        if link.row.end.is_some() || link.is_expired {
            return Ok(Refreshing::NotWaiting);
        }
        match self.store.read.task(task).await? {
            Some(row) => self.answers.refresh(&row, question).await,
            None => Ok(Refreshing::NotWaiting),
        }
    }
}
