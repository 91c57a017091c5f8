//! One person of the lab before one stranger: what is typed, what comes of it, how it is judged.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use fiveone_connector::{Connector, Person, Portal, Run, Unanswered};
use fiveone_lab::{CityEntry, Lab, Stranger};
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::finding::{Finding, FindingKind};
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::question::{PictureRole, Question};
use fiveone_model::report::{Content, Dialect, Loan, Record};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::compare::{A_LINE, Standing, compare};

/// The people of a city among whom an attempt takes one: two for each oddity.
const PEOPLE: usize = 32;
/// Of so many attempts …
const OF: usize = 12;
/// … so many are logins that must be refused.
const REFUSED_OF: usize = 3;
/// What is typed where the login must be refused.
const REFUSED: [&str; 7] =
    ["wrong", "unknown", "format", "locked", "quota", "elsewhere", "maintenance"];

/// A person with a password before a stranger's portal.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) city: CityEntry,
    pub(super) stranger: Stranger,
    login: Map<String, Value>,
    id_card: String,
    pub(super) quirk: String,
    pub(super) password: &'static str,
}

/// Random choices that follow from a seed and a city (splitmix64).
struct Chance(u64);

impl Chance {
    fn new(seed: u64, city: &CityEntry) -> Self {
        let place = city.product.bytes().chain(city.area.bytes());
        Self(place.fold(seed, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))))
    }

    /// A number below a limit; 0 for a limit of none.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let limit = u64::try_from(limit).unwrap_or(1).max(1);
        usize::try_from((z ^ (z >> 31)) % limit).unwrap_or(0)
    }
}

/// What became of one section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Read(Standing),
    Lost(String),
}

/// What became of an attempt.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    /// The sections that a good login should have brought, in order.
    pub(super) sections: Vec<(String, Fate)>,
    /// For a login that must be refused: the code that was due and the one that came.
    pub(super) verdict: Option<(u32, u32)>,
    /// Why money or blame went where it should not.
    pub(super) charged: Option<String>,
    /// How the login ended, when it was not let in.
    pub(super) refused: Option<String>,
    /// The steps of the run, for people.
    pub(super) log: String,
}

impl Outcome {
    /// Whether anything is wrong that nobody was told.
    pub(super) fn is_bad(&self) -> bool {
        let is_wrong = |fate: &Fate| matches!(fate, Fate::Read(Standing::Wrong(_)));
        self.charged.is_some() || self.sections.iter().any(|(_, fate)| is_wrong(fate))
    }
}

impl Attempt {
    /// The attempt that a seed makes in a city.
    pub(super) fn draw(lab: &Lab, city: CityEntry, stranger: Stranger) -> Option<Self> {
        let mut chance = Chance::new(stranger.seed, &city);
        let index = chance.below(PEOPLE);
        let people = fiveone_lab::people(&lab.world(), city.product, city.area, PEOPLE as u64);
        let person = people.into_iter().nth(index)?;
        let ways = person["logins"].as_array().cloned().unwrap_or_default();
        let way = chance.below(ways.len());
        let is_offered = |word: &&&str| {
            fiveone_lab::ending_code(&lab.world(), city.product, city.area, word).is_some()
        };
        let refused: Vec<&str> = REFUSED.iter().filter(is_offered).copied().collect();
        let password = match chance.below(OF) {
            0..REFUSED_OF => refused[chance.below(refused.len())],
            REFUSED_OF => "empty",
            _ => "good",
        };
        Some(Self {
            city,
            stranger,
            login: ways.get(way)?.as_object()?.clone(),
            id_card: person["id_card"].as_str()?.to_owned(),
            quirk: person["quirk"].as_str()?.to_owned(),
            password,
        })
    }

    /// The same before another stranger.
    pub(super) fn before(self, stranger: Stranger) -> Self {
        Self { stranger, ..self }
    }

    fn credentials(&self) -> Credentials {
        let mut credentials = Credentials::default();
        for (name, value) in &self.login {
            if let (Some(field), Some(value)) = (FieldName::parse(name), value.as_str()) {
                let value = if field == FieldName::Password { self.password } else { value };
                credentials.set(field, value.to_owned());
            }
        }
        credentials
    }

    fn method(&self) -> u32 {
        let way = self.login.get("login_type").and_then(Value::as_str).unwrap_or_default();
        way.parse().unwrap_or(1)
    }

