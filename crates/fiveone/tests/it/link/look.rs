//! What an app may say of the page: its light, a colour that can be seen, and what login fields hold at first.

use fiveone_engine::{LinkRefusal, LinkRequest, Look};
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use fiveone_testkit::{TestStore, on_both};
use reqwest::StatusCode;

use super::browser::Browser;
use super::{app_id, request};
use crate::gateway::{Plan, TestGateway, text};

on_both!(
    what_fields_hold_at_first_is_sealed_shown_after_the_consent_and_gone_with_the_link,
    a_page_is_in_the_light_and_with_the_colour_that_its_app_says,
);

async fn made(gateway: &TestGateway, request: LinkRequest) -> Result<Browser, LinkRefusal> {
    let entry = gateway.engine.accounts().find(&app_id()).await.unwrap().unwrap();
    let token = gateway.engine.links().create(&entry, request).await.unwrap()?;
    Ok(Browser::open(&gateway.address, &token))
}

fn holding(fields: &[(&str, &str)]) -> Credentials {
    let mut prefill = Credentials::default();
    for (name, value) in fields {
        prefill.set(FieldName::parse(name).unwrap(), (*value).to_owned());
    }
    prefill
}

async fn what_fields_hold_at_first_is_sealed_shown_after_the_consent_and_gone_with_the_link(
    store: TestStore,
) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let person = gateway.people(Product::Fund, "990000", 1).remove(0);
    let number = text(&person["login"]["id_card"]);
    for fields in [[("password", "good")], [("corp_account", "1")], [("id_card", "1\u{202e}2")]] {
        let refused = LinkRequest { prefill: holding(&fields), ..request(600_000) };
        assert_eq!(made(&gateway, refused).await.err(), Some(LinkRefusal::Prefill), "{fields:?}");
    }
    // What the area has no field for is not shown; an area that is named refuses it before.
    let prefill = holding(&[("id_card", &number), ("mobile", "19900000000")]);
    let mut browser = made(&gateway, LinkRequest { prefill, ..request(600_000) }).await.unwrap();
    let sealed = "select id from link where prefill_sealed is not null";
    assert_eq!(gateway.store.read.dump(sealed).await.unwrap().len(), 1);
    assert!(!browser.get("").await.1.contains(&number), "nobody has agreed yet");
    browser.consent().await;
    let (_, page) = browser.get("").await;
    assert!(page.contains(&format!("value=\"{number}\"")), "{page}");
    assert!(!page.contains("19900000000"), "{page}");
    let stranger = Browser { cookie: String::new(), ..browser.clone() };
    assert!(!stranger.get("").await.1.contains(&number));
    browser.post("decline", &[]).await;
    assert_eq!(gateway.store.read.dump(sealed).await.unwrap().len(), 0);
}

async fn a_page_is_in_the_light_and_with_the_colour_that_its_app_says(store: TestStore) {
    let gateway = TestGateway::build(store, Plan::default()).await;
    let look = |theme, accent: &str| LinkRequest {
        look: Look { theme, accent: Colour::parse(accent) },
        ..request(600_000)
    };
    for (theme, accent) in [(Theme::Auto, "#0b5fc4"), (Theme::Dark, "#101010")] {
        let refused = made(&gateway, look(theme, accent)).await.err();
        assert_eq!(refused, Some(LinkRefusal::Accent), "{accent} is not seen");
    }
    let plain = made(&gateway, look(Theme::Auto, "none")).await.unwrap();
    let (_, page) = plain.get("").await;
    assert!(page.contains("data-theme=\"auto\"") && !page.contains("/link/accent/"), "{page}");
    let browser = made(&gateway, look(Theme::Dark, "#FFD400")).await.unwrap();
    let (_, page) = browser.get("").await;
    assert!(page.contains("data-theme=\"dark\""), "{page}");
    assert!(page.contains("href=\"/link/accent/ffd400.css\""), "{page}");
    let get = async |name: &str| {
        let answer = reqwest::get(format!("{}/link/accent/{name}", gateway.address)).await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let styles = ":root { --accent: #ffd400; --on-accent: #000000; }\n".to_owned();
    assert_eq!(get("ffd400.css").await, (StatusCode::OK, styles));
    for odd in ["ffd400", "red.css", "ffd400;}.css", "ffd400%7D%2A%7Bx.css", ".css"] {
        assert_eq!(get(odd).await.0, StatusCode::NOT_FOUND, "{odd}");
    }
}
