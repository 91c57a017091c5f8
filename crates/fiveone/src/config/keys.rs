//! `[keys]`: where the deployment key comes from; the key itself is never in the file.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fiveone_engine::seal::{DeploymentKeys, KeySource};
use zeroize::Zeroizing;

use super::section::Section;
use crate::exit::{Failed, Reason};
use crate::secret_file;

/// The variable that holds the deployment key unless another is named.
pub(super) const DEFAULT_VARIABLE: &str = "FIVEONE_DEPLOYMENT_KEY";

/// How often a key that is missing is looked for at most.
const READ_AGAIN_EVERY: Duration = Duration::from_secs(5);

/// Where the deployment key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// A file with it.
    pub(crate) file: Option<PathBuf>,
    /// A command that prints it, when there is no file; when there is neither, the variable is asked.
    pub(crate) command: Option<String>,
    /// The environment variable with it.
    pub(crate) variable: String,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let file = section.text("deployment_key_file", "");
        let command = section.text("deployment_key_command", "");
        let must_be = "the name of an environment variable";
        let name = |text: &str| {
            let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            (is_name && !text.is_empty()).then(|| text.to_owned())
        };
        Self {
            file: (!file.is_empty()).then(|| file.into()),
            command: (!command.is_empty()).then_some(command),
            variable: section.parsed(
                "deployment_key_env",
                DEFAULT_VARIABLE.to_owned(),
                must_be,
                name,
            ),
        }
    }

    /// From where a running node reads the key again when it misses one. Not at every value that does not
    /// open: a command may be slow, and what it asks has limits.
    pub(crate) fn source(&self) -> KeySource {
        let (keys, next) = (self.clone(), Mutex::new(None));
        Box::new(move || {
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if next.is_some_and(|next| now < next) {
                return None;
            }
            *next = Some(now + READ_AGAIN_EVERY);
            let told = |failed: Failed| {
                tracing::error!(error = failed.message_only(), "deployment keys not taken up");
            };
            keys.load().map_err(told).ok()
        })
    }

    /// The key from where it is.
    ///
    /// # Errors
    /// It is not there, or is no key.
    pub(crate) fn load(&self) -> Result<DeploymentKeys, Failed> {
        let mistake = |message: String| Failed::message(Reason::Mistakes, message);
        let (text, place) = match (&self.file, &self.command) {
            (Some(path), _) => {
                (secret_file::read(path).map_err(mistake)?, path.display().to_string())
            }
            (None, Some(command)) => {
                (secret_file::print(command).map_err(mistake)?, "deployment_key_command".to_owned())
            }
            (None, None) => {
                let text = std::env::var(&self.variable).map_err(|_| {
                    let variable = &self.variable;
                    mistake(format!(
                        "no deployment key: name its file in keys.deployment_key_file, a command \
                         that prints it in keys.deployment_key_command, or put it into the \
                         variable {variable}; `fiveone config key` makes one"
                    ))
                })?;
                (Zeroizing::new(text), self.variable.clone())
            }
        };
        DeploymentKeys::parse(&text).ok_or_else(|| {
            mistake(format!("{place}: not lines of NUMBER:64 hex digits, each number once"))
        })
    }
}
