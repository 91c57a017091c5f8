//! A database of every earlier set of steps is opened by this build, and keeps what is in it.

use std::borrow::Cow;
use std::path::Path;

use fiveone_model::link::{Exit, ExitReason, ExitStage, WrongReason};
use fiveone_model::product::Product;
use fiveone_model::report::Section;
use fiveone_store::{PartState, Store};
use fiveone_testkit::{TestStore, build, on_both};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

on_both!(
    every_earlier_schema_is_brought_to_the_newest_with_its_rows,
    links_of_one_product_keep_their_tasks_and_their_ends,
);

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

/// Links as they were while each asked for one product.
const LINKS: &str = "
    insert into link (id, app_id, product, purpose, state, created_at, expires_at, is_test, task_id,
                      kept_task_id)
    values ('open', 'loans', 'insurance', '', '', 1, 2, 0, 'T', 'K');
    insert into link (id, app_id, product, purpose, state, created_at, expires_at, is_test, task_id,
                      ended_at, outcome)
    values ('given', 'loans', 'fund', '', '', 1, 2, 0, 'T', 2, 'handed_over');
    insert into link (id, app_id, product, purpose, state, created_at, expires_at, is_test,
                      ended_at, outcome, exit_stage, exit_reason, receipt)
    values ('left', 'loans', 'fund', '', '', 1, 2, 0, 2, 'declined', 'result', 'declined', 'R');
    insert into wrong_result (link_id, section, reason, product, area, said_at)
    values ('left', 'baseInfo', 'other', 'fund', '210300', 1);
";

async fn links_of_one_product_keep_their_tasks_and_their_ends(store: TestStore) {
    let folder = tempfile::tempdir().unwrap();
    store.close().await;
    let is_sqlite = store.url().starts_with("sqlite:");
    let url = if is_sqlite {
        format!("sqlite:{}", folder.path().join("links.db").display())
    } else {
        store.url().to_owned()
    };
    let before = steps(is_sqlite).iter().position(|step| step.description == "products").unwrap();
    earlier(&url, before).await;
    let [newest, kept] = [1, 2].map(build::task_id);
    let tasks = [("'T'", format!("'{newest}'")), ("'K'", format!("'{kept}'"))];
    let rows = tasks.iter().fold(LINKS.to_owned(), |rows, (from, to)| rows.replace(from, to));
    let rows = sqlx::raw_sql(AssertSqlSafe(rows));
    if is_sqlite {
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        database.execute(rows).await.unwrap();
        database.close().await.unwrap();
    } else {
        let mut database = PgConnection::connect(&url).await.unwrap();
        database.execute(rows).await.unwrap();
        database.close().await.unwrap();
    }
    let opened = Store::open(&url, 2).await.unwrap();
    let part = async |id: &str| {
        let mut row = opened.read.link(id).await.unwrap().expect(id);
        assert!(!row.has_several() && row.made.products == [row.parts[0].product]);
        row.parts.remove(0)
    };
    let open = part("open").await;
    assert_eq!((open.product, open.state), (Product::Insurance, PartState::Open));
    assert_eq!((open.task, open.kept), (Some(newest.clone()), Some(kept)));
    let given = part("given").await;
    assert_eq!((given.state, given.task), (PartState::HandedOver, Some(newest)));
    let left = part("left").await;
    let exit = Exit { stage: ExitStage::Result, reason: ExitReason::Declined };
    assert_eq!((left.state, left.exit), (PartState::Left, Some(exit)));
    assert_eq!(left.receipt.as_deref(), Some("R"));
    let said = opened.read.said_wrong("left", Product::Fund).await.unwrap();
    assert_eq!(said, [(Section::Base, WrongReason::Other)]);
    opened.close().await;
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
