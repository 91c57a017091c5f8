//! A person's five insurances, made up from the seed: one row a month and insurance, with the awkward
//! cases named by `Quirk`.

use crate::calendar::{Day, Month};
use crate::city::City;
use crate::fund::history::company;
use crate::money::Cents;
use crate::people::{Person, Quirk, World};
use crate::rng::Rng;
use crate::vary::{Dimension, Vary};
use crate::window;

/// The five insurances, in the order of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pension,
    Medical,
    Birth,
    Injury,
    Unemployment,
}

impl Kind {
    /// All five.
    pub(crate) const ALL: [Self; 5] =
        [Self::Pension, Self::Medical, Self::Birth, Self::Injury, Self::Unemployment];

    /// Another insurance whose rows have the same columns.
    fn alike(self) -> Option<Self> {
        match self {
            Self::Pension => Some(Self::Unemployment),
            Self::Unemployment => Some(Self::Pension),
            Self::Birth => Some(Self::Injury),
            Self::Injury => Some(Self::Birth),
            Self::Medical => None,
        }
    }

    /// The section of the document, alone in its group.
    pub(crate) fn group(self) -> &'static [&'static str] {
        match self {
            Self::Pension => &["oldageInsuranceInfos"],
            Self::Medical => &["medicalInsuranceInfos"],
            Self::Birth => &["birthInsuranceInfos"],
            Self::Injury => &["injuryInsuranceInfos"],
            Self::Unemployment => &["unemployInsuranceInfos"],
        }
    }

    /// The section of the document.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Pension => "oldageInsuranceInfos",
            Self::Medical => "medicalInsuranceInfos",
            Self::Birth => "birthInsuranceInfos",
            Self::Injury => "injuryInsuranceInfos",
            Self::Unemployment => "unemployInsuranceInfos",
        }
    }

    /// The national code of the insurance.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Pension => "110",
            Self::Unemployment => "210",
            Self::Medical => "310",
            Self::Injury => "410",
            Self::Birth => "510",
        }
    }

    /// The name portals show.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pension => "企业职工基本养老保险",
            Self::Medical => "城镇职工基本医疗保险",
            Self::Birth => "生育保险",
            Self::Injury => "工伤保险",
            Self::Unemployment => "失业保险",
        }
    }

    /// Rates of employer and person, in thousandths of the base.
    pub(crate) fn rates(self) -> (i64, i64) {
        match self {
            Self::Pension => (200, 80),
            Self::Medical => (80, 20),
            Self::Birth => (8, 0),
            Self::Injury => (5, 0),
            Self::Unemployment => (7, 3),
        }
    }
}

/// One month of one insurance.
#[derive(Debug, Clone)]
pub(crate) struct Pay {
    pub(crate) month: Month,
    /// When the money arrived.
    pub(crate) day: Day,
    pub(crate) company: String,
    pub(crate) company_no: String,
    pub(crate) base: Cents,
    pub(crate) unit: Cents,
    pub(crate) own: Cents,
    pub(crate) state: &'static str,
    pub(crate) describe: &'static str,
}

impl Pay {
    /// A month for the heads of tables.
    pub(crate) fn sample() -> Self {
        let month = Month { year: 2017, month: 1 };
        let (company, company_no) = (String::new(), String::new());
        Self {
            month,
            day: month.on(5),
            company,
            company_no,
            base: 0,
            unit: 0,
            own: 0,
            state: "",
            describe: "",
        }
    }
}

/// Everything the portals know about an insured person.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) company: String,
    pub(crate) company_no: String,
    pub(crate) state: &'static str,
    /// First working day; nothing where the portal shows its word for no date.
    pub(crate) work_start: Option<Day>,
    pub(crate) first_insured: Month,
    pub(crate) base: Cents,
    rows: [Vec<Pay>; 5],
}

impl Record {
    /// The rows that a portal lists under an insurance, each with its own kind: the stranger mixes
    /// insurances whose rows look alike.
    pub(crate) fn listed(&self, vary: &Vary, kind: Kind) -> Vec<(Kind, Pay)> {
        let own = self.rows(kind).iter().map(|pay| (kind, pay.clone()));
        let mut rows: Vec<(Kind, Pay)> = own.collect();
        if vary.has(Dimension::Mixed)
            && let Some(other) = kind.alike()
        {
            rows.extend(self.rows(other).iter().map(|pay| (other, pay.clone())));
            rows.sort_by_key(|row| row.1.month);
        }
        window::ordered(vary, rows)
    }

