//! The HTTP side: finds the city of a request, opens the session, lets the family answer and sends
//! the page as the behaviour wants. The pages for testers (`/people`, `/truth`…) are in `index`.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body as Stream, to_bytes};
use axum::extract::{Request, State};
use axum::http::Response;

use crate::city::City;
use crate::faults;
use crate::index;
use crate::session::lock;
use crate::state::LabState;
use crate::visit::{self, Fields, Page, Visit};

const BODY_BYTES_MAX: usize = 64 * 1024;

/// Wires the whole lab.
pub(crate) fn router(state: Arc<LabState>) -> Router {
    index::routes().fallback(portal).with_state(state)
}

/// Any request that is not one of the testers' pages.
async fn portal(State(state): State<Arc<LabState>>, request: Request) -> Response<Stream> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut words = path.splitn(4, '/').skip(1);
    let (product, area) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Some(city) = City::find(product, area) else {
        return index::not_found();
    };
    let entry = city.family.entry();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return faults::respond(
            city,
            Page::tomcat(413, "Request Entity Too Large"),
            faults::Fault::None,
            state.slow,
            "",
        )
        .await;
    };
    let address = parts.uri.to_string();
    let key = visit::cookie(&parts.headers, entry.cookie);
    let (session, fresh) = state.sessions.open(&city.mount(), key.as_deref());
    let form = String::from_utf8_lossy(&body);
    let visit = Visit {
        state: &state,
        city,
        path: words.next().unwrap_or(""),
        query: Fields::read(parts.uri.query().unwrap_or(""), city.is_gbk),
        form: Fields::read(&form, city.is_gbk),
        method: parts.method,
        headers: parts.headers,
    };
    let (mut page, plan) = {
        let mut session = lock(&session);
        let page = (entry.answer)(&visit, &mut session);
        let plan = faults::plan(&visit, &mut session, &page);
        (page, plan)
    };
    if let Some(key) = fresh {
        page = page.cookie(format!("{}={key}; Path={}; HttpOnly", entry.cookie, city.mount()));
    }
    faults::respond(city, page, plan, state.slow, &address).await
}
