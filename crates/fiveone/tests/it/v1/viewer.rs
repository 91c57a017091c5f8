//! The document of `/v1` as a page to read, and the page of each error code beside it.

use std::collections::BTreeSet;

use fiveone_testkit::TestStore;
use serde_json::Value;

use super::client::{Answer, V1, gateway};
use super::schema::complaints;
use crate::gateway::text;

/// Somebody without a key.
async fn reader() -> V1 {
    let gateway = gateway(TestStore::sqlite().await).await;
    V1::of(&gateway).await.with_key("")
}

/// Asks for the head alone.
async fn head(v1: &V1, path: &str) -> (u16, String, String) {
    let head = v1.request("HEAD", path).send().await.unwrap();
    let length = head.headers()["content-length"].to_str().unwrap().to_owned();
    (head.status().as_u16(), length, head.text().await.unwrap())
}

#[track_caller]
fn assert_is_page(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    for inline in ["<script", "<style", " style=", " onclick=", "javascript:", "://"] {
        assert!(!answer.body.contains(inline), "{inline}");
    }
}

/// As it stands in HTML.
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;");
    text.replace('"', "&#34;").replace('\'', "&#39;")
}

/// A page as a reader sees it: without tags.
fn seen(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect()
}

/// What follows each occurrence of `before`, up to `end`.
fn all<'a>(html: &'a str, before: &str, end: char) -> Vec<&'a str> {
    html.split(before).skip(1).map(|rest| rest.split(end).next().unwrap()).collect()
}

#[tokio::test]
async fn the_page_tells_the_whole_document() {
    let v1 = reader().await;
    let document = fiveone_web::openapi_document();
    for language in ["zh", "en"] {
        let page = v1.get(&format!("/v1/docs?lang={language}")).await;
        assert_is_page(&page);
        assert!(page.body.len() < 400_000, "{} bytes", page.body.len());
        let length = page.body.len().to_string();
        let told = head(&v1, &format!("/v1/docs?lang={language}")).await;
        assert_eq!(told, (200, length, String::new()));

        let operations = operations(&document);
        assert!(operations.len() > 20);
        let articles = all(&page.body, "<article class=\"card\" aria-labelledby=", '\u{0}');
        assert_eq!(articles.len(), operations.len());
        for (path, method, operation) in operations {
            let id = text(&operation["operationId"]);
            let article = articles.iter().find(|one| one.starts_with(&format!("\"{id}\"")));
            let article = seen(article.unwrap().split("</article>").next().unwrap());
            let mut told = vec![path.to_owned(), method.to_ascii_uppercase()];
            told.push(escaped(&text(&operation["summary"]).replace('`', "")));
            told.push(escaped(&format!("$FIVEONE_URL{}", path.split('{').next().unwrap())));
            told.extend(operation["responses"].as_object().unwrap().keys().cloned());
            let mut schemas = Vec::new();
            for parameter in operation["parameters"].as_array().unwrap() {
                told.extend([text(&parameter["name"]), text(&parameter["in"])]);
                schemas.push(&parameter["schema"]);
            }
            schemas.push(&operation["requestBody"]["content"]["application/json"]["schema"]);
            for response in operation["responses"].as_object().unwrap().values() {
                match response["x-codes"].as_array() {
                    Some(codes) => told.extend(codes.iter().map(text)),
                    None => schemas.push(&response["content"]["application/json"]["schema"]),
                }
            }
            let mut done = BTreeSet::new();
            for schema in schemas {
                collect(&document, schema, &mut done, &mut told);
            }
            for word in told {
                assert!(article.contains(&word), "{id} does not tell {word}");
            }
        }
    }
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.collect()
}

