//! `fiveone doctor`: what it finds good, and each thing that can be wrong, with the command that mends
//! it.

mod patient;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use fiveone_engine::seal::DeploymentKeys;
use fiveone_testkit::{TestStore, build, on_both};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use self::patient::Patient;
use crate::operators::write_key;
use crate::process;

const NOW: i64 = 1_795_305_600_000;

on_both!(
    a_deployment_that_serves_is_good,
    a_schema_of_another_version_is_told_and_left_alone,
    what_waits_for_an_operator_is_told,
    an_app_without_a_price_is_told,
);

async fn a_deployment_that_serves_is_good(store: TestStore) {
    let deployment = process::Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let output = deployment.run(&["doctor", "--portals"]).await;
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!told.contains('✗'), "{told}");
    for line in [
        "✓ configuration: no mistakes\n",
        "✓ deployment key: readable by its owner alone\n",
        "✓ port: a gateway serves at 127.0.0.1:",
        "✓ TLS: off; only this machine can reach the port\n",
        "✓ database: can be read and written, schema ",
        "✓ sealed values: all open with the newest key\n",
        "✓ nodes: 1 alive\n",
        "✓ tasks: none is set aside\n",
        "✓ holds: none is overdue\n",
        "✓ callbacks: none is exhausted\n",
        "✓ apps: 1, all with prices\n",
        "✓ books: 1 wallets, 1 entries, all clean\n",
        "✓ receivers: 1 answer\n",
    ] {
        assert!(told.contains(line), "{line}\n{told}");
    }
    assert_eq!(gateway.stop().await, Some(0));
}

