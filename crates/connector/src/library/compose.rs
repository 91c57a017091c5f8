//! One connector from its files: the city laid over its family, its parameters and addresses.

use std::collections::BTreeMap;

use fiveone_model::{area::AreaCode, product::Product, report::Section};
use url::Url;

use crate::{
    check::{self, Subject},
    complaint::{Complaints, did_you_mean_one_of},
    connector::{Connector, host_of, methods},
    definition::Definition,
    files::Files,
    read,
    schema::{self, FileKind},
    yaml::{Merge, Node, Place, resolve_like},
};

pub(super) fn connector(
    files: &Files,
    product: Product,
    city: &Node,
    portals: &BTreeMap<String, String>,
    complaints: &mut Complaints,
) -> Option<Connector> {
    let family = match city.get("family").and_then(Node::text) {
        None => None,
        Some(name) => {
            let key = (product, name.to_owned());
            let found = files.families.get(&key);
            if found.is_none() && !files.broken_families.contains(&key) {
                let known = files.families.keys().filter(|(own, _)| *own == product);
                let near = did_you_mean_one_of(name, known.map(|(_, name)| name.as_str()));
                let at = city.get("family").unwrap_or(city);
                complaints.push(at.complaint(format!("no family `{name}`{near}")));
            }
            Some(found?)
        }
    };
    let whole = family.map_or_else(
        || city.clone(),
        |family| Merge::new("the family", complaints).over(family, city, Place::File),
    );
    let whole = resolve_like(&whole, complaints);
    let definition: Definition = schema::read(&whole, FileKind::Definition, complaints)?;
    let area = area_of(city, &definition, complaints)?;
    let params = params(city, &definition, family.is_some(), complaints);
    let key = format!("{}/{area}", product.as_str());
    let bases = bases(city, &params, portals.get(&key).map(String::as_str), &key, complaints)?;
    let hosts = if portals.contains_key(&key) {
        bases.iter().map(host_of).collect()
    } else {
        params
            .values()
            .filter_map(|value| Url::parse(value).ok())
            .map(|url| host_of(&url))
            .collect()
    };
    let mut own = Complaints::default();
    let subject = Subject {
        files,
        definition: &definition,
        node: &whole,
        product,
        params: &params,
        file: &city.file,
    };
    let names_in_sections = check::lint(&subject, &mut own);
    let is_good = !own.has_errors();
    complaints.extend(own);
    let sections: Vec<Section> = Section::of(product)
        .iter()
        .copied()
        .filter(|section| definition.sections.get(*section).is_some())
        .collect();
    if !is_good {
        return None;
    }
    let paths: Vec<&str> = family.into_iter().chain([city]).map(|node| &*node.file).collect();
    let base_table = Section::Base.table(product);
    let sources = || definition.sections.get(Section::Base).into_iter().flat_map(|s| s.record());
    let person_keys = read::person_keys(sources(), base_table, &files.dictionaries);
    let account_keys = read::account_keys(sources(), base_table, &files.dictionaries);
    // What a client shows a person is the portal's own address, wherever this node is told to go.
    let url = definition.url.clone().or_else(|| params.get("base").cloned());
    Some(Connector {
        person_keys,
        account_keys,
        product,
        area,
        version: files.version(&paths),
        params,
        bases,
        hosts,
        dictionaries: files.dictionaries.clone(),
        outcomes: files.outcomes.clone(),
        logins: methods(&definition),
        sections,
        names_in_sections,
        definition: Definition { url, ..definition },
    })
}

/// Checks what dictionaries say.
pub(super) fn check_dictionaries(files: &Files, complaints: &mut Complaints) {
    for (name, node) in &files.dictionary_nodes {
        check::dictionary(node, name, &files.dictionaries, complaints);
    }
}