/// Every name, description, value and limit of a schema and what it leads to.
fn collect<'d>(
    document: &'d Value,
    schema: &'d Value,
    done: &mut BTreeSet<&'d str>,
    told: &mut Vec<String>,
) {
    for (word, rule) in schema.as_object().into_iter().flatten() {
        match (word.as_str(), rule) {
            ("$ref", rule) => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                if done.insert(pointer) {
                    collect(document, document.pointer(pointer).unwrap(), done, told);
                }
            }
            ("properties", rule) => {
                for (name, member) in rule.as_object().unwrap() {
                    told.push(name.clone());
                    collect(document, member, done, told);
                }
            }
            ("items" | "additionalProperties", rule) => collect(document, rule, done, told),
            ("oneOf" | "anyOf", rule) => {
                for one in rule.as_array().unwrap() {
                    told.push(about(one));
                    collect(document, one, done, told);
                }
            }
            ("enum", rule) => told.extend(rule.as_array().unwrap().iter().map(text)),
            ("minimum" | "maximum" | "minLength" | "maxLength", rule) => {
                told.push(format!("{word}: {rule}"));
            }
            ("pattern" | "const" | "title", rule) => told.push(escaped(&text(rule))),
            _ => {}
        }
    }
    // One that stands beside a reference is told in place of the schema's own.
    if schema.get("$ref").is_some() {
        told.push(about(schema));
    } else if let Some(members) = schema["properties"].as_object() {
        told.extend(members.values().map(about));
    }
}

fn about(schema: &Value) -> String {
    escaped(&schema["description"].as_str().unwrap_or_default().replace('`', ""))
}

#[tokio::test]
async fn every_error_code_has_its_page() {
    let v1 = reader().await;
    let index = v1.get("/v1/docs?lang=en").await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let code = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if code == "index" {
            continue;
        }
        let address = format!("/v1/docs/errors/{code}");
        assert!(index.body.contains(&format!("href=\"{address}?lang=en\"")), "{code}");
        let page = v1.get(&format!("{address}?lang=en")).await;
        assert_is_page(&page);
        let words = seen(&page.body);
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let line = escaped(&line.trim_matches(['#', ' ', '.']).replace('`', ""));
            assert!(words.contains(&line), "{code} does not tell {line}");
        }
        let told = head(&v1, &format!("{address}?lang=en")).await;
        assert_eq!(told, (200, page.body.len().to_string(), String::new()));
        let served = v1.get(&format!("/v1/errors/{code}")).await;
        assert_eq!(served.body, std::fs::read_to_string(&path).unwrap());
        found += 1;
    }
    assert!(found > 30, "{found}");
    let unknown = v1.get("/v1/docs/errors/nothing").await;
    assert_eq!(unknown.problem(), (404, "not_found".to_owned()));
    for query in ["lang=fr", "lang=", "x=1"] {
        for path in ["/v1/docs", "/v1/docs/errors/busy"] {
            let refused = v1.get(&format!("{path}?{query}")).await;
            assert_eq!(refused.problem(), (422, "invalid_parameter".to_owned()), "{query}");
        }
    }
    let refused = v1.send(v1.request("POST", "/v1/docs")).await;
    assert_eq!(refused.problem(), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn every_address_of_a_page_leads_somewhere() {
    let v1 = reader().await;
    let mut addresses = BTreeSet::new();
    for path in ["/v1/docs", "/v1/docs?lang=en", "/v1/docs/errors/busy"] {
        let page = v1.get(path).await;
        let ids: BTreeSet<_> = all(&page.body, " id=\"", '"').into_iter().collect();
        assert_eq!(ids.len(), all(&page.body, " id=\"", '"').len(), "an id twice");
        for address in all(&page.body, "href=\"", '"') {
            match address.strip_prefix('#') {
                Some(id) => assert!(ids.contains(id), "{id}"),
                None => _ = addresses.insert(address.replace("&#38;", "&")),
            }
        }
    }
    addresses.remove("data:,");
    assert!(addresses.len() > 40);
    for address in addresses {
        let (address, id) = address.split_once('#').unwrap_or((&address, ""));
        let page = v1.request("GET", address).send().await.unwrap();
        assert_eq!(page.status(), 200, "{address}");
        let page = page.text().await.unwrap();
        assert!(id.is_empty() || page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn every_body_has_an_example_that_its_schema_takes() {
    let document = fiveone_web::openapi_document();
    let mut found = 0;
    for (_, _, operation) in operations(&document) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(pointer) = schema["$ref"].as_str() else { continue };
        let example = &document.pointer(&pointer[1..]).unwrap()["examples"][0];
        let id = &operation["operationId"];
        assert!(example.is_object(), "{id} has no example");
        assert_eq!(complaints(&document, schema, example, ""), [""; 0], "{id}");
        found += 1;
    }
    assert!(found > 5, "{found}");
}
