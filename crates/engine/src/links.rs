//! Links: an app's invitation to a person. Whoever holds the token may look; after the consent only the
//! browser that gave it.

use std::sync::Arc;

use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::app::{AppId, Grant};
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::login::Credentials;
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use fiveone_model::words::is_trick;
use fiveone_store::{LinkOutcome, LinkRow, NewLink, PartState, Store};
use sha2::{Digest as _, Sha256};
use url::Url;
use zeroize::Zeroizing;

use crate::prefill;
use crate::seal::{DeploymentKeys, random};
use crate::time::Time;
use crate::{AppEntry, Fault};

/// The longest a link may last.
const LINK_FOR_MS_MAX: Millis = 24 * 3_600_000;
/// How long one lasts of which nothing is said.
pub const LINK_FOR_MS: Millis = 30 * 60_000;
/// The longest words of an app on the page, in characters.
const WORDS_CHARS_MAX: usize = 200;

/// What an app asks a person for.
#[derive(Debug, Clone)]
pub struct LinkRequest {
    /// Which records, in the order in which the person goes through them.
    pub products: Vec<Product>,
    /// Where, unless the person chooses; of each product.
    pub area: Option<AreaCode>,
    /// Why, in words for the person.
    pub purpose: String,
    /// Given back as it is.
    pub state: String,
    /// Where the person goes in the end: one of the app's own list.
    pub return_url: Option<String>,
    /// How long it lasts, in milliseconds.
    pub for_ms: Millis,
    /// What its task may reach: a test is one of the model city.
    pub mode: KeyMode,
    /// How its page looks.
    pub look: Look,
    /// What login fields hold at first.
    pub prefill: Credentials,
}

/// How a page looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// In which light.
    pub theme: Theme,
    /// The colour of its buttons.
    pub accent: Option<Colour>,
}

/// Why no link is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// The app has no active grant for a product.
    #[error("the app has no active grant for the product")]
    NoGrant,
    /// Nothing is asked for, or something twice.
    #[error("a link asks for one product at least, and for each once")]
    Products,
    /// The return address is not on the app's list.
    #[error("the return address is not on the app's list")]
    ReturnUrl,
    /// The purpose or the state is too long, or has characters that draw nothing.
    #[error("purpose and state may have 200 characters, and none that controls lines or direction")]
    Words,
    /// A test of an area that is not the model city.
    #[error("test apps and keys reach the model city 990000 alone")]
    WrongMode,
    /// The colour cannot be seen on the page.
    #[error(
        "accent is a colour as #rrggbb that is seen on the page: it differs from its cards by 3:1, of \
         which theme auto has a white and a dark one"
    )]
    Accent,
    /// A field is prefilled that may not be, or with what it does not take.
    #[error(
        "prefill takes login fields of the area that are no secret, each with a value that it takes"
    )]
    Prefill,
    /// It would last too short or too long.
    #[error("a link lasts at least a minute and at most a day")]
    Lasts,
}

/// Makes links and says where they may lead back to; it needs no running node.
#[derive(Clone)]
pub struct Links {
    store: Store,
    keys: DeploymentKeys,
    time: Arc<dyn Time>,
}

impl Links {
    /// The links of a store.
    #[must_use]
    pub fn new(store: Store, keys: DeploymentKeys, time: Arc<dyn Time>) -> Self {
        Self { store, keys, time }
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
        let products = &request.products;
        let is_twice = |(at, product)| products[..at].contains(product);
        if products.is_empty() || products.iter().enumerate().any(is_twice) {
            return Ok(Err(LinkRefusal::Products));
        }
        // One that cannot be begun would be found out by the person, in the middle.
        let is_granted = |product: &Product| {
            app.grant(*product) == Some(Grant::Active) && entry.tariff(*product).is_some()
        };
        if !products.iter().all(is_granted) {
            return Ok(Err(LinkRefusal::NoGrant));
        }
        let is_fit =
            |text: &str| text.chars().count() <= WORDS_CHARS_MAX && !text.chars().any(is_trick);
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
        if request.look.accent.is_some_and(|accent| !accent.is_seen_in(request.look.theme)) {
            return Ok(Err(LinkRefusal::Accent));
        }
        if !prefill::is_fit(&request.prefill) {
            return Ok(Err(LinkRefusal::Prefill));
        }
        let is_test = request.mode == KeyMode::Test;
        let area = match request.area {
            Some(area) if is_test && area.as_str() != MODEL_CITY => {
                return Ok(Err(LinkRefusal::WrongMode));
            }
            None if is_test => AreaCode::parse(MODEL_CITY),
            area => area,
        };
        let token = Zeroizing::new(hex::encode(random::<32>()?));
        let (now, id) = (self.time.now(), digest(&token));
        let new = NewLink {
            prefill_sealed: prefill::seal(&self.keys, &id, &request.prefill)?,
            id,
            app_id: app.id.clone(),
            products: request.products,
            area,
            purpose: request.purpose,
            state: request.state,
            return_url: request.return_url,
            expires_at: now + request.for_ms,
            is_test,
            theme: request.look.theme,
            accent: request.look.accent,
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
pub(crate) fn digest(secret: &str) -> String {
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
        let outcome = match self.row.end {
            Some((outcome, _)) => outcome.as_str(),
            None if self.is_expired => LinkOutcome::Expired.as_str(),
            None => "left",
        };
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("state", &self.row.made.state).append_pair("outcome", outcome);
            if let Some(exit) = self.row.exit {
                query.append_pair("reason", exit.reason.as_str());
            }
            // Of several each by its name: of two that are called the same, a reader sees one.
            for part in &self.row.parts {
                let name = |what: &str| match self.row.has_several() {
                    true => format!("{}_{what}", part.product),
                    false => what.to_owned(),
                };
                if let (Some(task), PartState::HandedOver) = (&part.task, part.state) {
                    query.append_pair(&name("tid"), task.as_str());
                }
                if let (Some(exit), true) = (part.exit, self.row.has_several()) {
                    query.append_pair(&name("reason"), exit.reason.as_str());
                }
            }
        }
        Some(url.into())
    }
}
