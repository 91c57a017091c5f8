//! The deployment key: where it comes from, who else may read it, and a new one in its place.

use std::os::unix::fs::PermissionsExt as _;

use fiveone_engine::seal::DeploymentKeys;
use serde_json::json;

use crate::operators::{Deployment, write_key};

#[tokio::test]
async fn a_key_that_others_may_read_is_refused_everywhere() {
    let deployment = Deployment::new();
    deployment.json("app create loans --json").await;
    let key = deployment.0.path().join("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
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
