//! Made-up people. Everything about a person follows from the seed, the city and an index, and the
//! index can be read back from any of the person's login names; nothing is stored. Identity numbers
//! have valid checksums and a region (99xxxx) that no real person has.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::behaviour;
use crate::calendar::Day;
use crate::city::City;
use crate::rng::Rng;
use crate::vary::{Stranger, Vary};

/// The seed and the day on which the whole lab stands.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Everything made up follows from this number.
    pub seed: u64,
    /// The portals' current day.
    pub today: Date,
    /// Whether the portals are those of a stranger.
    pub vary: Option<Stranger>,
}

impl World {
    /// The same people behind a stranger's portals.
    #[must_use]
    pub fn of_stranger(self, stranger: Stranger) -> Self {
        Self { vary: Some(stranger), ..self }
    }

    /// Ten in the morning of the portals' day, in Shanghai.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let ten = self.today.at(10, 0, 0, 0);
        let shanghai = jiff::tz::Offset::constant(8).to_time_zone();
        ten.to_zoned(shanghai).map_or(0, |zoned| zoned.timestamp().as_millisecond())
    }

    /// What differs in one city.
    pub(crate) fn varied(&self, city: &City) -> Vary {
        Vary::draw(self.vary, city)
    }
}

/// What is awkward about a person's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    Plain,
    OddEmployer,
    RareName,
    Reversal,
    EmptyYear,
    NoRows,
    OnePage,
    Dense,
    Accounts,
    Overlap,
    ImpossibleDay,
    Blanks,
    Large,
    Suspended,
    SingleRow,
    Loans,
}

const QUIRKS: [Quirk; 16] = [
    Quirk::Plain,
    Quirk::OddEmployer,
    Quirk::RareName,
    Quirk::Reversal,
    Quirk::EmptyYear,
    Quirk::NoRows,
    Quirk::OnePage,
    Quirk::Dense,
    Quirk::Accounts,
    Quirk::Overlap,
    Quirk::ImpossibleDay,
    Quirk::Blanks,
    Quirk::Large,
    Quirk::Suspended,
    Quirk::SingleRow,
    Quirk::Loans,
];

const SURNAMES: &[&str] =
    &["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "欧阳", "陈", "褚", "卫", "蒋", "沈", "韩"];
const GIVEN: &[&str] =
    &["测一", "样本", "示范", "小试", "模", "仿真", "虚构", "例子", "练习", "演示", "拟", "范本"];
const STREETS: &[&str] = &["虚拟路", "示例街", "样板巷", "测试大道", "模型里"];
const BANKS: &[&str] = &["示例银行中心支行", "样板银行营业部", "模拟银行（城东）支行"];
const NATIONS: &[&str] = &["汉族", "满族", "回族", "壮族"];

const LOW: u64 = 50_000;
const BIRTH_DAYS: u64 = 14_600;
const INDEX_END: u64 = 100_000_000;

/// A made-up person of one city.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) index: u64,
    pub(crate) id_card: String,
    pub(crate) name: String,
    pub(crate) is_male: bool,
    pub(crate) birth: Day,
    pub(crate) mobile: String,
    pub(crate) account: String,
    pub(crate) employee_no: String,
    pub(crate) bank: Option<&'static str>,
    pub(crate) bank_card: String,
    pub(crate) address: Option<String>,
    pub(crate) zipcode: String,
    pub(crate) nation: &'static str,
    pub(crate) email: String,
    pub(crate) sub_area: &'static str,
    pub(crate) quirk: Quirk,
}

impl Person {
    /// `男` or `女`.
    pub(crate) fn sex(&self) -> &'static str {
        if self.is_male { "男" } else { "女" }
    }
}

impl World {
    /// The random numbers of one purpose for one person.
    pub(crate) fn rng(&self, city: &City, index: u64, purpose: u64) -> Rng {
        Rng::new(&[self.seed, city.number, index, purpose])
    }

    /// The person with this index.
    pub(crate) fn person(&self, city: &City, index: u64) -> Person {
        let mut rng = self.rng(city, index, 1);
        let is_male = rng.one_in(2);
        let birth = self.birth(city, index);
        let quirk = QUIRKS[usize::try_from(index % 16).unwrap_or(0)];
        let blank = quirk == Quirk::Blanks;
        let rare = if city.is_gbk { "喆" } else { "𬭛" };
        let mut name = format!("{}{}", rng.pick(SURNAMES), rng.pick(GIVEN));
        if quirk == Quirk::RareName {
            name.push_str(rare);
        }
        let house = rng.between(1, 999);
        let bank = rng.pick(BANKS);
        Person {
            index,
            id_card: id_card(city.number, index, birth, is_male),
            name,
            is_male,
            birth,
            mobile: format!("1990000{:04}", index % 10_000),
            account: format!("{}{index:08}", &city.area[..4]),
            employee_no: format!("7{:010}", index),
            bank: (!blank).then_some(bank),
            bank_card: format!("621799{}{index:08}", &city.area[..4]),
            address: (!blank).then(|| format!("{}市{}{house}号", city.name, rng.pick(STREETS))),
            zipcode: format!("99{:04}", index % 10_000),
            nation: rng.pick(NATIONS),
            email: format!("p{index}@example.com"),
            sub_area: if index.is_multiple_of(2) { "01" } else { "02" },
            quirk,
        }
    }

