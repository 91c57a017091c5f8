//! The books as operators prove, sign and read them.

use fiveone_engine::seal::DeploymentKeys;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::operators::{Deployment, write_key};

impl Deployment {
    /// Runs statements behind the program's back.
    async fn execute(&self, sql: &str) {
        let url = format!("sqlite:{}/fiveone.db", self.0.path().display());
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }
}

async fn with_money() -> Deployment {
    let deployment = Deployment::new();
    deployment.json("app create loans --json").await;
    deployment.json("app topup loans 500.00 --note =1+1,汇款 --json").await;
    deployment
}

#[tokio::test]
async fn verify_names_the_first_bad_entry_and_ends_with_1() {
    let deployment = with_money().await;
    let clean = deployment.json("ledger verify --json").await;
    assert_eq!((&clean["clean"], &clean["entries"]), (&json!(true), &json!(1)));
    deployment.execute("update entry set amount_fen = 60000, note = 'x'").await;
    let (code, told) = deployment.run("ledger verify").await;
    let first =
        "loans: entry 1: its signature is wrong: it was changed or forged, or one before it\n";
    assert!(code == Some(1) && told.starts_with(first), "{code:?} {told}");
    let (code, told) = deployment.run("ledger verify --json").await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &told["findings"][0]["entry"]), (Some(1), &json!(1)));
    let (code, told) = deployment.run("doctor").await;
    assert!(code == Some(1) && told.contains("✗ books: loans: entry 1: "), "{told}");
}

#[tokio::test]
async fn a_checkpoint_that_was_kept_elsewhere_tells_of_a_cut() {
    let deployment = with_money().await;
    let file = deployment.file("books.json");
    let (code, printed) = deployment.run("ledger checkpoint").await;
    assert_eq!((code, printed.lines().count()), (Some(0), 1));
    deployment.json("app topup loans 1.00 --json").await;
    assert_eq!(deployment.run(&format!("ledger checkpoint --output {file}")).await.0, Some(0));
    let verify = format!("ledger verify --checkpoint {file}");
    assert_eq!(deployment.run(&verify).await.0, Some(0));

    // A backup from before the second top-up: its rows are right, and not all of them.
    let first: Value = serde_json::from_str(&printed).unwrap();
    let head = first["wallets"][0]["head"].as_str().unwrap();
    let cut = format!(
        "delete from entry where seq = 2; delete from checkpoint where number = 2;
         update wallet set entry_seq = 1, free_fen = 50000, funding_fen = 50000, head_hash = '{head}'"
    );
    deployment.execute(&cut).await;
    assert_eq!(deployment.run("ledger verify").await.0, Some(0), "the database alone is right");
    let (code, told) = deployment.run(&verify).await;
    let first = "loans: entry 2: missing; the given checkpoint 2 has seen entries up to 2\n";
    assert!(code == Some(1) && told.starts_with(first), "{code:?} {told}");

    std::fs::write(&file, "{\"version\":1").unwrap();
    let (code, told) = deployment.run(&verify).await;
    assert!(code == Some(3) && told.contains("books.json: not written by ledger checkpoint"));
}

#[tokio::test]
async fn with_another_deployment_key_nothing_starts_and_it_is_said_why() {
    let deployment = with_money().await;
    let (key, kept) = (deployment.file("key"), deployment.file("kept"));
    std::fs::rename(&key, &kept).unwrap();
    write_key(key.as_ref(), &DeploymentKeys::generate().unwrap());
    for (line, expected) in [
        ("serve", 1),
        ("app topup loans 1.00", 1),
        ("ledger verify", 1),
        ("ledger checkpoint", 1),
        ("doctor", 1),
    ] {
        let (code, told) = deployment.run(line).await;
        let why = "the deployment key is not the one of this database";
        assert!(code == Some(expected) && told.contains(why), "{line}: {code:?} {told}");
    }
    std::fs::rename(&kept, &key).unwrap();
    assert_eq!(deployment.json("ledger verify --json").await["clean"], json!(true));
}

#[tokio::test]
async fn a_key_of_the_books_that_is_gone_is_made_anew_only_when_asked() {
    let deployment = with_money().await;
    deployment.execute("delete from kept_key; delete from checkpoint").await;
    for line in ["serve", "app topup loans 1.00", "ledger verify", "doctor"] {
        let (code, told) = deployment.run(line).await;
        assert!(code == Some(1) && told.contains("`fiveone ledger adopt`"), "{line}: {told}");
    }
    assert_eq!(deployment.json("ledger adopt --json").await, json!({ "adopted": true }));
    assert_eq!(deployment.json("ledger adopt --json").await, json!({ "adopted": false }));
    // It was signed under another key: what nobody can prove any more is told.
    let (code, told) = deployment.run("ledger verify").await;
    assert!(
        code == Some(1) && told.starts_with("loans: entry 1: its signature is wrong"),
        "{told}"
    );
}

#[tokio::test]
async fn a_statement_is_a_table_an_object_or_csv() {
    let deployment = with_money().await;
    deployment.execute("update entry set at = 1795305600000").await;
    let line = "ledger statement --app loans --month 2026-11";
    let csv = "app,entry,time,kind,tid,product,area,code,amount,free,held,captured,note\r\n\
         loans,,,opening,,,,,,0.00,0.00,0.00,\r\n\
         loans,1,2026-11-22 08:00:00,topup,,,,,500.00,500.00,0.00,0.00,\"'=1+1,汇款\"\r\n\
         loans,,,closing,,,,,,500.00,0.00,0.00,\r\n";
    assert_eq!(deployment.run(&format!("{line} --csv")).await, (Some(0), csv.to_owned()));
    let nothing = json!({ "free": "0.00", "held": "0.00", "captured": "0.00", "paidIn": "0.00" });
    let all = json!({ "free": "500.00", "held": "0.00", "captured": "0.00", "paidIn": "500.00" });
    let expected = json!({
        "app": "loans",
        "month": "2026-11",
        "timeZone": "Asia/Shanghai",
        "opening": nothing,
        "lines": [{
            "entry": 1, "time": "2026-11-22 08:00:00", "kind": "topup", "tid": null,
            "product": null, "area": null, "code": null, "amount": "500.00",
            "note": "=1+1,汇款", "balance": all,
        }],
        "closing": all,
    });
    assert_eq!(deployment.json(&format!("{line} --json")).await, expected);
    let (_, table) = deployment.run(line).await;
    let widths: Vec<_> = table.lines().skip(2).map(|line| line.find("0.00  ").is_some()).collect();
    assert_eq!(widths, [true, true, true], "{table}");
    let (_, next) = deployment.run("ledger statement --app loans --month 2026-12 --csv").await;
    assert!(next.contains("opening,,,,,,500.00,") && next.lines().count() == 3, "{next}");
    for (line, code) in [
        ("ledger statement --app nobody --month 2026-11", 2),
        ("ledger statement --app loans --month 2026-13", 2),
        ("ledger statement --app loans --month 2026-11 --csv --json", 2),
    ] {
        assert_eq!(deployment.run(line).await.0, Some(code), "{line}");
    }
}
