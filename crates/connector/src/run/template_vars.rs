//! The names templates may use while a run goes on.

use fiveone_model::login::{Credentials, FieldName};
use jiff::civil::Date;
use minijinja::Value;

use super::{Run, Vars};
use crate::template::{Scope, from_json};

/// Login fields, loop values, captured values, parameters, and what is always there.
pub(super) struct RunScope<'a> {
    pub(super) fields: Option<&'a Credentials>,
    pub(super) locals: &'a Vars,
    pub(super) vars: &'a Vars,
    pub(super) params: &'a std::collections::BTreeMap<String, String>,
    pub(super) base: String,
    pub(super) today: Date,
    pub(super) now_ms: i64,
}

/// Names that are always there.
pub(crate) const BUILT_IN: [&str; 5] = ["today", "now_ms", "random", "uuid", "base"];

impl Scope for RunScope<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        if let Some(json) = self.locals.get(name).or_else(|| self.vars.get(name)) {
            return Some(from_json(json));
        }
        if let Some(fields) = self.fields
            && let Some(value) = FieldName::parse(name).and_then(|field| fields.get(field))
        {
            return Some(Value::from(value));
        }
        match name {
            "today" => Some(Value::from(self.today.to_string())),
            "now_ms" => Some(Value::from(self.now_ms)),
            "random" => Some(Value::from(format!("0.{:016}", random_u64() % 10_u64.pow(16)))),
            "uuid" => Some(Value::from(uuid())),
            "base" => Some(Value::from(self.base.as_str())),
            _ => self.params.get(name).map(|value| Value::from(value.as_str())),
        }
    }
}

impl Run {
    pub(super) fn scope<'a>(
        &'a self,
        fields: Option<&'a Credentials>,
        locals: &'a Vars,
    ) -> RunScope<'a> {
        let base = self.base_url().as_str().trim_end_matches('/').to_owned();
        RunScope {
            fields,
            locals,
            vars: &self.vars,
            params: &self.connector.params,
            base,
            today: self.today(),
            now_ms: self.now_ms,
        }
    }
}

fn random_u64() -> u64 {
    let mut bytes = [0; 8];
    // Without chance the value is a constant, which is all a cache-buster needs.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// A random uuid (version 4) as text.
fn uuid() -> String {
    let (high, low) = (random_u64(), random_u64());
    let high = (high & !0xf000) | 0x4000;
    let low = (low & (u64::MAX >> 2)) | (1 << 63);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}
