//! What tests share: stores on either database, builders that name only the fields that matter.
//!
//! Nothing here skips: a suite that needs PostgreSQL fails when there is none. `./test.sh` installs
//! and starts one.

pub mod books;
pub mod build;
mod database;
mod time;

pub use database::{TestStore, begin_books, postgres_server};
pub use time::ManualClock;

/// Makes each named `async fn(TestStore)` a test on SQLite and a test on PostgreSQL.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $name() {
                super::$name($crate::TestStore::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test] async fn $name() {
                super::$name($crate::TestStore::postgres().await).await;
            })*
        }
    };
}
