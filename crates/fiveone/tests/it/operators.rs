//! What operators do with apps: grants given and taken, callback addresses looked at when typed.

use fiveone_engine::seal::DeploymentKeys;
use serde_json::Value;
use tokio::process::Command;

/// Writes a deployment key as it must be: nobody else may read it.
pub(crate) fn write_key(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// An empty deployment.
pub(crate) struct Deployment(pub(crate) tempfile::TempDir);

impl Deployment {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_key(&folder.path().join("key"), &DeploymentKeys::generate().unwrap());
        Self(folder)
    }

    pub(crate) async fn run(&self, line: &str) -> (Option<i32>, String) {
        let folder = self.0.path().display();
        let output = Command::new(env!("CARGO_BIN_EXE_fiveone"))
            .args(line.split(' '))
            .env("FIVEONE_SERVER_LISTEN", "127.0.0.1:0")
            .env("FIVEONE_STORE_URL", format!("sqlite:{folder}/fiveone.db"))
            .env("FIVEONE_KEYS_DEPLOYMENT_KEY_FILE", format!("{folder}/key"))
            .output()
            .await
            .unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    }

    pub(crate) async fn json(&self, line: &str) -> Value {
        let (code, told) = self.run(line).await;
        assert_eq!(code, Some(0), "{line}: {told}");
        serde_json::from_str(&told).unwrap()
    }
}

#[tokio::test]
async fn a_grant_is_given_taken_and_given_again() {
    let deployment = Deployment::new();
    let grants =
        |app: Value| [&app["fund"]["grant"], &app["insurance"]["grant"]].map(Value::to_string);
    let app = deployment.json("app create loans --json").await;
    assert!(app["webhookSecret"].as_str().unwrap().starts_with("whsec_"), "{app}");
    assert_eq!(grants(app), ["\"active\"", "\"active\""]);
    let app = deployment.json("app revoke loans --product insurance --json").await;
    assert_eq!(grants(app), ["\"active\"", "\"none\""]);
    let app = deployment.json("app pause loans --json").await;
    assert_eq!(grants(app), ["\"paused\"", "\"none\""], "what was taken is not paused");
    let app = deployment.json("app grant loans --product insurance --signature true --json").await;
    assert_eq!(app["switches"]["signature"], true);
    assert_eq!(grants(app), ["\"paused\"", "\"active\""]);
    let app = deployment.json("app revoke loans --json").await;
    assert_eq!(grants(app), ["\"none\"", "\"none\""]);
}

#[tokio::test]
async fn a_callback_address_is_looked_at_when_it_is_typed() {
    let deployment = Deployment::new();
    deployment.json("app create loans --fund-callback https://loans.example.cn/cb --json").await;
    for address in [
        "loans.example.cn/cb",
        "ftp://loans.example.cn/",
        "http://127.0.0.1/cb",
        "http://localhost:8080/cb",
        "http://169.254.169.254/latest",
        "http://me:pw@loans.example.cn/",
    ] {
        for line in [
            format!("app grant loans --insurance-callback {address}"),
            format!("app create other --insurance-callback {address}"),
        ] {
            let (code, told) = deployment.run(&line).await;
            assert_eq!(code, Some(2), "{line}: {told}");
            assert!(told.starts_with("fiveone: --insurance-callback: "), "{told}");
            assert!(!told.contains("pw"), "{told}");
        }
    }
    let app = deployment.json("app show loans --json").await;
    assert_eq!(app["insurance"]["callback"], Value::Null);
    assert_eq!(app["fund"]["callback"], "https://loans.example.cn/cb");
    let app = deployment.json("app show --json").await;
    assert_eq!(app.as_array().map(Vec::len), Some(1), "no other app was made");
}

#[tokio::test]
async fn keys_of_v1_are_made_shown_once_listed_and_revoked() {
    let deployment = Deployment::new();
    deployment.json("app create loans --json").await;
    let live = deployment.json("app key create loans --note server --json").await;
    let test = deployment.json("app key create loans --test --json").await;
    let key = |made: &Value| made["key"].as_str().unwrap().to_owned();
    assert!(key(&live).starts_with("fo_live_") && key(&test).starts_with("fo_test_"));
    let id = live["id"].as_str().unwrap();
    let revoked = deployment.json(&format!("app key revoke {id} --json")).await;
    assert_eq!(revoked["revoked"], true);
    let (code, told) = deployment.run(&format!("app key revoke {id}")).await;
    let expected = format!("fiveone: there is no key {id}, or it is revoked already\n");
    assert_eq!((code, told), (Some(2), expected));
    let listed = deployment.json("app key list loans --json").await;
    let shown: Vec<_> = listed.as_array().unwrap().iter().collect();
    assert_eq!(shown.len(), 2);
    assert_eq!((&shown[0]["mode"], &shown[0]["note"]), (&"live".into(), &"server".into()));
    assert!(shown[0]["revokedAt"].is_string() && shown[1]["revokedAt"].is_null(), "{listed}");
    assert!(!listed.to_string().contains("fo_"), "{listed}");
    let (code, told) = deployment.run("app key create nobody").await;
    assert_eq!((code, told.as_str()), (Some(2), "fiveone: there is no app nobody\n"));
}
