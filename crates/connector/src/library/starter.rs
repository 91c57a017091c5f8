//! The first lines of a city's file: what its family wants to know, with a place for it.

use std::fmt::Write as _;

use fiveone_model::{area::AreaCode, product::Product, report::Section};

use super::Library;
use crate::files::{Files, SourceFile};
use crate::{
    complaint::{Complaints, did_you_mean_one_of},
    definition::{Definition, Need},
    schema::{self, FileKind},
    yaml::{Node, resolve_like},
};

/// The address of a portal that nobody knows yet: a name that never leads anywhere.
const BASE: &str = "http://portal.invalid";

/// What is read, for a family whose cities each have pages of their own.
const SECTIONS: &str = "\
sections:
  # The family knows the login alone: name the page of the base record, and add the other sections.
  baseInfo:
    steps: [{ id: base, get: index }]
    record: { labels: body }
";

impl Library {
    /// A file for a city of a family, which a check takes; its values are still to be filled in.
    ///
    /// # Errors
    /// Why there can be none: the area or the family is not known, or the city has a file already.
    pub fn starter(
        sources: Vec<SourceFile>,
        product: Product,
        area: &AreaCode,
        family: &str,
    ) -> Result<SourceFile, String> {
        let mut complaints = Complaints::default();
        let files = Files::read(sources, &mut complaints);
        let is_of_area = |city: &Node| city.get("area").and_then(Node::text) == Some(area.as_str());
        let mut cities = files.cities.iter().filter(|(own, _)| *own == product);
        if let Some((_, city)) = cities.find(|(_, city)| is_of_area(city)) {
            return Err(format!("{} is there already", city.file));
        }
        let [name, pinyin] = names_of(files.areas.as_deref().unwrap_or_default(), area)
            .ok_or_else(|| format!("areas.csv has no area {area}; add its line first"))?;
        let Some(node) = files.families.get(&(product, family.to_owned())) else {
            let known = files.families.keys().filter(|(own, _)| *own == product);
            let near = did_you_mean_one_of(family, known.map(|(_, name)| name.as_str()));
            return Err(format!("no family `{family}`{near}"));
        };
        let mut own = Complaints::default();
        let node = resolve_like(node, &mut own);
        let definition: Option<Definition> = schema::read(&node, FileKind::Definition, &mut own);
        let Some(definition) = definition else {
            return Err(format!("the family has mistakes:\n{own}"));
        };
        let reads_nothing =
            Section::of(product).iter().all(|name| definition.sections.get(*name).is_none());
        let mut text = text(name, area, family, &definition);
        if reads_nothing {
            text.push_str(SECTIONS);
        }
        let path = format!("cities/{}/{area}-{pinyin}.yaml", product.as_str());
        Ok(SourceFile { path, text })
    }
}

/// An area's name and pinyin.
fn names_of<'a>(csv: &'a str, area: &AreaCode) -> Option<[&'a str; 2]> {
    let line = csv.lines().find(|line| line.split(',').next() == Some(area.as_str()))?;
    let mut parts = line.split(',').skip(1);
    Some([parts.next()?.trim(), parts.next()?.trim()])
}

fn text(name: &str, area: &AreaCode, family: &str, definition: &Definition) -> String {
    let mut text = format!("# {name}\narea: \"{area}\"\nfamily: {family}\nwith:\n");
    for (name, need) in &definition.needs {
        let Need { about, default } = need;
        let line = match default {
            Some(default) => {
                format!("  # {about}; without it: {default}\n  # {name}: {}\n", quoted(default))
            }
            None if name == "base" => format!("  # {about}\n  {name}: {}\n", quoted(BASE)),
            None => format!("  # {about}\n  {name}: \"\"\n"),
        };
        text.push_str(&line);
    }
    let _ = write!(
        text,
        "# The address that a person would open, and what they should know before logging in.\n\
         # url: {BASE}\n# tips: 使用网上大厅的登录密码\n\
         # What else is different here stands below, laid over the family key by key.\n"
    );
    text
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
