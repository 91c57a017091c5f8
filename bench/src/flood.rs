//! A flood of creates, more than can be written: what the admitted ones take, what the others are told,
//! and what is left of it afterwards.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::creates::request;
use crate::gateway::Gateway;
use crate::load::Connection;
use crate::{Figure, Scale, rate};

/// Connections that all ask as fast as they are answered.
const FLOODERS: usize = 768;
/// Creates that are timed after the flood.
const AFTER: usize = 200;

/// What one connection saw.
#[derive(Default)]
struct Seen {
    admitted: Vec<Duration>,
    refused: Vec<Duration>,
}

/// Floods a gateway whose portal never answers.
pub(crate) async fn measure(scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}/wt-web", silent.local_addr()?);
    let portals = BTreeMap::from([("fund/210300".to_owned(), base)]);
    let gateway = Gateway::start(&portals).await?;
    let mut connection = Connection::open(&gateway.address).await?;
    for number in 0..AFTER {
        create(&mut connection, &request(&gateway, number)).await?;
    }
    let before = gateway.resident_kib()?;

    let begun = Instant::now();
    let mut set = JoinSet::new();
    for flooder in 0..FLOODERS {
        let address = gateway.address.clone();
        // Signed beforehand: the load shares the machine with the gateway.
        let requests: Vec<_> =
            (0..scale.floods).map(|n| request(&gateway, (n + 1) * 10_000 + flooder)).collect();
        set.spawn(async move { flood(&address, &requests).await });
    }
    let mut seen = Seen::default();
    while let Some(part) = set.join_next().await {
        let part = part??;
        seen.admitted.extend(part.admitted);
        seen.refused.extend(part.refused);
    }
    let lasted = begun.elapsed();

    let ended = Instant::now();
    let mut times = Vec::new();
    for number in 0..AFTER {
        let begun = Instant::now();
        let admitted = create(&mut connection, &request(&gateway, 5_000 + number)).await?;
        if admitted {
            times.push(begun.elapsed());
        }
    }
    let recovered = format!(
        "{} of {AFTER} admitted within {} ms, p99 {} ms",
        times.len(),
        ended.elapsed().as_millis(),
        p99(&mut times)
    );
    // Whoever asks the portal is sent away from now on, so that all tasks end.
    let (open, full) = (gateway.open_tasks().await?, gateway.resident_kib()?);
    drop(silent);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    while gateway.open_tasks().await? > 0 {
        tick.tick().await;
    }
    let after = gateway.resident_kib()?;
    gateway.stop().await?;
    let (taken, told) = (seen.admitted.len(), seen.refused.len());
    Ok(vec![
        Figure::new(
            "creates admitted in a flood",
            format!("{:.0} /s, p99 {} ms", rate(taken, lasted), p99(&mut seen.admitted)),
            format!("{FLOODERS} connections, {:.0} calls/s", rate(taken + told, lasted)),
        ),
        Figure::new(
            "creates refused with status 10",
            format!("{:.0} /s, p99 {} ms", rate(told, lasted), p99(&mut seen.refused)),
            format!("{told} of {}", taken + told),
        ),
        Figure::new("right after the flood", recovered, String::new()),
        Figure::new(
            "resident memory after the flood",
            format!("{} MiB", after / 1024),
            format!("{} MiB before, {} MiB with {open} tasks open", before / 1024, full / 1024),
        ),
    ])
}

async fn flood(address: &str, requests: &[Vec<u8>]) -> anyhow::Result<Seen> {
    let mut connection = Connection::open(address).await?;
    let mut seen = Seen::default();
    for request in requests {
        let begun = Instant::now();
        let is_admitted = create(&mut connection, request).await?;
        let times = if is_admitted { &mut seen.admitted } else { &mut seen.refused };
        times.push(begun.elapsed());
    }
    Ok(seen)
}

/// Whether a create was admitted; anything but that and status 10 is an error.
async fn create(connection: &mut Connection, request: &[u8]) -> anyhow::Result<bool> {
    let answer = connection.exchange(request).await?;
    let text = String::from_utf8_lossy(&answer.body);
    let is_admitted = text.contains("\"success\":true");
    anyhow::ensure!(is_admitted || text.contains("\"status\":10,"), "{text}");
    Ok(is_admitted)
}

/// The time that 99 of 100 did not take, in milliseconds.
fn p99(times: &mut [Duration]) -> u128 {
    times.sort_unstable();
    times.get(times.len() * 99 / 100).map_or(0, Duration::as_millis)
}
