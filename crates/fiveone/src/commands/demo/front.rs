//! What the demonstration's front page tells: people and passwords of the lab, and a test key.

use std::path::Path;

use axum::Router;
use fiveone_engine::Engine;
use fiveone_lab::Lab;
use fiveone_model::api_key::{KeyMode, MODEL_CITY};
use fiveone_model::app::AppId;
use fiveone_web::{Welcome, WelcomePassword, WelcomePerson};
use serde_json::Value;

use super::program;
use crate::client::{DEMO_APP, DEMO_TOKEN, text};
use crate::exit::Failed;

/// How many people the page offers.
const PEOPLE: u64 = 3;
/// By which the page's keys are known among the app's.
const KEY_NOTE: &str = "front page of the demonstration";

/// The page. Its key is made anew at each start, and the one before is revoked.
pub(super) async fn page(
    engine: &Engine,
    gateway: &str,
    lab: &Lab,
    folder: &Path,
) -> Result<Router, Failed> {
    let app = AppId::parse(DEMO_APP).ok_or_else(|| anyhow::anyhow!("the demo app's id"))?;
    let keys = engine.api_keys();
    for old in keys.all(&app).await?.iter().filter(|row| row.note == KEY_NOTE) {
        keys.revoke(&old.id).await?;
    }
    let (key, _) = keys.create(&app, KeyMode::Test, KEY_NOTE).await?;
    let people = fiveone_lab::people(&lab.world(), "fund", MODEL_CITY, PEOPLE);
    let welcome = Welcome {
        gateway: gateway.to_owned(),
        lab: lab.base(),
        program: program(),
        data: folder.display().to_string(),
        app,
        token_id: DEMO_TOKEN.to_owned(),
        key: key.as_str().to_owned(),
        people: people.iter().map(|person| self::person(person, lab)).collect(),
        passwords: fiveone_lab::behaviours("fund", MODEL_CITY).iter().map(password).collect(),
        console: Some("/console"),
    };
    Ok(fiveone_web::welcome(engine.clone(), welcome))
}

fn person(person: &Value, lab: &Lab) -> WelcomePerson {
    let id_card = text(&person["id_card"]);
    WelcomePerson { inbox: format!("{}/inbox/{id_card}", lab.base()), id_card }
}

fn password(row: &Value) -> WelcomePassword {
    let about = text(&row["about"]);
    let (chinese, english) = about.split_once(" · ").unwrap_or((&about, &about));
    WelcomePassword {
        password: text(&row["password"]),
        chinese: chinese.to_owned(),
        english: english.to_owned(),
        code: text(&row["code"]),
    }
}
