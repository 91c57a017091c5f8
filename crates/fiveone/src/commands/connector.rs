//! `fiveone connector`: for those who write them.

mod folder;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fiveone_connector::{Complaints, Library};
use fiveone_model::area::AreaCode;
use fiveone_model::product::Product;
use serde_json::json;

use super::app::ProductArg;
use super::area::code;
use crate::exit::{Failed, Reason};
use crate::output;
use folder::Folder;

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
    /// Writes the first lines of a city's file, which `check` takes, and says where it is
    ///
    /// Example: fiveone connector new fund 420700 --family wt-web-jcr
    New {
        product: ProductArg,
        #[arg(value_parser = code)]
        area: AreaCode,
        /// The vendor's product that the city's portal is: a file of families/
        #[arg(long)]
        family: String,
        /// The folder that holds areas.csv, families/ and cities/
        #[arg(long, default_value = "connectors")]
        folder: PathBuf,
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
            Action::New { product, area, family, folder } => {
                write_new(product.into(), &area, &family, &folder)
            }
            Action::Schema => {
                output::say_json(&Library::schema(), true);
                Ok(())
            }
        }
    }
}

/// Writes a starter; a file that is there is left alone.
fn write_new(product: Product, area: &AreaCode, family: &str, path: &Path) -> Result<(), Failed> {
    let folder = Folder::read(path);
    if folder.complaints.has_errors() {
        output::say(folder.complaints.to_string().trim_end());
        return Err(Failed::said(Reason::Mistakes));
    }
    let file = Library::starter(folder.sources, product, area, family)
        .map_err(|reason| Failed::message(Reason::Usage, reason))?;
    let place = path.join(&file.path);
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::File::create_new(&place)?.write_all(file.text.as_bytes())?;
    output::say(&format!(
        "{}: fill it in, then run: fiveone connector check {}",
        place.display(),
        path.display()
    ));
    Ok(())
}

fn check(folder: Option<&Path>, is_json: bool) -> Result<(), Failed> {
    let outcome = match folder {
        Some(folder) => load(Folder::read(folder)),
        None => Library::builtin(),
    };
    if is_json {
        output::say_json(&report_json(&outcome), false);
    } else {
        output::say(&report(&outcome));
    }
    outcome.map(drop).map_err(|_| Failed::said(Reason::Mistakes))
}

/// The connectors of a folder; what is wrong with the folder comes before what is wrong with them.
fn load(folder: Folder) -> Result<Library, Complaints> {
    let Folder { sources, mut complaints } = folder;
    if sources.is_empty() && complaints.has_errors() {
        return Err(complaints);
    }
    match Library::load(sources, &std::collections::BTreeMap::new()) {
        Ok(library) if complaints.has_errors() => {
            complaints.extend(library.warnings().clone());
            Err(complaints)
        }
        Ok(library) => Ok(library.with_warnings(complaints)),
        Err(others) => {
            complaints.extend(others);
            Err(complaints)
        }
    }
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

#[cfg(test)]
mod tests {
    use fiveone_connector::SourceFile;

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
        let warning = "cities/fund/210300-anshan.yaml:9:50: warning: nothing uses `x`";
        check(
            &unused,
            &format!("{warning}\nclean: 1 fund and 0 insurance connectors, 1 warning"),
            json!({ "clean": true, "fund": 1, "insurance": 0, "warnings": [warning] }),
        );
        let error = "cities/fund/210300-anshan.yaml:7:36: error: nothing defines `idcard`, did you mean `id_card`?";
        check(
            &unused.replace("{{ id_card }}", "{{ idcard }}"),
            &format!("{error}\n{warning}\nrefused: 1 error, 1 warning"),
            json!({ "clean": false, "complaints": [error], "warnings": [warning] }),
        );
    }
}
