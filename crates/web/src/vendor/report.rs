//! getFundB and getInsuranceB: where a task is, and what has been read (P-40 to P-45).

mod render;

use bytes::Bytes;
use fiveone_engine::Shown;
use fiveone_model::task::TaskId;

use self::render::{Asked, Verdict};
use super::Front;
use super::call::Call;
use super::refusal::{Refusal, Status};
use super::report_cache::Key;
use crate::state::log_fault;

/// What a poll shows. A task that has ended never changes, so its answer is kept as bytes.
pub(super) async fn show(call: &Call<'_>, front: &Front) -> Result<Bytes, Refusal> {
    let Front { reports, drawer, .. } = front;
    let dialect = call.dialect();
    let verdict = |verdict| Ok(render::verdict(verdict, dialect));
    let Some(sent) = call.params.filled("tid") else {
        return verdict(Verdict::Missing);
    };
    let Some(tid) = TaskId::parse(sent) else {
        return verdict(Verdict::Unknown);
    };
    let key = Key::of(&tid, call.product, &call.app.app);
    let now = call.api.engine.now();
    if let Some(data) = reports.get(&key, &call.app.app.id, now) {
        return Ok(data);
    }
    match call.api.engine.show(&call.app, call.product, tid.as_str()).await {
        Ok(Shown::Unknown) => verdict(Verdict::Unknown),
        Ok(Shown::NotYours) => verdict(Verdict::NotYours),
        Ok(Shown::Gone | Shown::Unreadable) => Err(Status::Gone.into()),
        Ok(Shown::Task(view)) => {
            let mut asked = Asked { is_data: call.app.app.wants_challenges, picture: None };
            if let Some(open) = &view.question {
                asked.picture = drawer.draw(&view.tid, open).await;
            }
            let data = render::task(&view, &asked, call.product, dialect);
            if view.is_final {
                reports.keep(key, &call.app.app.id, data.clone(), now);
            }
            Ok(data)
        }
        Err(fault) => {
            log_fault(&fault);
            verdict(Verdict::Fault)
        }
    }
}
