//! `fiveone query`: the main job in a terminal, through a gateway as any app would do it.

mod ask;
mod export;
mod findings;
mod follow;
mod keyboard;
mod picture;
mod question;
mod screen;
mod sheets;
mod table;

use std::collections::BTreeMap;
use std::pin::pin;

use clap::Args;
use fiveone_model::product::{Operation, Product};
use fiveone_model::state_code::StateCode;
use serde_json::Value;

use self::ask::{Asker, Tips};
use self::export::Export;
use self::follow::Follower;
use self::keyboard::Keyboard;
use self::screen::Screen;
use super::app::ProductArg;
use crate::client::{Access, Client, text};
use crate::config::{Pictures, pictures};
use crate::exit::{Failed, Reason};
use crate::output;
use crate::telemetry::StopSignals;

/// Gets a person's records in the terminal
///
/// Asks for the login fields, shows the captcha, waits, and prints the report as tables and, below
/// them, what could not be read: sections always, single fields when the app has `--findings true`.
/// Ctrl-C cancels the task, which costs nothing as long as nothing was read.
///
/// Example: fiveone query fund 990000
///
/// Exit codes: 0 the report is whole, 7 parts are missing, 4 there is no report, 5 the gateway
/// refused, 6 nothing answers at its address, 130 it was interrupted.
#[derive(Debug, Args)]
pub(crate) struct Query {
    product: ProductArg,
    /// The area code, e.g. 990000; `fiveone call getFundCitysB` lists them
    area: String,
    /// Which way to log in, when the area has several
    #[arg(long, value_name = "NUMBER")]
    login: Option<i64>,
    /// A login field, instead of being asked for it; not for passwords on shared machines
    #[arg(long = "set", value_parser = super::call::param, value_name = "FIELD=VALUE")]
    fields: Vec<(String, String)>,
    #[command(flatten)]
    access: Access,
    /// Prints the report as the gateway's JSON
    #[arg(long)]
    json: bool,
    /// Writes the report into a file too, for its owner alone: .json, .csv or .xlsx
    #[arg(long, value_parser = Export::parse, value_name = "FILE")]
    out: Option<Export>,
    /// How pictures are shown; default: as the terminal says that it can
    #[arg(long, value_name = "WAY")]
    pictures: Option<Pictures>,
}

/// What apps of the `example` dialect get instead of 40001.
const FINISHED_IN_EXAMPLES: &str = "0";

impl Query {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let product = Product::from(self.product);
        let client = Client::new(self.access.clone())?;
        let mut keyboard = Keyboard::new();
        let mut screen = Screen::new(product, self.json);
        let mut interrupted = pin!(StopSignals::catch()?.asked());

        let asking = self.login(&client, product, &mut keyboard, &screen);
        let (login_type, fields) = tokio::select! {
            login = asking => login?,
            () = &mut interrupted => return Err(interruption()),
        };
        // Not interrupted half-way: a task that nobody knows of could not be cancelled.
        let tid = create(&client, product, &self.area, &login_type, &fields).await?;
        drop(fields);
        let mut follower = Follower {
            client: &client,
            product,
            tid: &tid,
            keyboard: &mut keyboard,
            screen: &mut screen,
            pictures: self.pictures.unwrap_or_else(pictures),
        };
        let followed = tokio::select! {
            followed = follower.follow() => followed,
            () = &mut interrupted => Err(interruption()),
        };
        screen.end();
        let data = match followed {
            Ok(data) => data,
            Err(failed) => {
                cancel(&client, product, &tid).await;
                return Err(failed);
            }
        };
        self.tell(product, &data)
    }

    /// The way to log in and its fields, as given or asked for.
    async fn login(
        &self,
        client: &Client,
        product: Product,
        keyboard: &mut Keyboard,
        screen: &Screen,
    ) -> Result<(String, Vec<(String, String)>), Failed> {
        let methods = client.data(product, Operation::Logins, &[("area_code", &self.area)]).await?;
        let given: BTreeMap<_, _> = self.fields.iter().cloned().collect();
        let mut asker = Asker { keyboard, screen };
        let areas = client.data(product, Operation::Areas, &[]).await?;
        if let Some(area) =
            areas.as_array().and_then(|all| all.iter().find(|area| area["area_code"] == *self.area))
        {
            let tips = text(&area["area_tips"]);
            let colon = if tips.is_empty() { "" } else { "：" };
            output::complain(&format!("{}{colon}{tips}", text(&area["area_name"])));
        }
        let method = asker.method(&methods, self.login).await?;
        let tips = Tips::new(product, &self.area);
        let fields = asker.fields(method, &given, &tips).await?;
        Ok((text(&method["login_type"]), fields))
    }

    /// Prints the report and writes it; how it ended.
    fn tell(&self, product: Product, data: &Value) -> Result<(), Failed> {
        if self.json {
            output::say_json(data, false);
        } else {
            table::print(product, data);
            findings::print(product, data);
        }
        let code = text(&data["code"]);
        let state = StateCode::parse(&code);
        let is_whole = state == Some(StateCode::FINISHED) || code == FINISHED_IN_EXAMPLES;
        let is_there = is_whole || state == Some(StateCode::PARTLY_FINISHED);
        if let Some(out) = self.out.as_ref().filter(|_| is_there) {
            let path = out.path().display();
            out.write(product, data).map_err(|error| {
                Failed::message(Reason::Failed, format!("{path} is not written: {error:#}"))
            })?;
            output::complain(&format!("报告已写入 {path}，只有您本人可读"));
        }
        if is_whole {
            return Ok(());
        }
        if is_there {
            return Err(Failed::message(Reason::Partial, text(&data["msg"])));
        }
        let message = format!("{} ({code})", text(&data["msg"]));
        Err(Failed::message(Reason::NoReport, message))
    }
}

fn interruption() -> Failed {
    Failed::message(Reason::Interrupted, "已中断")
}

async fn create(
    client: &Client,
    product: Product,
    area: &str,
    login_type: &str,
    fields: &[(String, String)],
) -> Result<String, Failed> {
    let mut params = vec![("area_code", area), ("login_type", login_type)];
    params.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let data = client.data(product, Operation::Create, &params).await?;
    if data["success"] != true {
        return Err(Failed::message(Reason::Refused, text(&data["message"])));
    }
    Ok(text(&data["tid"]))
}

/// Ends a task that nobody waits for any more, and tells what became of it.
async fn cancel(client: &Client, product: Product, tid: &str) {
    let params = [("cancel", "true"), ("tid", tid)];
    let told = match client.data(product, Operation::Code, &params).await {
        Ok(data) if data["status"] == 0 => "任务已取消，没有收费".to_owned(),
        Ok(data) => format!("任务没有取消：{}", text(&data["message"])),
        Err(failed) => format!("任务没有取消：{}", failed.message_only()),
    };
    output::complain(&format!("{told}（tid {tid}）"));
}
