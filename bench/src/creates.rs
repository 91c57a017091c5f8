//! Durable creates, beside bare SQLite commits on the same disk.

use std::collections::BTreeMap;
use std::time::Instant;

use fiveone_model::login::id_card_check_character;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::task::JoinSet;

use crate::client::signed;
use crate::gateway::Gateway;
use crate::load::{CONNECTIONS, Connection};
use crate::{Figure, Scale, beside, each, rate};

/// Creates that are only written: their portal takes connections and never answers.
pub(crate) async fn measure(scale: Scale) -> anyhow::Result<Figure> {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/wt-web", silent.local_addr()?);
    let portals = BTreeMap::from([("fund/210300".to_owned(), base)]);
    let gateway = Gateway::start(&portals).await?;
    let requests: Vec<_> = (0..scale.creates).map(|number| request(&gateway, number)).collect();
    let share = requests.len().div_ceil(CONNECTIONS);
    let (begun, busy_before) = (Instant::now(), gateway.processor_time()?);
    let mut set = JoinSet::new();
    for part in requests.chunks(share) {
        let (address, part) = (gateway.address.clone(), part.to_vec());
        set.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            for request in &part {
                let answer = connection.exchange(request).await?;
                let is_taken = answer.body.windows(14).any(|window| window == b"\"success\":true");
                anyhow::ensure!(is_taken, "{}", String::from_utf8_lossy(&answer.body));
            }
            anyhow::Ok(())
        });
    }
    while let Some(part) = set.join_next().await {
        part??;
    }
    let own = rate(requests.len(), begun.elapsed());
    let busy = each(gateway.processor_time()? - busy_before, requests.len());
    gateway.stop().await?;
    let bare = bare_commits(scale).await?;
    let bare = beside(own, bare, "bare SQLite commits (WAL, synchronous=FULL)");
    Ok(Figure::new("durable creates", format!("{own:.0} /s"), format!("{bare}; {busy}")))
}

/// A create for a person of their own.
pub(crate) fn request(gateway: &Gateway, number: usize) -> Vec<u8> {
    let (year, month, serial) = (1950 + number / 1_000 % 70, 1 + number / 70_000, number % 1_000);
    let first = format!("990000{year}{month:02}01{serial:03}");
    let last = id_card_check_character(&first).unwrap_or_default();
    let id_card = format!("{first}{last}");
    let params = [
        ("area_code", "210300"),
        ("id_card", id_card.as_str()),
        ("login_type", "1"),
        ("password", "password"),
    ];
    signed(gateway, "createFundSearchTaskB", &params)
}

/// One insert a commit, one after the other, as durable as the gateway's.
async fn bare_commits(scale: Scale) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query("create table task (id integer primary key, body text)").execute(&pool).await?;
    let body = "x".repeat(600);
    let begun = Instant::now();
    for _ in 0..scale.creates {
        sqlx::query("insert into task (body) values ($1)").bind(&body).execute(&pool).await?;
    }
    let bare = rate(scale.creates, begun.elapsed());
    pool.close().await;
    Ok(bare)
}