#[tokio::test]
async fn a_mistake_in_the_configuration_ends_the_look() {
    let mut patient = Patient::new().await;
    patient.more = "[log]\nlevel = \"info\"\n".to_owned();
    patient.assert_only("bad", "configuration", "unknown option log.level", "config check").await;
    let (_, told) = patient.run("doctor").await;
    let file = patient.file("fiveone.toml");
    let expected = format!(
        "✗ configuration: {file}: 1 mistakes\nline 8: unknown option log.level; did you mean log.filter?\n    \
         fiveone config check --config {file}\n"
    );
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_key_that_is_missing_open_to_others_or_another_is_told() {
    let patient = Patient::new().await.with_an_app().await;
    let key = patient.file("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    patient.assert_only("bad", "deployment key", "mode 640", &format!("chmod 600 {key}")).await;
    std::fs::remove_file(&key).unwrap();
    let fix = format!("fiveone config key > {key}");
    patient.assert_only("bad", "deployment key", "key: ", &fix).await;
    write_key(key.as_ref(), &DeploymentKeys::generate().unwrap());
    let (code, told) = patient.complaints().await;
    let names: Vec<_> = told.iter().map(|[_, name, ..]| name.as_str()).collect();
    assert_eq!((code, names), (Some(1), vec!["sealed values", "apps", "books"]));
    assert!(told[0][3].starts_with("fiveone keys status --config "), "{told:?}");
}

#[tokio::test]
async fn a_database_that_others_may_read_is_told_and_is_not_made_so() {
    let patient = Patient::new().await.with_an_app().await;
    assert_eq!(patient.complaints().await, (Some(0), vec![]));
    let file = patient.store.url().strip_prefix("sqlite:").unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let fix = format!("chmod 600 {file}");
    patient.assert_only("doubtful", "database file", "(mode 644)", &fix).await;
}

#[tokio::test]
async fn an_older_key_is_told() {
    let patient = Patient::new().await.with_an_app().await;
    let key = patient.file("key");
    let old = std::fs::read_to_string(&key).unwrap();
    let new = DeploymentKeys::generate_numbered(2).unwrap();
    write_key(key.as_ref(), &format!("{}{old}", new.as_str()));
    patient.assert_only("doubtful", "sealed values", "older key", "fiveone keys rotate").await;
}

#[tokio::test]
async fn a_port_that_somebody_else_has_is_told() {
    let mut patient = Patient::new().await.with_an_app().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    patient.server = format!("listen = \"127.0.0.1:{port}\"");
    // Whoever it is does not answer as a gateway does.
    drop(std::thread::spawn(move || taken.incoming().for_each(drop)));
    patient.assert_only("bad", "port", "cannot listen on", &format!("':{port}'")[1..]).await;
}

/// A certificate and its key in PEM, by an issuer or by itself.
fn certificate(name: &str, until: i32, issuer: Option<&Issuer<'_, KeyPair>>) -> (String, String) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let made = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    (made.unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn what_is_wrong_with_tls_is_told() {
    let mut patient = Patient::new().await.with_an_app().await;
    patient.server.push_str(&format!(
        "\npublic_bases = [\"https://gate.example.cn/\"]\ntls_cert = \"{}\"\ntls_key = \"{}\"",
        patient.file("cert.pem"),
        patient.file("key.pem")
    ));
    let write = |cert: &str, key: &str| {
        std::fs::write(patient.file("cert.pem"), cert).unwrap();
        std::fs::write(patient.file("key.pem"), key).unwrap();
    };
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "an issuer");
    let issuer_key = KeyPair::generate().unwrap();
    let issuer_pem = params.self_signed(&issuer_key).unwrap().pem();
    let issuer = Issuer::new(params, issuer_key);

    let (cert, key) = certificate("gate.example.cn", 2_999, Some(&issuer));
    write(&format!("{cert}{issuer_pem}"), &key);
    assert_eq!(patient.complaints().await, (Some(0), vec![]), "{}", patient.run("doctor").await.1);
    write(&cert, &key);
    let fix = "intermediate.pem > fullchain.pem";
    patient.assert_only("bad", "TLS", "issuer is missing", fix).await;
    let (_, other_key) = certificate("gate.example.cn", 2_999, None);
    write(&format!("{cert}{issuer_pem}"), &other_key);
    patient.assert_only("bad", "TLS", "key and certificate: ", "openssl pkey").await;
    let (cert, key) = certificate("gate.example.cn", 2_020, Some(&issuer));
    write(&format!("{cert}{issuer_pem}"), &key);
    patient.assert_only("bad", "TLS", "has expired", "certbot renew").await;
    let (cert, key) = certificate("other.example.cn", 2_999, Some(&issuer));
    write(&format!("{cert}{issuer_pem}"), &key);
    let words = "not for gate.example.cn of server.public_bases";
    patient.assert_only("bad", "TLS", words, "openssl x509").await;
    let (cert, key) = certificate("gate.example.cn", 2_999, None);
    write(&cert, &key);
    patient.assert_only("doubtful", "TLS", "signed by itself", "certbot certonly").await;
    write("", &key);
    patient.assert_only("bad", "TLS", "no certificate", "file ").await;
}

#[tokio::test]
async fn a_port_without_tls_that_others_reach_is_told() {
    let mut patient = Patient::new().await.with_an_app().await;
    patient.server = "listen = \"0.0.0.0:0\"".to_owned();
    patient.assert_only("doubtful", "TLS", "is open to others", "FIVEONE_SERVER_LISTEN=").await;
}

#[tokio::test]
async fn a_database_that_is_not_there_or_is_none_is_told_and_not_made() {
    let patient = Patient::new().await;
    let doctor = async |path: &str| {
        let (code, told) = {
            let mut command = Command::new(env!("CARGO_BIN_EXE_fiveone"));
            let url = format!("sqlite:{}", patient.file(path));
            let command = command.arg("doctor").env("FIVEONE_STORE_URL", url);
            let command = command.env("FIVEONE_KEYS_DEPLOYMENT_KEY_FILE", patient.file("key"));
            let command = command.env("FIVEONE_SERVER_LISTEN", "127.0.0.1:0");
            let output = command.output().await.unwrap();
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        (code, told)
    };
    let (code, told) = doctor("none.db").await;
    assert!(told.contains("! database: not there yet") && told.contains("fiveone serve"), "{told}");
    assert_eq!(code, Some(0), "{told}");
    assert!(!std::path::Path::new(&patient.file("none.db")).exists());
    let (code, told) = doctor("nowhere/none.db").await;
    let fix = format!("mkdir -m 700 -p {}", patient.file("nowhere"));
    assert!(code == Some(1) && told.contains("✗ disk: ") && told.contains(&fix), "{told}");
    std::fs::write(patient.file("text.db"), "这不是数据库".repeat(100)).unwrap();
    let (code, told) = doctor("text.db").await;
    assert!(code == Some(1) && told.contains("✗ database: cannot be opened"), "{told}");
    assert!(told.contains("file is not a database") && told.contains("ls -ld "), "{told}");
}

async fn a_schema_of_another_version_is_told_and_left_alone(store: TestStore) {
    let patient = Patient::on(store).with_an_app().await;
    let (newest, _) = patient.store.read.schema_steps().await.unwrap();
    let delete = format!("delete from _sqlx_migrations where version = {newest}");
    patient.store.execute(&delete).await;
    patient.assert_only("doubtful", "schema", "the next start brings it", "fiveone migrate").await;
    assert_eq!(patient.store.read.schema_steps().await.unwrap(), (newest - 1, newest));
    let more = format!("update _sqlx_migrations set version = {} where version = 1", newest + 1);
    patient.store.execute(&more).await;
    patient.assert_only("bad", "schema", "a newer one has been here", "fiveone --version").await;
}

#[tokio::test]
async fn a_server_that_takes_no_writes_or_is_away_is_told() {
    let patient = Patient::on(TestStore::postgres().await).with_an_app().await;
    let name = patient.store.url().rsplit_once('/').unwrap().1.to_owned();
    let sql = format!("alter database {name} set default_transaction_read_only = on");
    patient.store.execute(&sql).await;
    let words = "cannot be written: database failed";
    patient.assert_only("bad", "database", words, "show transaction_read_only").await;
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_fiveone"));
    let command = command.arg("doctor").env("FIVEONE_SERVER_LISTEN", "127.0.0.1:0");
    let command = command.env("FIVEONE_STORE_URL", format!("postgres://nobody:secret@{away}/x"));
    let command = command.env("FIVEONE_KEYS_DEPLOYMENT_KEY_FILE", patient.file("key"));
    let output = command.output().await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("✗ database: cannot be opened") && told.contains("pg_isready"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

async fn what_waits_for_an_operator_is_told(store: TestStore) {
    let patient = Patient::on(store).with_an_app().await;
    let node = fiveone_store::NodeRow {
        id: "n-silent".to_owned(),
        public_key: vec![1; 32],
        proof: "p".to_owned(),
    };
    patient.store.write.register_node(&node, NOW).await.unwrap();
    patient.assert_only("doubtful", "nodes", "n-silent", "fiveone serve").await;
    patient.store.execute("update node set seen_at = 9999999999999").await;
    patient.assert_only("doubtful", "nodes", "ahead of this machine", "timedatectl").await;
    patient.store.execute("update node set stopped_at = 1").await;

    let keys = std::fs::read_to_string(patient.file("key")).unwrap();
    let keys = DeploymentKeys::parse(&keys).unwrap();
    let time = std::sync::Arc::new(fiveone_engine::SystemTime);
    let store: &fiveone_store::Store = &patient.store;
    fiveone_engine::Accounts::new(store.clone(), keys, time).ledger().open().await.unwrap();
    let admitted = store.write.admit(&[build::new_task("loans", 1)], NOW).await.unwrap();
    assert_eq!(admitted, [fiveone_store::Admitted::New]);
    // Nothing is sealed in it.
    patient.store.execute("delete from task_key; update hold set due_at = 1").await;
    let task = build::task_id(1).to_string();
    patient.assert_only("doubtful", "holds", &task, "fiveone serve").await;
    store.write.set_aside(&task, "its stage is none", NOW).await.unwrap();
    let words = format!("set aside: {task} (its stage is none)");
    let fix = format!("fiveone task show {task} --config ");
    patient.assert_only("bad", "tasks", &words, &fix).await;
    let sql = format!(
        "update task set set_aside = null; update hold set due_at = 9999999999999;
         insert into callback (id, task_id, seq, app_id, url, code, msg, state, attempts, created_at)
         values ('c1', '{task}', 1, 'loans', 'http://a.example/', 20000, '', 'exhausted', 8, 1)"
    );
    patient.store.execute(&sql).await;
    let fix = "fiveone callback replay --app loans --config ";
    patient.assert_only("doubtful", "callbacks", "1 that nobody acknowledged", fix).await;
}

async fn an_app_without_a_price_is_told(store: TestStore) {
    let patient = Patient::on(store).with_an_app().await;
    patient.store.execute("delete from default_tariff").await;
    patient
        .assert_only("bad", "apps", "loans has a grant without a price", "app grant loans")
        .await;
}

#[tokio::test]
async fn a_receiver_is_asked_without_a_word_and_only_where_callbacks_may_go() {
    let mut patient = Patient::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    patient.more = "[callbacks]\nto_private = true\n".to_owned();
    let create = format!("app create loans --fund-callback http://{address}/cb?secret=s");
    assert_eq!(patient.run(&create).await.0, Some(0));
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 4_096];
        let count = stream.read(&mut bytes).await.unwrap();
        stream.write_all(b"HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    });
    assert_eq!(patient.complaints().await, (Some(0), vec![]), "any answer is one");
    let heard = heard.await.unwrap();
    assert!(heard.starts_with("HEAD /cb?secret=s HTTP/1.1\r\n"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n"), "no body: {heard}");
    // It has gone with its task.
    let (_, told) = patient.complaint().await;
    assert_eq!(told[1], "receiver");
    assert!(told[2].starts_with("loans, fund: Connection refused"), "{told:?}");
    assert!(!told.concat().contains("secret=s"), "{told:?}");
    patient.more.clear();
    let words = "loans, fund: address is not public";
    patient.assert_only("doubtful", "receiver", words, "fiveone app show loans").await;
}

#[tokio::test]
async fn a_portal_that_is_away_or_has_a_bad_certificate_is_told() {
    let lab = fiveone_lab::start(fiveone_lab::Options {
        listen: ([127, 0, 0, 1], 0).into(),
        ..Default::default()
    });
    let lab = lab.await.unwrap();
    let mut patient = Patient::new().await.with_an_app().await;
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    patient.more = "[portals]\n".to_owned();
    for (area, base) in lab.portals() {
        let base = if area == "fund/990000" { format!("http://{away}/") } else { base };
        patient.more.push_str(&format!("\"{area}\" = \"{base}\"\n"));
    }
    let (code, told) = patient.complaints_of("doctor --portals --json").await;
    let expected = [
        "doubtful".to_owned(),
        "portal".to_owned(),
        format!("{away}: no connection"),
        format!("curl -sSI http://{away}"),
    ];
    assert_eq!((code, told), (Some(0), vec![expected]));
    lab.stop().await;
}
