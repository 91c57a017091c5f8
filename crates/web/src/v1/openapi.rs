//! The OpenAPI 3.1 document, made of the table of routes and of the types that are sent.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::code::Code;
use super::problem::ProblemBody;
use super::route::{Route, Run};

/// What any call of an app may be refused with.
const OF_APPS: [Code; 8] = [
    Code::Unauthorized,
    Code::KeyRevoked,
    Code::TooManyWrongKeys,
    Code::AppNotConfigured,
    Code::AddressNotAllowed,
    Code::RateLimited,
    Code::Busy,
    Code::InvalidParameter,
];
/// What any call with a body may.
const OF_BODIES: [Code; 4] =
    [Code::BodyTooLarge, Code::BodyTooSlow, Code::UnsupportedMediaType, Code::MalformedJson];

/// What the operations are about, in the order of the document.
const TAGS: [(&str, &str); 7] = [
    ("tasks", "One person's records of one product, asked for, read and erased."),
    ("areas", "The cities and what their logins take."),
    ("links", "The person's own page, in place of asking them in the app."),
    ("wallet", "The app's money."),
    ("callbacks", "What the app is told, and how it went."),
    ("sandbox", "What test keys may do to the model city."),
    ("documents", "For everybody, without a key."),
];

/// The document, made once.
pub(super) fn text(routes: &[Route]) -> String {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| document(routes).to_string()).clone()
}

/// What makes the schemas: a member that may be left out of what we take always stands in what we send.
struct Generators {
    sent: SchemaGenerator,
    taken: SchemaGenerator,
}

fn generator(mut settings: SchemaSettings) -> SchemaGenerator {
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    SchemaGenerator::new(settings)
}

/// The OpenAPI document of `/v1`.
pub(super) fn document(routes: &[Route]) -> Value {
    let mut generators = Generators {
        sent: generator(SchemaSettings::draft2020_12().for_serialize()),
        taken: generator(SchemaSettings::draft2020_12().for_deserialize()),
    };
    let problem = generators.sent.subschema_for::<ProblemBody<'_>>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes {
        let mut operation = operation(route, &problem, &mut generators);
        if route.operation == "create_task" {
            let good = route.answer.status.to_string();
            operation["responses"][good]["links"] = links_to_task(routes);
        }
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method().as_str().to_ascii_lowercase()] = operation;
    }
    let mut schemas = generators.sent.take_definitions(true);
    schemas.extend(generators.taken.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "fiveone",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A person's own social-insurance and housing-fund records, fetched \
                            with their consent. Times are RFC 3339 in UTC, money is a text in \
                            yuan with two places.",
        },
        "tags": TAGS.map(|(name, about)| json!({ "name": name, "description": about })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`fo_live_…` or `fo_test_…`, made by the operator.",
                },
            },
        },
    })
}

fn operation(route: &Route, problem: &Value, generators: &mut Generators) -> Value {
    let is_keyed = matches!(route.run, Run::Keyed(_));
    let mut operation = json!({
        "operationId": route.operation,
        "tags": [route.tag()],
        "summary": route.summary,
        "parameters": parameters(route),
        "responses": responses(route, is_keyed, problem, &mut generators.sent),
        "security": if is_keyed { json!([{ "key": [] }]) } else { json!([]) },
    });
    if let Some(schema) = route.body {
        let schema = schema(&mut generators.taken).to_value();
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    operation
}

fn parameters(route: &Route) -> Vec<Value> {
    let variable = route.path.split('/').find_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let of_path = variable.map(|name| {
        let (is_required, schema) = (true, json!({ "type": "string" }));
        json!({ "name": name, "in": "path", "required": is_required, "schema": schema })
    });
    let others = route.params.iter().map(|param| {
        let schema: Value = serde_json::from_str(param.schema).unwrap_or_default();
        json!({
            "name": param.name,
            "in": param.place,
            "description": param.about,
            "schema": schema,
        })
    });
    of_path.into_iter().chain(others).collect()
}

fn responses(
    route: &Route,
    is_keyed: bool,
    problem: &Value,
    generator: &mut SchemaGenerator,
) -> Value {
    let answer = &route.answer;
    let schema = answer.schema.map(|schema| schema(generator).to_value());
    let mut content = json!({});
    content[answer.media] = schema.map_or_else(|| json!({}), |schema| json!({ "schema": schema }));
    let mut responses = Map::new();
    let good = json!({ "description": "As asked.", "content": content });
    responses.insert(answer.status.to_string(), good);
    if route.operation == "show_task" {
        let text = json!({ "description": "As If-None-Match told." });
        responses.insert("304".to_owned(), text);
    }
    let mut codes = vec![Code::Internal];
    codes.extend(route.codes);
    if is_keyed {
        codes.extend(OF_APPS);
    } else {
        codes.push(Code::InvalidParameter);
    }
    if route.body.is_some() {
        codes.extend(OF_BODIES);
    }
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code.as_str());
    }
    for (status, words) in by_status {
        let description = format!("A problem with one of the codes: {}.", words.join(", "));
        let content = json!({ "application/problem+json": { "schema": problem } });
        let problem = json!({ "description": description, "content": content, "x-codes": words });
        responses.insert(status.to_string(), problem);
    }
    Value::Object(responses)
}

/// Where the id of a created task leads.
fn links_to_task(routes: &[Route]) -> Value {
    let of_task = routes.iter().filter(|route| route.path.starts_with("/v1/tasks/{id}"));
    let links = of_task.map(|route| {
        let parameters = json!({ "id": "$response.body#/id" });
        let link = json!({ "operationId": route.operation, "parameters": parameters });
        (route.operation.to_owned(), link)
    });
    Value::Object(links.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::routes::ROUTES;
    use super::*;

    #[test]
    fn every_route_is_in_the_document_and_every_reference_leads_somewhere() {
        let document = document(ROUTES);
        let (mut operations, mut tags) = (BTreeSet::new(), BTreeSet::new());
        for route in ROUTES {
            let method = route.method().as_str().to_ascii_lowercase();
            let operation = &document["paths"][route.path][method];
            assert_eq!(operation["operationId"], route.operation);
            assert!(operations.insert(route.operation), "{} twice", route.operation);
            tags.insert(operation["tags"][0].as_str().unwrap().to_owned());
        }
        assert_eq!(tags, TAGS.map(|(name, _)| name.to_owned()).into());
        let text = document.to_string();
        let mut found = 0;
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            found += 1;
        }
        assert!(found > 20, "{found}");
        assert!(!text.contains("\"$defs\""));
    }

    #[test]
    fn every_code_is_told_of_some_route() {
        let text = document(ROUTES).to_string();
        let told = |code: &&Code| text.contains(code.as_str());
        let untold: Vec<_> = Code::ALL.iter().filter(|code| !told(code)).collect();
        // A method that a path has not is no operation.
        assert_eq!(untold, [&Code::MethodNotAllowed]);
    }
}
