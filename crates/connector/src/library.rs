//! All connectors, loaded and checked: the folder built into the program, or files given.

mod areas;
mod compose;
mod starter;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fiveone_model::{area::AreaCode, product::Product};
use serde_json::Value as Json;

pub use areas::AreaEntry;

use crate::{
    complaint::Complaints,
    connector::Connector,
    files::{Files, SourceFile},
    schema,
};

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
    #[must_use]
    pub fn sources() -> Vec<SourceFile> {
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
        compose::check_dictionaries(&files, &mut complaints);
        let mut connectors = BTreeMap::new();
        files.complain_of_doubles(&mut complaints);
        for (product, city) in &files.cities {
            let made = compose::connector(&files, *product, city, portals, &mut complaints);
            if let Some(connector) = made {
                connectors.insert((*product, connector.area.clone()), Arc::new(connector));
            }
        }
        compose::check_families(&files, &mut complaints);
        let known: BTreeSet<String> = connectors
            .keys()
            .map(|(product, area)| format!("{}/{area}", product.as_str()))
            .collect();
        for key in portals.keys().filter(|key| !known.contains(*key)) {
            let near = crate::complaint::did_you_mean(key, known.iter().map(String::as_str));
            complaints.push_setting("[portals]", format!("no connector `{key}`{near}"));
        }
        let areas = areas::read(files.areas.as_deref(), &connectors, &mut complaints);
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

    /// The same library with more warnings, of whoever read the files.
    #[must_use]
    pub fn with_warnings(mut self, more: Complaints) -> Self {
        self.warnings.extend(more);
        self
    }

    /// The JSON schema of connector files.
    #[must_use]
    pub fn schema() -> Json {
        schema::schema().clone()
    }
}

#[cfg(test)]
mod tests;
