//! A database filled with tasks, and how long the console's pages take over it. The tasks are as real ones
//! in their rows, and nobody's: no section, no key, and entries that no check of the books would take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use fiveone_connector::{ExtraCertificates, Library, Limits};
use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{Accounts, Engine, Operators, Options, Parts, SystemTime};
use fiveone_model::operator::{OperatorName, Role};
use fiveone_store::Store;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use tokio::net::TcpListener;

use crate::Figure;

/// Tasks are spread over so many days.
const DAYS: i64 = 30;
/// Each page is asked for so often; the slowest is told.
const TRIES: usize = 7;

/// Fills a database with so many tasks, and asks for each list of the console.
pub(crate) async fn measure(count: u32, url: Option<&str>) -> anyhow::Result<Vec<Figure>> {
    drop(rustls::crypto::ring::default_provider().install_default());
    let folder = tempfile::tempdir()?;
    let url = url.map_or_else(
        || format!("sqlite:{}", folder.path().join("seeded.db").display()),
        str::to_owned,
    );
    let store = Store::open(&url, 8).await?;
    let keys = DeploymentKeys::parse(&DeploymentKeys::generate()?).context("a key")?;
    // Books that have entries before they have a key are an older version's.
    Accounts::new(store.clone(), keys.clone(), Arc::new(SystemTime)).ledger().open().await?;
    let begun = Instant::now();
    fill(&url, count).await?;
    let filled = begun.elapsed();
    let portal = fiveone_connector::live(Limits::default(), ExtraCertificates::default())
        .map_err(anyhow::Error::msg)?;
    let library = Arc::new(Library::builtin().map_err(|wrong| anyhow::anyhow!("{wrong}"))?);
    let (time, options) = (Arc::new(SystemTime), Options::default());
    let engine = Engine::start(Parts { store, keys, library, portal, time, options }).await?;
    let mut figures = vec![Figure::new(
        "filling a database",
        format!("{count} tasks in {} s", filled.as_secs()),
        String::new(),
    )];
    figures.extend(pages(&engine).await?);
    engine.stop().await;
    Ok(figures)
}

/// The lists of the console, each with what it is asked for.
const PAGES: [(&str, &str); 12] = [
    ("console: newest tasks", "/console/tasks"),
    ("console: tasks of an app", "/console/tasks?app=app7"),
    ("console: tasks of an area", "/console/tasks?area=210300"),
    ("console: failed tasks", "/console/tasks?stage=failed"),
    ("console: tasks with a rare code", "/console/tasks?code=50005"),
    ("console: tasks of an app with a rare code", "/console/tasks?app=app7&code=50005"),
    ("console: tasks with a code that none has", "/console/tasks?code=50009"),
    ("console: tasks under way", "/console/tasks?stage=open"),
    ("console: tasks of days ago", "/console/tasks?until=2020-01-01T00:00"),
    ("console: newest callbacks", "/console/callbacks"),
    ("console: callbacks given up", "/console/callbacks?state=exhausted"),
    ("console: the overview, looked at again", "/console/overview"),
];

async fn pages(engine: &Engine) -> anyhow::Result<Vec<Figure>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let router =
        fiveone_web::router(engine.clone(), fiveone_web::Options::default(), Arc::new(String::new));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let name = OperatorName::parse("bench").context("a name")?;
    let password = Operators::new_password()?;
    ensure!(engine.operators().add(&name, Role::Viewer, &password).await?, "a new database");
    let token =
        engine.operators().sign_in("bench", &password, "", "").await?.context("a session")?;
    let http = reqwest::Client::new();
    let ask = async |path: &str| {
        let request = http.get(format!("{base}{path}"));
        let cookie = format!("fiveone_console={}", *token);
        let begun = Instant::now();
        let answer = request.header("cookie", cookie).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?.len();
        ensure!(status.is_success(), "{path}: {status}");
        Ok::<_, anyhow::Error>((begun.elapsed(), bytes))
    };
    let mut figures = Vec::new();
    for (what, path) in PAGES {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..TRIES {
            let (time, size) = ask(path).await?;
            times.push(time);
            bytes = size;
        }
        let slowest = times.iter().max().copied().unwrap_or_default();
        let first = times.first().copied().unwrap_or_default();
        times.sort_unstable();
        let ms = |time: Duration| time.as_millis();
        figures.push(Figure::new(
            what,
            format!("{} ms", ms(times[TRIES / 2])),
            format!("first {} ms, slowest {} ms, {bytes} bytes", ms(first), ms(slowest)),
        ));
    }
    serving.abort();
    Ok(figures)
}

