//! A person's housing-fund accounts and their rows, made up from the seed: monthly payments, yearly
//! interest, withdrawals, reversals, and the awkward cases named by `Quirk`.

use crate::calendar::{Day, Month};
use crate::city::City;
use crate::money::Cents;
use crate::people::{Person, Quirk, World};
use crate::rng::Rng;
use crate::shown::Shown;
use crate::vary::{Dimension, Vary};

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pay,
    PayOwn,
    PayCompany,
    Extra,
    Reversal,
    Interest,
    Withdraw,
    TransferIn,
}

impl Kind {
    /// The word portals use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pay => "汇缴",
            Self::PayOwn => "汇缴(个人)",
            Self::PayCompany => "汇缴(单位)",
            Self::Extra => "补缴",
            Self::Reversal => "汇缴冲正",
            Self::Interest => "年度结息",
            Self::Withdraw => "部分提取",
            Self::TransferIn => "转入",
        }
    }

    /// Whether the amount leaves the account.
    pub(crate) fn is_out(self) -> bool {
        self == Self::Withdraw
    }
}

/// One row of an account.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    /// When it was booked.
    pub(crate) day: Day,
    /// The month it is for, where it is for one.
    pub(crate) month: Option<Month>,
    pub(crate) kind: Kind,
    /// The portal's word for the kind.
    pub(crate) word: &'static str,
    /// The amount; negative only for reversals.
    pub(crate) cents: Cents,
    /// The balance after it.
    pub(crate) balance: Cents,
    /// The wage base of a payment.
    pub(crate) base: Option<Cents>,
    pub(crate) company: String,
}

impl Bill {
    /// A bill for the heads of tables.
    pub(crate) fn sample() -> Self {
        Self {
            day: Day { year: 2017, month: 1, day: 5 },
            month: None,
            kind: Kind::Pay,
            word: Kind::Pay.word(),
            cents: 0,
            balance: 0,
            base: None,
            company: String::new(),
        }
    }

    /// The amount in the in-column.
    pub(crate) fn income(&self) -> Cents {
        if self.kind.is_out() { 0 } else { self.cents }
    }

    /// The amount in the out-column.
    pub(crate) fn outcome(&self) -> Cents {
        if self.kind.is_out() { self.cents } else { 0 }
    }

    /// `汇缴201707公积金`, the summary wording of older portals.
    pub(crate) fn summary(&self) -> String {
        match self.month {
            Some(month) => format!("{}{}公积金", self.word, month.compact()),
            None => self.word.into(),
        }
    }
}

/// One account of a person.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) number: String,
    pub(crate) company: String,
    pub(crate) company_no: String,
    /// When it was opened; nothing where the portal shows its word for no date.
    pub(crate) opened: Option<Day>,
    pub(crate) state: &'static str,
    pub(crate) base: Cents,
    /// Ratio in percent, the same for both sides.
    pub(crate) percent: i64,
    pub(crate) own: Cents,
    pub(crate) bills: Vec<Bill>,
    pub(crate) balance: Cents,
}

impl Account {
    /// The ratio as shown, `12.00%`.
    pub(crate) fn ratio(&self) -> String {
        format!("{}.00%", self.percent)
    }

    /// The ratio of either side.
    pub(crate) fn shown_ratio(&self) -> Shown {
        Shown::Ratio(self.percent)
    }

    /// The last month paid for.
    pub(crate) fn paid_until(&self) -> Option<Month> {
        self.bills.iter().filter_map(|bill| bill.month).max()
    }

    /// The sum over the rows of one calendar year that pass a test.
    pub(crate) fn sum(&self, year: i16, test: impl Fn(Kind) -> bool) -> Cents {
        self.bills.iter().filter(|b| b.day.year == year && test(b.kind)).map(|b| b.cents).sum()
    }

    /// The balance at the end of a calendar year.
    pub(crate) fn balance_after(&self, year: i16) -> Cents {
        self.bills.iter().rev().find(|b| b.day.year <= year).map_or(0, |b| b.balance)
    }
}

