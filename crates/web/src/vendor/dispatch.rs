//! From a checked call to what its interface does.

use axum::extract::Request;
use bytes::Bytes;
use fiveone_model::product::{Interface, Operation};

use super::call::Call;
use super::refusal::{Refusal, Status};
use super::{Front, areas, code, create, logins, report};

/// The `data` of a request, or why there is none.
pub(super) async fn answer(
    front: &Front,
    interface: Option<Interface>,
    request: Request,
) -> Result<Bytes, Refusal> {
    let interface = interface.ok_or(Status::NoInterface)?;
    let call = Call::check(&front.api, interface, request).await?;
    match interface.operation {
        Operation::Areas => areas::list(&call).await,
        Operation::Logins => logins::list(&call).await,
        Operation::Create => create::create(&call).await,
        Operation::Report => report::show(&call, front).await,
        Operation::Code => code::submit(&call).await,
    }
}
