//! Whole tasks through login, captcha and two sections against the lab.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use fiveone_lab::Lab;
use futures_util::future::try_join_all;

use crate::client::Client;
use crate::gateway::Gateway;
use crate::polls::logins;
use crate::{Figure, Scale, each, rate};

/// People who use the gateway at once.
const PEOPLE: usize = 32;

pub(crate) async fn measure(gateway: &Gateway, lab: &Lab, scale: Scale) -> anyhow::Result<Figure> {
    let logins = logins(lab, scale.tasks)?;
    let next = Arc::new(AtomicUsize::new(0));
    let (begun, busy_before) = (Instant::now(), gateway.processor_time()?);
    try_join_all((0..PEOPLE).map(|_| async {
        let mut client = Client::open(gateway).await?;
        while let Some(login) = logins.get(next.fetch_add(1, Ordering::Relaxed)) {
            let tid = client.create("210300", login).await?;
            let data = client.finish(&tid).await?;
            anyhow::ensure!(data["code"] == "40001", "{} {}", data["code"], data["msg"]);
        }
        anyhow::Ok(())
    }))
    .await?;
    let own = rate(logins.len(), begun.elapsed());
    let busy = each(gateway.processor_time()? - busy_before, logins.len());
    let beside = format!(
        "{} tasks, {PEOPLE} people at once, captcha and two sections each; {busy}",
        logins.len(),
    );
    Ok(Figure::new("whole tasks", format!("{own:.0} /s"), beside))
}
