//! `fiveone area`: closes and opens areas (`area_status` 0 and 1).

use std::sync::Arc;

use clap::{Args, Subcommand};
use fiveone_engine::{AreaSwitches, SystemTime};
use fiveone_model::area::AreaCode;
use serde_json::json;

use super::app::ProductArg;
use super::store_access::StoreAccess;
use crate::exit::Failed;
use crate::output;

/// Closes and opens areas, or lists those closed
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
        let switches = AreaSwitches::new(self.access.store().await?, Arc::new(SystemTime));
        match self.action {
            Action::Close { product, area, note } => {
                switches.close(product.into(), area, note).await?;
            }
            Action::Open { product, area } => switches.open(product.into(), &area).await?,
            Action::List => {}
        }
        let rows = switches.closed().await?.into_iter().map(|switch| {
            json!({
                "product": switch.product.as_str(),
                "area": switch.area.as_str(),
                "by": switch.closed_by.as_str(),
                "note": switch.note,
                "until": switch.until_at.map(fiveone_model::clock::shanghai_text),
            })
        });
        output::say_json(&rows.collect(), !self.json);
        Ok(())
    }
}
