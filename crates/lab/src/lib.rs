//! The lab: simulated portals with known truth, on real HTTP on loopback. The portals are written from
//! facts about portal families, with people made up from a seed; the password a visitor types decides how
//! a portal behaves, and a second seed makes it one that somebody else might have written. It knows
//! nothing of connectors and nothing of the gateway.

mod behaviour;
mod calendar;
mod callbacks;
mod cities;
mod city;
mod dress;
mod facts;
mod family;
mod faults;
mod font;
mod fund;
mod grid;
mod handset;
mod html;
mod index;
mod insurance;
mod lines;
mod login;
mod model_city;
mod money;
mod notation;
mod people;
mod picture;
mod puzzle;
mod rng;
mod server;
mod session;
mod shown;
mod spelling;
mod state;
mod traits;
mod truth;
mod vary;
mod visit;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use jiff::civil::Date;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use people::World;
pub use vary::Stranger;

use cities::{CITIES, Portal};
use city::City;

/// How to start a lab.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What all people are made up from.
    pub seed: u64,
    /// The portals' current day; today in Shanghai when not set.
    pub today: Option<Date>,
    /// The delay of the `slow` behaviour.
    pub slow_ms: u64,
    /// How long a puzzle can be answered, and a phone be asked.
    pub puzzle_ms: u64,
    /// The seed of a stranger, whose portals then stand in place of the plain ones.
    pub vary: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8052)),
            seed: 51,
            today: None,
            slow_ms: 1_500,
            puzzle_ms: 120_000,
            vary: None,
        }
    }
}

impl Options {
    /// The world these options describe.
    pub fn world(&self) -> World {
        let now = || jiff::Timestamp::now().to_zoned(jiff::tz::Offset::constant(8).to_time_zone());
        World {
            seed: self.seed,
            today: self.today.unwrap_or_else(|| now().date()),
            vary: self.vary.map(Stranger::new),
        }
    }
}

/// A running lab.
#[derive(Debug)]
pub struct Lab {
    address: SocketAddr,
    world: World,
    inboxes: session::Inboxes,
    handsets: handset::Handsets,
    stop: CancellationToken,
    server: JoinHandle<std::io::Result<()>>,
}

/// Binds the address and serves in the background until stopped.
///
/// # Errors
/// When the address cannot be bound.
pub async fn start(options: Options) -> std::io::Result<Lab> {
    let listener = TcpListener::bind(options.listen).await?;
    let address = listener.local_addr()?;
    // Small answers on kept connections must not wait for delayed acknowledgements.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "connection keeps its delay");
        }
    });
    let world = options.world();
    let inboxes = session::Inboxes::new();
    let puzzle_for = Duration::from_millis(options.puzzle_ms);
    let handsets = handset::Handsets::new(puzzle_for);
    let state = Arc::new(state::LabState {
        world,
        address,
        slow: Duration::from_millis(options.slow_ms),
        sessions: session::Sessions::new(),
        inboxes: inboxes.clone(),
        handsets: handsets.clone(),
        puzzle_for,
        pool: picture::Pool::new(options.seed),
        callbacks: callbacks::Callbacks::default(),
    });
    let stop = CancellationToken::new();
    let router = server::router(state);
    let stopped = stop.clone();
    let server = tokio::spawn(async move {
        tokio::select! {
            result = async { axum::serve(listener, router).await } => result,
            () = stopped.cancelled() => Ok(()),
        }
    });
    Ok(Lab { address, world, inboxes, handsets, stop, server })
}

impl Lab {
    /// Where the lab listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ip:port`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The world the portals stand in.
    pub fn world(&self) -> World {
        self.world
    }

    /// The base address of each portal, by `product/area`.
    pub fn portals(&self) -> BTreeMap<String, String> {
        portals(&self.base())
    }

    /// The base address of each portal of a stranger, by `product/area`.
    pub fn portals_of(&self, stranger: Stranger) -> BTreeMap<String, String> {
        portals(&format!("{}/vary/{}", self.base(), stranger.word()))
    }

    /// The code of the last SMS that a portal sent to somebody.
    pub fn last_sms(&self, id_card: &str) -> Option<String> {
        self.inboxes.last(id_card)?["code"].as_str().map(str::to_owned)
    }

    /// What a person sees in the question that a portal of the lab asked last: the place of a gap, the
    /// points of words, the account that is theirs, or what their phone opens.
    pub fn last_puzzle(&self) -> Option<String> {
        self.handsets.last()
    }

    /// Does on the person's phone what `act` says (`ok`, `no`, `expire`) with the request that a portal
    /// made last; `false` when there is none.
    pub fn tap(&self, id_card: &str, act: &str) -> bool {
        let act = match act {
            "ok" => handset::Act::Done(id_card.to_owned()),
            "no" => handset::Act::Refused,
            _ => handset::Act::Expired,
        };
        let link = self.handsets.last().unwrap_or_default();
        link.rsplit_once("/phone/").is_some_and(|(_, id)| self.handsets.put(id, act))
    }

