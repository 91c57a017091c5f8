//! Strangers must be drawn alike every time, differ where they say, and leave the truth alone.

mod requests;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use md5::{Digest, Md5};
use serde_json::Value;

use super::*;
use crate::callbacks::Callbacks;
use crate::cities::{CITIES, Portal};
use crate::dress;
use crate::facts::without_open;
use crate::fund::rsa;
use crate::html::escape;
use crate::people::{Person, World};
use crate::picture::Pool;
use crate::server;
use crate::session::{Inboxes, Session, Sessions};
use crate::state::LabState;
use crate::visit::{Body, Fields, Part, Visit};
use requests::REQUESTS;

#[test]
fn a_stranger_is_told_by_its_word() {
    for word in ["0", "7", "41:pager,notice"] {
        let stranger = Stranger::parse(word).unwrap();
        assert_eq!(Stranger::parse(&stranger.word()), Some(stranger), "{word}");
    }
    assert_eq!(Stranger::parse("7:none_such"), None);
    assert_eq!(Stranger::parse("seven"), None);
}

#[test]
fn the_same_seed_draws_the_same_and_most_dimensions_stay_off() {
    let mut drawn = 0;
    for seed in 0..200 {
        for city in CITIES {
            let vary = Vary::draw(Some(Stranger::new(seed)), city);
            assert_eq!(vary.names(), Vary::draw(Some(Stranger::new(seed)), city).names());
            drawn += vary.names().len();
        }
    }
    let each = drawn / (200 * CITIES.len());
    assert!((1..=4).contains(&each), "{each} dimensions a stranger");
    assert!(Vary::draw(None, &CITIES[0]).names().is_empty());
}

fn world() -> World {
    World { seed: 51, today: jiff::civil::date(2017, 12, 7), vary: None }
}

fn state() -> LabState {
    LabState {
        world: world(),
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        slow: Duration::ZERO,
        sessions: Sessions::new(),
        handsets: crate::handset::Handsets::new(Duration::ZERO),
        puzzle_for: Duration::ZERO,
        inboxes: Inboxes::new(),
        pool: Pool::new(51),
        callbacks: Callbacks::default(),
    }
}

/// What one visitor asks of a portal: the entry, the login, and every page with data.
fn requests(city: &Portal) -> &'static [&'static str] {
    let word = city.family.word;
    let of_family = REQUESTS.iter().filter(|entry| entry.0 == word);
    let found = of_family.clone().find(|entry| entry.1 == city.area);
    found.or(of_family.clone().find(|entry| entry.1.is_empty())).unwrap().2
}

/// One visitor of one portal.
struct Walk<'a> {
    state: &'a LabState,
    city: &'static Portal,
    world: World,
    person: Person,
    password: &'static str,
    session: Session,
    /// Pages with data that were answered well.
    data: usize,
}

impl<'a> Walk<'a> {
    fn new(
        state: &'a LabState,
        city: &'static Portal,
        stranger: Option<Stranger>,
        (index, password): (u64, &'static str),
    ) -> Self {
        let world = World { vary: stranger, ..state.world };
        let session = Session { token: "t".into(), picture_id: "pid".into(), ..Session::default() };
        let person = world.person(city, index);
        Self { state, city, world, person, password, session, data: 0 }
    }

    /// Fills in what stands in braces.
    fn fill(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let person = &self.person;
        let account = self.world.accounts(self.city, person, true).swap_remove(0);
        let digest = hex::encode(Md5::digest(self.password));
        let key = if self.city.area == "630100" { &rsa::LARGE } else { &rsa::SMALL };
        let version = if self.city.area == "370100" {
            crate::insurance::hsp::version(self.city, &person.id_card).unwrap()
        } else {
            "1.0.9".into()
        };
        let hidden = format!(
            "zgzh={}&sfzh={}&zgxm={}&dwbm={}",
            person.account, person.id_card, person.name, account.company_no
        );
        let ghosts = ["DataListGhost", "DataPool"]
            .map(|name| format!("rO0ABXNyAB5jb20ueWR5ZC5uYnAu{name}tc3FsdAACTDE="));
        let secret =
            if text.contains("{rsa}") { key.encipher(self.password) } else { String::new() };
        text.replace("{id}", &person.id_card)
            .replace("{rsa}", &secret)
            .replace("{account}", &person.account)
            .replace("{mobile}", &person.mobile)
            .replace("{sub_area}", person.sub_area)
            .replace("{password}", self.password)
            .replace("{md5}", &digest)
            .replace("{MD5}", &digest.to_ascii_uppercase())
            .replace("{version}", &version)
            .replace("{hidden}", &hidden)
            .replace("{pid}", &format!("2300000{:010}", person.index))
            .replace("{userid}", &format!("45080{:08}", person.index))
            .replace("{ghosts}", &format!("DATAlISTGHOST={}&_DATAPOOL_={}", ghosts[0], ghosts[1]))
    }

    fn visit(&self, request: &str) -> Visit<'a> {
        let (verb, rest) = request.split_once(' ').unwrap();
        let is_post = verb == "POST" || (verb == "BOTH" && self.city.area != "370100");
        let (path, text) = rest.split_once([' ', '?']).unwrap_or((rest, ""));
        let read = |text: &str| Fields::plain(text);
        let text = self.fill(text);
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("XSRF-TOKEN=t"));
        headers.insert(header::REFERER, HeaderValue::from_static("http://lab/"));
        headers.insert("x-requested-with", HeaderValue::from_static("XMLHttpRequest"));
        Visit {
            state: self.state,
            world: self.world,
            city: &self.city.city,
            vary: self.world.varied(self.city),
            mount: self.city.mount(),
            method: if is_post { Method::POST } else { Method::GET },
            // The walk lives no longer than its table of requests.
            path: Box::leak(self.fill(path).into_boxed_str()),
            query: if is_post { Fields::default() } else { read(&text) },
            form: if is_post { read(&text) } else { Fields::default() },
            body: text,
            headers,
        }
    }

    /// Everything that the portal sends on this walk, as text.
    fn go(&mut self) -> String {
        let mut sent = dress::charset(&self.world.varied(self.city), self.city).to_owned();
        for request in requests(self.city) {
            self.session.picture = Some("ABCD".into());
            let visit = self.visit(request);
            let page = server::answer(self.city.family, &visit, &mut self.session);
            let is_data = matches!(page.part, Part::Data(_)) && page.status == 200;
            self.data += usize::from(is_data);
            let page = dress::dress(&visit.vary, page);
            let body = match page.body {
                Body::Text(text) => text,
                Body::Json(value) => value.to_string(),
                Body::Bytes(_) => "a picture".into(),
                Body::Cut => "cut".into(),
            };
            sent += &format!(
                "\n== {request}\n{} {} {:?}\n{body}",
                page.status, page.content_type, page.location
            );
        }
        sent
    }
}

