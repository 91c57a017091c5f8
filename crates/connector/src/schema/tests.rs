use super::*;

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../connectors/schema.json");
    let now = format!("{}\n", serde_json::to_string_pretty(schema()).unwrap());
    if std::env::var_os("FIVEONE_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == now, "connectors/schema.json is old; run with FIVEONE_WRITE_SCHEMA=1");
}
