//! A whole gateway for a test: lab, engine and interfaces in this process, on real sockets; on
//! either database; with the system's clock or one the test moves by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fiveone_connector::{Library, Limits, Portal, SourceFile};
use fiveone_engine::seal::DeploymentKeys;
use fiveone_engine::{Accounts, Engine, Options, Parts, SystemTime, Time};
use fiveone_lab::Lab;
use fiveone_model::app::{App, AppId};
use fiveone_model::product::Product;
use fiveone_model::task::TaskId;
use fiveone_store::{Leftovers, Store};
use fiveone_testkit::{TestStore, build};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::vendor_client::Client;

/// The app of every test.
pub(crate) const APP: &str = "app1";
/// Its tokenId.
pub(crate) const TOKEN: &str = "TOKEN001";
/// What it starts with, in 分.
pub(crate) const MONEY: i64 = 10_000_000;
/// The deployment key of tests.
const KEY: &str = "1:1111111111111111111111111111111111111111111111111111111111111111";

/// How a gateway is built.
pub(crate) struct Plan {
    pub(crate) options: Options,
    pub(crate) time: Arc<dyn Time>,
    pub(crate) web: fiveone_web::Options,
    /// Addresses instead of the lab's.
    pub(crate) portals: BTreeMap<String, String>,
    /// Connectors beside the built-in ones: path and text.
    pub(crate) more_connectors: Vec<(&'static str, &'static str)>,
}

impl Default for Plan {
    fn default() -> Self {
        let options = Options {
            callbacks_to_private: true,
            portal_concurrency: Some(16),
            unhealthy_after_failures: u32::MAX,
            tick_every_ms: 100,
            ..Options::default()
        };
        Self {
            options,
            time: Arc::new(SystemTime),
            web: fiveone_web::Options::default(),
            portals: BTreeMap::new(),
            more_connectors: Vec::new(),
        }
    }
}

/// The gateway.
pub(crate) struct TestGateway {
    pub(crate) store: TestStore,
    pub(crate) engine: Engine,
    pub(crate) lab: Lab,
    pub(crate) address: String,
    pub(crate) client: Client,
    parts: Shared,
}

/// What every node of a gateway is made of.
#[derive(Clone)]
struct Shared {
    store: Store,
    keys: DeploymentKeys,
    library: Arc<Library>,
    portal: Arc<dyn Portal>,
    time: Arc<dyn Time>,
    options: Options,
}

impl Shared {
    fn into_parts(self) -> Parts {
        let Self { store, keys, library, portal, time, options } = self;
        Parts { store, keys, library, portal, time, options }
    }
}

/// Serves an engine's interfaces on a socket of their own; its address.
async fn serve(engine: Engine, options: fiveone_web::Options) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = fiveone_web::router(engine, options, Arc::new(String::new));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// The way to portals of tests: no pace, and little patience with those that never end.
pub(crate) fn portal() -> Arc<dyn Portal> {
    let limits = Limits { requests_per_second: None, request_secs: 2, ..Limits::default() };
    fiveone_connector::live(limits, fiveone_connector::ExtraCertificates::default())
        .expect("a way to portals")
}

impl TestGateway {
    pub(crate) async fn sqlite() -> Self {
        Self::build(TestStore::sqlite().await, Plan::default()).await
    }

    pub(crate) async fn build(store: TestStore, plan: Plan) -> Self {
        let lab_options = fiveone_lab::Options {
            listen: ([127, 0, 0, 1], 0).into(),
            slow_ms: 30,
            ..Default::default()
        };
        let lab = fiveone_lab::start(lab_options).await.expect("the lab starts");
        let mut portals = lab.portals();
        portals.extend(plan.portals);
        let library = library(&portals, &plan.more_connectors);
        let keys = DeploymentKeys::parse(KEY).expect("a key");
        let accounts = Accounts::new((*store).clone(), keys.clone(), Arc::clone(&plan.time));
        open_app(&accounts).await;
        let parts = Shared {
            store: (*store).clone(),
            keys,
            library,
            portal: portal(),
            time: plan.time,
            options: plan.options,
        };
        let engine = Engine::start(parts.clone().into_parts()).await.expect("the engine starts");
        let address = serve(engine.clone(), plan.web).await;
        let client = Client::new(&address, APP, TOKEN);
        Self { store, engine, lab, address, client, parts }
    }

    /// The same engine behind interfaces of their own, which remember nothing of earlier polls.
    pub(crate) async fn router_of(engine: &Engine) -> Client {
        let address = serve(engine.clone(), fiveone_web::Options::default()).await;
        Client::new(&address, APP, TOKEN)
    }

    /// A second node over the same store and lab.
    pub(crate) async fn second_node(&self) -> Engine {
        Engine::start(self.parts.clone().into_parts()).await.expect("a second node")
    }

    /// Another app, and a client for it.
    pub(crate) async fn second_app(&self, id: &str, token: &str) -> Client {
        let id = AppId::parse(id).expect("an app id");
        let app = App::new(id.clone(), "另一个应用").with_all_grants();
        self.engine.accounts().create(app, token).await.expect("the store");
        Client::new(&self.address, id.as_str(), token)
    }

    /// Changes the app, so that the next call sees it.
    pub(crate) async fn change_app(&self, change: impl FnOnce(&mut App)) {
        let id = AppId::parse(APP).expect("an app id");
        let mut app = self.engine.accounts().show(&id).await.expect("the store").expect("the app");
        change(&mut app);
        self.engine.accounts().update(&app).await.expect("the store");
        self.engine.forget_apps();
    }

