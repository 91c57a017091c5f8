//! Questions and answers.

use fiveone_model::challenge::ChallengeKind;
use fiveone_model::task::{Stage, StageName};
use fiveone_store::Answering;
use fiveone_testkit::build::NOW;
use fiveone_testkit::{TestStore, on_both};
use tokio::task::JoinSet;

use crate::{anshan, set_up, task_at};

on_both!(
    a_question_is_answered_once_and_forgotten,
    an_answer_after_its_time_is_refused,
    a_question_that_the_portal_answers_is_closed_without_one,
    answers_and_questions_that_race_lose_nothing,
);

async fn a_question_is_answered_once_and_forgotten(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let write = &store.write;
    assert_eq!(write.answer(id, b"x", NOW).await.unwrap(), Answering::NotWaiting);
    let captcha = ChallengeKind::Captcha;
    let seq = write.ask(id, fence, captcha, b"question", NOW, NOW + 120_000).await.unwrap();
    assert_eq!(seq, 1);
    let task = store.read.task(id).await.unwrap().unwrap();
    assert_eq!(task.stage, Stage::Asking(captcha));
    let open = store.read.open_challenge(id).await.unwrap().unwrap();
    assert_eq!(
        (open.kind, open.question_sealed.as_deref()),
        (captcha, Some(b"question".as_slice()))
    );
    assert!(
        write.close_answered(id, fence, ((anshan().0, &anshan().1), 1), NOW).await.is_err(),
        "there is no answer yet"
    );
    assert!(store.read.answered("n1").await.unwrap().is_empty());

    assert_eq!(write.answer(id, b"sealed", NOW + 1).await.unwrap(), Answering::Taken);
    assert_eq!(write.answer(id, b"other", NOW + 2).await.unwrap(), Answering::NotWaiting);
    assert_eq!(store.read.answered("n1").await.unwrap(), std::slice::from_ref(id));
    let open = store.read.open_challenge(id).await.unwrap().unwrap();
    assert_eq!(open.answer_sealed.as_deref(), Some(b"sealed".as_slice()));
    for _ in 0..2 {
        // The outcome of the first call was lost on its way.
        write.close_answered(id, fence, ((anshan().0, &anshan().1), 1), NOW + 3).await.unwrap();
    }
    assert_eq!(store.read.task(id).await.unwrap().unwrap().stage, Stage::LoggingIn);
    assert!(store.read.open_challenge(id).await.unwrap().is_none());
    assert_eq!(store.read.leftovers().await.unwrap().secrets, 0);

    let seq =
        write.ask(id, fence, ChallengeKind::Sms, b"question", NOW + 4, NOW + 9).await.unwrap();
    assert_eq!(seq, 2);
}

async fn an_answer_after_its_time_is_refused(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    store.write.ask(id, fence, ChallengeKind::Sms, b"question", NOW, NOW + 10).await.unwrap();
    let late = store.write.answer(id, b"x", NOW + 10).await.unwrap();
    assert_eq!(late, Answering::NotWaiting);
    assert_eq!(store.write.answer(id, b"x", NOW + 9).await.unwrap(), Answering::Taken);
}

async fn a_question_that_the_portal_answers_is_closed_without_one(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (&claimed.task.id, claimed.task.fence);
    let write = &store.write;
    for kind in ChallengeKind::ALL {
        write.ask(id, fence, kind, b"question", NOW, NOW + 10).await.unwrap();
        for _ in 0..2 {
            // The outcome of the first call was lost on its way.
            write.close_shown(id, fence, ((anshan().0, &anshan().1), 1), NOW + 1).await.unwrap();
        }
        assert_eq!(store.read.task(id).await.unwrap().unwrap().stage, Stage::LoggingIn);
        assert!(store.read.open_challenge(id).await.unwrap().is_none(), "{kind:?}");
        assert_eq!(write.answer(id, b"x", NOW + 1).await.unwrap(), Answering::NotWaiting);
    }
    let others = write.close_shown(id, fence + 1, ((anshan().0, &anshan().1), 1), NOW).await;
    assert!(others.is_err(), "another owner's");
}

/// Whoever asks at the moment the answer comes must find it, or refuse it; never lose it.
async fn answers_and_questions_that_race_lose_nothing(store: TestStore) {
    set_up(&store).await;
    let claimed = task_at(&store, 1, StageName::LoggingIn).await;
    let (id, fence) = (claimed.task.id.clone(), claimed.task.fence);
    for round in 0..40 {
        let mut set = JoinSet::new();
        for _ in 0..4 {
            let (write, id) = (store.write.clone(), id.clone());
            set.spawn(async move { write.answer(&id, b"x", NOW).await.unwrap() });
        }
        let write = store.write.clone();
        write.ask(&id, fence, ChallengeKind::Sms, b"question", NOW, NOW + 10).await.unwrap();
        let taken = set.join_all().await;
        let taken = taken.iter().filter(|outcome| **outcome == Answering::Taken).count();
        let has_answer =
            store.read.open_challenge(&id).await.unwrap().unwrap().answer_sealed.is_some();
        assert_eq!(has_answer, taken == 1, "round {round}: {taken} taken");
        if !has_answer {
            assert_eq!(write.answer(&id, b"x", NOW).await.unwrap(), Answering::Taken);
        }
        write.close_answered(&id, fence, ((anshan().0, &anshan().1), 1), NOW).await.unwrap();
    }
}
