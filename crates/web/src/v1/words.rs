//! Closed sets of words, as the OpenAPI document tells them.

/// A schema of a closed set of words.
macro_rules! words {
    ($name:ident, $text:literal, $all:expr) => {
        #[doc = $text]
        #[derive(Debug, Serialize)]
        #[serde(transparent)]
        pub(super) struct $name(pub(super) &'static str);

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let words: Vec<&str> = $all;
                json_schema!({ "type": "string", "description": $text, "enum": words })
            }
        }
    };
}

pub(super) use words;
