//! A running demonstration, as the banner of `fiveone demo` tells of it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::PROGRAM;
use crate::gateway::{login_fields, text};
use crate::vendor_client::{Client, FUND};

/// A running demonstration and what it printed.
pub(super) struct Demo {
    pub(super) process: Child,
    _out: Lines<BufReader<ChildStdout>>,
    pub(super) banner: Vec<String>,
    pub(super) gateway: String,
    pub(super) lab: String,
    pub(super) folder: PathBuf,
}

impl Demo {
    pub(super) async fn start(folder: &Path) -> Self {
        // Fails when another test of this process was first, which is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = folder.join("data");
        let mut process = Command::new(PROGRAM)
            .args(["demo", "--listen", "127.0.0.1:0", "--lab", "127.0.0.1:0", "--data"])
            .arg(&folder)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the demonstration starts");
        let mut out = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut banner = Vec::new();
        while let Some(line) = out.next_line().await.expect("text") {
            let is_last = line.starts_with("Ctrl-C");
            banner.push(line);
            if is_last {
                break;
            }
        }
        let address_of = |name: &str| {
            let line = banner.iter().find(|line| line.trim_start().starts_with(name));
            let line = line.unwrap_or_else(|| panic!("no {name} in {banner:#?}"));
            let url = line.split_whitespace().nth(1).expect("an address");
            url.trim_end_matches("/identity/…").to_owned()
        };
        let (gateway, lab) = (address_of("gateway"), address_of("lab"));
        Self { process, _out: out, banner, gateway, lab, folder }
    }

    /// People of the model city's fund.
    pub(super) async fn people(&self) -> Vec<Value> {
        let url = format!("{}/people?product=fund&area=990000&n=16", self.lab);
        let body = reqwest::get(url).await.expect("the lab").text().await.expect("a body");
        serde_json::from_str(&body).expect("people")
    }

    /// Begins a task of the demonstration's app; its tid.
    pub(super) async fn create_task(&self) -> String {
        let fields = login_fields(&self.people().await[0], "good");
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let client = Client::new(&self.gateway, "demo", "demo-token-5151");
        let data = client.create(FUND, "990000", "1", &fields).await;
        assert_eq!(data["success"], true, "{data}");
        text(&data["tid"])
    }

    /// An address of a document as it is here.
    pub(super) fn here(&self, url: &str) -> String {
        url.replace("http://127.0.0.1:8051", &self.gateway)
            .replace("http://127.0.0.1:8052", &self.lab)
    }
}
