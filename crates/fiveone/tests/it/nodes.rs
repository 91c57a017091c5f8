//! Many nodes over one database. Their own loops stand still: nothing but what a test is about moves
//! a task.

use std::sync::Arc;

use fiveone_model::product::Product;
use fiveone_testkit::{ManualClock, TestStore, build, on_both};

use crate::gateway::{Plan, TestGateway, read_picture, text};
use crate::vendor_client::FUND;

on_both!(
    a_node_that_stops_ends_what_still_waited,
    a_node_that_was_declared_dead_ends_at_once_and_leaves_its_tasks_to_others,
);

fn plan_without_ticks() -> (Plan, ManualClock) {
    let time = ManualClock::default();
    let mut plan = Plan { time: Arc::new(time.clone()), ..Plan::default() };
    plan.options.tick_every_ms = i64::MAX / 4;
    (plan, time)
}

#[tokio::test]
async fn an_answer_given_to_another_node_wakes_the_run_at_once() {
    let (plan, _) = plan_without_ticks();
    let gateway = TestGateway::build(TestStore::postgres().await, plan).await;
    let other = TestGateway::router_of(&gateway.second_node().await).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let picture = read_picture(&text(&data["base64_image_bytes"]));
    assert_eq!(other.user_code(FUND, &tid, &picture).await, 0);
    gateway.wait_for(Product::Fund, &tid, &["40001"]).await;
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn what_a_node_gives_back_is_taken_up_at_once() {
    let (mut plan, _) = plan_without_ticks();
    plan.options.shutdown_for_ms = 0;
    let gateway = TestGateway::build(TestStore::postgres().await, plan).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "slow").await;
    let data = gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let picture = read_picture(&text(&data["base64_image_bytes"]));
    assert_eq!(gateway.client.user_code(FUND, &tid, &picture).await, 0);
    gateway.wait_for(Product::Fund, &tid, &["2"]).await;
    let second = gateway.second_node().await;
    let (client, mut changes) = (TestGateway::router_of(&second).await, second.changes());
    gateway.engine.stop().await;
    loop {
        changes.mark_unchanged();
        let data = client.result(FUND, &tid).await;
        let code = text(&data["code"]);
        if code == "40001" {
            break;
        }
        assert!(code.starts_with(['2', '3']), "{code}");
        changes.changed().await.unwrap();
    }
    gateway.assert_nothing_is_left().await;
}

#[tokio::test]
async fn a_deployment_is_moved_by_one_command_when_its_nodes_have_stopped() {
    let gateway = TestGateway::sqlite().await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.finish(Product::Fund, &tid, &text(&person["id_card"])).await;
    let server = TestStore::postgres().await;
    let (from, to) = (gateway.store.url(), server.url());
    let migrate = async |from: &str| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_fiveone"));
        let output = command.args(["migrate", "--from", from, "--to", to]).output().await.unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = migrate(from).await;
    assert!(code == Some(1) && said.contains("has not signed off"), "{said}");
    gateway.engine.stop().await;
    let (code, said) = migrate(from).await;
    assert_eq!(code, Some(0), "{said}");
    let unsigned = "without the deployment key their signatures were not checked";
    assert!(said.ends_with(&format!("1 wallets, 3 entries, all clean; {unsigned}\n")), "{said}");
    let (code, said) = migrate(from).await;
    assert!(code == Some(1) && said.contains("has rows in node already"), "{said}");
    let (code, _) = migrate("sqlite:/nowhere/at-all.db").await;
    assert_eq!(code, Some(1));
    let moved = TestGateway::build(server, Plan::default()).await;
    assert_eq!(moved.client.result(FUND, &tid).await["code"], "40001");
}

#[tokio::test]
async fn p_32_a_twin_on_another_node_is_the_same_task() {
    let (plan, _) = plan_without_ticks();
    let gateway = TestGateway::build(TestStore::postgres().await, plan).await;
    let second = gateway.second_node().await;
    // The first hands over what it knows, and the second takes it.
    gateway.engine.tick().await.unwrap();
    second.tick().await.unwrap();
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    let other = TestGateway::router_of(&second).await;
    let create = async |password| {
        let fields = crate::gateway::login_fields(&person, password);
        let fields: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let data = other.create(FUND, "990000", "1", &fields).await;
        text(&data["tid"])
    };
    assert_eq!(create("good").await, tid);
    assert_ne!(create("captcha").await, tid, "another password is another create");
}

async fn a_node_that_stops_ends_what_still_waited(store: TestStore) {
    let (mut plan, _) = plan_without_ticks();
    // Nothing is ever claimed.
    plan.options.running_max = 0;
    let gateway = TestGateway::build(store, plan).await;
    let waiting: Vec<_> = (0..450)
        .map(|number| fiveone_store::NewTask {
            app_id: build::app_id(crate::gateway::APP),
            ..build::new_task("a", number)
        })
        .collect();
    gateway.store.write.admit(&waiting, build::NOW).await.unwrap();
    gateway.engine.stop().await;
    gateway.assert_nothing_is_left().await;
}

async fn a_node_that_was_declared_dead_ends_at_once_and_leaves_its_tasks_to_others(
    store: TestStore,
) {
    let (mut plan, time) = plan_without_ticks();
    // Far longer than anybody waits: the clock stands still.
    plan.options.shutdown_for_ms = i64::MAX / 4;
    let gateway = TestGateway::build(store, plan).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let tid = gateway.create(Product::Fund, "990000", &person, "good").await;
    gateway.wait_for(Product::Fund, &tid, &["10004"]).await;
    let dead = gateway.store.read.living_nodes().await.unwrap().remove(0);
    assert!(gateway.store.write.declare_dead(&dead.id, dead.beats, build::NOW).await.unwrap());
    gateway.engine.tick().await.expect_err("it learns it from its heartbeat");
    gateway.engine.lost().await;
    gateway.engine.stop().await;
    assert_eq!(gateway.client.result(FUND, &tid).await["code"], "10004", "it ended nothing");
    let other = gateway.second_node().await;
    time.advance(1);
    other.tick().await.unwrap();
    let client = TestGateway::router_of(&other).await;
    assert_eq!(client.result(FUND, &tid).await["code"], "50002");
    gateway.assert_nothing_is_left().await;
}
