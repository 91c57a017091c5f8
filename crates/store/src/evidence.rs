//! What speaks for a change of a portal: the newest of each part of it, sealed.

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::report::Section;

use crate::db::args;
use crate::{Error, Reader, Writer, corrupt};

/// The word for the part of a portal that is no section.
const LOGIN: &str = "login";

/// What was seen at one part of a portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    /// The portal's product.
    pub product: Product,
    /// Its area.
    pub area: AreaCode,
    /// The section that was read; `None` for the login.
    pub section: Option<Section>,
    /// The connector's version.
    pub version: String,
    /// What was seen, sealed with the deployment key.
    pub sealed: Vec<u8>,
    /// When.
    pub seen_at: Millis,
}

impl EvidenceRow {
    /// The part as a word: `login`, or the section's name.
    #[must_use]
    pub fn part(&self) -> &'static str {
        self.section.map_or(LOGIN, Section::as_str)
    }
}

impl Reader {
    /// What was seen at an area's portal, in the order of the documents, the login first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn evidence(
        &self,
        product: Product,
        area: &AreaCode,
    ) -> Result<Vec<EvidenceRow>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select part, version, sealed, seen_at from evidence
                 where product = $1 and area = $2",
                args![product.as_str(), area.as_str()],
            )
            .await?;
        let decoded = rows.iter().map(|row| {
            let part = row.text(0)?;
            let section = match part.as_str() {
                LOGIN => None,
                name => Some(
                    Section::parse(name)
                        .ok_or_else(|| corrupt("evidence", "part", area.as_str()))?,
                ),
            };
            Ok(EvidenceRow {
                product,
                area: area.clone(),
                section,
                version: row.text(1)?,
                sealed: row.blob(2)?,
                seen_at: row.int(3)?,
            })
        });
        let mut all = decoded.collect::<Result<Vec<_>, Error>>()?;
        all.sort_by_key(|row| row.section);
        Ok(all)
    }
}

impl Writer {
    /// Keeps what was seen instead of what was seen there before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn keep_evidence(&self, row: &EvidenceRow) -> Result<(), Error> {
        self.db
            .execute(
                "insert into evidence (product, area, part, version, sealed, seen_at)
                 values ($1, $2, $3, $4, $5, $6)
                 on conflict (product, area, part) do update
                 set version = excluded.version, sealed = excluded.sealed,
                   seen_at = excluded.seen_at",
                args![
                    row.product.as_str(),
                    row.area.as_str(),
                    row.part(),
                    &row.version,
                    &row.sealed,
                    row.seen_at
                ],
            )
            .await
            .map(drop)
    }

    /// Forgets what was seen before an instant; returns how much.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_evidence(&self, before: Millis) -> Result<u64, Error> {
        self.db.execute("delete from evidence where seen_at < $1", args![before]).await
    }
}
