//! All connectors, loaded and checked: the folder built into the program, or files given.

mod areas;
mod compose;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fiveone_model::{area::AreaCode, product::Product};
use serde_json::Value as Json;

pub use areas::AreaEntry;

use crate::{
    complaint::Complaints,
    connector::Connector,
    definition::{Dictionary, Outcomes},
    schema::{self, FileKind},
    yaml::{self, Node},
};

/// One file of the folder `connectors/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below `connectors/`, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

#[derive(rust_embed::RustEmbed)]
#[folder = "../../connectors/"]
struct BuiltIn;

/// Every connector, checked.
#[derive(Debug)]
pub struct Library {
    areas: BTreeMap<Product, Vec<AreaEntry>>,
    connectors: BTreeMap<(Product, AreaCode), Arc<Connector>>,
    warnings: Complaints,
}

/// The files of a folder by what they are.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) dictionaries: Arc<BTreeMap<String, Dictionary>>,
    pub(crate) outcomes: Arc<Outcomes>,
    pub(crate) families: BTreeMap<(Product, String), Node>,
    /// Families whose file is no YAML, which is told already.
    broken_families: BTreeSet<(Product, String)>,
    cities: Vec<(Product, Node)>,
    /// Text by path, for versions.
    texts: BTreeMap<String, String>,
    areas: String,
}

impl Library {
    /// The connectors built into the program.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn builtin() -> Result<Self, Complaints> {
        Self::with_portals(&BTreeMap::new())
    }

    /// The connectors built in, some of them pointed elsewhere: `"fund/210300"` → base address.
    ///
    /// # Errors
    /// Everything that is wrong with the files or with the addresses.
    pub fn with_portals(portals: &BTreeMap<String, String>) -> Result<Self, Complaints> {
        Self::load(Self::sources(), portals)
    }

    /// The files built into the program.
    fn sources() -> Vec<SourceFile> {
        BuiltIn::iter()
            .filter(|path| path.ends_with(".yaml") || path.ends_with(".csv"))
            .filter_map(|path| {
                let file = BuiltIn::get(&path)?;
                let text = String::from_utf8_lossy(&file.data).into_owned();
                Some(SourceFile { path: path.into_owned(), text })
            })
            .collect()
    }

    /// The built-in connectors of some files only, for tests of one family.
    #[cfg(test)]
    pub(crate) fn part(keep: &[&str]) -> Self {
        let is_shared = |path: &str| !path.starts_with("families/") && !path.starts_with("cities/");
        let wanted = |path: &str| is_shared(path) || keep.iter().any(|word| path.contains(word));
        let sources = Self::sources().into_iter().filter(|file| wanted(&file.path)).collect();
        Self::load(sources, &BTreeMap::new()).unwrap_or_else(|complaints| panic!("\n{complaints}"))
    }

    /// The connectors of the given files.
    ///
    /// # Errors
    /// Everything that is wrong with the files or with the addresses, at once.
    pub fn load(
        sources: Vec<SourceFile>,
        portals: &BTreeMap<String, String>,
    ) -> Result<Self, Complaints> {
        let mut complaints = Complaints::default();
        let files = Files::read(sources, &mut complaints);
        let mut connectors = BTreeMap::new();
        for (product, city) in &files.cities {
            let made = compose::connector(&files, *product, city, portals, &mut complaints);
            if let Some(connector) = made {
                let key = (*product, connector.area.clone());
                if connectors.insert(key, Arc::new(connector)).is_some() {
                    complaints.push(city.complaint("another file is for the same area"));
                }
            }
        }
        compose::check_families(&files, &mut complaints);
        let known: BTreeSet<String> = connectors
            .keys()
            .map(|(product, area)| format!("{}/{area}", product.as_str()))
            .collect();
        for key in portals.keys().filter(|key| !known.contains(*key)) {
            let near = crate::complaint::did_you_mean(key, known.iter().map(String::as_str));
            complaints.push_file("[portals]", format!("no connector `{key}`{near}"));
        }
        let areas = areas::read(&files.areas, &connectors, &mut complaints);
        if complaints.has_errors() {
            return Err(complaints);
        }
        Ok(Self { areas, connectors, warnings: complaints })
    }

    /// Every area of a product in the order of their codes, those without a connector included.
    #[must_use]
    pub fn areas(&self, product: Product) -> &[AreaEntry] {
        self.areas.get(&product).map_or(&[], Vec::as_slice)
    }

    /// The connector of an area.
    #[must_use]
    pub fn connector(&self, product: Product, area: &AreaCode) -> Option<&Arc<Connector>> {
        self.connectors.get(&(product, area.clone()))
    }

    /// Every connector.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.connectors.values()
    }

    /// What the check finds odd and does not refuse.
    #[must_use]
    pub const fn warnings(&self) -> &Complaints {
        &self.warnings
    }

    /// The JSON schema of connector files.
    #[must_use]
    pub fn schema() -> Json {
        schema::schema().clone()
    }
}

impl Files {
    fn read(sources: Vec<SourceFile>, complaints: &mut Complaints) -> Self {
        let mut files = Self::default();
        let mut dictionaries = BTreeMap::new();
        for SourceFile { path, text } in sources {
            let path = path.trim_start_matches("connectors/").to_owned();
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["areas.csv"] => files.areas.clone_from(&text),
                ["outcomes.yaml"] => {
                    let read = parse(&path, &text, complaints)
                        .and_then(|node| schema::read(&node, FileKind::Outcomes, complaints));
                    files.outcomes = Arc::new(read.unwrap_or_default());
                }
                ["dictionaries", name] => {
                    let read: Option<Dictionary> = parse(&path, &text, complaints)
                        .and_then(|node| schema::read(&node, FileKind::Dictionary, complaints));
                    if let Some(read) = read {
                        dictionaries.insert(stem(name).into_owned(), read);
                    }
                }
                [kind @ ("families" | "cities"), product, name] if name.ends_with(".yaml") => {
                    let Some(product) = Product::parse(product) else {
                        complaints.push_file(&path, "the folder is named after neither product");
                        continue;
                    };
                    let Some(node) = parse(&path, &text, complaints) else {
                        if *kind == "families" {
                            files.broken_families.insert((product, stem(name).into_owned()));
                        }
                        continue;
                    };
                    if *kind == "families" {
                        files.families.insert((product, stem(name).into_owned()), node);
                    } else {
                        files.cities.push((product, node));
                    }
                }
                _ => continue,
            }
            files.texts.insert(path, text);
        }
        files.dictionaries = Arc::new(dictionaries);
        files
    }

    /// Short hash of the files a connector is made of.
    pub(crate) fn version(&self, paths: &[&str]) -> String {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        let shared = self
            .texts
            .keys()
            .filter(|path| path.starts_with("dictionaries/") || path.as_str() == "outcomes.yaml");
        for path in paths.iter().copied().chain(shared.map(String::as_str)) {
            hash.update(path.as_bytes());
            hash.update(self.texts.get(path).map_or("", String::as_str).as_bytes());
        }
        hex::encode(&hash.finalize()[..6])
    }
}

fn parse(path: &str, text: &str, complaints: &mut Complaints) -> Option<Node> {
    yaml::parse(path, text, complaints)
}

fn stem(name: &str) -> Cow<'_, str> {
    name.strip_suffix(".yaml").unwrap_or(name).into()
}

#[cfg(test)]
mod tests;
