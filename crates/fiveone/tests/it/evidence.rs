//! An operator sees the page of a portal that changed: its build and labels, no value of the person.

use fiveone_model::product::Product;
use fiveone_testkit::TestStore;
use serde_json::{Value, json};

use crate::findings::{finished_task, told};
use crate::gateway::text;
use crate::process::Deployment;

async fn an_operator_sees_what_a_portal_changed(store: TestStore) {
    let deployment = Deployment::new(store, "").await;
    let gateway = deployment.gateway().await;
    let shown = deployment.command(&["area", "evidence", "fund", "990000", "--json"]).await;
    assert_eq!(shown, json!([]));

    let world = deployment.lab.world();
    let person = &fiveone_lab::people(&world, "fund", "990000", 1)[0];
    for password in ["changed", "changedlogin"] {
        finished_task(&gateway, person, password).await;
    }
    deployment.settle().await;
    let shown = deployment.command(&["area", "evidence", "fund", "990000", "--json"]).await;
    let parts = shown.as_array().expect("a list");
    let outline: Vec<_> =
        parts.iter().map(|part| (text(&part["part"]), text(&part["change"]["step"]))).collect();
    assert_eq!(outline, [("login".into(), "enter".into()), ("baseInfo".into(), "base".into())]);
    let base = &parts[1]["change"];
    assert!(text(&base["reason"]).starts_with("changed: "), "{base}");
    let library = fiveone_connector::Library::builtin().expect("the connectors load");
    let area = fiveone_model::area::AreaCode::parse("990000").expect("a code");
    let connector = library.connector(Product::Fund, &area).expect("a connector");
    assert_eq!(text(&parts[1]["version"]), connector.version());

    // Nothing of the person, in either form; and nothing in clear in the database.
    let id_card = text(&person["id_card"]);
    let truth = fiveone_lab::truth(&world, "fund", "990000", &id_card, "good").expect("a report");
    let record = truth["baseInfo"].as_object().expect("a record");
    let values: Vec<String> = record
        .values()
        .filter_map(Value::as_str)
        .filter(|v| v.len() >= 6)
        .map(Into::into)
        .collect();
    assert!(values.len() > 8, "{values:?}");
    let (exit, page) = told(&deployment.run(&["area", "evidence", "fund", "990000"]).await);
    assert_eq!(exit, Some(0), "{page}");
    assert!(page.contains("baseInfo, seen 20"), "{page}");
    for place in [shown.to_string(), page] {
        let told: Vec<_> = values.iter().filter(|value| place.contains(*value)).collect();
        assert!(told.is_empty(), "{told:?} in {place}");
    }

    let metrics = gateway.client.request("GET", "/metrics").send().await.expect("an answer");
    let metrics = metrics.text().await.expect("a body");
    let counted: Vec<_> = metrics
        .lines()
        .filter(|line| line.starts_with("fiveone_portal_changes_suspected_total{"))
        .collect();
    let expected = r#"fiveone_portal_changes_suspected_total{product="fund",area="990000",kind="unexpected_page"} 2"#;
    assert_eq!(counted, [expected]);
    gateway.stop().await;
}

#[tokio::test]
async fn an_operator_sees_what_a_portal_changed_on_sqlite() {
    an_operator_sees_what_a_portal_changed(TestStore::sqlite().await).await;
}

#[tokio::test]
async fn an_operator_sees_what_a_portal_changed_on_postgres() {
    an_operator_sees_what_a_portal_changed(TestStore::postgres().await).await;
}
