//! One file a step, for both databases; forward only, never edited after a release.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Connection as _, Executor as _};

use crate::Error;
use crate::db::{Db, sql_for};

/// Number, name and text of every step: the files of `migrations`, in order (`build.rs`).
const STEPS: &[(i64, &str, &str)] = &include!(concat!(env!("OUT_DIR"), "/steps.rs"));

/// Brings the database to the newest schema; a second run changes nothing.
pub(crate) async fn run(db: &Db) -> Result<(), Error> {
    let steps = STEPS.iter().map(|(number, name, text)| {
        Migration::new(
            *number,
            Cow::Borrowed(*name),
            MigrationType::Simple,
            sql_for(db, text),
            false,
        )
    });
    let migrator = Migrator::with_migrations(steps.collect());
    match db {
        Db::Sqlite { writer, .. } => migrator.run(writer.pool()).await?,
        Db::Postgres { pool, .. } => {
            // A step may take its time, and so may another node that is at the same step.
            let mut alone = pool.acquire().await?.detach();
            alone.execute("set statement_timeout = 0; set lock_timeout = 0").await?;
            migrator.run(&mut alone).await?;
            alone.close().await?;
        }
        // It was opened before faults were put in.
        Db::Faulty(_) => {}
    }
    Ok(())
}

/// How many steps this program knows.
pub(crate) const fn newest() -> i64 {
    STEPS[STEPS.len() - 1].0
}
