//! Every connector against the lab: for each city, people with their oddities and passwords with their
//! behaviours. The answer must equal the truth to the last field, or end in the documented code.

mod compare;
mod evidence;
mod mutants;
mod world;

use std::{collections::BTreeSet, sync::Arc};

use fiveone_connector::Library;
use fiveone_model::product::Product;
use world::{Case, World, cities};

/// How many people of a city are read with the plain password: one for each oddity.
const PEOPLE: u64 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn good_people_are_read_to_the_last_field() {
    let world = World::start().await;
    let logins = |city| world.logins(city, PEOPLE).into_iter().map(move |l| Case::good(city, l));
    let cases = cities().into_iter().flat_map(logins).collect();
    let wrong = Arc::clone(&world).check_all(cases).await;
    assert!(wrong.is_empty(), "{} mismatches\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_behaviour_ends_as_documented() {
    let world = World::start().await;
    let cases = cities().into_iter().flat_map(|city| world.behaviours(city)).collect();
    let wrong = Arc::clone(&world).check_all(cases).await;
    assert!(wrong.is_empty(), "{} mismatches\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn every_city_of_the_lab_has_a_connector() {
    let world = World::start().await;
    for (product, area) in cities() {
        let product = Product::parse(product).expect("a product");
        assert!(world.connector(product, area).is_some(), "{product}/{area} has no connector");
    }
}

#[test]
fn no_file_is_odd() {
    let library = Library::builtin().expect("the connectors load");
    let told = library.warnings().to_string();
    assert!(told.is_empty(), "{told}");
}

#[test]
fn areas_are_listed_once_and_spelled() {
    let library = Library::builtin().expect("the connectors load");
    for product in Product::ALL {
        let areas = library.areas(product);
        assert!(areas.len() > 360, "{} areas of {product}", areas.len());
        let codes: BTreeSet<&str> = areas.iter().map(|area| area.code.as_str()).collect();
        assert_eq!(codes.len(), areas.len());
        for area in areas {
            let is_spelled =
                |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase());
            assert!(is_spelled(&area.pinyin) && is_spelled(&area.initials), "{area:?}");
            assert_eq!(area.pinyin.chars().next(), area.initials.chars().next(), "{area:?}");
        }
    }
}
