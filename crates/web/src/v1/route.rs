//! A route of `/v1` as the table of [`super::routes`] tells it: what the router and the OpenAPI document
//! are made of.

use futures_util::future::BoxFuture;
use http::Method;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Outcome;
use super::call::{Call, Needs};
use super::code::Code;
use super::query::Query;
use crate::rate::CallKind;

/// A route.
pub(super) struct Route {
    /// `GET` and the like.
    pub(super) verb: &'static str,
    /// The path, with at most one variable part.
    pub(super) path: &'static str,
    /// Its name in logs, metrics and the document.
    pub(super) operation: &'static str,
    /// What it does, in a line.
    pub(super) summary: &'static str,
    /// Its parameters behind the `?` and in headers.
    pub(super) params: &'static [Param],
    /// The schema of the body it takes.
    pub(super) body: Option<SchemaOf>,
    /// What it answers when all is well.
    pub(super) answer: Answer,
    /// What it may be refused with, beside what any call may be.
    pub(super) codes: &'static [Code],
    /// What answers.
    pub(super) run: Run,
}

/// What answers a call.
pub(super) enum Run {
    /// For everybody; it is handed the variable part of the path.
    Open(fn(&str, &Query) -> Outcome),
    /// For apps.
    Keyed(for<'a> fn(Call<'a>) -> BoxFuture<'a, Outcome>),
}

/// Makes a schema.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A good answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) media: &'static str,
    /// Its schema, where it is JSON of ours.
    pub(super) schema: Option<SchemaOf>,
}

/// A parameter behind the `?` or in a header.
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) about: &'static str,
    /// Its JSON schema.
    pub(super) schema: &'static str,
}

pub(super) const fn query(name: &'static str, schema: &'static str, about: &'static str) -> Param {
    Param { name, place: "query", about, schema }
}

pub(super) const fn header(name: &'static str, schema: &'static str, about: &'static str) -> Param {
    Param { name, place: "header", about, schema }
}

pub(super) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

pub(super) const fn json<T: JsonSchema>(status: u16) -> Answer {
    Answer { status, media: "application/json", schema: Some(schema::<T>) }
}

pub(super) const fn other(media: &'static str) -> Answer {
    Answer { status: 200, media, schema: None }
}

pub(super) const PRODUCT: Param =
    query("product", r#"{"type":"string","enum":["fund","insurance"]}"#, "Of one product.");
pub(super) const AREA: Param =
    query("area", r#"{"type":"string","pattern":"^[0-9A-Za-z]{1,16}$"}"#, "Of one area's code.");
pub(super) const LIMIT: Param = query(
    "limit",
    r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
    "Rows of a page.",
);
pub(super) const LANG: Param = query(
    "lang",
    r#"{"type":"string","enum":["zh","en"]}"#,
    "The language of the page's own words; Chinese without it.",
);
pub(super) const CURSOR: Param = query(
    "cursor",
    r#"{"type":"string","minLength":1}"#,
    "`next` of the page before; without it, the newest.",
);

impl Route {
    /// Its method.
    pub(super) fn method(&self) -> Method {
        self.verb.parse().unwrap_or_default()
    }

    /// What it is about: one of the document's tags.
    pub(super) fn tag(&self) -> &'static str {
        let noun = self.path.split('/').nth(2).unwrap_or_default();
        match noun {
            "errors" | "openapi.json" | "docs" => "documents",
            _ => noun,
        }
    }

    /// What it is to the load of a node.
    fn kind(&self) -> CallKind {
        match self.operation {
            "create_task" => CallKind::Create,
            "show_task" | "follow_task" | "show_report" => CallKind::Poll,
            "answer_question" | "refresh_question" => CallKind::Answer,
            _ => CallKind::Other,
        }
    }

    /// The names it knows behind the `?`.
    pub(super) fn query_names(&self) -> Vec<&'static str> {
        let params = self.params.iter().filter(|param| param.place == "query");
        params.map(|param| param.name).collect()
    }

    /// What it has checked of a call.
    pub(super) fn needs(&self) -> Needs {
        let (kind, query_names) = (self.kind(), self.query_names());
        Needs { kind, query_names, has_body: self.body.is_some() }
    }
}
