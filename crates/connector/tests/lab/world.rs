//! A running lab, the connectors pointed at it, and one person's whole run compared with the truth.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use fiveone_connector::{
    Answer, Connector, Evidence, ExtraCertificates, Library, Limits, Person, Portal, Request, Run,
    TransportError, Unanswered, live,
};
use fiveone_lab::{Lab, Options};
use fiveone_model::{
    area::AreaCode,
    challenge::ChallengeKind,
    failure::{Failure, FailureKind},
    finding::{Finding, FindingKind},
    login::{Credentials, FieldName},
    product::Product,
    question::{PictureRole, Question},
};
use serde_json::{Map, Value as Json};
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::compare::{difference, section_of, shown};

/// Product and area, as the lab names them.
pub(crate) type City = (&'static str, &'static str);

/// Every city of the lab, or the one that `LAB_CITY` names.
pub(crate) fn cities() -> Vec<City> {
    let only = std::env::var("LAB_CITY").unwrap_or_default();
    let is_wanted = |(product, area): &City| only.is_empty() || only == format!("{product}/{area}");
    let all = fiveone_lab::cities().into_iter().map(|city| (city.product, city.area));
    let cities: Vec<_> = all.filter(is_wanted).collect();
    assert!(!cities.is_empty(), "the lab has no city `{only}`");
    cities
}

/// One run: a city, what is typed, and what must come of it.
pub(crate) struct Case {
    pub(crate) city: City,
    pub(crate) login: Map<String, Json>,
    id_card: String,
    pub(crate) quirk: String,
    password: String,
    code: u32,
    fail: Vec<String>,
    asks: Option<Vec<String>>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (product, area) = self.city;
        let way = self.text("login_type");
        write!(f, "{product}/{area} type {way} {} {}", self.quirk, self.password)
    }
}

/// A person of the lab and one way in which they log in.
pub(crate) struct Login {
    fields: Map<String, Json>,
    id_card: String,
    pub(crate) quirk: String,
}

impl Case {
    /// Everything works.
    pub(crate) fn good(city: City, login: Login) -> Self {
        Self {
            city,
            login: login.fields,
            id_card: login.id_card,
            quirk: login.quirk,
            password: "good".to_owned(),
            code: 40001,
            fail: Vec::new(),
            asks: None,
        }
    }

    fn text(&self, key: &str) -> &str {
        self.login.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    pub(crate) fn method(&self) -> u32 {
        self.text("login_type").parse().unwrap_or(1)
    }

    fn credentials(&self) -> Credentials {
        let mut credentials = Credentials::default();
        for (name, value) in &self.login {
            if let (Some(field), Some(value)) = (FieldName::parse(name), value.as_str()) {
                let value = if field == FieldName::Password { &self.password } else { value };
                credentials.set(field, value.to_owned());
            }
        }
        credentials
    }
}

/// What a run brought: the sections by name, or why there are none.
pub(crate) struct Outcome {
    pub(crate) login: Result<(), Failure>,
    pub(crate) sections: BTreeMap<&'static str, Result<Json, Failure>>,
    /// What was odd about each section.
    pub(crate) findings: BTreeMap<&'static str, Vec<Finding>>,
    asked: Vec<String>,
    /// What an operator would be shown of the last page of each section.
    pub(crate) evidence: BTreeMap<&'static str, Evidence>,
    pub(crate) log: String,
}

impl Outcome {
    /// The code of the documents that a task with this outcome ends in.
    pub(crate) fn code(&self) -> u32 {
        if let Err(failure) = &self.login {
            return failure.kind.code().number();
        }
        let failures: Vec<FailureKind> =
            self.sections.values().filter_map(|read| read.as_ref().err()).map(|f| f.kind).collect();
        match failures.as_slice() {
            [] => 40001,
            [first, ..] if failures.len() == self.sections.len() => first.code().number(),
            _ => 40002,
        }
    }

    fn failed(&self) -> Vec<&'static str> {
        self.sections.iter().filter(|(_, read)| read.is_err()).map(|(name, _)| *name).collect()
    }
}

/// Every text that was read, to tell values from labels.
pub(crate) fn values_of(outcome: &Outcome) -> BTreeSet<String> {
    fn push(json: &Json, values: &mut BTreeSet<String>) {
        match json {
            Json::String(text) => {
                values.insert(text.clone());
            }
            Json::Array(items) => items.iter().for_each(|item| push(item, values)),
            Json::Object(map) => map.values().for_each(|item| push(item, values)),
            _ => {}
        }
    }
    let mut values = BTreeSet::new();
    for read in outcome.sections.values().flatten() {
        push(read, &mut values);
    }
    values
}

/// The lab and the connectors.
pub(crate) struct World {
    lab: Lab,
    library: Library,
    portal: Arc<dyn Portal>,
}

