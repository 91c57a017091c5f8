//! The page that an operator is shown when a portal seems to have changed holds no value of the person, at
//! no city of the lab.

use fiveone_connector::Evidence;
use serde_json::Value as Json;

use super::world::{Case, World, cities, values_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn evidence_holds_labels_and_no_value() {
    let world = World::start().await;
    for city in cities() {
        let login = world.logins(city, 16).into_iter().find(|login| login.quirk == "OnePage");
        let case = Case::good(city, login.expect("somebody with one page"));
        let outcome = world.run(&case, world.portal_for("good")).await;
        assert_eq!(outcome.code(), 40001, "{case}: {}", outcome.log);
        let values = values_of(&outcome);
        let values: Vec<_> = values.iter().filter(|value| value.chars().count() > 1).collect();
        assert!(values.len() > 10, "{case}");
        assert_eq!(outcome.evidence.len(), outcome.sections.len(), "{case}");
        for (section, Evidence { step, path, reason, page }) in &outcome.evidence {
            let shown = format!("{step}\n{path}\n{reason}\n{page}");
            let told: Vec<_> =
                values.iter().filter(|value| shown.contains(value.as_str())).collect();
            assert!(told.is_empty(), "{case}: {section}: {told:?} in {shown}");
            let has_rows =
                matches!(&outcome.sections[section], Ok(Json::Array(rows)) if !rows.is_empty());
            let labels = page.matches(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)).count();
            let is_html = !page.starts_with(['{', '[']);
            assert!(!has_rows || !is_html || labels > 4, "{case}: {section}: no label in {page}");
        }
    }
}
