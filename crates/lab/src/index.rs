//! The pages for testers and newcomers: who lives here, what is true about them, what the passwords do.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{Response, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use crate::behaviour;
use crate::callbacks;
use crate::cities::{CITIES, Portal};
use crate::city::{City, Pictures};
use crate::facts;
use crate::handset;
use crate::html::escape;
use crate::model_city;
use crate::people::World;
use crate::state::LabState;
use crate::vary::{DIMENSIONS, Stranger};

const PEOPLE_MAX: u64 = 10_000;

/// The routes of the testers' pages.
pub(crate) fn routes() -> Router<Arc<LabState>> {
    Router::new()
        .route("/", get(home))
        .route("/portals", get(portals))
        .route("/people", get(people))
        .route("/truth/{product}/{area}/{id_card}", get(truth))
        .route("/inbox/{id_card}", get(inbox))
        .route("/phone/{id}", get(handset::tap))
        .route("/puzzle", get(puzzle))
        .route("/behaviours", get(behaviours))
        .route("/portal-notes/{product}/{area}", get(notes))
        .route("/callbacks/{name}", post(callbacks::receive).get(callbacks::list))
}

/// The answer for an address that means nothing.
pub(crate) fn not_found() -> Response<Body> {
    let body = json!({"error": "not found", "see": "/"});
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default)]
    product: String,
    #[serde(default)]
    area: String,
    n: Option<u64>,
    from: Option<u64>,
}

async fn portals(State(state): State<Arc<LabState>>) -> Response<Body> {
    Json(crate::portals(&format!("http://{}", state.address))).into_response()
}

/// What a person sees in the question that was asked last.
async fn puzzle(State(state): State<Arc<LabState>>) -> Response<Body> {
    Json(json!({"answer": state.handsets.last()})).into_response()
}

async fn people(State(state): State<Arc<LabState>>, Query(asked): Query<Asked>) -> Response<Body> {
    let Some(city) = City::find(&asked.product, &asked.area) else { return not_found() };
    let n = asked.n.unwrap_or(16).min(PEOPLE_MAX);
    Json(state.world.people(city, asked.from.unwrap_or(0), n)).into_response()
}

async fn behaviours(Query(asked): Query<Asked>) -> Response<Body> {
    match City::find(&asked.product, &asked.area) {
        Some(city) => Json(behaviour::rows(city)).into_response(),
        None => not_found(),
    }
}

/// What a stranger draws in a city, for `GET /vary/{stranger}/{product}/{area}/dimensions`.
pub(crate) fn dimensions(world: &World, city: &City) -> Response<Body> {
    let vary = world.varied(city);
    let drawn = DIMENSIONS.iter().filter_map(|entry| {
        let variant = vary.variant(entry.dimension)?;
        Some(json!({
            "name": entry.name,
            "about": entry.about,
            "source": entry.source,
            "variant": variant,
        }))
    });
    Json(json!({
        "stranger": world.vary.map(Stranger::word),
        "city": city.mount(),
        "dimensions": drawn.collect::<Vec<_>>(),
    }))
    .into_response()
}

#[derive(Debug, Deserialize)]
struct TruthQuery {
    password: Option<String>,
    /// The word of a stranger, whose truth lacks the keys that are nowhere on its portal.
    vary: Option<String>,
}

async fn truth(
    State(state): State<Arc<LabState>>,
    Path((product, area, id_card)): Path<(String, String, String)>,
    Query(query): Query<TruthQuery>,
) -> Response<Body> {
    let password = query.password.as_deref().unwrap_or("good");
    let stranger = query.vary.as_deref().map(Stranger::parse);
    let world = match stranger {
        None => state.world,
        Some(Some(stranger)) => state.world.of_stranger(stranger),
        Some(None) => return not_found(),
    };
    let truth =
        Portal::find(&product, &area).and_then(|city| world.truth_of(city, &id_card, password));
    truth.map_or_else(not_found, |truth| Json(facts::without_open(truth)).into_response())
}

async fn inbox(State(state): State<Arc<LabState>>, Path(id_card): Path<String>) -> Response<Body> {
    state.inboxes.last(&id_card).map_or_else(not_found, |message| Json(message).into_response())
}

async fn notes(Path((product, area)): Path<(String, String)>) -> Response<Body> {
    let notes = model_city::notes(&product).filter(|_| area == "990000");
    let markdown = [(header::CONTENT_TYPE, "text/markdown; charset=utf-8")];
    notes.map_or_else(not_found, |notes| (markdown, notes).into_response())
}

async fn home(State(state): State<Arc<LabState>>) -> Html<String> {
    let mut cities = String::new();
    for city in CITIES {
        city_row(&state, city, &mut cities);
    }
    let mut passwords = String::new();
    for (behaviour, password, about) in behaviour::TABLE {
        let offered = CITIES.iter().filter(|city| behaviour.is_offered(city));
        let mut codes: Vec<&str> =
            offered.map(|city| behaviour::ending(city, *behaviour).code).collect();
        let places = codes.len();
        codes.sort_unstable();
        codes.dedup();
        let _ = write!(
            passwords,
            "<tr><td><code>{password}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escape(about),
            codes.join(" / "),
            places,
        );
    }
    let page = include_str!("index.html")
        .replace("{{cities}}", &cities)
        .replace("{{passwords}}", &passwords)
        .replace("{{seed}}", &state.world.seed.to_string())
        .replace("{{today}}", &state.world.today.to_string())
        .replace("{{base}}", &format!("http://{}", state.address));
    Html(page)
}

fn city_row(state: &LabState, city: &Portal, out: &mut String) {
    let (product, area) = (city.product.word(), city.area);
    let pictures = match city.pictures {
        Pictures::None => "无 none",
        Pictures::Letters => "字符 letters",
        Pictures::Sum => "算式 sum",
        Pictures::AfterFailure => "失败后 after a failure",
    };
    let ways: Vec<String> =
        city.ways.iter().map(|way| format!("{}: {}+password", way.0, way.2.join("+"))).collect();
    let first = state.world.person(city, 0).id_card;
    let query = format!("product={product}&amp;area={area}");
    let product_name = if product == "fund" { "公积金" } else { "社保" };
    let _ = write!(
        out,
        "<tr><td>{product_name}</td><td><b>{}</b> {area}</td><td><code>{}</code></td>\
         <td><a href=\"{mount}{path}/\"><code>{mount}{path}</code></a></td><td>{pictures}</td><td>{}</td>\
         <td><a href=\"/people?{query}&amp;n=16\">people</a> · \
         <a href=\"/truth{mount}/{first}\">truth</a> · \
         <a href=\"/behaviours?{query}\">behaviours</a> · <a href=\"/inbox/{first}\">inbox</a></td></tr>",
        city.name,
        city.family.word,
        ways.join("<br>"),
        mount = city.mount(),
        path = city.path,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_behaviour_has_its_own_password() {
        let mut words: Vec<&str> = behaviour::TABLE.iter().map(|row| row.1).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), behaviour::TABLE.len());
        let row = &behaviour::rows(&CITIES[0])[0];
        assert_eq!(row["code"], "40001");
    }
}