const WALKS: [(u64, &str); 8] = [
    (3, "good"),
    (7, "good"),
    (12, "good"),
    (11, "good"),
    (9, "good"),
    (3, "empty"),
    (3, "wrong"),
    (3, "maintenance"),
];

#[test]
fn every_plain_portal_lets_in_and_shows_its_pages() {
    let state = state();
    for city in CITIES {
        for (index, password) in [(0, "good"), (12, "good"), (3, "empty")] {
            let mut walk = Walk::new(&state, city, None, (index, password));
            let sent = walk.go();
            assert!(walk.session.is_signed_in, "{} {password}\n{sent}", city.key());
            assert!(walk.data >= 2, "{} {password}\n{sent}", city.key());
            assert!(sent.contains(&walk.person.id_card), "{}\n{sent}", city.key());
            let name = escape(&walk.person.name);
            assert!(sent.contains(&name), "{}\n{sent}", city.key());
        }
    }
}

#[test]
fn the_same_stranger_sends_the_same() {
    let (first, second) = (state(), state());
    for city in CITIES {
        for seed in 0..3 {
            let stranger = Some(Stranger::new(seed));
            let sent = |state| Walk::new(state, city, stranger, (3, "good")).go();
            assert_eq!(sent(&first), sent(&second), "{} {seed}", city.key());
        }
    }
}

/// What acts on certain characters or values only, which one or the other city does not show.
const SELDOM: [&str; 10] = [
    "zhang",
    "jiao",
    "amount",
    "colon",
    "units",
    "rowspan",
    "no_day",
    "nothing",
    "zero_blank",
    "synonyms",
];

/// In every city that has what a dimension acts on, some stranger shows it.
#[test]
fn every_dimension_can_be_seen_wherever_it_is_drawn() {
    let state = state();
    let (mut seen, mut unseen) = (BTreeSet::new(), BTreeSet::new());
    for city in CITIES {
        let plain = WALKS.map(|walk| Walk::new(&state, city, None, walk).go());
        for entry in DIMENSIONS.iter().filter(|entry| entry.fits(city)) {
            let is_seen = (0..12).any(|seed| {
                let stranger = Stranger::new(seed).with_only(&[entry.name]);
                let mut walks = WALKS.iter().zip(&plain);
                walks.any(|(walk, plain)| Walk::new(&state, city, stranger, *walk).go() != *plain)
            });
            if is_seen {
                seen.insert(entry.name);
            } else if !SELDOM.contains(&entry.name) {
                unseen.insert(format!("{} {} {}", entry.name, city.key(), city.name));
            }
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
    assert_eq!(seen.len(), DIMENSIONS.len(), "{seen:?}");
}

/// The truth of a person, by section and row, without what may be taken or left.
fn truth_of(world: &World, city: &'static Portal, index: u64) -> Value {
    let person = world.person(city, index);
    without_open(world.truth_of(city, &person.id_card, "good").unwrap())
}

#[test]
fn strangers_leave_the_truth_alone() {
    // These change the record itself, or what of it is on the portal.
    let lacking = ["absent", "zero_blank", "loans"];
    let others = ["reversal", "minus", "accounts", "account_ignored"];
    for city in CITIES {
        for index in [3, 12] {
            let plain = truth_of(&world(), city, index);
            let half = DIMENSIONS.iter().skip(usize::from(index == 12)).step_by(2);
            for entry in half.filter(|entry| entry.fits(city)) {
                let stranger = Stranger::new(index).with_only(&[entry.name]).unwrap();
                let truth = truth_of(&world().of_stranger(stranger), city, index);
                if lacking.contains(&entry.name) {
                    assert!(is_part(&truth, &plain), "{} {}", city.key(), entry.name);
                } else if !others.contains(&entry.name) {
                    assert_eq!(truth, plain, "{} {}", city.key(), entry.name);
                }
            }
        }
    }
}

/// Whether a truth lacks at most some fields of the other.
fn is_part(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(name, value)| whole.get(name).is_some_and(|whole| is_part(value, whole))),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() == whole.len() && part.iter().zip(whole).all(|(a, b)| is_part(a, b))
        }
        (part, whole) => part == whole,
    }
}
