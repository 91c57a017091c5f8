//! `fiveone serve` as a process: TLS, probes, JSON logs, a graceful end, and what it will not start
//! with.

use std::process::Stdio;
use std::time::Duration;

use fiveone_engine::seal::DeploymentKeys;
use fiveone_testkit::TestStore;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::gateway::{read_picture, text};
use crate::process::Deployment;
use crate::vendor_client::{Client, FUND};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fiveone");

/// A folder with a key and a certificate, and a free port.
struct Place {
    folder: tempfile::TempDir,
    port: u16,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("a file");
        };
        let key = DeploymentKeys::generate().expect("a key");
        crate::operators::write_key(&folder.path().join("key"), &key);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a cert");
        write("cert.pem", &made.cert.pem());
        write("key.pem", &made.signing_key.serialize_pem());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        Self { folder, port }
    }

    /// A configuration with this place's port, store and key, and more lines at its end.
    fn config(&self, server: &str) -> String {
        let folder = self.folder.path().display();
        let text = format!(
            "[store]\nurl = \"sqlite:{folder}/fiveone.db\"\n\
             [keys]\ndeployment_key_file = \"{folder}/key\"\n\
             [log]\nfilter = \"debug\"\n\
             [server]\nlisten = \"127.0.0.1:{}\"\n{server}\n",
            self.port
        );
        let path = format!("{folder}/fiveone.toml");
        std::fs::write(&path, text).expect("a file");
        path
    }

    fn serve(&self, config: &str) -> Child {
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log file");
        Command::new(PROGRAM)
            .args(["serve", "--config", config])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts")
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn client() -> reqwest::Client {
    // Fails when another test was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
    builder.build().expect("an HTTP client")
}

/// The body of an address once it answers 200.
async fn ready(client: &reqwest::Client, url: &str, place: &Place) -> String {
    let mut every = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..1_000 {
        every.tick().await;
        if let Ok(answer) = client.get(url).send().await
            && answer.status() == 200
        {
            return answer.text().await.expect("a body");
        }
    }
    panic!("{url} does not answer: {}", place.log());
}

#[tokio::test]
async fn a_node_serves_with_tls_tells_how_it_is_and_ends_gracefully() {
    let place = Place::new();
    let folder = place.folder.path().display().to_string();
    let tls = format!("tls_cert = \"{folder}/cert.pem\"\ntls_key = \"{folder}/key.pem\"");
    let mut process = place.serve(&place.config(&tls));
    let client = client();
    let base = format!("https://localhost:{}", place.port);
    assert_eq!(ready(&client, &format!("{base}/readyz"), &place).await, "ready\n");
    assert_eq!(ready(&client, &format!("{base}/healthz"), &place).await, "ok\n");

    let answer = client.post(format!("{base}/identity/getFundB")).send().await.expect("an answer");
    let seq_num = answer.headers()["x-request-id"].to_str().expect("digits").to_owned();
    let envelope: Value =
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
    assert_eq!((&envelope["status"], &envelope["seqNum"]), (&2.into(), &seq_num.as_str().into()));

    let metrics = ready(&client, &format!("{base}/metrics"), &place).await;
    let line = r#"fiveone_calls_total{interface="getFundB",status="2"} 1"#;
    assert!(metrics.contains(line), "{metrics}");

    let id = process.id().expect("it runs").to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.expect("kill").success());
    let ended = tokio::time::timeout(Duration::from_secs(30), process.wait()).await;
    assert_eq!(ended.expect("it ends").expect("a status").code(), Some(0), "{}", place.log());

    let lines: Vec<Value> = place
        .log()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}")))
        .collect();
    let of_call = lines.iter().filter(|line| line["span"]["seq_num"] == seq_num.as_str());
    assert!(of_call.count() > 0, "p_05: {lines:?}");
}

#[tokio::test]
async fn mistakes_in_the_configuration_are_all_told_and_nothing_starts() {
    let place = Place::new();
    let config = place.config("lissten = 1\nbody_bytes_max = -1\ntls_key = \"k\"");
    let output = Command::new(PROGRAM).args(["serve", "--config", &config]).output().await;
    let output = output.expect("the program runs");
    let told = String::from_utf8_lossy(&output.stderr).replace(&config, "FILE");
    assert_eq!(output.status.code(), Some(3), "{told}");
    insta::assert_snapshot!(told.trim_end(), @r"
    fiveone: FILE: 3 mistakes
    line 9: unknown option server.lissten; did you mean server.listen?
    line 10: server.body_bytes_max must be a whole number from 1024 to 1048576
    line 11: server.tls_key needs server.tls_cert beside it
    ");
    assert!(!place.folder.path().join("fiveone.db").exists());
}

#[tokio::test]
async fn a_taken_port_or_a_missing_key_is_told() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind(("127.0.0.1", place.port)).expect("still free");
    let run = async |config: &str| {
        let output = Command::new(PROGRAM).args(["serve", "--config", config]).output().await;
        let output = output.expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let config = place.config("");
    let (code, told) = run(&config).await;
    assert!(code == Some(1) && told.contains("cannot listen on"), "{told}");
    drop(taken);
    std::fs::remove_file(place.folder.path().join("key")).expect("the key was there");
    let (code, told) = run(&config).await;
    assert!(code == Some(3) && told.contains("key"), "{told}");
}

#[tokio::test]
async fn a_node_has_a_model_city_of_its_own_for_test_apps_alone() {
    let deployment = Deployment::new(TestStore::sqlite().await, "").await;
    deployment.without_a_model_city();
    let made = deployment.command(&["app", "create", "tests", "--test", "--json"]).await;
    assert_eq!((&made["mode"], &made["wallet"]["free"]), (&json!("test"), &json!("0.00")));
    let gateway = deployment.gateway().await;
    let tests = Client::new(gateway.client.host(), "tests", made["tokenId"].as_str().unwrap());
    let fields = [("id_card", "991300199305020000"), ("password", "good")];
    let created = tests.create(FUND, "990000", "1", &fields).await;
    assert_eq!(created["success"], true, "{created}");
    let tid = text(&created["tid"]);
    let asked = tests.wait_for(FUND, &tid, |data| data["code"] == "10004").await;
    let code = read_picture(&text(&asked["base64_image_bytes"]));
    assert_eq!(tests.user_code(FUND, &tid, &code).await, 0);
    assert_eq!(tests.wait_for_end(FUND, &tid).await["code"], "40001");
    let refused = gateway.client.create(FUND, "990000", "1", &fields).await;
    assert_eq!(refused["status"], -2, "live apps do not reach it: {refused}");
    assert_eq!(gateway.stop().await, Some(0));
    deployment.settle().await;
}