impl World {
    pub(crate) async fn start() -> Arc<Self> {
        let listen = ([127, 0, 0, 1], 0).into();
        let options = Options { listen, slow_ms: 5, ..Options::default() };
        let lab = fiveone_lab::start(options).await.expect("the lab starts");
        let library = Library::with_portals(&lab.portals()).unwrap_or_else(|complaints| {
            panic!("the connectors have mistakes:\n{complaints}");
        });
        let limits = Limits { requests_per_second: None, ..Limits::default() };
        let portal = live(limits, ExtraCertificates::default()).expect("a client");
        Arc::new(Self { lab, library, portal })
    }

    /// Checks cases, every city beside the others; what is wrong, for people to read.
    pub(crate) async fn check_all(self: Arc<Self>, cases: Vec<Case>) -> Vec<String> {
        let mut cities: BTreeMap<City, Vec<Case>> = BTreeMap::new();
        for case in cases {
            cities.entry(case.city).or_default().push(case);
        }
        let mut running = JoinSet::new();
        for cases in cities.into_values() {
            let world = Arc::clone(&self);
            running.spawn(async move {
                let mut wrong = Vec::new();
                for case in cases {
                    if let Err(told) = world.check(&case).await {
                        wrong.push(format!("{case}: {told}"));
                    }
                }
                wrong
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }

    pub(crate) fn connector(&self, product: Product, area: &str) -> Option<Arc<Connector>> {
        self.library.connector(product, &AreaCode::parse(area)?).map(Arc::clone)
    }

    /// Every way in which the first `n` people of a city log in.
    pub(crate) fn logins(&self, (product, area): City, n: u64) -> Vec<Login> {
        let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
        let mut logins = Vec::new();
        for person in fiveone_lab::people(&self.lab.world(), product, area, n) {
            for fields in person["logins"].as_array().into_iter().flatten() {
                logins.push(Login {
                    fields: fields.as_object().cloned().unwrap_or_default(),
                    id_card: text(&person, "id_card"),
                    quirk: text(&person, "quirk"),
                });
            }
        }
        logins
    }

    /// The first way of the first person with every password the city reacts to.
    pub(crate) fn behaviours(&self, city: City) -> Vec<Case> {
        let text = |json: &Json| json.as_str().expect("a text").to_owned();
        let words = |json: &Json| -> Vec<String> {
            json.as_array().expect("a list").iter().map(text).collect()
        };
        let case = |behaviour: Json| Case {
            password: text(&behaviour["password"]),
            code: text(&behaviour["code"]).parse().expect("a number"),
            fail: words(&behaviour["fail"]),
            asks: Some(words(&behaviour["asks"])),
            ..Case::good(city, self.logins(city, 1).into_iter().next().expect("a login"))
        };
        let cases: Vec<_> = fiveone_lab::behaviours(city.0, city.1).into_iter().map(case).collect();
        assert!(!cases.is_empty(), "nothing is documented of {city:?}");
        cases
    }

    /// Runs a case through a portal: login, then every section.
    pub(crate) async fn run(&self, case: &Case, portal: Arc<dyn Portal>) -> Outcome {
        let (product, area) = case.city;
        let product = Product::parse(product).expect("a product");
        let connector = self.connector(product, area).expect("a connector");
        let day = self
            .lab
            .world()
            .today
            .to_zoned(jiff::tz::TimeZone::get("Asia/Shanghai").expect("a zone"));
        let now_ms = day.expect("a day").timestamp().as_millisecond() + 10 * 3_600_000;
        let mut run = Run::new(Arc::clone(&connector), portal, now_ms);
        let mut reader = Reader { world: self, id_card: case.id_card.clone(), asked: Vec::new() };
        let login = run.login(case.method(), &case.credentials(), &mut reader).await;
        let (mut sections, mut odd) = (BTreeMap::new(), BTreeMap::new());
        let mut evidence = BTreeMap::new();
        if login.is_ok() {
            for section in connector.sections() {
                let read = run.read(*section).await;
                let mut findings =
                    read.as_ref().map_or_else(|_| Vec::new(), |reading| reading.findings.clone());
                odd.insert(section.as_str(), findings.clone());
                findings.push(Finding::of_field(FindingKind::Absent, "any"));
                if let Some(seen) = run.evidence(&findings) {
                    evidence.insert(section.as_str(), seen);
                }
                sections.insert(section.as_str(), read.map(|reading| shown(&reading.content)));
            }
        }
        let log = run.log().take().iter().map(|note| format!("    {note:?}\n")).collect();
        Outcome { login, sections, findings: odd, asked: reader.asked, evidence, log }
    }

    fn truth(&self, case: &Case, password: &str) -> Json {
        let (product, area) = case.city;
        let world = self.lab.world();
        fiveone_lab::truth_with_open_fields(&world, product, area, &case.id_card, password)
            .unwrap_or_default()
    }

    /// Runs a case and compares it with the truth and the documented end.
    pub(crate) async fn check(&self, case: &Case) -> Result<(), String> {
        let outcome = self.run(case, self.portal_for(&case.password)).await;
        let (code, failed) = (outcome.code(), outcome.failed());
        // Bytes that are not of the charset they claim: refused as documented, or read as they are.
        if case.password == "charset" && code == 40001 {
            let truth = self.truth(case, "good");
            let is_true = outcome.sections.iter().all(|(name, read)| {
                read.as_ref().is_ok_and(|read| difference(read, section_of(&truth, name)).is_none())
            });
            let told = || format!("other values than the truth\n{}", outcome.log);
            return if is_true { Ok(()) } else { Err(told()) };
        }
        let mut told = Vec::new();
        if code != case.code {
            told.push(format!("ended in {code} instead of {}: {:?}", case.code, outcome.login));
        }
        let mut due: Vec<&str> = case.fail.iter().map(String::as_str).collect();
        due.sort_unstable();
        // A section that may be offered may fail as well.
        let whole = self.truth(case, "good");
        let is_due = |name: &&str| whole.get(format!("?{name}")).is_none();
        let failed: Vec<&str> = failed.into_iter().filter(is_due).collect();
        if (40001..50000).contains(&code) && failed != due {
            told.push(format!("failed {failed:?} instead of {due:?}"));
        }
        // Whoever forces the login at once is not asked a second time.
        let may_force = case.password == "relogin";
        if let Some(asks) = &case.asks
            && *asks != outcome.asked
            && !may_force
        {
            told.push(format!("asked {:?} instead of {asks:?}", outcome.asked));
        }
        let truth = self.truth(case, &case.password);
        for (name, read) in &outcome.sections {
            if let Ok(read) = read
                && let Some(difference) = difference(read, section_of(&truth, name))
            {
                told.push(format!("{name} {difference}"));
            }
        }
        if outcome.login.is_ok() && code < 50000 {
            let offered = truth.as_object().into_iter().flat_map(Map::keys);
            // A question mark stands before a section that may be offered.
            let is_due = |name: &&String| {
                !name.starts_with('?') && !outcome.sections.contains_key(name.as_str())
            };
            let missing: Vec<&String> = offered.filter(is_due).collect();
            if !missing.is_empty() {
                told.push(format!("{missing:?} are not offered"));
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        Err(format!("{}\n{}", told.join("; "), outcome.log))
    }
}

/// Answers what the lab asks: the picture carries its answer, the inbox holds the last SMS.
struct Reader<'a> {
    world: &'a World,
    id_card: String,
    asked: Vec<String>,
}

#[async_trait]
impl Person for Reader<'_> {
    async fn ask(
        &mut self,
        question: Question,
        _attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        self.asked.push(question.kind.as_str().to_owned());
        let answer = match question.kind {
            ChallengeKind::Sms => self.world.last_sms(&self.id_card).await,
            _ => question
                .picture(PictureRole::Captcha)
                .and_then(|one| fiveone_lab::answer_in(&one.data)),
        };
        answer.map(Zeroizing::new).ok_or(Unanswered::TimedOut)
    }
}

impl World {
    /// The portal for a behaviour: whoever trickles for ever gets little time.
    pub(crate) fn portal_for(&self, password: &str) -> Arc<dyn Portal> {
        let ms = if password == "endless" { 2_000 } else { 20_000 };
        let portal = Arc::clone(&self.portal);
        Arc::new(Impatient { portal, time_max: Duration::from_millis(ms) })
    }

    async fn last_sms(&self, id_card: &str) -> Option<String> {
        let url = format!("{}/inbox/{id_card}", self.lab.base()).parse().ok()?;
        let request = Request {
            method: "GET",
            url,
            headers: Vec::new(),
            body: Vec::new(),
            answer_bytes_max: 1 << 16,
            time_max: Duration::from_secs(5),
        };
        let answer = self.portal.send(request).await.ok()?;
        let inbox: Json = serde_json::from_slice(&answer.body).ok()?;
        inbox["code"].as_str().map(str::to_owned)
    }
}

/// A portal that is given less time and fewer bytes than usual, and never waits before a retry.
struct Impatient {
    portal: Arc<dyn Portal>,
    time_max: Duration,
}

#[async_trait]
impl Portal for Impatient {
    async fn send(&self, mut request: Request) -> Result<Answer, TransportError> {
        request.time_max = request.time_max.min(self.time_max);
        request.answer_bytes_max = request.answer_bytes_max.min(1 << 20);
        self.portal.send(request).await
    }
}
