//! The HTTP side: finds the city of a request, opens the session, lets the family answer and sends
//! the page as the behaviour wants. The pages for testers (`/people`, `/truth`…) are in `index`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body as Stream, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};

use crate::callbacks::Callbacks;
use crate::city::{City, Family};
use crate::mischief;
use crate::people::World;
use crate::picture::Pool;
use crate::session::{Inboxes, Sessions, lock};
use crate::visit::{Fields, Page, Visit};
use crate::{fund, index, insurance, model_city};

const BODY_BYTES_MAX: usize = 64 * 1024;

/// Everything the lab owns.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) address: SocketAddr,
    pub(crate) slow: Duration,
    pub(crate) sessions: Sessions,
    pub(crate) inboxes: Inboxes,
    pub(crate) pool: Pool,
    pub(crate) callbacks: Callbacks,
}

/// Wires the whole lab.
pub(crate) fn router(house: Arc<House>) -> Router {
    index::routes().fallback(portal).with_state(house)
}

/// Any request that is not one of the testers' pages.
async fn portal(State(house): State<Arc<House>>, request: Request) -> Response<Stream> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let mut words = path.splitn(4, '/').skip(1);
    let (product, area) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let Some(city) = City::find(product, area) else {
        return index::not_found();
    };
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return mischief::respond(
            city,
            Page::tomcat(413, "Request Entity Too Large"),
            mischief::Mischief::None,
            house.slow,
            "",
        )
        .await;
    };
    let address = parts.uri.to_string();
    let key = cookie(&parts.headers, city.cookie());
    let (session, fresh) = house.sessions.open(&city.mount(), key.as_deref());
    let form = String::from_utf8_lossy(&body);
    let visit = Visit {
        house: &house,
        city,
        path: words.next().unwrap_or(""),
        query: Fields::read(parts.uri.query().unwrap_or(""), city.is_gbk),
        form: Fields::read(&form, city.is_gbk),
        method: parts.method,
        headers: parts.headers,
    };
    let (mut page, plan) = {
        let mut session = lock(&session);
        let page = answer(&visit, &mut session);
        let plan = mischief::plan(&visit, &mut session, &page);
        (page, plan)
    };
    if let Some(key) = fresh {
        page = page.cookie(format!("{}={key}; Path={}; HttpOnly", city.cookie(), city.mount()));
    }
    mischief::respond(city, page, plan, house.slow, &address).await
}

fn answer(visit: &Visit<'_>, session: &mut crate::session::Session) -> Page {
    match visit.city.family {
        Family::WtWebJcr => fund::wt_web_jcr::answer(visit, session),
        Family::WscxZfbzgl => fund::wscx_zfbzgl::answer(visit, session),
        Family::NetfaceDto => fund::netface_dto::answer(visit, session),
        Family::Hsp => insurance::hsp::answer(visit, session),
        Family::Ehrss => insurance::ehrss::answer(visit, session),
        Family::PersonHtml => insurance::person_html::answer(visit, session),
        Family::Model => model_city::answer(visit, session),
    }
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|pair| pair.0 == name)
        .map(|pair| pair.1.to_owned())
}
