//! Operators of the console and their sessions. Whatever changes what an operator is ends its sessions.

use fiveone_model::clock::Millis;
use fiveone_model::operator::{OperatorName, Role};

use crate::db::{Row, args};
use crate::{Error, Reader, Writer, corrupt, exactly_one};

/// An operator with what only the engine may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorRow {
    /// Its name.
    pub name: OperatorName,
    /// What it may do.
    pub role: Role,
    /// The digest of its password, Argon2id in the form of PHC.
    pub password: String,
    /// The secret of its second factor, sealed with the deployment key.
    pub totp_sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Millis,
    /// Since when it may not sign in.
    pub disabled_at: Option<Millis>,
}

/// A session of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The digest of its cookie.
    pub digest: String,
    /// Whose it is.
    pub operator: OperatorName,
    /// From where it was begun.
    pub address: String,
    /// When it was begun.
    pub created_at: Millis,
    /// When it was used last, to the minute.
    pub used_at: Millis,
}

/// What of an operator can change.
#[derive(Debug, Clone, Copy)]
pub enum OperatorChange<'a> {
    /// Another password, by its digest.
    Password(&'a str),
    /// Another role.
    Role(Role),
    /// Another second factor, or none.
    Totp(Option<&'a [u8]>),
    /// Since when it may not sign in; `None` when it may.
    Disabled(Option<Millis>),
}

const COLUMNS: &str = "o.name, o.role, o.password, o.totp_sealed, o.created_at, o.disabled_at";

fn name(row: &Row, at: usize) -> Result<OperatorName, Error> {
    let text = row.text(at)?;
    OperatorName::parse(&text).ok_or_else(|| corrupt("operator", "name", &text))
}

fn decode(row: &Row) -> Result<OperatorRow, Error> {
    let name = name(row, 0)?;
    let role = Role::parse(&row.text(1)?);
    Ok(OperatorRow {
        role: role.ok_or_else(|| corrupt("operator", "role", name.as_str()))?,
        password: row.text(2)?,
        totp_sealed: row.maybe_blob(3)?,
        created_at: row.int(4)?,
        disabled_at: row.maybe_int(5)?,
        name,
    })
}

impl Reader {
    /// An operator.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn operator(&self, name: &OperatorName) -> Result<Option<OperatorRow>, Error> {
        let sql = format!("select {COLUMNS} from operator o where o.name = $1");
        self.db.fetch_one(&sql, args![name.as_str()]).await?.as_ref().map(decode).transpose()
    }

    /// Every operator, by name.
    ///
    /// # Errors
    /// The database failed, or a row cannot be decoded.
    pub async fn operators(&self) -> Result<Vec<OperatorRow>, Error> {
        let sql = format!("select {COLUMNS} from operator o order by o.name");
        self.db.fetch_all(&sql, &[]).await?.iter().map(decode).collect()
    }

    /// The session of a digest with its operator, when it was begun after one instant and used after
    /// another.
    ///
    /// # Errors
    /// The database failed, or the row cannot be decoded.
    pub async fn operator_session(
        &self,
        digest: &str,
        begun_after: Millis,
        used_after: Millis,
    ) -> Result<Option<(SessionRow, OperatorRow)>, Error> {
        let sql = format!(
            "select {COLUMNS}, s.digest, s.address, s.created_at, s.used_at
             from operator_session s join operator o on o.name = s.operator
             where s.digest = $1 and s.created_at > $2 and s.used_at > $3
               and o.disabled_at is null"
        );
        let row = self.db.fetch_one(&sql, args![digest, begun_after, used_after]).await?;
        let Some(row) = row else { return Ok(None) };
        let operator = decode(&row)?;
        let session = SessionRow {
            digest: row.text(6)?,
            operator: operator.name.clone(),
            address: row.text(7)?,
            created_at: row.int(8)?,
            used_at: row.int(9)?,
        };
        Ok(Some((session, operator)))
    }
}

impl Writer {
    /// Makes an operator; `false` when the name is taken.
    ///
    /// # Errors
    /// The database failed.
    pub async fn create_operator(&self, new: &OperatorRow) -> Result<bool, Error> {
        let sql =
            "insert into operator (name, role, password, totp_sealed, created_at, disabled_at)
                   values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing";
        let arguments = args![
            new.name.as_str(),
            new.role.as_str(),
            &new.password,
            new.totp_sealed.as_deref(),
            new.created_at,
            new.disabled_at,
        ];
        Ok(self.db.execute(sql, arguments).await? == 1)
    }

    /// Changes an operator and ends its sessions; `false` when there is none of this name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn change_operator(
        &self,
        name: &OperatorName,
        change: OperatorChange<'_>,
    ) -> Result<bool, Error> {
        let name = name.as_str();
        let (column, arguments) = match &change {
            OperatorChange::Password(digest) => ("password", args![name, *digest]),
            OperatorChange::Role(role) => ("role", args![name, role.as_str()]),
            OperatorChange::Totp(sealed) => ("totp_sealed", args![name, *sealed]),
            OperatorChange::Disabled(at) => ("disabled_at", args![name, *at]),
        };
        let mut tx = self.db.begin().await?;
        let sql = format!("update operator set {column} = $2 where name = $1");
        if tx.execute(&sql, arguments).await? == 0 {
            return Ok(false);
        }
        tx.execute("delete from operator_session where operator = $1", args![name]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Uses up a time step of an operator's second factor; `false` when it, or a later one, was used.
    ///
    /// # Errors
    /// The database failed.
    pub async fn use_totp_step(&self, name: &OperatorName, step: i64) -> Result<bool, Error> {
        let sql = "update operator set totp_step = $2 where name = $1 and totp_step < $2";
        Ok(self.db.execute(sql, args![name.as_str(), step]).await? == 1)
    }

    /// Begins a session for an operator who has still the password that was looked at.
    ///
    /// # Errors
    /// The database failed, or the operator was changed meanwhile.
    pub async fn begin_operator_session(
        &self,
        session: &SessionRow,
        password: &str,
    ) -> Result<(), Error> {
        let mut tx = self.db.begin().await?;
        let name = session.operator.as_str();
        let sql = "select 1 from operator
                   where name = $1 and password = $2 and disabled_at is null {lock}";
        let is_unchanged = tx.fetch_one(sql, args![name, password]).await?.is_some();
        exactly_one(u64::from(is_unchanged), "operator", name)?;
        tx.execute(
            "insert into operator_session (digest, operator, address, created_at, used_at)
             values ($1, $2, $3, $4, $5)",
            args![&session.digest, name, &session.address, session.created_at, session.used_at],
        )
        .await?;
        tx.commit().await
    }

    /// Takes note that a session is used.
    ///
    /// # Errors
    /// The database failed.
    pub async fn use_operator_session(&self, digest: &str, now: Millis) -> Result<(), Error> {
        let sql = "update operator_session set used_at = $2 where digest = $1 and used_at < $2";
        self.db.execute(sql, args![digest, now]).await.map(drop)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The database failed.
    pub async fn end_operator_session(&self, digest: &str) -> Result<(), Error> {
        let sql = "delete from operator_session where digest = $1";
        self.db.execute(sql, args![digest]).await.map(drop)
    }

    /// Forgets sessions that were begun, or used last, before an instant each.
    ///
    /// # Errors
    /// The database failed.
    pub async fn forget_operator_sessions(
        &self,
        begun_before: Millis,
        used_before: Millis,
    ) -> Result<u64, Error> {
        let sql = "delete from operator_session where used_at <= $2 or created_at <= $1";
        self.db.execute(sql, args![begun_before, used_before]).await
    }
}
