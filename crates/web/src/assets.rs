//! Scripts and styles of the pages, out of the program itself: nothing comes from elsewhere. What is not
//! ours is listed, with its version and licence, in `assets/NOTICE.md`.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const STYLES: &str = "text/css; charset=utf-8";

/// The name, type and bytes of each.
const ASSETS: [(&str, &str, &[u8]); 9] = [
    ("htmx.min.js", JAVASCRIPT, include_bytes!("../assets/htmx.min.js")),
    ("sse.min.js", JAVASCRIPT, include_bytes!("../assets/sse.min.js")),
    ("hpke.min.js", JAVASCRIPT, include_bytes!("../assets/hpke.min.js")),
    ("link.js", JAVASCRIPT, include_bytes!("../assets/link.js")),
    ("welcome.js", JAVASCRIPT, include_bytes!("../assets/welcome.js")),
    ("welcome.css", STYLES, include_bytes!("../assets/welcome.css")),
    ("viewer.css", STYLES, include_bytes!("../assets/viewer.css")),
    ("link.css", STYLES, include_bytes!("../assets/link.css")),
    ("console.css", STYLES, include_bytes!("../assets/console.css")),
];

/// Stands in their addresses, so that a new program's are fetched and an old one's are kept.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One of them.
pub(crate) async fn serve(Path((_, name)): Path<(String, String)>) -> Response {
    let Some((_, kind, bytes)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kept = (header::CACHE_CONTROL, "public, max-age=3600");
    let nosniff = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    ([(header::CONTENT_TYPE, *kind), kept, nosniff], *bytes).into_response()
}