/// Checks families that no city uses; those in use were checked with their cities.
pub(super) fn check_families(files: &Files, complaints: &mut Complaints) {
    for ((product, name), node) in &files.families {
        let used = files.cities.iter().any(|(own, city)| {
            own == product && city.get("family").and_then(Node::text) == Some(name)
        });
        let told = node.get("family").and_then(Node::text);
        if told != Some(name) {
            let at = node.get("family").unwrap_or(node);
            complaints.push(at.complaint(format!("the family is named `{name}` after its file")));
        }
        if let Some(told) = node.get("product").filter(|told| told.text() != Some(product.as_str()))
        {
            complaints.push(told.complaint(format!("the folder is for `{}`", product.as_str())));
        }
        let node = &resolve_like(node, complaints);
        let read: Option<Definition> = schema::read(node, FileKind::Definition, complaints);
        let Some(definition) = read.filter(|_| !used) else { continue };
        let params = definition
            .needs
            .iter()
            .map(|(name, need)| (name.clone(), need.default.clone().unwrap_or_default()))
            .collect();
        let subject = Subject {
            files,
            definition: &definition,
            node,
            product: *product,
            params: &params,
            file: &node.file,
        };
        check::lint(&subject, complaints);
    }
}

fn area_of(city: &Node, definition: &Definition, complaints: &mut Complaints) -> Option<AreaCode> {
    let text = definition.area.as_deref();
    let code = text.and_then(AreaCode::parse);
    let at = city.get("area").unwrap_or(city);
    if code.is_none() {
        complaints.push(at.complaint("`area` must be the area's code, e.g. \"210300\""));
    }
    let code = code?;
    let name = city.file.rsplit('/').next().unwrap_or_default();
    if !name.starts_with(&format!("{code}-")) {
        complaints.push(at.complaint(format!("the file's name must begin with `{code}-`")));
    }
    Some(code)
}

fn params(
    city: &Node,
    definition: &Definition,
    has_family: bool,
    complaints: &mut Complaints,
) -> BTreeMap<String, String> {
    let with = city.get("with").unwrap_or(city);
    let mut params = BTreeMap::new();
    for (name, need) in &definition.needs {
        match definition.with.get(name).or(need.default.as_ref()) {
            Some(value) => {
                params.insert(name.clone(), value.clone());
            }
            None => complaints.push(with.complaint(format!("the family needs `{name}` in `with`"))),
        }
    }
    for (name, value) in &definition.with {
        if has_family && !definition.needs.contains_key(name) {
            let near = did_you_mean_one_of(name, definition.needs.keys().map(String::as_str));
            let at = with.get(name).unwrap_or(with);
            complaints.push(at.complaint(format!("the family has no parameter `{name}`{near}")));
        }
        params.entry(name.clone()).or_insert_with(|| value.clone());
    }
    params
}

/// The addresses that relative ones start from.
fn bases(
    city: &Node,
    params: &BTreeMap<String, String>,
    portal: Option<&str>,
    key: &str,
    complaints: &mut Complaints,
) -> Option<Vec<Url>> {
    let address = |text: &str| {
        let url = Url::parse(text.trim()).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    };
    let told = params.get("base").map(|base| (base, address(base)));
    let own = match told {
        Some((_, Some(url))) => url,
        Some((base, None)) => {
            let at = city.get("with").and_then(|with| with.get("base")).unwrap_or(city);
            complaints.push(at.complaint(format!("`{base}` is not an http address")));
            return None;
        }
        None => {
            complaints.push(city.complaint("`with` has no `base`, the portal's address"));
            return None;
        }
    };
    let Some(portal) = portal else { return Some(vec![own]) };
    let Some(url) = address(portal) else {
        complaints.push_setting("[portals]", format!("`{key}`: `{portal}` is not an http address"));
        return None;
    };
    let mut bases = vec![url.clone()];
    let is_root = url.path().trim_matches('/').is_empty();
    let path = own.path().trim_matches('/');
    if is_root && !path.is_empty() {
        bases.extend(url.join(&format!("/{path}")).ok());
    }
    Some(bases)
}
