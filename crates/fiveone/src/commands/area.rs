//! `fiveone area`: closes and opens areas (`area_status` 0 and 1).

use clap::{Args, Subcommand};
use fiveone_model::area::AreaCode;
use fiveone_model::clock::Clock as _;
use fiveone_store::AreaSwitch;
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

fn code(text: &str) -> Result<AreaCode, String> {
    AreaCode::parse(text).ok_or_else(|| "an area code, e.g. 210300".to_owned())
}

impl Area {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let store = self.access.store().await?;
        match self.action {
            Action::Close { product, area, note } => {
                let product = product.into();
                let switch =
                    AreaSwitch { product, area, is_by_operator: true, note, until_at: None };
                store.write.close_area(&switch).await?;
            }
            Action::Open { product, area } => store.write.open_area(product.into(), &area).await?,
            Action::List => {}
        }
        let closed = store.read.closed_areas(fiveone_engine::SystemTime.now()).await?;
        let rows = closed.into_iter().map(|switch| {
            json!({
                "product": switch.product.as_str(),
                "area": switch.area.as_str(),
                "by": if switch.is_by_operator { "operator" } else { "health" },
                "note": switch.note,
                "until": switch.until_at.map(fiveone_model::clock::shanghai_text),
            })
        });
        output::say_json(&rows.collect(), !self.json);
        Ok(())
    }
}
