//! `fiveone query`: the main job in a terminal, through a gateway as any app would do it.

mod ask;
mod findings;
mod picture;
mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use fiveone_model::challenge::ChallengeKind;
use fiveone_model::product::{Operation, Product};
use fiveone_model::report::Section;
use fiveone_model::state_code::StateCode;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::app::ProductArg;
use crate::client::{Access, Client, text};
use crate::exit::{Failed, Reason};
use crate::output;

/// Gets a person's records in the terminal
///
/// Asks for the login fields, shows the captcha, waits, and prints the report as tables and, below
/// them, what could not be read: sections always, single fields when the app has `--findings true`.
///
/// Example: fiveone query fund 990000
///
/// Exit codes: 0 the report is whole, 7 parts are missing, 4 there is no report, 5 the gateway
/// refused, 6 nothing answers at its address.
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
}

/// What apps of the `example` dialect get instead of 40001.
const FINISHED_IN_EXAMPLES: &str = "0";

/// How often the gateway is asked.
const POLL_EVERY: Duration = Duration::from_millis(300);

impl Query {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let product = Product::from(self.product);
        let client = Client::new(self.access)?;
        let area = self.area.as_str();
        let methods = client.data(product, Operation::Logins, &[("area_code", area)]).await?;
        let method = ask::method(&methods, self.login)?;
        let given: BTreeMap<_, _> = self.fields.into_iter().collect();
        let fields = ask::fields(method, &given)?;
        let tid = create(&client, product, area, method, &fields).await?;
        let progress = Progress::new(product, self.json);
        let data = follow(&client, product, &tid, &progress).await?;
        progress.end();
        if self.json {
            output::say_json(&data, false);
        } else {
            table::print(product, &data);
            findings::print(product, &data);
        }
        let code = text(&data["code"]);
        match StateCode::parse(&code) {
            Some(StateCode::FINISHED) => Ok(()),
            Some(StateCode::PARTLY_FINISHED) => {
                Err(Failed::message(Reason::Partial, text(&data["msg"])))
            }
            _ if code == FINISHED_IN_EXAMPLES => Ok(()),
            _ => {
                let message = format!("{} ({code})", text(&data["msg"]));
                Err(Failed::message(Reason::NoReport, message))
            }
        }
    }
}

async fn create(
    client: &Client,
    product: Product,
    area: &str,
    method: &Value,
    fields: &[(String, String)],
) -> Result<String, Failed> {
    let login_type = text(&method["login_type"]);
    let mut params = vec![("area_code", area), ("login_type", login_type.as_str())];
    params.extend(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let data = client.data(product, Operation::Create, &params).await?;
    if data["success"] != true {
        return Err(Failed::message(Reason::Refused, text(&data["message"])));
    }
    Ok(text(&data["tid"]))
}

/// Polls until the task has ended, handing its questions to the person.
async fn follow(
    client: &Client,
    product: Product,
    tid: &str,
    progress: &Progress,
) -> Result<Value, Failed> {
    let mut tick = tokio::time::interval(POLL_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut answered = None;
    loop {
        tick.tick().await;
        let data = client.data(product, Operation::Report, &[("tid", tid)]).await?;
        let code = text(&data["code"]);
        progress.show(&data);
        let state = StateCode::parse(&code);
        let question = state.and_then(ChallengeKind::of_code);
        // The same question with the same words is the one that was answered: another one of its
        // kind says that the code before was wrong.
        let asked =
            question.map(|kind| (kind, data["base64_image_bytes"].clone(), data["msg"].clone()));
        if let Some((kind, ..)) = asked
            && asked != answered
        {
            let answer = progress.pause(|| ask::code(kind, &data))?;
            let params = [("code", answer.as_str()), ("tid", tid)];
            if !answer.is_empty() {
                let taken = client.data(product, Operation::Code, &params).await?;
                if taken["status"] != 0 {
                    output::complain(&text(&taken["message"]));
                }
            }
        }
        answered = asked;
        // A code that is none of a task's life says that there is no such task.
        if state.is_none_or(StateCode::is_final) {
            return Ok(data);
        }
    }
}

/// One line that tells where the task is and ticks the sections off; on standard error, so that
/// the report alone is on standard output.
struct Progress {
    product: Product,
    bar: ProgressBar,
}

impl Progress {
    fn new(product: Product, is_quiet: bool) -> Self {
        let bar = if is_quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { product, bar }
    }

    fn show(&self, data: &Value) {
        let mut line = text(&data["msg"]);
        for section in Section::of(self.product) {
            if data.get(section.as_str()).is_some() {
                line.push_str(" ✔");
                line.push_str(section.label());
            }
        }
        self.bar.set_message(line);
    }

    /// Lets the person type without the line in between.
    fn pause<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
