//! A database of every earlier set of steps is opened by this build, and keeps what is in it.

use std::borrow::Cow;
use std::path::Path;

use fiveone_store::Store;
use fiveone_testkit::{TestStore, build, on_both};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

on_both!(every_earlier_schema_is_brought_to_the_newest_with_its_rows);

/// An app with money and a task that has ended, as the first step knows them.
const ROWS: &str = "
    insert into app values ('loans', '贷款', X, 'table', 0, 0, 0, 'active', null, null, null,
                            0, 0, 0, 10, 1);
    insert into wallet values ('loans', 700, 0, 300, 1000, 0, '');
    insert into task (id, app_id, product, area, login_type, stage, detail, fence, data_key,
                      created_at, updated_at, due_at, finished_at)
    values ('T', 'loans', 'fund', '210300', 1, 'done', '', 1, X, 1, 1, 1, 1);
";

/// The steps as the program takes them: name, number and text decide whether they are the same.
fn steps(is_sqlite: bool) -> Vec<Migration> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let blob = if is_sqlite { "BLOB" } else { "BYTEA" };
    let step = |path: &std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let (number, name) = name.split_once('_').unwrap();
        let text = std::fs::read_to_string(path).unwrap().replace("{blob}", blob);
        let sql = AssertSqlSafe(text);
        let name = Cow::Owned(name.to_owned());
        let sql = sqlx::SqlSafeStr::into_sql_str(sql);
        Migration::new(number.parse().unwrap(), name, MigrationType::Simple, sql, false)
    };
    paths.iter().map(step).collect()
}

/// A database with the first steps alone, and rows that came with the first of all.
async fn earlier(url: &str, count: usize) {
    let is_sqlite = url.starts_with("sqlite:");
    let until = |count| Migrator::with_migrations(steps(is_sqlite)[..count].to_vec());
    let bytes = if is_sqlite { "x'01'" } else { "'\\x01'::bytea" };
    let task = build::task_id(1).to_string();
    let rows = AssertSqlSafe(
        ROWS.replace(" X,", &format!(" {bytes},")).replace("'T'", &format!("'{task}'")),
    );
    if is_sqlite {
        let mut database = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
        until(1).run(&mut database).await.unwrap();
        database.execute(sqlx::raw_sql(rows)).await.unwrap();
        until(count).run(&mut database).await.unwrap();
        database.close().await.unwrap();
    } else {
        let mut database = PgConnection::connect(url).await.unwrap();
        let blank = "drop schema public cascade; create schema public";
        database.execute(sqlx::raw_sql(blank)).await.unwrap();
        until(1).run(&mut database).await.unwrap();
        database.execute(sqlx::raw_sql(rows)).await.unwrap();
        until(count).run(&mut database).await.unwrap();
        database.close().await.unwrap();
    }
}

async fn every_earlier_schema_is_brought_to_the_newest_with_its_rows(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    store.close().await;
    let newest = steps(true).len();
    for count in 1..newest {
        let url = if store.url().starts_with("sqlite:") {
            format!("sqlite:{}", folder.path().join(format!("{count}.db")).display())
        } else {
            store.url().to_owned()
        };
        earlier(&url, count).await;
        let as_it_is = Store::open_as_it_is(&url).await.unwrap();
        let at = i64::try_from(count).unwrap();
        let known = i64::try_from(newest).unwrap();
        assert_eq!(as_it_is.read.schema_steps().await.unwrap(), (at, known));
        as_it_is.close().await;
        let opened = Store::open(&url, 2).await.unwrap();
        assert_eq!(opened.read.schema_steps().await.unwrap(), (known, known), "from {count}");
        let app = opened.read.app(&build::app_id("loans")).await.unwrap().expect("the app");
        assert_eq!((app.app.name.as_str(), app.token_sealed), ("贷款", vec![1]));
        let balance = opened.read.balance(&build::app_id("loans")).await.unwrap().expect("money");
        assert_eq!((balance.free_fen, balance.revenue_fen), (700, 300), "from {count}");
        let task = opened.read.task(&build::task_id(1)).await.unwrap().expect("the task");
        assert_eq!((task.area.as_str(), task.fence), ("210300", 1), "from {count}");
        let keys = opened.read.dump("select task_id from task_key").await.unwrap();
        assert_eq!(keys, [build::task_id(1).to_string()], "its key has moved with it");
        opened.try_writing().await.unwrap();
        opened.close().await;
    }
}
