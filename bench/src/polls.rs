//! Signed polls of a finished report, beside the same bytes from a bare handler.

use std::process::Stdio;

use anyhow::Context as _;
use axum::body::Bytes;
use fiveone_lab::Lab;
use tokio::process::Command;

use crate::client::{Client, signed};
use crate::gateway::Gateway;
use crate::load::{Connection, repeat};
use crate::{Figure, Scale, beside, rate};

/// The area whose dense person has 120 rows and more.
const AREA: &str = "210300";

pub(crate) async fn measure(gateway: &Gateway, lab: &Lab, scale: Scale) -> anyhow::Result<Figure> {
    let mut client = Client::open(gateway).await?;
    let (mut rows, mut tid) = (0, String::new());
    for login in logins(lab, 16)? {
        let one = client.create(AREA, &login).await?;
        let data = client.finish(&one).await?;
        anyhow::ensure!(data["code"] == "40001", "{}", data["msg"]);
        let count = data["billInfos"].as_array().map_or(0, Vec::len);
        // The one nearest to 120 rows from above.
        if count >= 120 && (rows == 0 || count < rows) {
            (rows, tid) = (count, one);
        }
    }
    anyhow::ensure!(rows >= 120, "nobody has 120 rows");
    let request = signed(gateway, "getFundB", &[("tid", &tid)]);
    let answer = Connection::open(&gateway.address).await?.exchange(&request).await?;
    let (count, time) = repeat(&gateway.address, &request, scale.polls_for).await?;
    let own = rate(count, time);
    let bare = bare_rate(&answer.body, &request, scale).await?;
    let what =
        format!("from a bare axum handler, the same {} bytes ({rows} rows)", answer.body.len());
    Ok(Figure::new(
        "signed polls of a finished report",
        format!("{own:.0} /s"),
        beside(own, bare, &what),
    ))
}

/// The login fields of people of the benchmark's area.
pub(crate) fn logins(lab: &Lab, count: usize) -> anyhow::Result<Vec<serde_json::Value>> {
    let people = serde_json::to_value(fiveone_lab::people(
        &lab.world(),
        "fund",
        AREA,
        u64::try_from(count)?,
    ))?;
    let people = people.as_array().context("no people")?;
    Ok(people.iter().map(|person| person["login"].clone()).collect())
}

async fn bare_rate(body: &[u8], request: &[u8], scale: Scale) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("body");
    std::fs::write(&file, body)?;
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.local_addr()?.to_string()
    };
    let mut process = Command::new(std::env::current_exe()?)
        .args(["--bare", &address])
        .arg(&file)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut tick = tokio::time::interval(std::time::Duration::from_millis(5));
    for _ in 0..1_000 {
        tick.tick().await;
        if Connection::open(&address).await.is_ok() {
            break;
        }
    }
    let (count, time) = repeat(&address, request, scale.polls_for).await?;
    process.kill().await?;
    Ok(rate(count, time))
}

/// Answers every poll with the bytes of a file, after reading its body as any handler must.
pub(crate) async fn serve_bare(address: &str, file: &str) -> anyhow::Result<()> {
    let body = Bytes::from(std::fs::read(file)?);
    let content_type = [("content-type", "application/json;charset=UTF-8")];
    let handler = axum::routing::post(move |_sent: Bytes| {
        let body = body.clone();
        async move { (content_type, body) }
    });
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, axum::Router::new().route("/identity/getFundB", handler)).await?;
    Ok(())
}

/// Keeps the shape of logins honest: a lab that changes its people breaks the run, not the figures.
#[cfg(test)]
mod tests {
    #[test]
    fn a_login_is_an_object_of_texts() {
        let world = fiveone_lab::Options::default().world();
        let people =
            serde_json::to_value(fiveone_lab::people(&world, "fund", super::AREA, 1)).unwrap();
        let login = people[0]["login"].as_object().unwrap();
        assert!(login.values().all(serde_json::Value::is_string));
        assert_eq!(login["password"], "good");
    }
}
