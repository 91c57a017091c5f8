//! `fiveone connector`: for those who write them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fiveone_connector::{Library, SourceFile};
use fiveone_model::product::Product;
use serde_json::json;

use crate::exit::{Failed, Reason};
use crate::output;

/// Checks connectors
#[derive(Debug, Args)]
pub(crate) struct Connector {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Checks a folder of connectors, or the built-in ones: all mistakes, with file, line and
    /// column; exit 3 when there are any
    ///
    /// Example: fiveone connector check connectors
    Check {
        /// The folder that holds areas.csv, families/ and cities/
        folder: Option<PathBuf>,
        /// Prints one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Prints the JSON schema of the files, for editors
    ///
    /// Example: fiveone connector schema > connectors/schema.json
    Schema,
}

impl Connector {
    pub(crate) fn run(self) -> Result<(), Failed> {
        match self.action {
            Action::Check { folder, json } => check(folder.as_deref(), json),
            Action::Schema => {
                output::say_json(&Library::schema(), true);
                Ok(())
            }
        }
    }
}

fn check(folder: Option<&Path>, is_json: bool) -> Result<(), Failed> {
    let outcome = match folder {
        Some(folder) => Library::load(sources(folder)?, &std::collections::BTreeMap::new()),
        None => Library::builtin(),
    };
    match outcome {
        Ok(library) => {
            let count = |product| {
                let areas = library.areas(product).iter();
                areas.filter(|area| library.connector(product, &area.code).is_some()).count()
            };
            let (fund, insurance) = (count(Product::Fund), count(Product::Insurance));
            if is_json {
                let value = json!({ "clean": true, "fund": fund, "insurance": insurance });
                output::say_json(&value, false);
            } else {
                output::say(&format!("clean: {fund} fund and {insurance} insurance connectors"));
            }
            Ok(())
        }
        Err(complaints) => {
            if is_json {
                let lines: Vec<_> = complaints.to_string().lines().map(str::to_owned).collect();
                output::say_json(&json!({ "clean": false, "complaints": lines }), false);
            } else {
                output::say(&complaints.to_string());
            }
            Err(Failed::said(Reason::Mistakes))
        }
    }
}

/// Every file of a folder, by its path within.
pub(crate) fn sources(folder: &Path) -> Result<Vec<SourceFile>, Failed> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_ours = path.extension().is_some_and(|end| end == "yaml" || end == "csv");
            if is_ours {
                let text = std::fs::read_to_string(&path)?;
                let path = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.push(SourceFile { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
