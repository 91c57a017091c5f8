//! An answer of a portal. A run of each city of the lab is recorded once; then one of its answers is the
//! input: the first byte chooses the city, the second the answer, the others are its body.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use fiveone_connector::{
    Connector, Exchange, ExtraCertificates, Library, Limits, Person, Portal, Recording, Replay,
    Run, Unanswered, live,
};
use fiveone_lab::Lab;
use fiveone_model::area::AreaCode;
use fiveone_model::finding::{Finding, FindingKind};
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::product::Product;
use fiveone_model::question::{PictureRole, Question};
use serde_json::Value as Json;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use super::choose;

/// 2026-11-22 08:00 in Shanghai, which the lab calls today.
const NOW_MS: i64 = 1_795_305_600_000;

/// A city's good run.
struct Recorded {
    connector: Arc<Connector>,
    method: u32,
    credentials: Credentials,
    exchanges: Vec<Exchange>,
}

static RECORDED: LazyLock<Vec<Recorded>> = LazyLock::new(|| runtime().block_on(record()));

pub(super) fn run(bytes: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime = runtime();
    }
    let Some((city, rest)) = choose(bytes, RECORDED.len()) else { return };
    let recorded = &RECORDED[city];
    let Some((at, body)) = choose(rest, recorded.exchanges.len()) else { return };
    let mut exchanges = recorded.exchanges.clone();
    exchanges[at].answer.body = body.to_vec();
    exchanges[at].answer.headers.retain(|(name, _)| name != "content-length");
    let portal = Arc::new(Replay::new(exchanges));
    RUNTIME.with(|runtime| runtime.block_on(walk(recorded, portal)));
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (city, recorded) in (0_u8..).zip(RECORDED.iter()) {
        for (at, exchange) in (0_u8..).zip(&recorded.exchanges) {
            seeds.push([&[city, at], exchange.answer.body.as_slice()].concat());
        }
    }
    seeds
}

#[expect(clippy::expect_used, reason = "without it nothing can be tried")]
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Logs in, reads everything, and looks at what an operator would be shown.
async fn walk(recorded: &Recorded, portal: Arc<dyn Portal>) {
    let mut run = Run::new(Arc::clone(&recorded.connector), portal, NOW_MS);
    if run.login(recorded.method, &recorded.credentials, &mut Reader).await.is_ok() {
        for section in recorded.connector.sections() {
            drop(run.read(*section).await);
            drop(run.evidence(&[Finding::of_field(FindingKind::Absent, "any")]));
        }
    }
    drop(run.evidence(&[]));
    drop(run.log().take());
}

/// Reads the lab's pictures.
struct Reader;

#[async_trait]
impl Person for Reader {
    async fn ask(
        &mut self,
        question: Question,
        _attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        Ok(Zeroizing::new(
            question
                .picture(PictureRole::Captcha)
                .and_then(|one| fiveone_lab::answer_in(&one.data))
                .unwrap_or_else(|| "0000".to_owned()),
        ))
    }
}

#[expect(clippy::expect_used, reason = "without it nothing can be tried")]
async fn record() -> Vec<Recorded> {
    // Fails when somebody was first, which is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let options = fiveone_lab::Options { listen: ([127, 0, 0, 1], 0).into(), ..Default::default() };
    let lab = fiveone_lab::start(options).await.expect("the lab starts");
    let library = Library::with_portals(&lab.portals()).expect("the connectors load");
    let limits = Limits { requests_per_second: None, ..Limits::default() };
    let portal = live(limits, ExtraCertificates::default()).expect("a way to the lab");
    let mut all = Vec::new();
    for city in fiveone_lab::cities() {
        let recorded = record_city(&lab, &library, &portal, (city.product, city.area)).await;
        all.push(recorded.expect("a run of every city"));
    }
    lab.stop().await;
    all
}

async fn record_city(
    lab: &Lab,
    library: &Library,
    portal: &Arc<dyn Portal>,
    (product, area): (&str, &str),
) -> Option<Recorded> {
    let connector = library.connector(Product::parse(product)?, &AreaCode::parse(area)?)?;
    let person = fiveone_lab::people(&lab.world(), product, area, 1).pop()?;
    let fields: BTreeMap<String, Json> = serde_json::from_value(person["login"].clone()).ok()?;
    let mut credentials = Credentials::default();
    for (name, value) in &fields {
        if let (Some(field), Some(value)) = (FieldName::parse(name), value.as_str()) {
            credentials.set(field, value.to_owned());
        }
    }
    let method = fields.get("login_type").and_then(Json::as_str)?.parse().ok()?;
    let recording = Arc::new(Recording::new(Arc::clone(portal)));
    let mut recorded =
        Recorded { connector: Arc::clone(connector), method, credentials, exchanges: Vec::new() };
    walk(&recorded, recording.clone()).await;
    recorded.exchanges = recording.take();
    Some(recorded)
}
