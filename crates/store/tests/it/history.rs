//! What an operator sees of a task, and what is kept beside its sections.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::failure::{Failure, FailureKind};
use fiveone_model::report::Section;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::{HoldRow, QuestionRow, Resolved, SectionRow, Settlement, TaskHistory};
use fiveone_testkit::build::{self, NOW, PRICE};
use fiveone_testkit::{TestStore, on_both};

use crate::{set_up, task_at};

on_both!(
    a_tasks_history_is_told_from_its_admission_to_its_end,
    findings_are_kept_beside_their_section_and_written_with_it,
);

async fn a_tasks_history_is_told_from_its_admission_to_its_end(store: TestStore) {
    set_up(&store).await;
    assert_eq!(store.read.task_history(&build::task_id(1)).await.unwrap(), None);
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let captcha = ChallengeKind::Captcha;
    store.write.ask(id, fence, captcha, b"question", NOW + 1, NOW + 9).await.unwrap();
    store.write.answer(id, b"sealed", NOW + 2).await.unwrap();
    let asking = TaskHistory {
        leased_at: Some(NOW),
        updated_at: NOW + 1,
        finished_at: None,
        wipe_after: None,
        hold: HoldRow { amount_fen: PRICE, due_at: NOW + 1_200_000, resolved: None },
        questions: vec![QuestionRow {
            kind: captcha,
            asked_at: NOW + 1,
            answered_at: Some(NOW + 2),
            closed_at: None,
        }],
    };
    assert_eq!(store.read.task_history(id).await.unwrap().as_ref(), Some(&asking));

    let end = Settlement {
        task: id.clone(),
        fence,
        stage: Stage::Failed(Failure::of(FailureKind::WrongCode)),
        now: NOW + 3,
        wipe_after: NOW + 100,
        callback: None,
    };
    store.write.settle(&end).await.unwrap();
    let ended = TaskHistory {
        leased_at: None,
        updated_at: NOW + 3,
        finished_at: Some(NOW + 3),
        wipe_after: Some(NOW + 100),
        hold: HoldRow { resolved: Some((Resolved::Released, NOW + 3)), ..asking.hold },
        questions: vec![QuestionRow { closed_at: Some(NOW + 3), ..asking.questions[0] }],
    };
    assert_eq!(store.read.task_history(id).await.unwrap(), Some(ended));
}

async fn findings_are_kept_beside_their_section_and_written_with_it(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::Crawling).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let row = |sealed: &[u8], findings: &[u8]| SectionRow {
        section: Section::Bills,
        sealed: sealed.to_vec(),
        findings_sealed: findings.to_vec(),
        row_count: Some(2),
        stored_at: NOW,
    };
    for (rows, findings) in [(b"rows 1", b"odd 1"), (b"rows 2", b"odd 2")] {
        store.write.store_section(id, fence, &row(rows, findings), b"session").await.unwrap();
        let stored = store.read.sections(id).await.unwrap();
        assert_eq!(stored, [row(rows, findings)], "the newest pair, and only that");
    }
}