    /// The rows of one insurance, oldest first.
    pub(crate) fn rows(&self, kind: Kind) -> &[Pay] {
        let place = Kind::ALL.iter().position(|k| *k == kind).unwrap_or(0);
        &self.rows[place]
    }

    /// The last month with a row in any insurance.
    pub(crate) fn last_month(&self) -> Option<Month> {
        self.rows.iter().flatten().map(|pay| pay.month).max()
    }
}

impl World {
    /// The insurance record of a person; `is_empty` leaves out all rows.
    pub(crate) fn insured(&self, city: &City, person: &Person, is_empty: bool) -> Record {
        let vary = self.varied(city);
        let mut rng = self.rng(city, person.index, 20);
        let months = months(&mut rng, city, person.quirk);
        let base = rng.between(2_500, 22_000) * 100;
        let first = self.this_month().back(months.max(1));
        let old = company(&mut rng, person.quirk);
        let new = company(&mut rng, person.quirk);
        let number = |rng: &mut Rng| format!("{:08}", rng.between(1, 99_999_999));
        let numbers = (number(&mut rng), number(&mut rng));
        let mut record = Record {
            company: new.clone(),
            company_no: numbers.1.clone(),
            state: if person.quirk == Quirk::Suspended { "停缴" } else { "正常" },
            work_start: (person.quirk != Quirk::Blanks).then(|| first.on(1)),
            first_insured: first,
            base,
            rows: Default::default(),
        };
        if is_empty {
            return record;
        }
        let shift = months / 2;
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            let rows = &mut record.rows[place];
            for back in (1..=months).rev() {
                let is_gap = person.quirk == Quirk::EmptyYear && (10..34).contains(&back);
                let is_missing = kind == Kind::Birth && person.quirk == Quirk::SingleRow;
                if is_gap || is_missing {
                    continue;
                }
                let employer = if back > shift { (&old, &numbers.0) } else { (&new, &numbers.1) };
                let month = self.this_month().back(back);
                let twice = person.quirk == Quirk::Overlap && back == shift;
                if twice {
                    rows.push(pay(&mut rng, kind, month, (&old, &numbers.0), base, "补缴"));
                }
                rows.push(pay(&mut rng, kind, month, employer, base, "正常应缴"));
                let takes_back = person.quirk == Quirk::Reversal || vary.has(Dimension::Minus);
                if takes_back && back % 7 == 3 {
                    rows.push(reversal(rows[rows.len() - 1].clone()));
                }
            }
            if person.quirk == Quirk::ImpossibleDay
                && let Some(row) = rows.iter_mut().find(|row| row.month.month == 2)
            {
                row.day = row.month.on(30);
            }
        }
        record
    }
}

fn months(rng: &mut Rng, city: &City, quirk: Quirk) -> usize {
    let wanted = match quirk {
        Quirk::NoRows => 0,
        Quirk::SingleRow => 1,
        Quirk::OnePage => city.page_rows,
        Quirk::Dense => 90,
        Quirk::EmptyYear => 48,
        Quirk::Large => 75,
        _ => 9 + rng.below(30),
    };
    wanted.min(city.months_kept)
}

fn pay(
    rng: &mut Rng,
    kind: Kind,
    month: Month,
    employer: (&String, &String),
    base: Cents,
    describe: &'static str,
) -> Pay {
    let (unit, own) = kind.rates();
    Pay {
        month,
        day: month.on(i8::try_from(rng.between(8, 27)).unwrap_or(8)),
        company: employer.0.clone(),
        company_no: employer.1.clone(),
        base,
        unit: base * unit / 1_000,
        own: base * own / 1_000,
        state: "已缴费",
        describe,
    }
}

/// A row that takes another one back.
fn reversal(row: Pay) -> Pay {
    Pay {
        unit: -row.unit,
        own: -row.own,
        day: row.month.on(28),
        state: "退费",
        describe: "冲减",
        ..row
    }
}
