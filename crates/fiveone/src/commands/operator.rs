//! `fiveone operator`: who may sign in to the console. A password is asked for, or read from standard
//! input: arguments are seen by everybody on a machine, and stay in a shell's history.

use std::io::{IsTerminal as _, Read as _};

use clap::{Args, Subcommand, ValueEnum};
use fiveone_engine::Operators;
use fiveone_model::clock::shanghai_text;
use fiveone_model::operator::{OperatorName, Role};
use fiveone_store::OperatorRow;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::store_access::StoreAccess;
use crate::exit::{Failed, Reason};
use crate::output;

/// Makes, lists and changes who may sign in to the console
#[derive(Debug, Args)]
pub(crate) struct Operator {
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
    /// Makes an operator; without --ask its password is generated and printed once
    ///
    /// Example: fiveone operator add wang --role operator
    Add {
        /// Letters, digits, and . _ - @
        #[arg(value_parser = operator_name)]
        name: OperatorName,
        /// viewer looks; operator runs tasks, callbacks and areas; owner has apps and money, too
        #[arg(long)]
        role: RoleArg,
        /// Asks for the password, or reads it from standard input
        #[arg(long)]
        ask: bool,
    },
    /// Lists the operators
    ///
    /// Example: fiveone operator list
    List,
    /// Gives an operator another password, which ends its sessions
    ///
    /// Example: fiveone operator password wang
    Password {
        /// Whose
        #[arg(value_parser = operator_name)]
        name: OperatorName,
        /// Asks for the password, or reads it from standard input
        #[arg(long)]
        ask: bool,
    },
    /// Gives an operator another role, which ends its sessions
    ///
    /// Example: fiveone operator role wang viewer
    Role {
        /// Whose
        #[arg(value_parser = operator_name)]
        name: OperatorName,
        /// Which
        role: RoleArg,
    },
    /// Lets an operator sign in no more, which ends its sessions
    ///
    /// Example: fiveone operator disable wang
    Disable {
        /// Whom
        #[arg(value_parser = operator_name)]
        name: OperatorName,
    },
    /// Lets a disabled operator sign in again
    ///
    /// Example: fiveone operator enable wang
    Enable {
        /// Whom
        #[arg(value_parser = operator_name)]
        name: OperatorName,
    },
    /// Gives an operator a second factor, shown once as a QR code, or takes it away
    ///
    /// Example: fiveone operator totp wang
    Totp {
        /// Whose
        #[arg(value_parser = operator_name)]
        name: OperatorName,
        /// Takes it away
        #[arg(long)]
        off: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    Viewer,
    Operator,
    Owner,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Operator => Self::Operator,
            RoleArg::Owner => Self::Owner,
        }
    }
}

fn operator_name(text: &str) -> Result<OperatorName, &'static str> {
    OperatorName::parse(text).ok_or("1 to 64 letters, digits, and . _ - @")
}

impl Operator {
    pub(crate) async fn run(self) -> Result<(), Failed> {
        let operators = self.access.operators().await?;
        let json = match self.action {
            Action::Add { name, role, ask } => {
                let password = password(ask)?;
                if !operators.add(&name, role.into(), &password).await? {
                    let message = format!("there is an operator {name} already");
                    return Err(Failed::message(Reason::Usage, message));
                }
                told(&operators, &name, (!ask).then_some(password)).await?
            }
            Action::List => operators.all().await?.iter().map(shown).collect(),
            Action::Password { name, ask } => {
                let password = password(ask)?;
                found(&name, operators.set_password(&name, &password).await?)?;
                told(&operators, &name, (!ask).then_some(password)).await?
            }
            Action::Role { name, role } => {
                found(&name, operators.set_role(&name, role.into()).await?)?;
                told(&operators, &name, None).await?
            }
            Action::Disable { name } => {
                found(&name, operators.set_disabled(&name, true).await?)?;
                told(&operators, &name, None).await?
            }
            Action::Enable { name } => {
                found(&name, operators.set_disabled(&name, false).await?)?;
                told(&operators, &name, None).await?
            }
            Action::Totp { name, off: true } => {
                found(&name, operators.end_totp(&name).await?)?;
                told(&operators, &name, None).await?
            }
            Action::Totp { name, off: false } => {
                let new = operators.new_totp(&name).await?;
                found(&name, new.is_some())?;
                let mut json = told(&operators, &name, None).await?;
                if let Some(new) = new {
                    if !self.json {
                        output::say(&in_blocks(&new.address)?);
                    }
                    json["secret"] = json!(new.secret.as_str());
                    json["address"] = json!(new.address.as_str());
                }
                json
            }
        };
        output::say_json(&json, !self.json);
        Ok(())
    }
}

/// The password that somebody types, or one that nobody guesses.
fn password(is_asked: bool) -> Result<Zeroizing<String>, Failed> {
    if !is_asked {
        return Ok(Operators::new_password()?);
    }
    let password = if std::io::stdin().is_terminal() {
        let first = Zeroizing::new(rpassword::prompt_password("password: ")?);
        let again = Zeroizing::new(rpassword::prompt_password("again: ")?);
        if first != again {
            return Err(Failed::message(Reason::Usage, "the two passwords differ"));
        }
        first
    } else {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin().take(BYTES_MAX).read_to_string(&mut text)?;
        Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned())
    };
    match Operators::complaint(&password) {
        None => Ok(password),
        Some(complaint) => Err(Failed::message(Reason::Usage, complaint)),
    }
}

/// More is no password.
const BYTES_MAX: u64 = 4_096;

fn found(name: &OperatorName, is_there: bool) -> Result<(), Failed> {
    let none = || Failed::message(Reason::Usage, format!("there is no operator {name}"));
    is_there.then_some(()).ok_or_else(none)
}

/// The operator, with a password that is shown once.
async fn told(
    operators: &Operators,
    name: &OperatorName,
    password: Option<Zeroizing<String>>,
) -> Result<Value, Failed> {
    let all = operators.all().await?;
    let mut json = all.iter().find(|row| row.name == *name).map_or(Value::Null, shown);
    if let Some(password) = password {
        json["password"] = json!(password.as_str());
    }
    Ok(json)
}

fn shown(row: &OperatorRow) -> Value {
    json!({
        "name": row.name.as_str(),
        "role": row.role.as_str(),
        "totp": row.totp_sealed.is_some(),
        "createdAt": shanghai_text(row.created_at),
        "disabledAt": row.disabled_at.map(shanghai_text),
    })
}

/// An address as a QR code that a phone reads from a terminal.
fn in_blocks(address: &str) -> Result<String, Failed> {
    let code = QrCode::new(address).map_err(|error| anyhow::anyhow!("a QR code: {error}"))?;
    Ok(code.render::<Dense1x2>().build())
}
