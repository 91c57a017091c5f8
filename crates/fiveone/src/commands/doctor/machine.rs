//! The machine: locked memory, open files, and the port.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

use super::finding::Finding;
use crate::config::{Config, Server};
use crate::connections::OTHER_DESCRIPTORS;

/// How long a node that serves already has to answer.
const ANSWER_FOR: Duration = Duration::from_secs(3);

/// What the system lets a process have. These are the limits of whoever runs this command.
pub(super) fn look(config: &Config) -> [Finding; 2] {
    let memory = getrlimit(Resource::Memlock).current;
    let files = getrlimit(Resource::Nofile).maximum;
    [locked_memory(memory), open_files(files, config.server.connections.max)]
}

fn locked_memory(limit: Option<u64>) -> Finding {
    const NAME: &str = "memory";
    match limit {
        None => Finding::good(NAME, "may be locked: nothing is swapped out"),
        Some(bytes) => Finding::doubtful(
            NAME,
            format!("only {bytes} bytes may be locked here: what people type may be swapped out"),
            "systemctl edit fiveone    # [Service] LimitMEMLOCK=infinity",
        ),
    }
}

fn open_files(limit: Option<u64>, connections_max: usize) -> Finding {
    const NAME: &str = "open files";
    let needed = u64::try_from(connections_max + OTHER_DESCRIPTORS).unwrap_or(u64::MAX);
    match limit {
        Some(files) if files < needed => Finding::doubtful(
            NAME,
            format!(
                "{files} are allowed; server.connections_max = {connections_max} needs {needed}"
            ),
            format!("systemctl edit fiveone    # [Service] LimitNOFILE={needed}"),
        ),
        _ => Finding::good(NAME, format!("enough for {connections_max} connections")),
    }
}

/// The port is free, or a gateway serves there already.
pub(super) async fn port(server: &Server) -> Finding {
    const NAME: &str = "port";
    let listen = server.listen;
    let error = match TcpListener::bind(listen) {
        Ok(_) => return Finding::good(NAME, format!("{listen} is free")),
        Err(error) => error,
    };
    if serves(server).await {
        return Finding::good(NAME, format!("a gateway serves at {listen}"));
    }
    let told = format!("cannot listen on {listen}: {error}");
    Finding::bad(NAME, told, format!("ss -ltnp 'sport = :{}'", listen.port()))
}

async fn serves(server: &Server) -> bool {
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    let mut address = server.listen;
    if address.ip().is_unspecified() {
        address = SocketAddr::from(([127, 0, 0, 1], address.port()));
    }
    // Its certificate is for its name and not for this address; nothing secret is sent.
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(ANSWER_FOR)
        .tls_danger_accept_invalid_certs(true)
        .build();
    let Ok(client) = client else { return false };
    match client.get(format!("{scheme}://{address}/healthz")).send().await {
        Ok(answer) => answer.text().await.is_ok_and(|text| text == "ok\n"),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn limits_that_are_too_low_are_doubtful() {
        assert_eq!(locked_memory(None).state, State::Good);
        assert_eq!(locked_memory(Some(8 << 20)).state, State::Doubtful);
        assert_eq!(open_files(None, 8_192).state, State::Good);
        assert_eq!(open_files(Some(1 << 20), 8_192).state, State::Good);
        let few = open_files(Some(1_024), 8_192);
        assert_eq!(few.state, State::Doubtful);
        let needed = 8_192 + OTHER_DESCRIPTORS;
        let fix = format!("systemctl edit fiveone    # [Service] LimitNOFILE={needed}");
        assert_eq!(few.fix, Some(fix));
    }
}
