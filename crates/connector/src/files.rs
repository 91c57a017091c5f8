//! The files of a folder of connectors, by what they are.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fiveone_model::product::Product;

use crate::{
    complaint::{Complaint, Complaints},
    definition::{Dictionary, Outcomes},
    schema::{self, FileKind},
    yaml::{self, Node},
};

/// The most bytes of a file; the longest that is shipped has a twentieth of it.
const FILE_BYTES_MAX: usize = 262_144;

/// One file of the folder `connectors/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its path below `connectors/`, with `/`.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// The files of a folder by what they are.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) dictionaries: Arc<BTreeMap<String, Dictionary>>,
    /// The same as they are written.
    pub(crate) dictionary_nodes: BTreeMap<String, Node>,
    /// Whether a dictionary has mistakes, so that what it maps is not known.
    pub(crate) has_broken_dictionary: bool,
    pub(crate) outcomes: Arc<Outcomes>,
    pub(crate) families: BTreeMap<(Product, String), Node>,
    /// Families whose file is no YAML, which is told already.
    pub(crate) broken_families: BTreeSet<(Product, String)>,
    pub(crate) cities: Vec<(Product, Node)>,
    /// Text by path, for versions.
    texts: BTreeMap<String, String>,
    pub(crate) areas: Option<String>,
}

impl Files {
    pub(crate) fn read(sources: Vec<SourceFile>, complaints: &mut Complaints) -> Self {
        let mut files = Self::default();
        let mut dictionaries = BTreeMap::new();
        let mut nodes = BTreeMap::new();
        for SourceFile { path, text } in sources {
            let path = path.trim_start_matches("connectors/").to_owned();
            if text.len() > FILE_BYTES_MAX {
                let message = format!(
                    "longer than {FILE_BYTES_MAX} bytes, which no connector is; is it the right file?"
                );
                complaints.push(Complaint::at(&path, (1, 1), message));
                continue;
            }
            let parts: Vec<&str> = path.split('/').collect();
            match parts.as_slice() {
                ["areas.csv"] => files.areas = Some(text.trim_start_matches('\u{feff}').to_owned()),
                ["outcomes.yaml"] => {
                    let read = yaml::parse(&path, &text, complaints)
                        .and_then(|node| schema::read(&node, FileKind::Outcomes, complaints));
                    files.outcomes = Arc::new(read.unwrap_or_default());
                }
                ["dictionaries", name] if name.ends_with(".yaml") => {
                    match dictionary(&path, &text, complaints) {
                        Some((node, read)) => {
                            nodes.insert(stem(name).into_owned(), node);
                            dictionaries.insert(stem(name).into_owned(), read);
                        }
                        None => files.has_broken_dictionary = true,
                    }
                }
                [kind @ ("families" | "cities"), product, name] if name.ends_with(".yaml") => {
                    let Some(product) = Product::parse(product) else {
                        let message = format!("no product `{product}`; it is fund or insurance");
                        complaints.push(Complaint::at(&path, (1, 1), message));
                        continue;
                    };
                    files.add(kind, product, stem(name).into_owned(), &path, &text, complaints);
                }
                _ => {
                    complaints.push(misplaced(&path));
                    continue;
                }
            }
            files.texts.insert(path, text);
        }
        files.dictionary_nodes = nodes;
        files.dictionaries = Arc::new(dictionaries);
        files
    }

    /// Adds a family or a city.
    fn add(
        &mut self,
        kind: &str,
        product: Product,
        name: String,
        path: &str,
        text: &str,
        complaints: &mut Complaints,
    ) {
        let is_family = kind == "families";
        let node = yaml::parse(path, text, complaints).filter(|node| {
            let is_map = node.is_map();
            if !is_map {
                let first = if is_family { "family: NAME" } else { "area: \"CODE\"" };
                complaints.push(
                    node.complaint(format!("expected keys and values; begin with `{first}`")),
                );
            }
            is_map
        });
        match (node, is_family) {
            (Some(node), true) => {
                self.families.insert((product, name), node);
            }
            (None, true) => {
                self.broken_families.insert((product, name));
            }
            (Some(node), false) => self.cities.push((product, node)),
            (None, false) => {}
        }
    }

    /// Complains of cities that have two files.
    pub(crate) fn complain_of_doubles(&self, complaints: &mut Complaints) {
        let mut first: BTreeMap<(Product, &str), &Node> = BTreeMap::new();
        for (product, city) in &self.cities {
            let Some(area) = city.get("area") else { continue };
            let Some(code) = area.text() else { continue };
            if let Some(other) = first.insert((*product, code), city) {
                let message = format!("{} is for {code} too; take one of them away", other.file);
                complaints.push(area.complaint(message));
            }
        }
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

/// A dictionary and where its keys stand.
fn dictionary(path: &str, text: &str, complaints: &mut Complaints) -> Option<(Node, Dictionary)> {
    let node = yaml::parse(path, text, complaints)?;
    let read = schema::read(&node, FileKind::Dictionary, complaints)?;
    Some((node, read))
}

/// A file that nothing reads.
fn misplaced(path: &str) -> Complaint {
    let message = "nothing reads this file; a family is families/PRODUCT/NAME.yaml, a city \
                   cities/PRODUCT/CODE-PINYIN.yaml, PRODUCT is fund or insurance";
    Complaint::at(path, (1, 1), message).as_warning()
}

fn stem(name: &str) -> Cow<'_, str> {
    name.strip_suffix(".yaml").unwrap_or(name).into()
}
