//! The database: that it is there, has this program's schema, can be written, has room, is set as a
//! ledger needs it, and goes by our clock.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fiveone_engine::SystemTime;
use fiveone_model::clock::Clock as _;
use fiveone_store::{Server, Store};

use super::finding::Finding;
use crate::config::Config;

/// With less room than this somebody should look, and with less than a tenth of it now.
const ROOM_BYTES: u64 = 1 << 30;
/// A log of changes is emptied into its file long before it is so large.
const LOG_BYTES_MAX: u64 = 256 << 20;
/// Clocks that differ by more are told of; people and portals would notice.
const CLOCK_MS_MAX: u64 = 2_000;
/// The statement time-out that every session asks for, as the server tells it.
const STATEMENT_MS: &str = "15000";

/// The findings, and the store when everything else can be asked of it.
pub(super) async fn look(config: &Config, options: &str) -> (Vec<Finding>, Option<Store>) {
    const NAME: &str = "database";
    let url = &config.store.url;
    let file = url.strip_prefix("sqlite:");
    let file = file.map(|path| Path::new(path.strip_prefix("//").unwrap_or(path)));
    let mut findings = file.map(room).into_iter().collect::<Vec<_>>();
    let serve = format!("fiveone serve{options}");
    if file.is_some_and(|file| !file.exists()) {
        findings.push(Finding::doubtful(NAME, "not there yet; the first start makes it", serve));
        return (findings, None);
    }
    let store = match Store::open_as_it_is(url).await {
        Ok(store) => store,
        Err(error) => {
            let fix = match file {
                Some(file) => format!("ls -ld {0} $(dirname {0})", file.display()),
                None => "pg_isready -d \"$FIVEONE_STORE_URL\"    # or store.url".to_owned(),
            };
            let told = format!("cannot be opened: {}", fiveone_engine::causes(&error));
            findings.push(Finding::bad(NAME, told, fix));
            return (findings, None);
        }
    };
    let Ok((at, newest)) = store.read.schema_steps().await else {
        findings.push(Finding::doubtful(NAME, "empty; the first start fills it", serve));
        return (findings, None);
    };
    if at != newest {
        findings.push(other_schema(at, newest, options));
        return (findings, None);
    }
    findings.push(match store.try_writing().await {
        Ok(()) => Finding::good(NAME, format!("can be read and written, schema {at}")),
        Err(error) => {
            let told = format!("cannot be written: {}", fiveone_engine::causes(&error));
            let fix = file.map_or_else(
                || "psql \"$FIVEONE_STORE_URL\" -c 'show transaction_read_only'".to_owned(),
                |file| format!("chown $(id -un) {0} {0}-wal {0}-shm", file.display()),
            );
            Finding::bad(NAME, told, fix)
        }
    });
    findings.extend(file.into_iter().flat_map(|file| [rights(file), log(file)]));
    match store.read.server().await {
        Ok(None) => {}
        Ok(Some(server)) => findings.extend(of_server(&server, config, SystemTime.now())),
        Err(error) => {
            findings.push(Finding::bad(NAME, fiveone_engine::causes(&error), serve));
        }
    }
    (findings, Some(store))
}

fn other_schema(at: i64, newest: i64, options: &str) -> Finding {
    const NAME: &str = "schema";
    if at < newest {
        let told = format!(
            "{at}, and this program's is {newest}: the next start brings it there, and no way leads \
             back; stop the nodes and copy the database before"
        );
        return Finding::doubtful(NAME, told, format!("fiveone migrate{options}"));
    }
    let told = format!("{at}, and this program knows {newest}: a newer one has been here");
    Finding::bad(NAME, told, "fiveone --version    # install the newer one")
}

fn room(file: &Path) -> Finding {
    let folder = folder_of(file);
    match rustix::fs::statvfs(folder) {
        Ok(found) => of_room(folder, found.f_bavail.saturating_mul(found.f_frsize)),
        Err(error) => {
            let fix = format!("mkdir -m 700 -p {}", folder.display());
            Finding::bad("disk", format!("{}: {error}", folder.display()), fix)
        }
    }
}

fn folder_of(file: &Path) -> &Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn of_room(folder: &Path, bytes: u64) -> Finding {
    const NAME: &str = "disk";
    let shown = folder.display();
    let told = format!("{} MiB are free in {shown}", bytes >> 20);
    match bytes {
        _ if bytes < ROOM_BYTES / 10 => Finding::bad(NAME, told, format!("df -h {shown}")),
        _ if bytes < ROOM_BYTES => Finding::doubtful(NAME, told, format!("df -h {shown}")),
        _ => Finding::good(NAME, told),
    }
}

fn rights(file: &Path) -> Finding {
    const NAME: &str = "database file";
    let mode = |path: &Path| path.metadata().map_or(0, |found| found.permissions().mode() & 0o777);
    let (folder, mode) = (mode(folder_of(file)), mode(file));
    // Nobody passes a folder that is closed to him.
    if mode & 0o077 == 0 || folder & 0o011 == 0 {
        return Finding::good(NAME, "its owner's alone");
    }
    let fix = format!("chmod 600 {}", file.display());
    Finding::doubtful(NAME, format!("others may read or write it (mode {mode:o})"), fix)
}