    /// Logs in and reads every section.
    pub(super) async fn run(
        &self,
        lab: &Lab,
        connector: &Arc<Connector>,
        portal: &Arc<dyn Portal>,
    ) -> Outcome {
        let world = lab.world().of_stranger(self.stranger);
        let mut run = Run::new(Arc::clone(connector), Arc::clone(portal), world.now_ms());
        let mut reader = Reader { lab, id_card: &self.id_card };
        let login = run.login(self.method(), &self.credentials(), &mut reader).await;
        let (product, area) = (self.city.product, self.city.area);
        let due = fiveone_lab::ending_code(&world, product, area, self.password).unwrap_or(0);
        if due >= 50_000 {
            let code = login.as_ref().err().map_or(0, |failure| failure.kind.code().number());
            return self.refusal(&mut run, due, code, login.err());
        }
        let truth = fiveone_lab::truth_with_open_fields(
            &world,
            product,
            area,
            &self.id_card,
            self.password,
        );
        let truth = truth.unwrap_or_default();
        let absent =
            fiveone_lab::absent_fields(&world, product, area, &self.id_card, self.password);
        let none = BTreeSet::new();
        // A question mark stands before a section that may be offered.
        let names = truth.as_object().into_iter().flat_map(Map::keys);
        let names = names.filter(|name| !name.starts_with('?'));
        let mut sections = Vec::new();
        if let Err(failure) = &login {
            let lost = |name: &String| (name.clone(), Fate::Lost(failure.kind.as_str().into()));
            sections.extend(names.map(lost));
            let blames = blames(failure.kind).then(|| format!("refused a good login: {failure:?}"));
            let refused = Some(format!("{failure:?}"));
            return Outcome {
                sections,
                verdict: None,
                charged: blames,
                refused,
                log: log(&mut run),
            };
        }
        let mut read = Map::new();
        for section in connector.sections() {
            let fate = match run.read(*section).await {
                // What the truth has all the same is lost, below.
                Ok(reading) if reading.content == Content::NotOffered => continue,
                Ok(reading) => {
                    let (content, name) = (shown(&reading.content), section.as_str());
                    let absent = absent.get(name).unwrap_or(&none);
                    let is_named = |field: &str| names_field(&reading.findings, field);
                    let truth = truth.get(name).unwrap_or(&truth[format!("?{name}")]);
                    Fate::Read(compare(&content, truth, absent, &is_named))
                }
                Err(failure) => Fate::Lost(failure.kind.as_str().into()),
            };
            read.insert(section.as_str().into(), Value::Null);
            sections.push((section.as_str().to_owned(), fate));
        }
        let missing = names.filter(|name| !read.contains_key(*name));
        sections.extend(missing.map(|name| (name.clone(), Fate::Lost("not offered".into()))));
        let charged = charged(&sections);
        Outcome { sections, verdict: None, charged, refused: None, log: log(&mut run) }
    }

    fn refusal(&self, run: &mut Run, due: u32, code: u32, failure: Option<Failure>) -> Outcome {
        // Whoever is told of a wrong password while the portal is closed tries again until locked.
        let is_blamed = due == FailureKind::Maintenance.code().number()
            && failure
                .as_ref()
                .is_some_and(|failure| failure.kind == FailureKind::WrongCredentials);
        let charged = is_blamed.then(|| format!("{} told as a wrong password", self.password));
        let refused = failure.map(|failure| format!("{failure:?}"));
        Outcome {
            sections: Vec::new(),
            verdict: Some((due, code)),
            charged,
            refused,
            log: log(run),
        }
    }
}

/// Whether a finding tells of a field.
fn names_field(findings: &[Finding], field: &str) -> bool {
    findings.iter().any(|finding| {
        finding.field.as_deref() == Some(field)
            || (field == A_LINE && finding.kind == FindingKind::NotARow)
    })
}

/// Whether a failure says that the person did something wrong.
fn blames(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::WrongCredentials
            | FailureKind::BadFormat
            | FailureKind::WrongCode
            | FailureKind::Locked
            | FailureKind::ActionNeeded
            | FailureKind::Quota
            | FailureKind::LoginFailed
    )
}

/// Whether the default rule takes the money although a section is wrong: whole reports are paid for,
/// and partial ones that have the base record and one section more.
fn charged(sections: &[(String, Fate)]) -> Option<String> {
    let wrong = sections.iter().find(|(_, f)| matches!(f, Fate::Read(Standing::Wrong(_))))?;
    let read = sections.iter().filter(|(_, fate)| matches!(fate, Fate::Read(_)));
    let (has_base, count) =
        read.fold((false, 0), |(base, count), (name, _)| (base || name == "baseInfo", count + 1));
    let is_captured = count == sections.len() || (has_base && count > 1);
    is_captured.then(|| format!("captured with a wrong {}", wrong.0))
}

fn log(run: &mut Run) -> String {
    run.log().take().iter().map(|note| format!("    {note:?}\n")).collect()
}

/// A section as the interfaces show it.
fn shown(content: &Content) -> Value {
    let record = |record: &Record| Value::Object(record.render(Dialect::Table));
    let rows = |rows: &[Record]| Value::Array(rows.iter().map(record).collect());
    let loan = |loan: &Loan| {
        json!({
            "detailInfo": record(&loan.detail),
            "loanRepayerInfos": rows(&loan.repayers),
            "loanRepayInfos": rows(&loan.repays),
            "loanOverdueInfos": rows(&loan.overdues),
        })
    };
    match content {
        Content::Record(one) => record(one),
        Content::Rows(many) => rows(many),
        Content::Loans(loans) => Value::Array(loans.iter().map(loan).collect()),
        Content::NotOffered => Value::Null,
    }
}

/// Answers what the lab asks: the picture carries its answer, the inbox holds the last SMS.
struct Reader<'a> {
    lab: &'a Lab,
    id_card: &'a str,
}

#[async_trait]
impl Person for Reader<'_> {
    async fn ask(
        &mut self,
        question: Question,
        _attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        let answer = match question.kind {
            ChallengeKind::Sms => self.lab.last_sms(self.id_card),
            _ => question
                .picture(PictureRole::Captcha)
                .and_then(|one| fiveone_lab::answer_in(&one.data)),
        };
        answer.map(Zeroizing::new).ok_or(Unanswered::TimedOut)
    }
}
