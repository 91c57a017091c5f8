//! Showing: what a poll sees of a task (P-41…P-44).

use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use fiveone_store::{OpenChallenge, Reader, SectionRow, TaskRow};

use crate::seal::DeploymentKeys;
use crate::view::{Shown, TaskView};
use crate::{AppEntry, Fault, sections};

/// What was read for a task, and what is odd about it.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) sections: Vec<(Section, Content)>,
    pub(crate) findings: Option<Vec<(Section, Vec<Finding>)>>,
}

/// Shows tasks to the apps whose they are.
pub(crate) struct Reports {
    pub(crate) read: Reader,
    pub(crate) keys: DeploymentKeys,
}

impl Reports {
    /// What a poll of an app shows.
    ///
    /// # Errors
    /// The store could not be asked, or a row cannot be decoded.
    pub(crate) async fn show(
        &self,
        entry: &AppEntry,
        product: Product,
        tid: &str,
    ) -> Result<Shown, Fault> {
        let Some(id) = TaskId::parse(tid) else { return Ok(Shown::Unknown) };
        let Some((task, question)) = self.task_and_question(&id).await? else {
            return Ok(Shown::Unknown);
        };
        if task.app_id != entry.app.id {
            return Ok(Shown::NotYours);
        }
        if task.product != product {
            return Ok(Shown::Unknown);
        }
        let is_done = matches!(task.stage, Stage::Done { .. });
        if is_done && task.wiped_at.is_some() {
            return Ok(Shown::Gone);
        }
        // A question that has its answer is asked no more: the task is logging in again, whether
        // or not its node has seen the answer yet.
        let is_answered = question.is_none() && matches!(task.stage, Stage::Asking(_));
        let stage = if is_answered { &Stage::LoggingIn } else { &task.stage };
        let rows = self.read.sections(&id).await?;
        let progress = CrawlProgress::of_stored(rows.len());
        let wants_findings = entry.app.wants_findings;
        let Ok(opened) = self.open_sections(&task, rows, wants_findings) else {
            return Ok(Shown::Unreadable);
        };
        Ok(Shown::Task(Box::new(TaskView {
            code: question.as_ref().map_or_else(|| stage.code(progress), |open| open.kind.code()),
            msg: question
                .as_ref()
                .map_or_else(|| stage.msg(progress), |open| open.kind.msg(open.attempt)),
            picture: question.and_then(|open| open.picture),
            fail: match &task.stage {
                Stage::Done { missing } => missing.clone(),
                _ => Vec::new(),
            },
            crawled_at: task.crawled_at.filter(|_| progress == CrawlProgress::SomeSections),
            is_final: task.stage.name().is_final(),
            sections: opened.sections,
            findings: opened.findings,
            tid: task.id,
        })))
    }

    /// The sections in the documents' order, and their findings when they are wanted; an error when
    /// one does not open.
    pub(crate) fn open_sections(
        &self,
        task: &TaskRow,
        mut rows: Vec<SectionRow>,
        wants_findings: bool,
    ) -> Result<Opened, Fault> {
        if rows.is_empty() {
            return Ok(Opened::default());
        }
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        let key = self.keys.task_key(task.id.as_str(), wrapped)?;
        rows.sort_by_key(|row| row.section);
        let content =
            |row: &SectionRow| Ok((row.section, sections::open_content(&key, row, task.product)?));
        let findings = |row: &SectionRow| Ok((row.section, sections::open_findings(&key, row)?));
        Ok(Opened {
            sections: rows.iter().map(content).collect::<Result<_, Fault>>()?,
            findings: match wants_findings {
                true => Some(rows.iter().map(findings).collect::<Result<_, Fault>>()?),
                false => None,
            },
        })
    }

