//! Made-up housing loans with repayers, repayments and overdue rows. Only the model city shows them.

use crate::calendar::{Day, Month};
use crate::city::City;
use crate::money::Cents;
use crate::people::{Person, Quirk, World};

/// One loan.
#[derive(Debug, Clone)]
pub(crate) struct Loan {
    pub(crate) number: String,
    pub(crate) amount: Cents,
    pub(crate) years: i64,
    pub(crate) rate: String,
    pub(crate) state: &'static str,
    pub(crate) start: Day,
    pub(crate) end: Day,
    pub(crate) monthly: Cents,
    pub(crate) repaid: Cents,
    pub(crate) interest_paid: Cents,
    pub(crate) balance: Cents,
    pub(crate) repayers: Vec<Repayer>,
    pub(crate) repayments: Vec<Repayment>,
    pub(crate) overdues: Vec<Overdue>,
}

/// A person who repays.
#[derive(Debug, Clone)]
pub(crate) struct Repayer {
    pub(crate) order: String,
    pub(crate) name: String,
    pub(crate) id_card: String,
    pub(crate) phone: String,
    pub(crate) company: String,
    pub(crate) bank_account: String,
    pub(crate) relation: &'static str,
    pub(crate) signed: Day,
}

/// One repayment.
#[derive(Debug, Clone)]
pub(crate) struct Repayment {
    pub(crate) day: Day,
    pub(crate) month: Month,
    pub(crate) principal: Cents,
    pub(crate) interest: Cents,
    pub(crate) bank: Cents,
    pub(crate) own_hedge: Cents,
    pub(crate) mate_hedge: Cents,
    pub(crate) balance: Cents,
    pub(crate) describe: &'static str,
    pub(crate) punish: Cents,
}

/// One overdue row.
#[derive(Debug, Clone)]
pub(crate) struct Overdue {
    pub(crate) day: Day,
    pub(crate) principal: Cents,
    pub(crate) interest: Cents,
    pub(crate) penalty: Cents,
}

impl World {
    /// Every loan of the person: none, one, or two, by the person's quirk.
    pub(crate) fn loans(&self, city: &City, person: &Person, is_empty: bool) -> Vec<Loan> {
        let count = match person.quirk {
            Quirk::Plain | Quirk::Loans | Quirk::Accounts => 2,
            Quirk::Reversal | Quirk::Large | Quirk::OddEmployer | Quirk::ImpossibleDay => 1,
            _ => 0,
        };
        let count = if is_empty { 0 } else { count };
        (0..count).map(|place| self.loan(city, person, place)).collect()
    }

    fn loan(&self, city: &City, person: &Person, place: u64) -> Loan {
        let mut rng = self.rng(city, person.index, 50 + place);
        let months = usize::try_from(rng.between(3, 45)).unwrap_or(3);
        let start = self.this_month().back(months + 1);
        let amount = rng.between(10, 80) * 1_000_000;
        let years = rng.between(5, 30);
        let principal = amount / (years * 12);
        let mut loan = Loan {
            number: format!("DK{}{:08}{place}", &city.area[..2], person.index),
            amount,
            years,
            rate: rng.pick(&["3.25%", "2.75%", "3.575%"]).into(),
            state: "正常还款",
            start: start.on(7),
            end: Month { year: start.year + i16::try_from(years).unwrap_or(0), ..start }.on(7),
            monthly: principal + amount * 13 / 4_800,
            repaid: 0,
            interest_paid: 0,
            balance: amount,
            repayers: Vec::new(),
            repayments: Vec::new(),
            overdues: Vec::new(),
        };
        for back in (1..=months).rev() {
            let month = self.this_month().back(back);
            self.repay(&mut loan, month, principal, rng.below(4));
        }
        if person.quirk == Quirk::Loans || rng.one_in(3) {
            loan.state = "逾期";
            loan.overdues.push(Overdue {
                day: self.this_month().back(1).on(26),
                principal,
                interest: loan.balance * 13 / 4_800,
                penalty: 109,
            });
        }
        loan.repayers.push(self.repayer(city, person, &loan, 0));
        if place == 0 {
            loan.repayers.push(self.repayer(city, person, &loan, 1));
        }
        loan
    }

    fn repay(&self, loan: &mut Loan, month: Month, principal: Cents, how: usize) {
        let interest = loan.balance * 13 / 4_800;
        let sum = principal + interest;
        let (bank, own_hedge, mate_hedge) = match how {
            0 => (0, sum, 0),
            1 => (0, sum / 2, sum - sum / 2),
            _ => (sum, 0, 0),
        };
        loan.balance -= principal;
        loan.repaid += principal;
        loan.interest_paid += interest;
        loan.repayments.push(Repayment {
            day: month.on(25),
            month,
            principal,
            interest,
            bank,
            own_hedge,
            mate_hedge,
            balance: loan.balance,
            describe: if bank > 0 { "正常还款" } else { "公积金冲还贷" },
            punish: 0,
        });
    }

    fn repayer(&self, city: &City, person: &Person, loan: &Loan, order: u64) -> Repayer {
        // The second repayer is somebody else of the same city.
        let who = self.person(city, person.index + order * 32);
        let mut rng = self.rng(city, who.index, 60);
        Repayer {
            order: (order + 1).to_string(),
            company: super::history::company(&mut rng, who.quirk),
            name: who.name,
            id_card: who.id_card,
            phone: who.mobile,
            bank_account: who.bank_card,
            relation: if order == 0 { "本人" } else { "配偶" },
            signed: loan.start,
        }
    }
}
