//! What only all rows of a section together tell: whose they are, that none lost its amount, and which
//! keys the portal has and lacks.

use fiveone_model::{failure::Failure, report::Table};

use super::section_reader::{SectionReader, mapping_of};
use crate::{
    definition::Rows,
    read::{Raw, ReadRow, Unread, are_of_other_accounts, are_of_several, moves_untold},
    unexpected::UnexpectedPage,
};

impl SectionReader<'_> {
    /// Refuses rows that are not all of this person or lost something, and takes note of their keys.
    pub(super) fn judge(&mut self, rows: &[ReadRow], is_by_account: bool) -> Result<(), Failure> {
        let connector = self.run.connector.clone();
        let Some(mapping) = mapping_of(self.section, self.table, &connector) else {
            return Ok(());
        };
        let raws: Vec<&Raw> = rows.iter().map(|row| &row.raw).collect();
        // A loop over accounts has told its rows apart.
        let own = self.run.whose.account.as_deref();
        let declared = self.section.rows().map_or_else(Vec::new, Rows::account_keys);
        let is_of_others = are_of_several(&raws, &mapping.person_keys())
            || (!is_by_account
                && are_of_other_accounts(&raws, own, &connector.account_keys, &declared));
        if is_of_others {
            return Err(self.run.refuse(&Unread::OtherPerson, None));
        }
        if self.table == Table::FundBill && moves_untold(rows, &mapping) {
            let reason = "a row has no amount, and its balance moved";
            return Err(self.run.unexpected(&UnexpectedPage::portal(reason)));
        }
        if let Some(first) = rows.first() {
            let odd = self.seen.findings(&mapping, &first.raw);
            self.findings.extend(odd.map_err(|page| self.run.unexpected(&page))?);
        }
        Ok(())
    }
}
