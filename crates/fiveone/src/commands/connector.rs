//! `fiveone connector`: for those who write them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fiveone_connector::{Complaints, Library, SourceFile};
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
    /// Checks a folder of connectors, or the built-in ones: all mistakes and warnings, with file,
    /// line and column; exit 3 when there are mistakes, 0 when there are warnings alone
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
    if is_json {
        output::say_json(&report_json(&outcome), false);
    } else {
        output::say(&report(&outcome));
    }
    outcome.map(drop).map_err(|_| Failed::said(Reason::Mistakes))
}

/// What a check found, for people: every complaint on a line, and what it comes to on the last.
fn report(outcome: &Result<Library, Complaints>) -> String {
    let told = match outcome {
        Ok(library) => library.warnings(),
        Err(complaints) => complaints,
    };
    let errors = told.iter().filter(|complaint| complaint.is_error).count();
    let warnings = match told.len() - errors {
        0 => String::new(),
        1 => ", 1 warning".to_owned(),
        several => format!(", {several} warnings"),
    };
    let end = match outcome {
        Ok(library) => {
            let (fund, insurance) = counts(library);
            format!("clean: {fund} fund and {insurance} insurance connectors{warnings}")
        }
        Err(_) if errors == 1 => format!("refused: 1 error{warnings}"),
        Err(_) => format!("refused: {errors} errors{warnings}"),
    };
    format!("{told}{end}")
}

/// The same for programs.
fn report_json(outcome: &Result<Library, Complaints>) -> serde_json::Value {
    let lines = |told: &Complaints, is_error| -> Vec<String> {
        let of_kind = told.iter().filter(|complaint| complaint.is_error == is_error);
        of_kind.map(ToString::to_string).collect()
    };
    match outcome {
        Ok(library) => {
            let (fund, insurance) = counts(library);
            let warnings = lines(library.warnings(), false);
            json!({ "clean": true, "fund": fund, "insurance": insurance, "warnings": warnings })
        }
        Err(told) => json!({
            "clean": false,
            "complaints": lines(told, true),
            "warnings": lines(told, false),
        }),
    }
}

/// How many connectors there are, for the fund and for the insurances.
fn counts(library: &Library) -> (usize, usize) {
    let count = |product| library.connectors().filter(|one| one.product() == product).count();
    (count(Product::Fund), count(Product::Insurance))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(city: &str) -> Result<Library, Complaints> {
        let areas = "code,name,pinyin,initials,province\n210300,鞍山,anshan,as,辽宁\n";
        let sources = [("areas.csv", areas), ("cities/fund/210300-anshan.yaml", city)]
            .map(|(path, text)| SourceFile { path: path.to_owned(), text: text.to_owned() });
        Library::load(sources.to_vec(), &std::collections::BTreeMap::new())
    }

    const CITY: &str = r#"area: "210300"
with: { base: "http://h.test" }
login:
  - type: 1
    name: 身份证号
    fields: [id_card, password]
    steps: [{ post: in, form: { u: "{{ id_card }}", p: "{{ password }}" }, expect: { text: 欢迎 } }]
sections:
  baseInfo: { steps: [{ get: base }], record: { json: "$", map: { xm: employeeName } } }
"#;

    #[test]
    fn warnings_are_told_with_and_without_mistakes() {
        let check = |city: &str, text: &str, value: serde_json::Value| {
            let outcome = outcome(city);
            assert_eq!((report(&outcome).as_str(), report_json(&outcome)), (text, value));
        };
        check(
            CITY,
            "clean: 1 fund and 0 insurance connectors",
            json!({ "clean": true, "fund": 1, "insurance": 0, "warnings": [] }),
        );
        let unused = CITY.replace("{ get: base }", "{ get: base, capture: { x: { input: x } } }");
        let warning = "cities/fund/210300-anshan.yaml:9:54: warning: nothing uses `x`";
        check(
            &unused,
            &format!("{warning}\nclean: 1 fund and 0 insurance connectors, 1 warning"),
            json!({ "clean": true, "fund": 1, "insurance": 0, "warnings": [warning] }),
        );
        let error = "cities/fund/210300-anshan.yaml:7:33: error: nothing defines `idcard`, did you mean `id_card`?";
        check(
            &unused.replace("{{ id_card }}", "{{ idcard }}"),
            &format!("{error}\n{warning}\nrefused: 1 error, 1 warning"),
            json!({ "clean": false, "complaints": [error], "warnings": [warning] }),
        );
    }
}
