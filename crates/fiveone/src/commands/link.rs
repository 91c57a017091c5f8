//! `fiveone link`: links to the person's page, and where they may lead back to.

use std::sync::Arc;

use clap::{Args, Subcommand};
use fiveone_connector::Library;
use fiveone_engine::{
    AreaSwitches, LinkRequest, Look, SystemTime, callback_address, prefill_complaint,
};
use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Millis;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::look::{Colour, Theme};
use fiveone_model::product::Product;
use serde_json::json;

use super::app::{ProductArg, app_id};
use super::store_access::StoreAccess;
use crate::config::parse_ms;
use crate::exit::{Failed, Reason};
use crate::output;

/// Makes links to the person's page, and says where they may lead back to
#[derive(Debug, Args)]
pub(crate) struct Link {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints one JSON object
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a link that one person opens, and prints its address once
    ///
    /// Example: fiveone link create loans --product fund --purpose 贷款审核
    Create {
        /// The appId
        #[arg(value_parser = app_id)]
        app: AppId,
        /// What is asked for; of both, in the order in which the person goes through them
        #[arg(long, required = true, value_delimiter = ',')]
        product: Vec<ProductArg>,
        /// The city's code; without it the person chooses
        #[arg(long, value_parser = area_code)]
        area: Option<AreaCode>,
        /// Why, in words for the person
        #[arg(long, default_value = "")]
        purpose: String,
        /// Given back with the person, as it is
        #[arg(long, default_value = "")]
        state: String,
        /// Where the person goes in the end; one of `link returns`
        #[arg(long)]
        return_url: Option<String>,
        /// How long it lasts, at most a day
        #[arg(long = "for", value_parser = lasting, default_value = "30m")]
        for_ms: Millis,
        /// Which light the page is in
        #[arg(long, value_parser = theme, default_value = "auto")]
        theme: Theme,
        /// The colour of the page's buttons, as #rrggbb
        #[arg(long, value_parser = colour)]
        accent: Option<Colour>,
        /// A login field and what it holds at first, as `id_card=…`; never a password
        #[arg(long, value_parser = filled)]
        prefill: Vec<(FieldName, String)>,
        /// The address of the gateway, as the person's browser reaches it
        #[arg(long, default_value = "http://127.0.0.1:8051")]
        gateway: String,
    },
    /// Lists the addresses that an app's links may lead back to, or changes the list
    ///
    /// Example: fiveone link returns loans
    Returns {
        /// The appId
        #[arg(value_parser = app_id)]
        app: AppId,
        /// Puts an address on the list
        #[arg(long)]
        add: Option<String>,
        /// Takes an address off the list
        #[arg(long)]
        remove: Option<String>,
    },
}

fn lasting(text: &str) -> Result<Millis, &'static str> {
    parse_ms(text).ok_or("such as 30m or 2h")
}

fn theme(text: &str) -> Result<Theme, &'static str> {
    Theme::parse(text).ok_or("auto, light or dark")
}

fn colour(text: &str) -> Result<Colour, &'static str> {
    Colour::parse(text).ok_or("such as #0b5fc4")
}

fn filled(text: &str) -> Result<(FieldName, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("such as id_card=…")?;
    Ok((FieldName::parse(name).ok_or("no login field")?, value.to_owned()))
}

fn area_code(text: &str) -> Result<AreaCode, &'static str> {
    AreaCode::parse(text).ok_or("a city's code has six digits")
}

impl Link {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let Self { action, access, json } = self;
        match action {
            Action::Create {
                app,
                product,
                area,
                purpose,
                state,
                return_url,
                for_ms,
                theme,
                accent,
                prefill: filled,
                gateway,
            } => {
                let products: Vec<Product> = product.into_iter().map(Product::from).collect();
                let (look, mut prefill) = (Look { theme, accent }, Credentials::default());
                for (name, value) in filled {
                    prefill.set(name, value);
                }
                if let Some(area) = &area {
                    let library = Library::builtin()
                        .map_err(|complaints| Failed::message(Reason::Mistakes, complaints))?;
                    let switches = AreaSwitches::new(access.store().await?, Arc::new(SystemTime));
                    let mut methods = Vec::new();
                    for product in &products {
                        if let Some(why) = switches.why_not(&library, *product, area).await? {
                            return Err(Failed::message(Reason::Usage, format!("{area}: {why}")));
                        }
                        let connector = library.connector(*product, area);
                        let logins = connector.map(|one| one.logins()).unwrap_or_default();
                        methods.extend_from_slice(logins);
                    }
                    if let Some(why) = prefill_complaint(&methods, &prefill) {
                        return Err(Failed::message(Reason::Usage, format!("{area}: {why}")));
                    }
                }
                let entry = access.accounts().await?.find(&app).await?.ok_or_else(|| {
                    Failed::message(Reason::Mistakes, format!("no app {app} that may call"))
                })?;
                let mode = entry.app.mode();
                let request = LinkRequest {
                    products,
                    area,
                    purpose,
                    state,
                    return_url,
                    for_ms,
                    mode,
                    look,
                    prefill,
                };
                let token = access
                    .links()
                    .await?
                    .create(&entry, request)
                    .await?
                    .map_err(|refusal| Failed::message(Reason::Mistakes, refusal))?;
                let address = format!("{}/link/{}", gateway.trim_end_matches('/'), *token);
                if json {
                    output::say_json(&json!({ "link": address }), false);
                } else {
                    output::say(&address);
                }
            }
            Action::Returns { app, add, remove } => {
                return returns(&access, json, (&app, add, remove)).await;
            }
        }
        Ok(())
    }
}

/// Lists the addresses that an app's links may lead back to, after one was added or taken off.
async fn returns(
    access: &StoreAccess,
    json: bool,
    (app, add, remove): (&AppId, Option<String>, Option<String>),
) -> Result<(), Failed> {
    let no_app = || Failed::message(Reason::Mistakes, format!("no app {app}"));
    access.accounts().await?.show(app).await?.ok_or_else(no_app)?;
    let links = access.links().await?;
    if let Some(url) = add {
        // A browser goes there, not the gateway: any host will do.
        callback_address(&url, true)
            .map_err(|why| Failed::message(Reason::Usage, format!("{url}: {why}")))?;
        links.set_return_url(app, &url, true).await?;
    }
    if let Some(url) = remove {
        links.set_return_url(app, &url, false).await?;
    }
    let all = links.return_urls(app).await?;
    if json {
        output::say_json(&json!({ "return_urls": all }), false);
    } else {
        output::say(&all.join("\n"));
    }
    Ok(())
}
