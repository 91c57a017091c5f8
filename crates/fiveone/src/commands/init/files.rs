//! The files of a deployment: made once, for their owner alone, and never written over.

use std::path::{Path, PathBuf};

use fiveone_engine::seal::DeploymentKeys;

use super::answers::Answers;
use super::quoted;
use crate::commands::store_access::write_secret;
use crate::config::Config;
use crate::exit::{Failed, Reason};

/// Where a deployment's files are.
pub(super) struct Place {
    pub(super) config: PathBuf,
    pub(super) key: PathBuf,
    pub(super) database: PathBuf,
}

impl Place {
    /// The files beside a configuration, by paths that mean the same from every folder.
    pub(super) fn of(config: &Path) -> Result<Self, Failed> {
        let config = std::path::absolute(config)?;
        let beside = |name: &str| config.with_file_name(name);
        let (key, database) = (beside("deployment.key"), beside("fiveone.db"));
        Ok(Self { config, key, database })
    }

    /// Writes the key, unless there is one, and the configuration, which comes last: while there is
    /// none everything is asked again.
    pub(super) fn write(&self, answers: &Answers) -> Result<(), Failed> {
        use std::os::unix::fs::DirBuilderExt as _;
        let text = text(answers, &self.key);
        // What is written can be read again, whatever was typed.
        Config::parse(&text, []).map_err(|mistakes| Failed::message(Reason::Usage, mistakes))?;
        if let Some(folder) = self.config.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        if !self.key.exists() {
            write_secret(&self.key, &DeploymentKeys::generate()?)?;
        }
        // It may hold the password of a database.
        write_secret(&self.config, &text)?;
        Ok(())
    }

    /// A new key beside an old database would open nothing of it.
    pub(super) fn ensure_key_is_there(&self) -> Result<(), Failed> {
        let config = Config::load(Some(&self.config))?;
        match &config.keys.file {
            Some(file) if !file.exists() => {
                let message = format!(
                    "{} is there and its key {} is gone: put the copy back; with a new one nothing \
                     that is stored opens",
                    self.config.display(),
                    file.display()
                );
                Err(Failed::message(Reason::Mistakes, message))
            }
            _ => Ok(()),
        }
    }
}

fn text(answers: &Answers, key: &Path) -> String {
    let Answers { store, public, tls, listen, operator, .. } = answers;
    let operator = if operator.is_empty() { "not told" } else { operator };
    let mut text = format!(
        "# A gateway for 社保 and 公积金 records. Operator: {operator}\n\
         # Every option with its default: fiveone config default. What is wrong here: fiveone doctor.\n\n\
         [server]\n\
         # Where the node listens.\n\
         listen = {}\n",
        quoted(listen)
    );
    if !public.is_empty() {
        text.push_str(&format!(
            "# Where apps and persons reach it; apps sign this address, too.\n\
             public_bases = [{}]\n",
            quoted(public)
        ));
    }
    match tls {
        Some((cert, key)) => text.push_str(&format!(
            "# Read at start: restart the node when they have been renewed.\n\
             tls_cert = {}\ntls_key = {}\n",
            quoted(cert),
            quoted(key)
        )),
        None if !public.is_empty() => text.push_str(
            "# The proxy in front, whose X-Forwarded-For is believed.\n\
             trusted_proxies = \"127.0.0.1\"\n",
        ),
        None => {}
    }
    text.push_str(&format!(
        "\n[store]\nurl = {}\n\n\
         [keys]\n\
         # Keep a copy elsewhere, apart from that of the database: without it nothing opens again.\n\
         deployment_key_file = {}\n",
        quoted(store),
        quoted(&key.display().to_string())
    ));
    text
}
