//! What only all rows of a section together tell: whose they are, that none lost its amount, and which
//! keys the portal has and lacks.

use fiveone_model::{failure::Failure, report::Table};

use super::section_reader::{SectionReader, Wanted};
use crate::{
    read::{Raw, ReadRow, Unread, are_of_other_accounts, are_of_several, moves_untold},
    unexpected::UnexpectedPage,
};

impl SectionReader<'_> {
    /// Refuses rows that are not all of this person or lost something, and takes note of their keys.
    pub(super) fn judge(&mut self, rows: &[ReadRow], is_by_account: bool) -> Result<(), Failure> {
        let connector = self.run.connector.clone();
        let Wanted { table, mapping, rows: from, .. } = self.wanted;
        if rows.is_empty() && self.has_rows_of_others {
            let reason = "all rows are of another insurance";
            return Err(self.run.unexpected(&UnexpectedPage::portal(reason)));
        }
        let raws: Vec<&Raw> = rows.iter().map(|row| &row.raw).collect();
        // A loop over accounts has told its rows apart.
        let own = self.run.whose.account.as_deref();
        let declared = from.account_keys();
        let is_of_others = are_of_several(&raws, mapping.person_keys())
            || (!is_by_account
                && are_of_other_accounts(&raws, own, &connector.account_keys, &declared));
        if is_of_others {
            return Err(self.run.refuse(&Unread::OtherPerson, None));
        }
        if *table == Table::FundBill && moves_untold(rows, mapping) {
            let reason = "a row has no amount, and its balance moved";
            return Err(self.run.unexpected(&UnexpectedPage::portal(reason)));
        }
        if !rows.is_empty() {
            let odd = self.seen.findings(mapping);
            self.findings.extend(odd.map_err(|page| self.run.unexpected(&page))?);
        }
        Ok(())
    }
}
