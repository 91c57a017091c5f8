//! Reading an answer: where a record or rows are, and which of the vendor's keys is which field.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value as Json;

use super::{Css, JsonPath, OneOrMany, Ordered, Pattern, ReportField};
use crate::template::Template;

/// The vendor's key → what it is.
pub(crate) type Map = Ordered<Targets>;

/// One source of a record. Without a place it is made of `values` alone.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct Source {
    #[serde(flatten)]
    pub(crate) from: Option<RecordPlace>,
    /// Which of several records stands for the person.
    pub(crate) choose: Option<Choose>,
    /// What makes the record one, instead of what its table says (a name, an identity number, an
    /// account): of each group one field must be there.
    pub(crate) essential: Vec<OneOrMany<ReportField>>,
    /// Key → field.
    pub(crate) map: Map,
    /// A shared dictionary; `map` comes before it.
    pub(crate) dictionary: Option<String>,
    /// With `dictionary`: the fields this portal gives; one with `?` only at some of the family.
    pub(crate) fields: Vec<ReportField>,
    /// Fields made of other values; `row` holds the raw values by key.
    pub(crate) values: Ordered<Template>,
    /// The whole source may be missing.
    pub(crate) optional: bool,
}

/// Where a record stands.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RecordPlace {
    /// A JSON object, or a list of such; of several paths the first at which there is one.
    Json(OneOrMany<JsonPath>),
    /// Labels and their values inside these elements: value in the next cell, in the same cell
    /// after a colon, in an input or select.
    Labels(Css),
    /// Elements by id or name inside these elements.
    Ids(Css),
    /// Labels in one list, values in another beside it.
    Pairs(Pairs),
    /// An HTML table, a row a record, found by its header.
    Table(Css),
}

/// Labels and values in lists that stand beside each other.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Pairs {
    /// One list of all labels and one of all values, in the same order.
    Columns {
        /// The labels, in order.
        labels: Css,
        /// The values, as many.
        values: Css,
    },
    /// Lists of which one that holds known labels is followed by the list of their values.
    Lists {
        /// The lists, in order.
        lists: Css,
    },
}

/// Which of several records stands for the person: those of the first preferred value, and of them
/// the newest. Where that leaves several, only what they say alike is told.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Choose {
    /// The portal's key → its values (codes or words that the value begins with), best first.
    pub(crate) prefer: Ordered<Vec<String>>,
    /// The portal's keys of the day that is compared, the first that is filled; the latest day wins.
    pub(crate) newest: OneOrMany<String>,
}

/// Rows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub(crate) struct Rows {
    #[serde(flatten)]
    pub(crate) from: RowsPlace,
    /// Key or header → field.
    #[serde(default)]
    pub(crate) map: Map,
    /// A shared dictionary; `map` comes before it.
    #[serde(default)]
    pub(crate) dictionary: Option<String>,
    /// With `dictionary`: the fields this portal gives; one with `?` only at some of the family.
    #[serde(default)]
    pub(crate) fields: Vec<ReportField>,
    /// Fields made of other values; `row` holds the raw values by key.
    #[serde(default)]
    pub(crate) values: Ordered<Template>,
    /// What makes a row one, instead of what its table says: of each group one field must be there.
    #[serde(default)]
    pub(crate) essential: Vec<OneOrMany<ReportField>>,
    /// One amount whose side is told by words.
    #[serde(default)]
    pub(crate) sides: Option<Sides>,
    /// Further words of rows that are no rows: one of whose cells is such a word. 合计 and its kin
    /// are known.
    #[serde(default)]
    pub(crate) drop: Vec<String>,
    /// Values of a row for its parts: name → key.
    #[serde(default)]
    pub(crate) keep: Ordered<String>,
    /// The keys by which a row names whose it is, where the base record has other ones.
    #[serde(default)]
    pub(crate) whose: Owner,
}

impl Rows {
    /// The keys by which a row names an account, as the file says.
    pub(crate) fn account_keys(&self) -> Vec<String> {
        self.whose.account.iter().cloned().collect()
    }
}

/// Keys that name a person.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Owner {
    /// The person's name, whole or masked.
    pub(crate) name: OneOrMany<String>,
    /// The identity number, whole or masked.
    pub(crate) identity: OneOrMany<String>,
    /// The account: people of one name are told apart by it.
    pub(crate) account: OneOrMany<String>,
}

/// Where rows stand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowsPlace {
    /// A JSON list (`$.rows` or `$.rows[*]`), or a single object; of several paths the first at which
    /// there is one.
    Json(OneOrMany<JsonPath>),
    /// An HTML table inside these elements, found by its header.
    Table(Css),
    /// Cells or inputs that stand in one long list, as many to a row as there are headers.
    Flat(Flat),
    /// A list (dl, ul) for each column: the first element is the header.
    Lists(Css),
}