    /// Waits for a task to show a code that begins with one of these; its data.
    pub(crate) async fn wait_for(&self, product: Product, tid: &str, codes: &[&str]) -> Value {
        let mut changes = self.engine.changes();
        loop {
            changes.mark_unchanged();
            let data = self.client.result(document(product), tid).await;
            let code = text(&data["code"]);
            if codes.iter().any(|start| code.starts_with(start)) {
                return data;
            }
            assert!(!matches!(code.as_bytes()[0], b'4' | b'5'), "ended with {data}");
            let moved = tokio::time::timeout(Duration::from_secs(60), changes.changed()).await;
            assert!(moved.is_ok(), "nothing moves; the task is at {data}");
        }
    }

    /// Brings a task to its end as a person who reads well; its last data.
    pub(crate) async fn finish(&self, product: Product, tid: &str, id_card: &str) -> Value {
        loop {
            let mut changes = self.engine.changes();
            let data = self.client.result(document(product), tid).await;
            let code = match text(&data["code"]).as_str() {
                "10004" => Some(read_picture(&text(&data["base64_image_bytes"]))),
                "10003" => Some(self.last_sms(id_card).await),
                code if code.starts_with(['4', '5']) => return data,
                _ => None,
            };
            // A second answer to the same question is refused, and then it only remains to wait.
            if let Some(code) = code
                && self.client.user_code(document(product), tid, &code).await == 0
            {
                continue;
            }
            let moved = tokio::time::timeout(Duration::from_secs(60), changes.changed()).await;
            assert!(moved.is_ok(), "nothing moves; the task is at {data}");
        }
    }

    /// The last SMS a person got.
    pub(crate) async fn last_sms(&self, id_card: &str) -> String {
        let url = format!("{}/inbox/{id_card}", self.lab.base());
        let text = reqwest::get(url).await.expect("the lab").text().await.expect("a body");
        let json: Value = serde_json::from_str(&text).expect("an SMS");
        json["code"].as_str().expect("a code").to_owned()
    }

    /// People of an area of the lab.
    pub(crate) fn people(&self, product: Product, area: &str, count: u64) -> Vec<Value> {
        fiveone_lab::people(&self.lab.world(), product.as_str(), area, count)
    }

    /// Creates a task for a person with a password; its tid.
    pub(crate) async fn create(
        &self,
        product: Product,
        area: &str,
        person: &Value,
        password: &str,
    ) -> String {
        let fields = login_fields(person, password);
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let login_type = text(&person["login"]["login_type"]);
        let data = self.client.create(document(product), area, &login_type, &fields).await;
        assert_eq!(data["success"], true, "{data}");
        text(&data["tid"])
    }

    /// What must be true after every test: nothing is under way, and the books are clean.
    pub(crate) async fn assert_nothing_is_left(&self) {
        let left = self.store.read.leftovers().await.expect("the store");
        assert_eq!(left, Leftovers::default());
        let report = self.store.read.verify_ledger(&[]).await.expect("the store");
        assert_eq!(report.findings, []);
        assert_eq!(report.open_holds, 0);
    }

    /// Whether a task was paid for: `Some(true)` captured, `Some(false)` released.
    pub(crate) async fn is_captured(&self, tid: &str) -> Option<bool> {
        let id = AppId::parse(APP)?;
        let entries = self.store.read.entries(&id, 100_000).await.expect("the store");
        entries
            .iter()
            .filter(|entry| entry.task_id.as_ref().is_some_and(|id| id.as_str() == tid))
            .find_map(|entry| match entry.kind.as_str() {
                "capture" => Some(true),
                "release" => Some(false),
                _ => None,
            })
    }

    /// The id of a task.
    pub(crate) fn id(tid: &str) -> TaskId {
        TaskId::parse(tid).expect("a tid")
    }
}

/// The repository's connectors and a test's own.
fn library(
    portals: &BTreeMap<String, String>,
    more: &[(&'static str, &'static str)],
) -> Arc<Library> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../connectors");
    let mut sources = sources(&folder, &folder);
    sources.extend(
        more.iter()
            .map(|(path, text)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() }),
    );
    match Library::load(sources, portals) {
        Ok(library) => Arc::new(library),
        Err(complaints) => panic!("{complaints}"),
    }
}

fn sources(folder: &Path, root: &Path) -> Vec<SourceFile> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path, root));
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "csv") {
            let text = std::fs::read_to_string(&path).expect("a text");
            let path = path.strip_prefix(root).expect("within").display().to_string();
            found.push(SourceFile { path, text });
        }
    }
    found
}

async fn open_app(accounts: &Accounts) {
    let id = AppId::parse(APP).expect("an app id");
    let mut app = App::new(id.clone(), "测试应用").with_all_grants();
    app.calls_per_second = 1_000_000;
    for product in Product::ALL {
        accounts.set_tariff(None, product, build::tariff()).await.expect("the store");
    }
    if accounts.create(app, TOKEN).await.expect("the store") {
        accounts.topup(&id, MONEY, "").await.expect("the store");
    }
}

/// The login fields of a person for login_type 1, with another password.
pub(crate) fn login_fields(person: &Value, password: &str) -> Vec<(String, String)> {
    let login = person["login"].as_object().expect("login fields");
    login
        .iter()
        .filter(|(name, _)| *name != "login_type")
        .map(|(name, value)| {
            let value = if name == "password" { password.to_owned() } else { text(value) };
            (name.clone(), value)
        })
        .collect()
}

/// The document of a product.
pub(crate) fn document(product: Product) -> crate::vendor_client::Document {
    match product {
        Product::Fund => crate::vendor_client::FUND,
        Product::Insurance => crate::vendor_client::INSURANCE,
    }
}

/// A JSON value as text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a person reads in one of the lab's pictures.
pub(crate) fn read_picture(encoded: &str) -> String {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).expect("base64");
    fiveone_lab::answer_in(&bytes).expect("a picture of the lab")
}