    fn birth(&self, city: &City, index: u64) -> Day {
        let shift = self.rng(city, index % LOW, 2).draw() % BIRTH_DAYS;
        birth_day((shift + index / LOW) % BIRTH_DAYS)
    }

    /// The index behind an identity number, when that person exists in the city.
    pub(crate) fn by_id(&self, city: &City, id: &str) -> Option<u64> {
        if id.len() != 18 || !id.is_ascii() || !id[..17].bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = |range: std::ops::Range<usize>| id[range].parse::<u64>().ok();
        let low = number(4..6)? * 500 + number(14..17)? / 2;
        let birth = Day::read(&id[6..14], false)?;
        let days = Date::new(birth.year, birth.month, birth.day).ok()?;
        let since = days.since(FIRST_BIRTH).ok()?.get_days();
        let since = u64::try_from(since).ok()?;
        let shift = self.rng(city, low, 2).draw() % BIRTH_DAYS;
        let index = (since + BIRTH_DAYS - shift) % BIRTH_DAYS * LOW + low;
        let known = index < INDEX_END && self.person(city, index).id_card.eq_ignore_ascii_case(id);
        known.then_some(index)
    }

    /// The index behind an account number.
    pub(crate) fn by_account(&self, city: &City, account: &str) -> Option<u64> {
        let digits = account.strip_prefix(&city.area[..4])?;
        (digits.len() == 8).then(|| digits.parse().ok()).flatten()
    }

    /// The index behind a mobile number; only the first ten thousand people have one of their own.
    pub(crate) fn by_mobile(&self, mobile: &str) -> Option<u64> {
        let digits = mobile.strip_prefix("1990000")?;
        (digits.len() == 4).then(|| digits.parse().ok()).flatten()
    }

    /// The index behind whatever the person typed: identity, account, or mobile number.
    pub(crate) fn by_any(&self, city: &City, name: &str) -> Option<u64> {
        self.by_id(city, name)
            .or_else(|| self.by_account(city, name))
            .or_else(|| self.by_mobile(name))
    }

    /// The entries of `GET /people`: `n` people from index `from`.
    pub(crate) fn people(&self, city: &City, from: u64, n: u64) -> Vec<Value> {
        let end = from.saturating_add(n).min(INDEX_END);
        (from..end).map(|index| self.entry(city, index)).collect()
    }

    fn entry(&self, city: &City, index: u64) -> Value {
        let person = self.person(city, index);
        let logins: Vec<Value> = city
            .ways
            .iter()
            .filter(|way| index < 10_000 || way.2 != ["mobile"])
            .map(|way| Value::Object(login(city, &person, way)))
            .collect();
        let passwords: Vec<&str> =
            behaviour::TABLE.iter().filter(|row| row.0.is_offered(city)).map(|row| row.1).collect();
        json!({
            "login": logins.first(),
            "logins": logins,
            "truth": format!("/truth{}/{}", city.mount(), person.id_card),
            "id_card": person.id_card,
            "quirk": format!("{:?}", person.quirk),
            "passwords": passwords,
        })
    }
}

fn login(city: &City, person: &Person, way: &crate::city::Way) -> Map<String, Value> {
    let mut fields = Map::new();
    for field in way.2 {
        let value = match *field {
            "id_card" => person.id_card.as_str(),
            "account" => &person.account,
            "mobile" => &person.mobile,
            "real_name" => &person.name,
            "sub_area" if city.is_model() => person.sub_area,
            _ => "",
        };
        fields.insert((*field).into(), value.into());
    }
    fields.insert("password".into(), "good".into());
    fields.insert("login_type".into(), way.0.into());
    fields
}

const FIRST_BIRTH: Date = jiff::civil::date(1960, 1, 1);

fn birth_day(days: u64) -> Day {
    let days = i64::try_from(days).unwrap_or(0);
    let span = jiff::Span::new().days(days);
    FIRST_BIRTH.checked_add(span).map_or(Day { year: 1980, month: 1, day: 1 }, Day::from)
}

/// Builds a number of region 99ccKK: the region and the sequence carry the index.
fn id_card(city: u64, index: u64, birth: Day, is_male: bool) -> String {
    let low = index % LOW;
    let sequence = low % 500 * 2 + u64::from(is_male);
    let body = format!("99{city:02}{:02}{}{sequence:03}", low / 500, birth.compact());
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let check = b"10X98765432"[sum % 11];
    format!("{body}{}", char::from(check))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cities::CITIES;

    fn world() -> World {
        World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None }
    }

    #[test]
    fn every_login_name_leads_back_to_its_person() {
        for city in CITIES {
            for index in [0, 7, 499, 500, 9_999, 49_999, 50_000, 1_234_567] {
                let person = world().person(city, index);
                assert_eq!(person.id_card.len(), 18);
                assert_eq!(world().by_id(city, &person.id_card), Some(index), "{person:?}");
                assert_eq!(world().by_account(city, &person.account), Some(index));
            }
        }
    }

    #[test]
    fn a_stranger_is_not_known() {
        let city = &CITIES[0];
        assert_eq!(world().by_id(city, "990000190001010016"), None);
        let other = World { seed: 52, ..world() };
        let strangers = (0..50)
            .filter(|i| world().by_id(city, &other.person(city, *i).id_card) == Some(*i))
            .count();
        assert!(strangers < 5);
    }
}