fn log(file: &Path) -> Finding {
    let path = format!("{}-wal", file.display());
    of_log(&path, Path::new(&path).metadata().map_or(0, |found| found.len()))
}

fn of_log(path: &str, bytes: u64) -> Finding {
    const NAME: &str = "write-ahead log";
    let told = format!("{} MiB", bytes >> 20);
    if bytes <= LOG_BYTES_MAX {
        return Finding::good(NAME, told);
    }
    let told = format!("{told}: some process reads the database and does not end");
    Finding::doubtful(NAME, told, format!("fuser -v {path}"))
}

fn of_server(server: &Server, config: &Config, now: i64) -> Vec<Finding> {
    let setting = |name: &str| server.settings.get(name).map_or("", String::as_str);
    let change = |name: &str| {
        format!("psql -c \"alter system set {name} = on\" -c 'select pg_reload_conf()'")
    };
    let mut findings = Vec::new();
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        if setting(name) == "off" {
            let told = format!("{name} is off: a power cut may take money that was answered for");
            findings.push(Finding::doubtful("server", told, change(name)));
        }
    }
    if setting("statement_timeout") != STATEMENT_MS {
        let told = "time-outs of a session do not last: a pooler gives it to others between two \
                    statements";
        let fix = "psql -p 6432 pgbouncer -c 'show config'    # pool_mode = session";
        findings.push(Finding::bad("server", told, fix));
    }
    // A heartbeat and two listeners beside the pool.
    let needed = u64::from(config.store.connections_max) + 3;
    if setting("max_connections").parse::<u64>().is_ok_and(|max| max < needed) {
        let told = format!("fewer connections than one node takes ({needed})");
        let fix = format!("psql -c 'alter system set max_connections = {}'", needed * 2);
        findings.push(Finding::doubtful("server", told, fix));
    }
    if findings.is_empty() {
        let told = format!("set as a ledger needs it; {} MiB", server.bytes >> 20);
        findings.push(Finding::good("server", told));
    }
    findings.push(of_clock(server.now, now));
    findings
}

fn of_clock(theirs: i64, ours: i64) -> Finding {
    const NAME: &str = "clock";
    let difference = theirs.abs_diff(ours);
    let told = format!("{difference} ms from the database's");
    if difference <= CLOCK_MS_MAX {
        return Finding::good(NAME, told);
    }
    Finding::doubtful(NAME, told, "timedatectl set-ntp true")
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn room_and_log_and_clock_have_bounds() {
        let room = |bytes| of_room(Path::new("/srv"), bytes).state;
        assert_eq!(room(ROOM_BYTES), State::Good);
        assert_eq!(room(ROOM_BYTES - 1), State::Doubtful);
        assert_eq!(room(ROOM_BYTES / 10 - 1), State::Bad);
        assert_eq!(of_log("x-wal", LOG_BYTES_MAX).state, State::Good);
        let large = of_log("x-wal", LOG_BYTES_MAX + 1);
        assert_eq!((large.state, large.fix.as_deref()), (State::Doubtful, Some("fuser -v x-wal")));
        assert_eq!(of_clock(10_000, 8_000).state, State::Good);
        assert_eq!(of_clock(8_000, 10_001).state, State::Doubtful);
        assert_eq!(of_clock(i64::MIN, i64::MAX).state, State::Doubtful);
    }

    #[test]
    fn a_server_that_forgets_or_is_too_small_is_told_of() {
        let config = Config::parse("", []).unwrap();
        let server = |changed: &[(&str, &str)]| {
            let mut settings: std::collections::BTreeMap<_, _> = [
                ("fsync", "on"),
                ("full_page_writes", "on"),
                ("max_connections", "100"),
                ("statement_timeout", STATEMENT_MS),
                ("synchronous_commit", "on"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
            settings.extend(changed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
            let server = Server { now: 0, bytes: 0, settings };
            let states = of_server(&server, &config, 0).into_iter().map(|found| found.state);
            states.collect::<Vec<_>>()
        };
        let (good, doubtful, bad) = (State::Good, State::Doubtful, State::Bad);
        assert_eq!(server(&[]), [good, good]);
        assert_eq!(server(&[("fsync", "off")]), [doubtful, good]);
        assert_eq!(server(&[("synchronous_commit", "off")]), [doubtful, good]);
        assert_eq!(server(&[("statement_timeout", "0")]), [bad, good]);
        assert_eq!(server(&[("max_connections", "10")]), [doubtful, good]);
    }

    #[test]
    fn a_schema_behind_is_brought_on_and_one_ahead_is_not_touched() {
        let behind = other_schema(6, 7, " --config f.toml");
        assert_eq!(behind.state, State::Doubtful);
        assert_eq!(behind.fix.as_deref(), Some("fiveone migrate --config f.toml"));
        assert_eq!(other_schema(8, 7, "").state, State::Bad);
    }
}