    /// A task, and the question that is open on it and has no answer yet. A question that is closed
    /// between the two looks is looked for again, so that nobody sees its code without its picture.
    ///
    /// # Errors
    /// The store failed, or a question stays open without a picture.
    pub(crate) async fn task_and_question(
        &self,
        id: &TaskId,
    ) -> Result<Option<(TaskRow, Option<OpenChallenge>)>, Fault> {
        const LOOKS_MAX: usize = 8;
        let read = &self.read;
        for _ in 0..LOOKS_MAX {
            let Some(task) = read.task(id).await? else { return Ok(None) };
            if !matches!(task.stage, Stage::Asking(_)) {
                return Ok(Some((task, None)));
            }
            let Some(open) = read.open_challenge(id).await? else { continue };
            if open.answer_sealed.is_some() {
                return Ok(Some((task, None)));
            }
            if open.picture.is_some() || !open.kind.has_picture() {
                return Ok(Some((task, Some(open))));
            }
        }
        Err(Fault::Impossible(format!("task {id} asks and has no question to show")))
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::area::AreaCode;
    use fiveone_model::challenge::ChallengeKind;
    use fiveone_store::Answering;
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::Options;
    use crate::wiring::Wiring;
    use crate::wiring::tests::{NOW, admit_for_another_node, wiring};

    on_both!(p_50_a_code_that_was_accepted_is_asked_for_no_more, p_51_asking_again_is_told);

    /// A task that is logging in, on no node that runs.
    async fn logging_in(store: &TestStore, wiring: &Wiring) -> (AppEntry, TaskRow) {
        admit_for_another_node(wiring, 1).await;
        let area = AreaCode::parse("210300").unwrap();
        let portal = (Product::Fund, &area);
        let mut claimed = store.write.claim_queued("n1", portal, 1, 1, NOW).await.unwrap().rows;
        (wiring.accounts.find(&build::app_id("a")).await.unwrap().unwrap(), claimed.remove(0).task)
    }

    /// What a poll shows: code, msg and picture.
    async fn poll(reports: &Reports, app: &AppEntry) -> (u32, String, Option<Vec<u8>>) {
        let tid = build::task_id(1);
        match reports.show(app, Product::Fund, tid.as_str()).await.unwrap() {
            Shown::Task(view) => (view.code.number(), view.msg, view.picture),
            other => panic!("{other:?}"),
        }
    }

    async fn p_50_a_code_that_was_accepted_is_asked_for_no_more(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let reports = wiring.reports();
        let (app, task) = logging_in(&store, &wiring).await;
        for (kind, picture) in
            [(ChallengeKind::Captcha, Some(b"png".as_slice())), (ChallengeKind::Sms, None)]
        {
            let asking = store.write.ask(&task.id, task.fence, kind, picture, NOW, NOW + 9);
            asking.await.unwrap();
            let shown = poll(&reports, &app).await;
            assert_eq!(shown, (kind.code().number(), kind.msg(1), picture.map(<[u8]>::to_vec)));
            let answered = store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
            assert_eq!(answered, Answering::Taken);
            let shown = poll(&reports, &app).await;
            assert_eq!(shown, (10001, "登录中".to_owned(), None), "whoever has the task");
            store.write.close_answered(&task.id, task.fence, NOW).await.unwrap();
        }
    }

    async fn p_51_asking_again_is_told(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let reports = wiring.reports();
        let (app, task) = logging_in(&store, &wiring).await;
        let wrong = "：验证码错误，请重新输入（第";
        let captcha = ("登录中，等待用户输入图片码", ChallengeKind::Captcha);
        let sms = ("登录中，等待用户输入短信", ChallengeKind::Sms);
        for ((label, kind), attempt) in
            [(captcha, 1), (captcha, 2), (sms, 1), (sms, 2), (captcha, 3), (sms, 3)]
        {
            let picture = kind.has_picture().then_some(b"png".as_slice());
            let asking = store.write.ask(&task.id, task.fence, kind, picture, NOW, NOW + 9);
            asking.await.unwrap();
            let expected = match attempt {
                1 => label.to_owned(),
                _ => format!("{label}{wrong}{attempt}次）"),
            };
            assert_eq!(poll(&reports, &app).await.1, expected);
            store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
            store.write.close_answered(&task.id, task.fence, NOW).await.unwrap();
        }
    }
}
