//! `fiveone call`: one call, as an app makes it.

use clap::Args;
use fiveone_model::product::Interface;

use crate::client::{Access, Client};
use crate::exit::{Failed, Reason};
use crate::output;

/// Signs and posts one call to a gateway
///
/// Example: fiveone call getFundCityParamB area_code=990000
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The interface, e.g. getFundCitysB
    #[arg(value_parser = interface)]
    interface: Interface,
    /// The parameters, without appId and tokenKey
    #[arg(value_parser = param, value_name = "KEY=VALUE")]
    params: Vec<(String, String)>,
    #[command(flatten)]
    access: Access,
    /// Prints the answer on one line
    #[arg(long)]
    json: bool,
}

impl Call {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let params: Vec<_> =
            self.params.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let envelope = Client::new(self.access)?.call(self.interface, &params).await?;
        output::say_json(&envelope, !self.json);
        if envelope["status"] == 0 { Ok(()) } else { Err(Failed::said(Reason::Refused)) }
    }
}

/// An interface by its name.
pub(super) fn interface(name: &str) -> Result<Interface, String> {
    Interface::parse(name).ok_or_else(|| {
        let names: Vec<_> = Interface::ALL.iter().map(|interface| interface.name).collect();
        format!("the interfaces are {}", names.join(", "))
    })
}

/// `KEY=VALUE`; the value may hold more equal signs.
pub(super) fn param(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}