    /// Stops listening. Connections that are open end with their clients.
    pub async fn stop(self) {
        self.stop.cancel();
        if let Err(error) = self.server.await {
            tracing::warn!(%error, "lab ended badly");
        }
    }
}

/// The base address below a base of each portal, by `product/area`.
pub fn portals(base: &str) -> BTreeMap<String, String> {
    CITIES.iter().map(|city| (city.key(), format!("{base}{}{}", city.mount(), city.path))).collect()
}

/// The base address of one portal below a base.
pub fn portal(base: &str, product: &str, area: &str) -> Option<String> {
    let city = City::find(product, area)?;
    Some(format!("{base}{}{}", city.mount(), city.path))
}

/// A simulated city as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CityEntry {
    /// `fund` or `insurance`.
    pub product: &'static str,
    /// The area code.
    pub area: &'static str,
    /// The city's Chinese name.
    pub name: &'static str,
    /// The portal family it runs.
    pub family: &'static str,
    /// The sections it shows, those that come with one request together.
    pub groups: &'static [&'static [&'static str]],
}

/// What a person reads in one of the lab's pictures; `None` when it is none.
pub fn answer_in(picture: &[u8]) -> Option<String> {
    picture::answer_in(picture)
}

/// Every city of the lab.
pub fn cities() -> Vec<CityEntry> {
    let entry = |city: &Portal| CityEntry {
        product: city.product.word(),
        area: city.area,
        name: city.name,
        family: city.family.word,
        groups: city.groups,
    };
    CITIES.iter().map(entry).collect()
}

/// The first `n` people of a city as `GET /people` shows them; none for an unknown city.
pub fn people(world: &World, product: &str, area: &str, n: u64) -> Vec<Value> {
    City::find(product, area).map(|city| world.people(city, 0, n)).unwrap_or_default()
}

/// What a perfect connector returns for a person who used this password (`good` for the plain case).
pub fn truth(
    world: &World,
    product: &str,
    area: &str,
    id_card: &str,
    password: &str,
) -> Option<Value> {
    let truth = world.truth_of(Portal::find(product, area)?, id_card, password)?;
    Some(facts::without_open(truth))
}

/// The same with the fields that a reader may take or leave, since the sources leave open what they
/// are: these have a question mark before their name.
pub fn truth_with_open_fields(
    world: &World,
    product: &str,
    area: &str,
    id_card: &str,
    password: &str,
) -> Option<Value> {
    world.truth_of(Portal::find(product, area)?, id_card, password)
}

/// The truth of a section for whoever read this: fields with a question mark are due when they were
/// taken, in any row.
pub fn settled(truth: &Value, read: &Value) -> Value {
    facts::settled(truth, read)
}

/// The fields of each section that a person's records have and this stranger's portal has no key for.
pub fn absent_fields(
    world: &World,
    product: &str,
    area: &str,
    id_card: &str,
    password: &str,
) -> BTreeMap<String, BTreeSet<String>> {
    let whole = World { vary: world.vary.map(Stranger::whole), ..*world };
    let truth = |world| truth(world, product, area, id_card, password).unwrap_or_default();
    let (whole, shown) = (truth(&whole), truth(world));
    let sections = whole.as_object().into_iter().flatten();
    sections
        .map(|(name, section)| {
            let shown = facts::fields(&shown[name]);
            (name.clone(), facts::fields(section).difference(&shown).cloned().collect())
        })
        .collect()
}

/// The passwords a city reacts to, each with its documented end.
pub fn behaviours(product: &str, area: &str) -> Vec<Value> {
    City::find(product, area).map(behaviour::rows).unwrap_or_default()
}

/// The final code (protocol P-40) that a password leads to in a city of this world, when the city
/// reacts to it; a stranger that is closed tells everybody so.
pub fn ending_code(world: &World, product: &str, area: &str, password: &str) -> Option<u32> {
    let city = City::find(product, area)?;
    let behaviour = behaviour::Behaviour::of(password);
    if !behaviour.is_offered(city) {
        return None;
    }
    if world.varied(city).has(vary::Dimension::Closed) {
        return Some(50_005);
    }
    behaviour::ending(city, behaviour).code.parse().ok()
}

/// A dimension in which strangers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DimensionEntry {
    /// Its name in addresses and tables.
    pub name: &'static str,
    /// What differs.
    pub about: &'static str,
    /// The kind of source that tells of it.
    pub source: &'static str,
}

/// Every dimension in which strangers differ.
pub fn dimensions() -> Vec<DimensionEntry> {
    let entry = |entry: &vary::Entry| DimensionEntry {
        name: entry.name,
        about: entry.about,
        source: entry.source,
    };
    vary::DIMENSIONS.iter().map(entry).collect()
}

/// The names of the dimensions that were drawn for a city of this world.
pub fn drawn(world: &World, product: &str, area: &str) -> Vec<&'static str> {
    City::find(product, area).map(|city| world.varied(city).names()).unwrap_or_default()
}

/// The page from which a connector for the model city can be written, in Markdown.
pub fn portal_notes(product: &str) -> Option<&'static str> {
    model_city::notes(product)
}