/// A flat list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flat {
    /// The header cells, in order.
    pub(crate) header: Css,
    /// The value cells, row after row.
    pub(crate) cells: Css,
    /// Headers that have no value cell, e.g. 序号.
    #[serde(default)]
    pub(crate) without: Vec<String>,
}

/// An amount that is an income or an expense by the words of another value.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sides {
    /// The key of the amount. Of several the first that is not zero: interest may stand in a column of
    /// its own.
    pub(crate) amount: OneOrMany<String>,
    /// The key of the words.
    pub(crate) by: String,
    /// Words of incomes: each is a part of the value; `=x`, or a code, is all of it.
    #[serde(rename = "in")]
    pub(crate) incomes: Vec<String>,
    /// Words of expenses, in the same way.
    #[serde(rename = "out")]
    pub(crate) expenses: Vec<String>,
    /// Words of rows that move nothing in or out (内部转移, 基数调整). With a sign they go by it, else
    /// only their balance is told.
    #[serde(default)]
    pub(crate) neutral: Vec<String>,
}

/// What a key means: one field, several, or nothing (`~`: known and left out).
#[derive(Debug, Clone, Default)]
pub(crate) struct Targets(pub(crate) Vec<Target>);

/// One field that a key fills.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) field: String,
    pub(crate) is_optional: bool,
    pub(crate) detail: TargetDetail,
}

/// A field and what is done with its text first.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TargetDetail {
    /// The field of the report.
    to: Option<ReportField>,
    /// Which of several elements with that label or id, from 1; several without it are refused
    /// unless they say the same.
    #[schemars(range(min = 1))]
    pub(crate) nth: Option<usize>,
    /// What the portal's codes mean; an unknown code leaves the field out, with a finding.
    pub(crate) codes: Option<CodeTable>,
    /// What becomes of a text that does not fit `matching`, `codes` or the field's kind.
    #[serde(rename = "else")]
    pub(crate) otherwise: Option<Otherwise>,
    /// The text must match, else the field is left out, with a finding; a group in it is what is
    /// kept, and nothing where the group is not.
    pub(crate) matching: Option<Pattern>,
    /// The text made anew: `it` is the portal's text, `row` all raw values.
    pub(crate) value: Option<Template>,
    /// The date's format, when the digits alone do not tell: `MM/dd/yyyy`, `MMM dd, yyyy` …
    pub(crate) format: Option<String>,
}

/// A code table by name, or written here.
#[derive(Debug, Clone)]
pub(crate) enum CodeTable {
    /// Of `codes:` of the file, the family or the dictionary.
    Named(String),
    /// Code → meaning.
    Here(Ordered<String>),
}

/// What becomes of a text that does not fit. Without it, a text that fits no pattern or code leaves its
/// field out, and one that is not of its field's kind fails the section: a pattern and a code table are
/// what the file knows of the portal, a kind is what apps build on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Otherwise {
    /// With `matching` or `codes`: the text as it is. One that is not of the field's kind fails.
    Keep,
    /// Nothing, as if the portal had written nothing.
    Blank,
    /// The field is left out, with a finding.
    LeaveOut,
    /// The section fails.
    Fail,
}

impl TargetDetail {
    fn into_target(self) -> Result<Target, String> {
        let to = self.to.clone().ok_or("`to` names the field")?;
        Ok(Target { field: to.name().to_owned(), is_optional: to.is_optional(), detail: self })
    }
}

impl<'de> Deserialize<'de> for Targets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn one(json: Json) -> Result<Target, String> {
            let detail = match json {
                Json::String(text) => {
                    TargetDetail { to: Some(ReportField::parse(&text)?), ..Default::default() }
                }
                other => TargetDetail::deserialize(other).map_err(|error| error.to_string())?,
            };
            detail.into_target()
        }
        match Json::deserialize(deserializer)? {
            Json::Null => Ok(Vec::new()),
            Json::Array(items) => items.into_iter().map(one).collect(),
            item => one(item).map(|one| vec![one]),
        }
        .map(Self)
        .map_err(de::Error::custom)
    }
}

impl JsonSchema for Targets {
    fn schema_name() -> Cow<'static, str> {
        "Targets".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let field = generator.subschema_for::<ReportField>();
        let detail = generator.subschema_for::<TargetDetail>();
        json_schema!({ "anyOf": [
            field,
            detail,
            { "type": "array", "items": { "anyOf": [field, detail] } },
            { "type": "null" }
        ] })
    }
}

impl<'de> Deserialize<'de> for CodeTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::String(name) => Ok(Self::Named(name)),
            other => Ordered::deserialize(other).map(Self::Here).map_err(de::Error::custom),
        }
    }
}

impl JsonSchema for CodeTable {
    fn schema_name() -> Cow<'static, str> {
        "CodeTable".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "object", "additionalProperties": { "type": "string" } }
        ] })
    }
}
