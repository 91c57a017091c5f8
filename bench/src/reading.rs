//! Rows read in a second: pages of portals that were recorded once are read again and again, on one
//! thread, without a network.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use async_trait::async_trait;
use fiveone_connector::{
    Connector, Exchange, ExtraCertificates, Library, Limits, Person, Recording, Replay, Run,
    Unanswered, live,
};
use fiveone_lab::Lab;
use fiveone_model::area::AreaCode;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::product::Product;
use fiveone_model::question::{PictureRole, Question};
use zeroize::Zeroizing;

use crate::{Figure, Scale, rate};

/// Portals whose rows stand in other places: the name of the figure, product and area.
const PORTALS: [(&str, Product, &str); 4] = [
    ("rows read of JSON", Product::Fund, "210300"),
    ("rows read of an HTML table", Product::Fund, "610300"),
    ("rows read of JSON in five sections", Product::Insurance, "370300"),
    ("rows read of HTML grids", Product::Insurance, "320200"),
];

pub(crate) async fn measure(lab: &Lab, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (what, product, area) in PORTALS {
        let recorded = Recorded::of(lab, product, area).await.context(area)?;
        figures.push(recorded.measure(what, scale.reads_for).await?);
    }
    Ok(figures)
}

/// A good run of a person with many rows.
struct Recorded {
    connector: Arc<Connector>,
    now_ms: i64,
    credentials: Credentials,
    exchanges: Vec<Exchange>,
}

impl Recorded {
    async fn of(lab: &Lab, product: Product, area: &str) -> anyhow::Result<Self> {
        let library =
            Library::with_portals(&lab.portals()).map_err(|told| anyhow::anyhow!("{told}"))?;
        let code = AreaCode::parse(area).context("an area code")?;
        let connector = library.connector(product, &code).context("no connector")?.clone();
        let people = fiveone_lab::people(&lab.world(), product.as_str(), area, 16);
        let person = people.iter().find(|person| person["quirk"] == "Large").context("nobody")?;
        let mut credentials = Credentials::default();
        for (name, value) in person["logins"][0].as_object().into_iter().flatten() {
            if let (Some(field), Some(value)) = (FieldName::parse(name), value.as_str()) {
                credentials.set(field, value.to_owned());
            }
        }
        credentials.set(FieldName::Password, "good".to_owned());
        let limits = Limits { requests_per_second: None, ..Limits::default() };
        let portal = live(limits, ExtraCertificates::default()).map_err(anyhow::Error::msg)?;
        let recording = Arc::new(Recording::new(portal));
        let now_ms = lab.world().now_ms();
        let mut run = Run::new(Arc::clone(&connector), recording.clone(), now_ms);
        enter(&mut run, &credentials).await?;
        read(&mut run, &connector).await?;
        let exchanges = recording.take();
        Ok(Self { connector, now_ms, credentials, exchanges })
    }

    async fn measure(&self, what: &'static str, time: Duration) -> anyhow::Result<Figure> {
        let (mut rows, mut runs, mut spent) = (0, 0_usize, Duration::ZERO);
        while spent < time {
            let replay = Arc::new(Replay::new(self.exchanges.clone()));
            let mut run = Run::new(Arc::clone(&self.connector), replay, self.now_ms);
            enter(&mut run, &self.credentials).await?;
            let begun = Instant::now();
            rows += read(&mut run, &self.connector).await?;
            spent += begun.elapsed();
            runs += 1;
        }
        let bytes: usize = self.exchanges.iter().map(|one| one.answer.body.len()).sum();
        let beside = format!(
            "{} rows of {} KiB in {} answers, on one core",
            rows / runs,
            bytes / 1024,
            self.exchanges.len()
        );
        Ok(Figure::new(what, format!("{:.0} /s", rate(rows, spent)), beside))
    }
}

async fn enter(run: &mut Run, credentials: &Credentials) -> anyhow::Result<()> {
    let entered = run.login(1, credentials, &mut Reader).await;
    entered.map_err(|failure| anyhow::anyhow!("no login: {failure:?}"))
}

/// Reads every section; how many rows there are, a record counting as one.
async fn read(run: &mut Run, connector: &Connector) -> anyhow::Result<usize> {
    let mut rows = 0;
    for section in connector.sections() {
        let reading = run.read(*section).await;
        let reading = reading.map_err(|failure| anyhow::anyhow!("not read: {failure:?}"))?;
        rows += reading.content.len();
    }
    Ok(rows)
}

/// Reads the answer that the lab's pictures carry.
struct Reader;

#[async_trait]
impl Person for Reader {
    async fn ask(
        &mut self,
        question: Question,
        _attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        let answer = question
            .picture(PictureRole::Captcha)
            .and_then(|one| fiveone_lab::answer_in(&one.data));
        answer.map(Zeroizing::new).ok_or(Unanswered::TimedOut)
    }
}
