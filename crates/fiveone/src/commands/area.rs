//! `fiveone area`: closes and opens areas (`area_status` 0 and 1), and shows what their portals changed.

use std::sync::Arc;

use clap::{Args, Subcommand};
use fiveone_engine::{AreaSwitches, KeptChange, SystemTime};
use fiveone_model::area::AreaCode;
use fiveone_model::clock::shanghai_text;
use fiveone_model::report::Section;
use serde_json::{Value, json};

use super::app::ProductArg;
use super::store_access::StoreAccess;
use crate::exit::Failed;
use crate::output;

/// Closes and opens areas, lists those closed, shows what portals changed
#[derive(Debug, Args)]
pub(crate) struct Area {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    access: StoreAccess,
    /// Prints JSON on one line
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Refuses new tasks for an area until it is opened
    ///
    /// Example: fiveone area close fund 210300 --note 系统升级
    Close {
        product: ProductArg,
        #[arg(value_parser = code)]
        area: AreaCode,
        /// Why, for other operators
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Takes tasks for an area again, whoever closed it
    ///
    /// Example: fiveone area open fund 210300
    Open {
        product: ProductArg,
        #[arg(value_parser = code)]
        area: AreaCode,
    },
    /// Shows the pages of a portal that seems to have changed, values replaced by their kinds
    ///
    /// The newest of the login and of each section, kept for thirty days.
    ///
    /// Example: fiveone area evidence fund 210300
    Evidence {
        product: ProductArg,
        #[arg(value_parser = code)]
        area: AreaCode,
    },
    /// Lists the areas that are closed now
    ///
    /// Example: fiveone area list
    List,
}

pub(super) fn code(text: &str) -> Result<AreaCode, String> {
    AreaCode::parse(text).ok_or_else(|| "an area code, e.g. 210300".to_owned())
}

impl Area {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        if let Action::Evidence { product, area } = &self.action {
            let evidence = self.access.evidence().await?;
            let kept = evidence.of((*product).into(), area).await?;
            if self.json {
                output::say_json(&kept.iter().map(json_of).collect(), false);
            } else if kept.is_empty() {
                output::say("nothing seems to have changed at this portal");
            } else {
                output::say(&kept.iter().map(text_of).collect::<Vec<_>>().join("\n\n"));
            }
            return Ok(());
        }
        let switches = AreaSwitches::new(self.access.store().await?, Arc::new(SystemTime));
        match self.action {
            Action::Close { product, area, note } => {
                switches.close(product.into(), area, note).await?;
            }
            Action::Open { product, area } => switches.open(product.into(), &area).await?,
            Action::List | Action::Evidence { .. } => {}
        }
        let rows = switches.closed().await?.into_iter().map(|switch| {
            json!({
                "product": switch.product.as_str(),
                "area": switch.area.as_str(),
                "by": switch.closed_by.as_str(),
                "note": switch.note,
                "until": switch.until_at.map(shanghai_text),
            })
        });
        output::say_json(&rows.collect(), !self.json);
        Ok(())
    }
}

fn json_of(kept: &KeptChange) -> Value {
    json!({
        "part": kept.section.map_or("login", Section::as_str),
        "version": kept.version,
        "seen": shanghai_text(kept.seen_at),
        "change": kept.change,
    })
}

/// A change for people: what, when, where, and the page.
fn text_of(kept: &KeptChange) -> String {
    let part = kept.section.map_or("login", Section::as_str);
    let head = format!("{part}, seen {}, connector {}", shanghai_text(kept.seen_at), kept.version);
    let Some(change) = &kept.change else {
        return format!("{head}\n  sealed with a deployment key that is not here");
    };
    let mut lines = vec![head, format!("  step {}, {}", change.step, change.path)];
    lines.extend(change.suspected.iter().map(|finding| format!("  {finding}")));
    if !change.reason.is_empty() {
        lines.push(format!("  {}", change.reason));
    }
    lines.push(change.page.trim_matches('\n').to_owned());
    lines.join("\n")
}
