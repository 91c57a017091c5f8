//! The HTTP side: finds the city of a request, opens the session, lets the family answer and sends
//! the page as the behaviour wants. The pages for testers (`/people`, `/truth`…) are in `index`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body as Stream, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use percent_encoding::percent_decode_str;

use crate::behaviour::Behaviour;
use crate::cities::Portal;
use crate::dress;
use crate::family::Family;
use crate::faults::{self, Fault};
use crate::index;
use crate::people::World;
use crate::session::{Session, lock};
use crate::state::LabState;
use crate::vary::{Dimension, Stranger};
use crate::visit::{self, Fields, Page, Part, Visit};

const BODY_BYTES_MAX: usize = 64 * 1024;

/// Wires the whole lab.
pub(crate) fn router(state: Arc<LabState>) -> Router {
    index::routes().fallback(portal).with_state(state)
}

/// The place of a request: a city's portal, the plain one or a stranger's.
struct Place<'a> {
    portal: &'static Portal,
    world: World,
    mount: String,
    /// The path below the mount, without a leading slash.
    path: &'a str,
}

impl<'a> Place<'a> {
    /// Reads `/product/area/…` and `/vary/stranger/product/area/…`.
    fn find(state: &LabState, path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let (prefix, world, path) = match path.strip_prefix("vary/") {
            None => (String::new(), state.world, path),
            Some(rest) => {
                let (word, path) = rest.split_once('/')?;
                let stranger = Stranger::parse(&percent_decode_str(word).decode_utf8_lossy())?;
                (format!("/vary/{word}"), state.world.of_stranger(stranger), path)
            }
        };
        let mut words = path.splitn(3, '/');
        let portal = Portal::find(words.next()?, words.next()?)?;
        let mount = format!("{prefix}{}", portal.mount());
        Some(Self { portal, world, mount, path: words.next().unwrap_or("") })
    }
}

/// Any request that is not one of the testers' pages.
async fn portal(State(state): State<Arc<LabState>>, request: Request) -> Response<Stream> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let Some(place) = Place::find(&state, &path) else {
        return index::not_found();
    };
    let Place { portal: Portal { city, family }, world, mount, path } = place;
    let vary = world.varied(city);
    if path == "dimensions" {
        return index::dimensions(&world, city);
    }
    let charset = faults::Charset { is_gbk: city.is_gbk, told: dress::charset(&vary, city) };
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let page = Page::tomcat(413, "Request Entity Too Large");
        return faults::respond(charset, page, Fault::None, state.slow, "").await;
    };
    let address = parts.uri.to_string();
    let key = visit::cookie(&parts.headers, family.cookie);
    let (session, fresh) = state.sessions.open(&mount, key.as_deref());
    let body = String::from_utf8_lossy(&body).into_owned();
    let visit = Visit {
        state: &state,
        world,
        city,
        vary,
        mount,
        path,
        query: Fields::read(parts.uri.query().unwrap_or(""), city.is_gbk),
        form: Fields::read(&body, city.is_gbk),
        body,
        method: parts.method,
        headers: parts.headers,
    };
    let (page, plan) = {
        let mut session = lock(&session);
        let page = answer(family, &visit, &mut session);
        let plan = faults::plan(&visit, &mut session, &page);
        (page, plan)
    };
    let mut page = dress::dress(&visit.vary, page);
    if let Some(key) = fresh {
        page = page.cookie(format!("{}={key}; Path={}; HttpOnly", family.cookie, visit.mount));
    }
    faults::respond(charset, page, plan, state.slow, &address).await
}

/// The family's answer, or the page of a portal in maintenance in its place.
pub(crate) fn answer(family: &Family, visit: &Visit<'_>, session: &mut Session) -> Page {
    if let Some(variant) = visit.vary.variant(Dimension::Closed) {
        return dress::closed(variant, visit.city);
    }
    let page = (family.answer)(visit, session);
    match visit.vary.variant(Dimension::MaintenancePage) {
        Some(variant) if page.part == Part::Login && session.is(Behaviour::Maintenance) => {
            dress::closed(variant, visit.city).login()
        }
        _ => page,
    }
}
