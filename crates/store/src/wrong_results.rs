//! What persons found wrong with what was read, counted for operators.

use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::link::WrongReason;
use fiveone_model::product::Product;
use fiveone_model::report::Section;

use crate::db::{Row, args};
use crate::{Error, Reader, Writer, corrupt};

/// How often a section of an area was said to be wrong, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongCount {
    /// Which.
    pub section: Section,
    /// What is wrong.
    pub reason: WrongReason,
    /// By how many persons.
    pub count: i64,
    /// When the last one said so.
    pub last_at: Millis,
}

fn said(row: &Row, about: &str) -> Result<(Section, WrongReason), Error> {
    let column = |column| corrupt("wrong_result", column, about);
    let section = Section::parse(&row.text(0)?).ok_or_else(|| column("section"))?;
    Ok((section, WrongReason::parse(&row.text(1)?).ok_or_else(|| column("reason"))?))
}

impl Writer {
    /// Keeps what the person of a link found wrong with a section of a product; what was said of it before is
    /// replaced.
    ///
    /// # Errors
    /// The database failed.
    pub async fn say_wrong(
        &self,
        link: &str,
        (product, area): (Product, &AreaCode),
        (section, reason): (Section, WrongReason),
        now: Millis,
    ) -> Result<(), Error> {
        let sql = "insert into wrong_result (link_id, section, reason, product, area, said_at)
                   values ($1, $2, $3, $4, $5, $6)
                   on conflict (link_id, product, section)
                   do update set reason = $3, said_at = $6";
        let (section, reason) = (section.as_str(), reason.as_str());
        let arguments = args![link, section, reason, product.as_str(), area.as_str(), now];
        self.db.execute(sql, arguments).await.map(drop)
    }

    /// Forgets what was said before an instant.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_wrong_results(&self, before: Millis) -> Result<u64, Error> {
        self.db.execute("delete from wrong_result where said_at < $1", args![before]).await
    }
}

impl Reader {
    /// What the person of a link found wrong with a product.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn said_wrong(
        &self,
        link: &str,
        product: Product,
    ) -> Result<Vec<(Section, WrongReason)>, Error> {
        let sql = "select section, reason from wrong_result where link_id = $1 and product = $2
                   order by section";
        let rows = self.db.fetch_all(sql, args![link, product.as_str()]).await?;
        rows.iter().map(|row| said(row, link)).collect()
    }

    /// What persons found wrong at an area, the most frequent first.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn wrong_results(
        &self,
        product: Product,
        area: &AreaCode,
    ) -> Result<Vec<WrongCount>, Error> {
        let sql = "select section, reason, count(*), max(said_at) from wrong_result
                   where product = $1 and area = $2 group by section, reason
                   order by count(*) desc, section, reason";
        let rows = self.db.fetch_all(sql, args![product.as_str(), area.as_str()]).await?;
        let counted = rows.iter().map(|row| {
            let (section, reason) = said(row, area.as_str())?;
            Ok(WrongCount { section, reason, count: row.int(2)?, last_at: row.int(3)? })
        });
        counted.collect()
    }
}
