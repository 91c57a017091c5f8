//! The connectors: that they load, and with `--portals` that their portals can be reached and have
//! certificates a gateway takes.

use std::collections::BTreeMap;
use std::time::Duration;

use fiveone_connector::{ExtraCertificates, Library, Portal, Request, TransportError};
use fiveone_model::product::Product;
use futures_util::StreamExt as _;
use url::Url;

use super::finding::Finding;
use crate::config::Portals;

/// Portals that are asked at once.
const AT_ONCE: usize = 8;
/// How long one may take.
const ANSWER_FOR: Duration = Duration::from_secs(15);
/// Of its page nothing is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// How many connectors there are.
pub(super) fn count(library: &Library) -> Finding {
    let count = |product| {
        let areas = library.areas(product).iter();
        areas.filter(|area| library.connector(product, &area.code).is_some()).count()
    };
    let (fund, insurance) = (count(Product::Fund), count(Product::Insurance));
    Finding::good("connectors", format!("{fund} fund, {insurance} insurance"))
}

/// Asks every portal for its first page, as a run would.
pub(super) async fn look(library: &Library, config: &Portals) -> Vec<Finding> {
    const NAME: &str = "portals";
    let extra = match &config.extra_certificates {
        None => Ok(ExtraCertificates::default()),
        Some(path) => std::fs::read(path)
            .map_err(|error| error.to_string())
            .and_then(|pem| ExtraCertificates::from_pem(&pem))
            .map_err(|error| (path.display(), error)),
    };
    let portal = match extra {
        Ok(extra) => fiveone_connector::live(config.limits, extra),
        Err((path, error)) => {
            let fix = format!("openssl x509 -noout -subject -in {path}");
            return vec![Finding::bad(
                NAME,
                format!("portals.extra_certificates {path}: {error}"),
                fix,
            )];
        }
    };
    let portal = match portal {
        Ok(portal) => portal,
        Err(error) => return vec![Finding::bad(NAME, error, "fiveone --version")],
    };
    let mut bases = BTreeMap::new();
    for base in library.connectors().flat_map(|connector| connector.bases()) {
        // One page of a host tells of all.
        bases.entry(base.origin().ascii_serialization()).or_insert_with(|| base.clone());
    }
    let asked = bases.into_values().map(|base| ask(portal.as_ref(), base));
    let found: Vec<_> = futures_util::stream::iter(asked).buffered(AT_ONCE).collect().await;
    let count = found.len();
    let mut bad: Vec<_> = found.into_iter().flatten().collect();
    if bad.is_empty() {
        bad.push(Finding::good(NAME, format!("{count} answer")));
    }
    bad
}

async fn ask(portal: &dyn Portal, base: Url) -> Option<Finding> {
    let name = base.authority().to_owned();
    let request = Request {
        method: "GET",
        url: base.clone(),
        headers: Vec::new(),
        body: Vec::new(),
        answer_bytes_max: ANSWER_BYTES_MAX,
        time_max: ANSWER_FOR,
    };
    let error = match portal.send(request).await {
        // Any answer is one: whether its login works is another matter.
        Ok(_) | Err(TransportError::TooLarge | TransportError::Garbled) => return None,
        Err(error) => error,
    };
    let fix = match &error {
        TransportError::Tls(_) => {
            let port = base.port_or_known_default().unwrap_or(443);
            let host = base.host_str().unwrap_or_default();
            format!(
                "openssl s_client -connect {host}:{port} -servername {host} -showcerts </dev/null"
            )
        }
        _ => format!("curl -sSI {}", base.origin().ascii_serialization()),
    };
    Some(Finding::doubtful("portal", format!("{name}: {error}"), fix))
}