const COMPANIES: &[&str] = &[
    "示例机械有限公司",
    "样板软件股份有限公司",
    "虚构区第一小学",
    "仿真物流集团",
    "测试街道办事处",
];
const ODD: &[&str] =
    &["甲&乙（中国）\"联合\"贸易有限公司", "O'示例<华东>【分】公司", "A&amp;B 咨询有限公司"];

/// The name of an employer for a person.
pub(crate) fn company(rng: &mut Rng, quirk: Quirk) -> String {
    if quirk == Quirk::OddEmployer { rng.pick(ODD).into() } else { rng.pick(COMPANIES).into() }
}

impl World {
    /// The month the lab stands in.
    pub(crate) fn this_month(&self) -> Month {
        Month { year: self.today.year(), month: self.today.month() }
    }

    /// Every account the city shows for the person; `is_empty` leaves out all rows.
    pub(crate) fn accounts(&self, city: &City, person: &Person, is_empty: bool) -> Vec<Account> {
        let vary = self.varied(city);
        let ignored = vary.variant(Dimension::AccountIgnored);
        let count = match (person.quirk, vary.variant(Dimension::Accounts).or(ignored)) {
            (_, Some(more)) => 2 + more,
            (Quirk::Accounts, None) if city.has_accounts => 2 + usize::from(person.index % 32 > 15),
            _ => 1,
        };
        (0..count).map(|place| self.account(city, person, place, is_empty, &vary)).collect()
    }

    fn account(
        &self,
        city: &City,
        person: &Person,
        place: usize,
        is_empty: bool,
        vary: &Vary,
    ) -> Account {
        let place_number = u64::try_from(place).unwrap_or(0);
        let mut rng = self.rng(city, person.index, 10 + place_number);
        let base_yuan = rng.between(2_000, 25_000);
        let base = base_yuan * 100 + if rng.one_in(3) { rng.between(0, 99) } else { 0 };
        let percent = rng.between(5, 12);
        let company_name = company(&mut rng, person.quirk);
        let mut account = Account {
            number: if place == 0 {
                person.account.clone()
            } else {
                format!("{}{place}", person.account)
            },
            company: company_name,
            company_no: format!("{:06}", rng.between(1, 999_999)),
            opened: None,
            state: match place {
                0 if person.quirk == Quirk::Suspended => "封存",
                0 => "正常",
                // Behind a suspended account only closed ones come.
                _ if vary.has(Dimension::Accounts) || vary.has(Dimension::AccountIgnored) => "销户",
                _ => "封存",
            },
            base,
            percent,
            own: base * percent / 100,
            bills: Vec::new(),
            balance: 0,
        };
        let months = months(&mut rng, city, person.quirk, place);
        if person.quirk != Quirk::Blanks {
            account.opened = Some(self.this_month().back(months + 1).on(12));
        }
        if !is_empty {
            let habits = Habits { quirk: person.quirk, reversal: reversal(vary, person.quirk) };
            self.fill(&mut rng, &mut account, habits, months);
            spoil_a_day(&mut account, person.quirk);
        }
        account.balance = account.bills.last().map_or(0, |bill| bill.balance);
        account
    }

    fn fill(&self, rng: &mut Rng, account: &mut Account, habits: Habits, months: usize) {
        let quirk = habits.quirk;
        let is_bare = matches!(quirk, Quirk::OnePage | Quirk::SingleRow);
        let mut book = Book { account, balance: 0, reversal: habits.reversal };
        if !is_bare && months > 0 && rng.one_in(3) {
            let first = self.this_month().back(months);
            book.add(first.on(3), None, Kind::TransferIn, rng.between(1_000, 900_000));
        }
        for back in (1..=months).rev() {
            let month = self.this_month().back(back);
            if quirk == Quirk::EmptyYear && (14..40).contains(&back) {
                continue;
            }
            if quirk == Quirk::Overlap && back == months / 2 {
                book.account.company = company(rng, quirk);
            }
            book.month(rng, month, quirk);
            if !is_bare && month.month == 6 {
                let interest = book.balance / 80;
                book.add(month.on(30), None, Kind::Interest, interest);
            }
        }
    }
}

