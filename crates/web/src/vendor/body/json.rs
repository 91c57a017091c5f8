//! A JSON object of plain values. A name that comes twice is refused, which a map would hide, and
//! a number or boolean is taken by its own text, because that text is what was signed.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::vendor::params::{Collector, Params};
use crate::vendor::refusal::Refusal;

/// The parameters of a JSON body.
pub(super) fn parse(bytes: &[u8], collector: Collector) -> Result<Params, Refusal> {
    let broken = || Refusal::parameter("请求体不是有效的 JSON 对象");
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Refusal::parameter("请求体不是有效的 UTF-8"))?
        .trim_start_matches('\u{feff}');
    let mut object = Object { collector, refusal: None };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let visited = deserializer.deserialize_map(&mut object);
    if let Some(refusal) = object.refusal {
        return Err(refusal);
    }
    visited.and_then(|()| deserializer.end()).map_err(|_| broken())?;
    object.collector.finish()
}

/// Collects the members of the object; a refusal of its own ends the visit.
struct Object {
    collector: Collector,
    refusal: Option<Refusal>,
}

impl<'de> Visitor<'de> for &mut Object {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            let value: &RawValue = members.next_value()?;
            let added = plain(value.get()).and_then(|value| self.collector.add(name, value));
            if let Err(refusal) = added {
                self.refusal = Some(refusal);
                return Err(serde::de::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

/// The text of a plain value; `null` is blank, since both ways of signing a blank are in use.
fn plain(raw: &str) -> Result<Zeroizing<String>, Refusal> {
    match raw.as_bytes().first() {
        Some(b'n') => Ok(Zeroizing::default()),
        Some(b'{' | b'[') => Err(Refusal::parameter("参数的值不能是对象或数组")),
        Some(b'"') => serde_json::from_str::<String>(raw)
            .map(Zeroizing::new)
            .map_err(|_| Refusal::parameter("请求体不是有效的 JSON 对象")),
        _ => Ok(Zeroizing::new(raw.to_owned())),
    }
}
