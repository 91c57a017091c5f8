//! Every column that the deployment key seals, gone through in pages, so that a new one can seal them
//! anew while nodes run.

use crate::db::{Arg, args};
use crate::{Error, Reader, Writer};

/// A column that the deployment key seals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SealedColumn {
    /// Random keys of the deployment: that of the books.
    KeptKey,
    /// tokenIds.
    AppToken,
    /// The tokenIds before those.
    FormerToken,
    /// Keys of tasks.
    TaskKey,
    /// Pages of portals.
    Evidence,
    /// Secrets of operators' second factors.
    OperatorTotp,
    /// What the login fields of links hold at first.
    LinkPrefill,
}

impl SealedColumn {
    /// Every one; the few that everything needs first.
    pub const ALL: [Self; 7] = [
        Self::KeptKey,
        Self::AppToken,
        Self::FormerToken,
        Self::OperatorTotp,
        Self::TaskKey,
        Self::Evidence,
        Self::LinkPrefill,
    ];

    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeptKey => "keptKeys",
            Self::AppToken => "tokenIds",
            Self::FormerToken => "formerTokenIds",
            Self::TaskKey => "taskKeys",
            Self::Evidence => "evidence",
            Self::OperatorTotp => "operatorTotps",
            Self::LinkPrefill => "linkPrefills",
        }
    }

    /// Its table, its name, and the columns of its row's key.
    const fn place(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::KeptKey => ("kept_key", "sealed", &["name"]),
            Self::AppToken => ("app", "token_sealed", &["id"]),
            Self::FormerToken => ("app", "former_token_sealed", &["id"]),
            Self::TaskKey => ("task_key", "sealed", &["task_id"]),
            Self::Evidence => ("evidence", "sealed", &["product", "area", "part"]),
            Self::OperatorTotp => ("operator", "totp_sealed", &["name"]),
            Self::LinkPrefill => ("link", "prefill_sealed", &["id"]),
        }
    }
}

/// A sealed value and the key of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// The row's key.
    pub key: Vec<String>,
    /// The blob.
    pub sealed: Vec<u8>,
}

fn places(from: usize, count: usize) -> String {
    let places: Vec<_> = (from..from + count).map(|place| format!("${place}")).collect();
    places.join(", ")
}

impl Reader {
    /// Values of a column after a row's key, in the order of the keys; from the first when there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sealed_values(
        &self,
        column: SealedColumn,
        after: Option<&[String]>,
        limit: i64,
    ) -> Result<Vec<SealedValue>, Error> {
        let (table, name, key) = column.place();
        let keys = key.join(", ");
        let is_next = after.map_or_else(String::new, |after| {
            format!("and ({keys}) > ({})", places(2, after.len()))
        });
        let sql = format!(
            "select {name}, {keys} from {table} where {name} is not null {is_next}
             order by {keys}
             limit $1"
        );
        let after = after.unwrap_or_default().iter().map(Arg::from);
        let arguments: Vec<_> = std::iter::once(Arg::from(limit)).chain(after).collect();
        let rows = self.db.fetch_all(&sql, &arguments).await?;
        rows.iter()
            .map(|row| {
                let key = (1..=key.len()).map(|at| row.text(at)).collect::<Result<_, _>>()?;
                Ok(SealedValue { key, sealed: row.blob(0)? })
            })
            .collect()
    }
}

impl Writer {
    /// Puts blobs in the places of others, where those are still there; returns how many it put.
    ///
    /// # Errors
    /// The database failed, and none was put.
    pub async fn reseal(
        &self,
        column: SealedColumn,
        values: &[(SealedValue, Vec<u8>)],
    ) -> Result<u64, Error> {
        let (table, name, key) = column.place();
        let is_row: Vec<_> =
            key.iter().zip(3..).map(|(key, place)| format!("{key} = ${place}")).collect();
        let sql = format!(
            "update {table} set {name} = $1 where {name} = $2 and {}",
            is_row.join(" and ")
        );
        let mut tx = self.db.begin().await?;
        let mut count = 0;
        for (old, new) in values {
            let blobs = args![new, &old.sealed];
            let arguments: Vec<_> =
                blobs.iter().copied().chain(old.key.iter().map(Arg::from)).collect();
            count += tx.execute(&sql, &arguments).await?;
        }
        tx.commit().await?;
        Ok(count)
    }
}
