//! The deployment key: where it comes from, who else may read it, and a new one in its place.

use std::os::unix::fs::PermissionsExt as _;

use fiveone_engine::seal::DeploymentKeys;
use serde_json::json;

use fiveone_testkit::TestStore;

use crate::operators::{Deployment, write_key};
use crate::process::{self, Gateway};
use crate::vendor_client::FUND;

#[tokio::test]
async fn a_key_that_others_may_read_is_refused_everywhere() {
    let deployment = Deployment::new();
    deployment.json("app create loans --json").await;
    let key = deployment.0.path().join("key");
    let set_mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&key, 0o644);
    set_mode(deployment.0.path(), 0o700);
    assert_eq!(deployment.run("app show").await.0, Some(0), "nobody else gets there");
    set_mode(deployment.0.path(), 0o755);
    for (line, expected) in
        [("serve", 3), ("app show", 3), ("ledger verify", 3), ("keys status", 3), ("doctor", 1)]
    {
        let (code, told) = deployment.run(line).await;
        let is_told = told.contains("others may read it (mode 644") && told.contains("chmod 600");
        assert!(code == Some(expected) && is_told, "{line}: {code:?} {told}");
    }
}

#[tokio::test]
async fn a_command_may_print_the_key() {
    let deployment = Deployment::new();
    let folder = deployment.0.path().display().to_string();
    let config = deployment.0.path().join("fiveone.toml");
    let write = |command: &str| {
        let text = format!(
            "[store]\nurl = \"sqlite:{folder}/fiveone.db\"\n\
             [keys]\ndeployment_key_command = \"{command}\"\n"
        );
        std::fs::write(&config, text).unwrap();
    };
    let run = async |line: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_fiveone"));
        let command = command.args(line.split(' ')).env("FIVEONE_CONFIG", &config);
        let output = command.output().await.unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(told).unwrap())
    };
    write(&format!("cat {folder}/key"));
    assert_eq!(run("app create loans").await.0, Some(0));
    // What the file has sealed the command opens: it is the same key.
    assert_eq!(deployment.json("keys status --json").await["unreadable"], json!({}));
    write("echo no vault here >&2; exit 7");
    let (code, told) = run("app show").await;
    let why = "keys.deployment_key_command: it ended with exit status: 7";
    assert!(code == Some(3) && told.contains(why) && told.contains("no vault here"), "{told}");
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_an_old_one() {
    let deployment = Deployment::new();
    let key = deployment.0.path().join("key");
    let old = std::fs::read_to_string(&key).unwrap();
    let new = DeploymentKeys::generate_numbered(2).unwrap();
    deployment.json("app create loans --json").await;
    deployment.json("app topup loans 5.00 --json").await;
    write_key(&key, &format!("{}{old}", new.as_str()));
    let status = deployment.json("keys status --json").await;
    assert_eq!((&status["newest"], &status["old"]), (&json!(2), &json!(2)));
    let under = json!({ "keptKeys": { "1": 1 }, "tokenIds": { "1": 1 } });
    assert_eq!(status["under"], under);
    let rotated = deployment.json("keys rotate --json").await;
    assert_eq!((&rotated["rotated"], &rotated["old"]), (&json!(2), &json!(0)));
    write_key(&key, &new);
    assert_eq!(deployment.json("ledger verify --json").await["clean"], json!(true));
    assert_eq!(deployment.run("doctor").await.0, Some(0));
    write_key(&key, &old);
    let (code, told) = deployment.run("keys status").await;
    assert!(code == Some(1) && told.contains("tokenIds  1 open with none of these keys"), "{told}");
}

/// Tells a node to read its keys again, and waits until it has.
async fn hang_up(deployment: &process::Deployment, gateway: &Gateway) {
    let taken = || deployment.log_text().matches("deployment keys taken up").count();
    let before = taken();
    gateway.signal("HUP").await;
    let mut every = tokio::time::interval(std::time::Duration::from_millis(20));
    while taken() == before {
        every.tick().await;
    }
}

/// Creates a task at one node and follows it to its end at the other.
async fn goes_well(deployment: &process::Deployment, first: &Gateway, second: &Gateway) {
    let person = fiveone_lab::people(&deployment.lab.world(), "fund", "990000", 1).remove(0);
    let fields = crate::gateway::login_fields(&person, "good");
    let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let created = first.client.create(FUND, "990000", "1", &fields).await;
    let tid = created["tid"].as_str().unwrap_or_else(|| panic!("{created}")).to_owned();
    let mut every = tokio::time::interval(std::time::Duration::from_millis(50));
    loop {
        every.tick().await;
        let data = second.client.result(FUND, &tid).await;
        match data["code"].as_str().unwrap() {
            "10004" => {
                let picture = data["base64_image_bytes"].as_str().unwrap();
                let picture = crate::gateway::read_picture(picture);
                second.client.user_code(FUND, &tid, &picture).await;
            }
            "40001" => return,
            code => assert!(code < "40000", "{data}"),
        }
    }
}

#[tokio::test]
async fn running_nodes_take_up_a_new_key_and_forget_the_old_one() {
    let deployment = process::Deployment::new(TestStore::postgres().await, "").await;
    let (first, second) = (deployment.gateway().await, deployment.another_gateway().await);
    let key = deployment.folder.path().join("key");
    let old = std::fs::read_to_string(&key).unwrap();
    let new = DeploymentKeys::generate_numbered(2).unwrap();

    // In one step, and one node alone is told: the other looks when it misses the key.
    write_key(&key, &format!("{}{old}", new.as_str()));
    hang_up(&deployment, &first).await;
    goes_well(&deployment, &first, &second).await;
    goes_well(&deployment, &second, &first).await;
    let rotated = deployment.command(&["keys", "rotate", "--json"]).await;
    assert_eq!(rotated["old"], json!(0));
    write_key(&key, &new);
    for gateway in [&first, &second] {
        hang_up(&deployment, gateway).await;
    }
    goes_well(&deployment, &second, &first).await;

    // Another deployment's key is not taken up.
    write_key(&key, &DeploymentKeys::generate_numbered(3).unwrap());
    first.signal("HUP").await;
    let mut every = tokio::time::interval(std::time::Duration::from_millis(20));
    while !deployment.log_text().contains("none of the keys that were known is there") {
        every.tick().await;
    }
    write_key(&key, &new);
    goes_well(&deployment, &first, &second).await;
    deployment.settle().await;
    assert_eq!(deployment.command(&["keys", "status", "--json"]).await["unreadable"], json!({}));
    first.kill().await;
    second.kill().await;
}
