//! Resident memory: idle, and for each task that waits for a code.

use fiveone_lab::Lab;

use crate::client::Client;
use crate::gateway::Gateway;
use crate::polls::logins;
use crate::{Figure, Scale};

/// Tasks made first, so that what is made once (caches, pools, heaps) is not counted as theirs.
const WARM_UP: usize = 256;

pub(crate) async fn measure(lab: &Lab, scale: Scale) -> anyhow::Result<Vec<Figure>> {
    let gateway = Gateway::start(&lab.portals()).await?;
    let mut client = Client::open(&gateway).await?;
    let idle = gateway.resident_kib()?;
    let logins = logins(lab, scale.waiting + WARM_UP)?;
    let (first, rest) = logins.split_at(WARM_UP);
    wait_for_codes(&mut client, first).await?;
    let before = gateway.resident_kib()?;
    wait_for_codes(&mut client, rest).await?;
    let after = gateway.resident_kib()?;
    let each = after.saturating_sub(before) / u64::try_from(rest.len())?;
    gateway.stop().await?;
    Ok(vec![
        Figure::new("resident memory, idle", format!("{} MiB", idle / 1024), String::new()),
        Figure::new(
            "resident memory of a task that waits for a code",
            format!("{each} KiB"),
            format!("{} tasks waiting, {} MiB in all", rest.len(), after / 1024),
        ),
    ])
}

/// Creates a task for each and polls until all of them wait.
pub(crate) async fn wait_for_codes(
    client: &mut Client<'_>,
    logins: &[serde_json::Value],
) -> anyhow::Result<()> {
    let mut tids = Vec::with_capacity(logins.len());
    for login in logins {
        tids.push(client.create("210300", login).await?);
    }
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(5));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for tid in &tids {
        loop {
            let data = client.poll(tid).await?;
            match data["code"].as_str() {
                Some("10004") => break,
                Some("10001") => {}
                _ => anyhow::bail!("{} {}", data["code"], data["msg"]),
            }
            tick.tick().await;
        }
    }
    Ok(())
}
