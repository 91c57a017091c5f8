//! Areas that are closed for now, by an operator or because of their portal's health (P-21).

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;

use crate::db::args;
use crate::{Error, Reader, Writer, corrupt};

/// Who closes an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedBy {
    /// An operator, whom nothing overrides.
    Operator,
    /// The health of its portal, for a while.
    Health,
}

impl ClosedBy {
    /// The word in tables and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Health => "health",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Operator, Self::Health].into_iter().find(|by| by.as_str() == word)
    }
}

/// One closed area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaSwitch {
    /// Its product.
    pub product: Product,
    /// Its code.
    pub area: AreaCode,
    /// Who closed it.
    pub closed_by: ClosedBy,
    /// Why, for operators.
    pub note: String,
    /// When it opens by itself; `None` when somebody must open it.
    pub until_at: Option<Millis>,
}

impl Reader {
    /// The areas closed at `now`.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn closed_areas(&self, now: Millis) -> Result<Vec<AreaSwitch>, Error> {
        let rows = self
            .db
            .fetch_all(
                "select product, area, closed_by, note, until_at
                 from area_switch
                 where until_at is null or until_at > $1
                 order by product, area",
                args![now],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let (product, area) = (row.text(0)?, row.text(1)?);
                Ok(AreaSwitch {
                    product: Product::parse(&product)
                        .ok_or_else(|| corrupt("area_switch", "product", &area))?,
                    closed_by: ClosedBy::parse(&row.text(2)?)
                        .ok_or_else(|| corrupt("area_switch", "closed_by", &area))?,
                    note: row.text(3)?,
                    until_at: row.maybe_int(4)?,
                    area: AreaCode::parse(&area)
                        .ok_or_else(|| corrupt("area_switch", "area", &area))?,
                })
            })
            .collect()
    }
}

impl Writer {
    /// Closes an area. The portal's health never overrides an operator.
    ///
    /// # Errors
    /// The database failed.
    pub async fn close_area(&self, switch: &AreaSwitch) -> Result<(), Error> {
        self.db
            .execute(
                "insert into area_switch (product, area, closed_by, note, until_at)
                 values ($1, $2, $3, $4, $5)
                 on conflict (product, area) do update
                 set closed_by = excluded.closed_by, note = excluded.note,
                   until_at = excluded.until_at
                 where excluded.closed_by = 'operator' or area_switch.closed_by = 'health'",
                args![
                    switch.product.as_str(),
                    switch.area.as_str(),
                    switch.closed_by.as_str(),
                    &switch.note,
                    switch.until_at,
                ],
            )
            .await
            .map(drop)
    }

    /// Opens an area, whoever closed it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open_area(&self, product: Product, area: &AreaCode) -> Result<(), Error> {
        self.db
            .execute(
                "delete from area_switch where product = $1 and area = $2",
                args![product.as_str(), area.as_str()],
            )
            .await
            .map(drop)
    }
}
