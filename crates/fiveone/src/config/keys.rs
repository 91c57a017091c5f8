//! `[keys]`: where the deployment key comes from; the key itself is never in the file.

use std::path::PathBuf;

use fiveone_engine::seal::DeploymentKeys;
use zeroize::Zeroizing;

use super::section::Section;
use crate::exit::{Failed, Reason};

/// The variable that holds the deployment key unless another is named.
pub(super) const DEFAULT_VARIABLE: &str = "FIVEONE_DEPLOYMENT_KEY";

/// Where the deployment key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys {
    /// A file with it; when there is none, the variable is asked.
    pub(crate) file: Option<PathBuf>,
    /// The environment variable with it.
    pub(crate) variable: String,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let file = section.text("deployment_key_file", "");
        let must_be = "the name of an environment variable";
        let name = |text: &str| {
            let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            (is_name && !text.is_empty()).then(|| text.to_owned())
        };
        Self {
            file: (!file.is_empty()).then(|| file.into()),
            variable: section.parsed(
                "deployment_key_env",
                DEFAULT_VARIABLE.to_owned(),
                must_be,
                name,
            ),
        }
    }

    /// The key from where it is.
    ///
    /// # Errors
    /// It is not there, or is no key.
    pub(crate) fn load(&self) -> Result<DeploymentKeys, Failed> {
        let mistake = |message: String| Failed::message(Reason::Mistakes, message);
        let (text, place) = match &self.file {
            Some(path) => {
                let place = path.display().to_string();
                let text = std::fs::read_to_string(path)
                    .map_err(|error| mistake(format!("{place}: {error}")))?;
                (text, place)
            }
            None => {
                let text = std::env::var(&self.variable).map_err(|_| {
                    let variable = &self.variable;
                    mistake(format!(
                        "no deployment key: name its file in keys.deployment_key_file, or put it \
                         into the variable {variable}; `fiveone config key` makes one"
                    ))
                })?;
                (text, self.variable.clone())
            }
        };
        let text = Zeroizing::new(text);
        DeploymentKeys::parse(&text).ok_or_else(|| {
            mistake(format!("{place}: not lines of NUMBER:64 hex digits, each number once"))
        })
    }
}
