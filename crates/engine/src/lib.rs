//! The use-cases, one file each, named by verb. Every write of the program goes through here.
//!
//! admit → claim → drive (ask ⇄ answer) → settle → notify, and sweep for what is left over. Each is
//! a type with its own inputs; [`Engine`] makes them, starts their loops and hands calls on. The
//! engine knows connectors and the store; it knows nothing of HTTP interfaces or of the documents'
//! envelope.

mod accounts;
mod admit;
mod answer;
mod api_keys;
mod app_tasks;
mod apps;
mod area_switches;
mod areas;
mod books;
mod claim;
mod console;
mod drive;
mod engine;
mod erasure;
mod evidence;
mod fault;
mod health;
mod kept_callbacks;
mod kept_parts;
mod link_ends;
mod link_events;
mod link_hand_over;
mod link_pages;
mod link_parts;
mod link_visits;
mod links;
pub mod metric;
mod neighbours;
mod node;
mod notify;
mod open_tasks;
mod operators;
mod options;
mod own;
mod parts;
mod persist;
mod persons;
mod portal_changes;
mod prefill;
mod pulse;
mod questions;
mod rotation;
mod run_log;
mod runs;
mod sandbox;
pub mod seal;
mod sections;
mod settle;
mod show;
mod signals;
mod slots;
mod sweep;
mod switches;
mod tasks;
mod time;
mod twin_key;
mod twins;
mod view;
mod wiring;
mod wrong_results;

pub use accounts::{Accounts, AppEntry};
pub use admit::{AdmitError, CreateRequest, Withheld};
pub use answer::{Answered, Code, Refreshing};
pub use api_keys::ApiKeys;
pub use app_tasks::{Cancelling, OwnReport, OwnTask, ReportOf};
pub use area_switches::AreaSwitches;
pub use books::Ledger;
pub use console::{Console, TaskSeen};
pub use engine::Engine;
pub use erasure::{Eraser, Receipt};
pub use evidence::{KeptChange, PortalChange, PortalEvidence};
pub use fault::{Fault, causes};
pub use fiveone_store::{
    AppCallbacks, AreaEnds, AttemptRow, CallbackAbout, CallbackChoice, CallbackState, ClosedBy,
    Deed, DeedChoice, EmptyWallet, Hour, KeptCallback, LinkOutcome, LinkPart, LinkRow, Mark,
    NodeSeen, Overview, PartState, Resolved, StageRow, Statement, StatementLine, TaskChoice,
    TaskLine, TaskListed, TaskSearch, TasksFound, WrongCount,
};
pub use kept_callbacks::KeptCallbacks;
pub use kept_parts::KeptParts;
pub use link_hand_over::HandOver;
pub use link_pages::{Begun, LinkPages, LinkTask};
pub use links::{LINK_FOR_MS, Link, LinkRefusal, LinkRequest, Links, Look};
pub use notify::{Receiver, Tried, callback_address, reach_callback};
pub use operators::{NewTotp, Operators, Session, SessionLimits};
pub use options::Options;
pub use parts::Parts;
pub use prefill::prefill_complaint;
pub use rotation::{KeyRotation, SealedCounts};
pub use run_log::{LoggedStep, LoggedSteps};
pub use sandbox::Forced;
pub use switches::set_switch;
pub use tasks::{SectionSummary, TaskRecord, Tasks};
pub use time::{SystemTime, Time, Wait};
pub use view::{Shown, TaskView};