/// How many months of payments a person has.
fn months(rng: &mut Rng, city: &City, quirk: Quirk, place: usize) -> usize {
    let wanted = match quirk {
        Quirk::NoRows => 0,
        Quirk::SingleRow => 1,
        Quirk::OnePage => city.page_rows,
        Quirk::Dense => 64,
        Quirk::EmptyYear => 54,
        Quirk::Large => 90,
        _ if place > 0 => 6,
        _ => 14 + rng.below(30),
    };
    wanted.min(city.months_kept)
}

/// What an account is filled by.
#[derive(Debug, Clone, Copy)]
struct Habits {
    quirk: Quirk,
    /// The word for reversals, where there are some.
    reversal: Option<&'static str>,
}

/// The portal's word for a payment that was taken back, where the person has some.
fn reversal(vary: &Vary, quirk: Quirk) -> Option<&'static str> {
    const WORDS: [&str; 6] =
        ["汇缴冲红", "汇缴冲正", "汇缴冲账", "汇缴退回", "汇缴冲销", "汇缴撤销"];
    match vary.variant(Dimension::Reversal) {
        Some(variant) => Some(WORDS[variant]),
        None if quirk == Quirk::Reversal || vary.has(Dimension::Minus) => {
            Some(Kind::Reversal.word())
        }
        None => None,
    }
}

/// An account being written row by row.
struct Book<'a> {
    account: &'a mut Account,
    balance: Cents,
    reversal: Option<&'static str>,
}

impl Book<'_> {
    fn add(&mut self, day: Day, month: Option<Month>, kind: Kind, cents: Cents) {
        self.balance += if kind.is_out() { -cents } else { cents };
        let word = self.reversal.filter(|_| kind == Kind::Reversal).unwrap_or(kind.word());
        let base = month.map(|_| self.account.base);
        let company = self.account.company.clone();
        let balance = self.balance;
        self.account.bills.push(Bill { day, month, kind, word, cents, balance, base, company });
    }

    fn month(&mut self, rng: &mut Rng, month: Month, quirk: Quirk) {
        let day = month.on(i8::try_from(rng.between(5, 24)).unwrap_or(5));
        let own = self.account.own;
        if quirk == Quirk::Dense {
            self.add(day, Some(month), Kind::PayOwn, own);
            self.add(day, Some(month), Kind::PayCompany, own);
            return;
        }
        self.add(day, Some(month), Kind::Pay, own * 2);
        if matches!(quirk, Quirk::OnePage | Quirk::SingleRow) {
            return;
        }
        let later = month.on(26);
        match rng.below(12) {
            0 if self.reversal.is_some() => {
                self.add(later, Some(month), Kind::Reversal, -own * 2);
            }
            1 if quirk == Quirk::Reversal => self.add(later, Some(month), Kind::Extra, 0),
            2 => self.add(later, Some(month), Kind::Extra, own / 3 + 1),
            3 => self.add(later, None, Kind::Withdraw, self.balance / 3),
            _ => {}
        }
    }
}

/// Gives one row a day that the calendar does not have.
fn spoil_a_day(account: &mut Account, quirk: Quirk) {
    if quirk == Quirk::ImpossibleDay
        && let Some(bill) = account.bills.iter_mut().find(|bill| bill.day.month == 2)
    {
        bill.day.day = 30;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cities::CITIES;

    #[test]
    fn balances_follow_from_the_rows() {
        let world = World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None };
        for index in 0..64 {
            let person = world.person(&CITIES[0], index);
            for account in world.accounts(&CITIES[0], &person, false) {
                let mut balance = 0;
                for bill in &account.bills {
                    balance += bill.income() - bill.outcome();
                    assert_eq!(bill.balance, balance);
                }
                assert_eq!(account.balance, balance);
            }
        }
    }

    #[test]
    fn quirks_have_the_rows_they_promise() {
        let world = World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None };
        let rows = |index| {
            let person = world.person(&CITIES[0], index);
            world.accounts(&CITIES[0], &person, false)[0].bills.len()
        };
        assert_eq!((rows(5), rows(6), rows(14)), (0, 10, 1));
        assert!(rows(7) > 120, "{}", rows(7));
    }
}
