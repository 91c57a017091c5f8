//! Showing: what a poll sees of a task (P-41…P-44).

use fiveone_model::finding::Finding;
use fiveone_model::product::Product;
use fiveone_model::question::OpenQuestion;
use fiveone_model::report::{Content, Section};
use fiveone_model::task::{CrawlProgress, Stage, TaskId};
use fiveone_store::{Reader, SectionRow, TaskRow, Viewer};

use crate::seal::{DeploymentKeys, TaskKey};
use crate::view::{Shown, TaskView};
use crate::{AppEntry, Fault, questions, sections};

/// What was read for a task, and what is odd about it.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) sections: Vec<(Section, Content)>,
    pub(crate) findings: Option<Vec<(Section, Vec<Finding>)>>,
}

/// Shows tasks to the apps whose they are, and to their persons.
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
        self.show_to(Viewer::App, entry, product, tid).await
    }

    /// What a task is for whoever looks at it.
    ///
    /// # Errors
    /// Those of [`Reports::show`].
    pub(crate) async fn show_to(
        &self,
        viewer: Viewer,
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
        if task.product != product || !viewer.sees(&task) {
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
        let wants_findings = entry.app.wants_findings || viewer == Viewer::Person;
        let Ok(opened) = self.open_sections(&task, rows, wants_findings) else {
            return Ok(Shown::Unreadable);
        };
        Ok(Shown::Task(Box::new(TaskView {
            code: question
                .as_ref()
                .map_or_else(|| stage.code(progress), |open| open.question.kind.code()),
            msg: question
                .as_ref()
                .map_or_else(|| stage.msg(progress), |open| open.question.msg(open.attempt)),
            question,
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

    /// The sections in the documents' order, without those that the portal does not have, and the findings of
    /// all when they are wanted; an error when one does not open.
    pub(crate) fn open_sections(
        &self,
        task: &TaskRow,
        mut rows: Vec<SectionRow>,
        wants_findings: bool,
    ) -> Result<Opened, Fault> {
        if rows.is_empty() {
            return Ok(Opened::default());
        }
        let key = self.key_of(task)?;
        rows.sort_by_key(|row| row.section);
        let content =
            |row: &SectionRow| Ok((row.section, sections::open_content(&key, row, task.product)?));
        let findings = |row: &SectionRow| Ok((row.section, sections::open_findings(&key, row)?));
        let mut read = rows.iter().map(content).collect::<Result<Vec<_>, Fault>>()?;
        read.retain(|(_, content)| *content != Content::NotOffered);
        Ok(Opened {
            sections: read,
            findings: match wants_findings {
                true => Some(rows.iter().map(findings).collect::<Result<_, Fault>>()?),
                false => None,
            },
        })
    }

    fn key_of(&self, task: &TaskRow) -> Result<TaskKey, Fault> {
        let wrapped = task.data_key.as_deref().ok_or(Fault::Seal("a task has no data key"))?;
        self.keys.task_key(task.id.as_str(), wrapped)
    }

    /// A task, and the question that is open on it and has no answer yet. A question that is closed
    /// between the two looks is looked for again, so that nobody sees its code without its question.
    ///
    /// # Errors
    /// The store failed, or a question does not open.
    pub(crate) async fn task_and_question(
        &self,
        id: &TaskId,
    ) -> Result<Option<(TaskRow, Option<OpenQuestion>)>, Fault> {
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
            if let Some(question) = questions::open(&self.key_of(&task)?, &open)? {
                return Ok(Some((task, Some(question))));
            }
        }
        Err(Fault::Impossible(format!("task {id} asks and has no question to show")))
    }
}

#[cfg(test)]
mod tests {
    use fiveone_model::area::AreaCode;
    use fiveone_model::challenge::ChallengeKind;
    use fiveone_model::question::{AnswerForm, AnswerShape, Picture, PictureRole, Question};
    use fiveone_store::{Answering, NodeRow};
    use fiveone_testkit::{TestStore, build, on_both};

    use super::*;
    use crate::seal::NodeKey;
    use crate::wiring::Wiring;
    use crate::wiring::tests::{NOW, admit_for_another_node, wiring};
    use crate::{Answered, Code, Options, Refreshing};

    on_both!(
        p_50_a_code_that_was_accepted_is_asked_for_no_more,
        p_50_a_code_is_taken_in_the_shape_of_its_question,
        p_51_asking_again_is_told,
        a_question_is_had_anew_where_the_portal_gives_another,
    );

    /// A task that is logging in, on no node that runs.
    async fn logging_in(store: &TestStore, wiring: &Wiring) -> (AppEntry, TaskRow) {
        admit_for_another_node(wiring, 1).await;
        let area = AreaCode::parse("210300").unwrap();
        let portal = (Product::Fund, &area);
        let mut claimed = store.write.claim_queued("n1", portal, 1, 1, NOW).await.unwrap().rows;
        (wiring.accounts.find(&build::app_id("a")).await.unwrap().unwrap(), claimed.remove(0).task)
    }

    /// What a poll shows: code, msg and question.
    async fn poll(reports: &Reports, app: &AppEntry) -> (u32, String, Option<OpenQuestion>) {
        let tid = build::task_id(1);
        match reports.show(app, Product::Fund, tid.as_str()).await.unwrap() {
            Shown::Task(view) => (view.code.number(), view.msg, view.question),
            other => panic!("{other:?}"),
        }
    }

    fn captcha() -> Question {
        let (role, data) = (PictureRole::Captcha, b"png".to_vec());
        Question::captcha(Picture { role, width: 1, height: 1, data })
    }

    /// Asks as the task's node would.
    async fn ask(wiring: &Wiring, store: &TestStore, task: &TaskRow, question: &Question) -> i64 {
        let key = wiring.reports().key_of(task).unwrap();
        let sealed = questions::seal(&key, question).unwrap();
        let asking = store.write.ask(&task.id, task.fence, question.kind, &sealed, NOW, NOW + 9);
        asking.await.unwrap()
    }

    async fn p_50_a_code_that_was_accepted_is_asked_for_no_more(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let reports = wiring.reports();
        let (app, task) = logging_in(&store, &wiring).await;
        for question in [captcha(), Question::sms()] {
            let id = ask(&wiring, &store, &task, &question).await;
            let shown = poll(&reports, &app).await;
            let (code, msg) = (question.kind.code().number(), question.msg(1));
            let open = OpenQuestion { id, attempt: 1, due_at: NOW + 9, question };
            assert_eq!(shown, (code, msg, Some(open)));
            let answered = store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
            assert_eq!(answered, Answering::Taken);
            let shown = poll(&reports, &app).await;
            assert_eq!(shown, (10001, "登录中".to_owned(), None), "whoever has the task");
            store
                .write
                .close_answered(&task.id, task.fence, ((task.product, &task.area), 1), NOW)
                .await
                .unwrap();
        }
    }

    async fn p_50_a_code_is_taken_in_the_shape_of_its_question(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let answers = wiring.answers();
        let public_key = NodeKey::generate().public().to_vec();
        let node = NodeRow { id: "n1".to_owned(), public_key, proof: String::new() };
        store.write.register_node(&node, NOW).await.unwrap();
        let (app, task) = logging_in(&store, &wiring).await;
        let take = async |text, form| {
            let code = Code { text, form, question: None };
            answers.take(&app, Product::Fund, task.id.as_str(), code).await.unwrap()
        };
        let typed = AnswerForm::Typed;
        assert_eq!(take("143", typed).await, Answered::NotWaiting, "nothing is asked");
        let slide = Question::new(ChallengeKind::Slide, AnswerShape::X { max: 260 });
        ask(&wiring, &store, &task, &slide).await;
        for wrong in ["", " ", "261", "abc", "1,2", "B3", "14\u{0}3"] {
            assert_eq!(take(wrong, typed).await, Answered::Malformed, "{wrong:?}");
        }
        assert_eq!(take("143", AnswerForm::Structured).await, Answered::Accepted);
        assert_eq!(take("143", typed).await, Answered::NotWaiting, "answered once");
        store
            .write
            .close_answered(&task.id, task.fence, ((task.product, &task.area), 1), NOW)
            .await
            .unwrap();
        // What the portal ends takes any code and is shown on.
        let scan = Question::new(ChallengeKind::Scan, AnswerShape::None);
        ask(&wiring, &store, &task, &scan).await;
        for _ in 0..2 {
            assert_eq!(take("已扫描", typed).await, Answered::Accepted);
        }
        assert!(poll(&wiring.reports(), &app).await.2.is_some());
        let limit = ((task.product, &task.area), 1);
        store.write.close_shown(&task.id, task.fence, limit, NOW).await.unwrap();
        assert_eq!(take("已扫描", typed).await, Answered::NotWaiting, "late");
    }

    async fn a_question_is_had_anew_where_the_portal_gives_another(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let answers = wiring.answers();
        let public_key = NodeKey::generate().public().to_vec();
        let node = NodeRow { id: "n1".to_owned(), public_key, proof: String::new() };
        store.write.register_node(&node, NOW).await.unwrap();
        let (_, task) = logging_in(&store, &wiring).await;
        let refresh = async |id| {
            let task = store.read.task(&task.id).await.unwrap().unwrap();
            answers.refresh(&task, id).await.unwrap()
        };
        assert_eq!(refresh(1).await, Refreshing::NotWaiting, "nothing is asked");
        for (question, expected) in [
            (captcha(), Refreshing::CannotRefresh),
            (Question { can_refresh: true, ..captcha() }, Refreshing::Asked),
            (Question::sms(), Refreshing::CannotRefresh),
            (Question { can_refresh: true, ..Question::sms() }, Refreshing::TooSoon(60)),
        ] {
            let id = ask(&wiring, &store, &task, &question).await;
            assert_eq!(refresh(id + 1).await, Refreshing::NotWaiting, "another question");
            assert_eq!(refresh(id).await, expected, "{question:?}");
            match expected {
                Refreshing::Asked => assert_eq!(refresh(id).await, Refreshing::NotWaiting),
                _ => {
                    store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
                }
            }
            let portal = (task.product, &task.area);
            store.write.close_answered(&task.id, task.fence, (portal, 1), NOW).await.unwrap();
        }
    }

    async fn p_51_asking_again_is_told(store: TestStore) {
        let wiring = wiring(&store, Options::default()).await;
        let reports = wiring.reports();
        let (app, task) = logging_in(&store, &wiring).await;
        let wrong = "：验证码错误，请重新输入（第";
        let picture = ("登录中，等待用户输入图片码", captcha());
        let sms = ("登录中，等待用户输入短信", Question::sms());
        for ((label, question), attempt) in
            [(&picture, 1), (&picture, 2), (&sms, 1), (&sms, 2), (&picture, 3), (&sms, 3)]
        {
            ask(&wiring, &store, &task, question).await;
            let expected = match attempt {
                1 => (*label).to_owned(),
                _ => format!("{label}{wrong}{attempt}次）"),
            };
            assert_eq!(poll(&reports, &app).await.1, expected);
            store.write.answer(&task.id, b"sealed", NOW).await.unwrap();
            store
                .write
                .close_answered(&task.id, task.fence, ((task.product, &task.area), 1), NOW)
                .await
                .unwrap();
        }
    }
}
