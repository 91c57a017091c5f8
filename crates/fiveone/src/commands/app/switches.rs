//! What an app can have changed, as options that `app create` and `app grant` share. Which there are, and
//! what each takes, says [`Switch`].

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use fiveone_engine::set_switch;
use fiveone_model::app::{App as AppRecord, AppId, Switch, SwitchKind};

use crate::exit::{Failed, Reason};

/// The switches that were given.
#[derive(Debug, Clone)]
pub(super) struct Switches(Vec<(Switch, String)>);

impl Switches {
    /// Changes what was given; addresses that no callback would go to are refused.
    pub(super) fn change(
        &self,
        app: &mut AppRecord,
        is_private_allowed: bool,
    ) -> Result<(), Failed> {
        for (switch, text) in &self.0 {
            set_switch(app, *switch, text, is_private_allowed).map_err(|complaint| {
                let message = format!("--{}: {complaint}", switch.name());
                Failed::message(Reason::Usage, message)
            })?;
        }
        Ok(())
    }
}

/// Takes a text that the switch takes.
fn taken(switch: Switch, text: &str) -> Result<String, String> {
    let scratch = AppId::parse("scratch").ok_or("no app")?;
    switch.set(&mut AppRecord::new(scratch, ""), text)?;
    Ok(text.to_owned())
}

fn option(switch: Switch) -> Arg {
    let arg = Arg::new(switch.name()).long(switch.name()).help(switch.help());
    let checked = move |text: &str| taken(switch, text);
    match switch.kind() {
        SwitchKind::Flag => {
            let words = PossibleValuesParser::new(["true", "false"]);
            arg.value_name("BOOL").hide_possible_values(true).value_parser(words)
        }
        SwitchKind::Choice(words) => {
            arg.value_name("WORD").value_parser(PossibleValuesParser::new(words))
        }
        SwitchKind::Number => arg.value_name("NUMBER").value_parser(checked),
        SwitchKind::Address => arg.value_name("URL").value_parser(checked),
        SwitchKind::Networks => arg.value_name("NETWORKS").value_parser(checked),
    }
}

impl Args for Switches {
    fn augment_args(command: Command) -> Command {
        command.args(Switch::ALL.map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Switches {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = Switch::ALL.into_iter().filter_map(|switch| {
            matches.get_one::<String>(switch.name()).map(|text| (switch, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