/// Writes the rows, by statements that both databases take but for a word or two.
async fn fill(url: &str, count: u32) -> anyhow::Result<()> {
    sqlx::any::install_default_drivers();
    let is_sqlite = url.starts_with("sqlite:");
    let mut database = AnyConnection::connect(url).await?;
    let now = fiveone_model::clock::Clock::now(&SystemTime);
    let step = DAYS * 86_400_000 / i64::from(count.max(1));
    let id = if is_sqlite {
        "printf('%032x', i * 2654435761)"
    } else {
        "lpad(to_hex(i * 2654435761), 32, '0')"
    };
    let series = format!(
        "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < {count})"
    );
    let made = format!("{now} - ({count} - i) * {step}");
    let apps = "('app' || (i % 20))";
    let areas = "case i % 7 when 0 then '210300' when 1 then '990000' when 2 then '630100' \
                 when 3 then '371100' when 4 then '610300' when 5 then '140200' else '510100' end";
    // One in twelve fails, for its portal one in two hundred; the newest two hundred are under way.
    let ended = format!("i <= {count} - 200");
    let stage = format!(
        "case when not ({ended}) then 'queued' when i % 12 = 0 then 'failed' else 'done' end"
    );
    let detail = format!(
        "case when not ({ended}) or i % 12 <> 0 then '' when i % 204 = 0 then 'maintenance:' \
         else 'wrong_credentials:' end"
    );
    let ends = format!("case when {ended} then {made} + 20000 end");
    let statements = [
        format!(
            "insert into app (id, name, token_sealed, dialect, has_legacy_code_signature,
               requires_signature, has_employer_grant, wants_challenge_callbacks, wants_findings,
               acknowledges_by_201, calls_per_second, created_at)
             with recursive n(i) as (select 0 union all select i + 1 from n where i < 19)
             select 'app' || i, 'app', {}, 'table', 0, 0, 0, 0, 0, 0, 1000, 0 from n",
            if is_sqlite { "x'00'" } else { "'\\x00'" }
        ),
        "insert into wallet select id, 0, 0, 0, 0, 0, '' from app".to_owned(),
        format!(
            "insert into task (id, app_id, product, area, login_type, stage, detail, fence,
               node_id, created_at, updated_at, due_at, finished_at, set_aside)
             {series} select {id}, {apps}, 'fund', {areas}, 1, {stage}, {detail}, 1, 'none',
               {made}, {made}, {made} + 900000, {ends},
               case when {ended} then null else 'seeded' end from n"
        ),
        "insert into hold (task_id, app_id, amount_fen, partial_rule, state, due_at, resolved_at)
         select id, app_id, 0, 'never', case when finished_at is null then 'open'
           when stage = 'done' then 'captured' else 'released' end, 9000000000000000, finished_at
         from task"
            .to_owned(),
        "insert into callback (id, task_id, seq, app_id, url, code, msg, state, attempts, created_at)
         select 'msg_' || id, id, 1, app_id, 'http://127.0.0.1:9/', 40001, '', case
           when created_at % 499 = 0 then 'exhausted' else 'delivered' end, 1, finished_at
         from task where finished_at is not null"
            .to_owned(),
        format!(
            "insert into entry (app_id, seq, kind, amount_fen, note, at, hash)
             {series} select {apps}, i, 'topup', 1, '', {made}, '' from n"
        ),
        "analyze".to_owned(),
    ];
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut database).await?;
    }
    database.close().await?;
    Ok(())
}
