//! The people of a simulation: what each asked for, and what they were shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fiveone_engine::{Answered, Code, CreateRequest, Engine, Shown};
use fiveone_model::app::AppId;
use fiveone_model::login::{Credentials, FieldName};
use fiveone_model::product::Product;
use fiveone_model::question::AnswerForm;

use crate::chance::{Chance, Trace};
use crate::portal::{AREA, CODE};

/// Passwords, each as often as it stands here.
const PASSWORDS: [&str; 9] =
    ["good", "good", "good", "slow", "slow", "flaky", "wrong", "closed", "partial"];

/// What was seen of a task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Story {
    pub(crate) password: &'static str,
    /// Its id, once it was accepted.
    pub(crate) tid: Option<String>,
    /// The final code, once one was seen.
    pub(crate) end: Option<u32>,
    pub(crate) was_past_login: bool,
    pub(crate) polls_after: u32,
}

/// Everybody.
#[derive(Clone)]
pub(crate) struct People {
    app: AppId,
    chance: Chance,
    trace: Trace,
    state: Arc<Mutex<State>>,
}

struct State {
    stories: Vec<Story>,
    broken: Option<String>,
}

impl People {
    pub(crate) fn new(app: AppId, count: usize, chance: Chance, trace: Trace) -> Self {
        let story = |_| {
            let password = PASSWORDS[chance.place(PASSWORDS.len())];
            Story { password, ..Story::default() }
        };
        let stories = (0..count).map(story).collect();
        let state = Arc::new(Mutex::new(State { stories, broken: None }));
        Self { app, chance, trace, state }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn stories(&self) -> Vec<Story> {
        self.lock().stories.clone()
    }

    /// The law that was seen to be broken.
    pub(crate) fn broken(&self) -> Option<String> {
        self.lock().broken.clone()
    }

    /// Makes a task.
    pub(crate) async fn create(self, engine: Engine, task: usize) {
        let Ok(Some(entry)) = engine.app(&self.app).await else { return };
        let mut credentials = Credentials::default();
        // A person each: identity numbers of region 99 belong to nobody.
        credentials.set(FieldName::IdCard, id_card(task));
        credentials.set(FieldName::Password, self.lock().stories[task].password.to_owned());
        let request = CreateRequest {
            product: Product::Fund,
            area: AREA.to_owned(),
            login_type: "1".to_owned(),
            credentials,
            withheld: None,
            idempotency_key: None,
            mode: entry.app.mode(),
        };
        let admitted = engine.admit(&entry, request).await;
        self.trace.add(|| format!("task {task} is accepted: {}", admitted.is_ok()));
        match admitted {
            Ok(tid) => self.lock().stories[task].tid = Some(tid.to_string()),
            Err(fiveone_engine::AdmitError::Parameter(message)) => {
                self.lock().broken.get_or_insert(format!("a create is refused: {message}"));
            }
            Err(_) => {}
        }
    }

    /// Looks at a task, and answers what it asks.
    pub(crate) async fn poll(self, engine: Engine, task: usize) {
        let Story { tid, end, .. } = self.lock().stories[task].clone();
        let Some(tid) = tid else { return };
        let Ok(Some(entry)) = engine.app(&self.app).await else { return };
        let Ok(shown) = engine.show(&entry, Product::Fund, &tid).await else { return };
        let Shown::Task(view) = shown else {
            let what = format!("no accepted task vanishes: task {task} shows {shown:?}");
            self.lock().broken.get_or_insert(what);
            return;
        };
        let code = view.code.number();
        self.trace.add(|| format!("task {task} shows {code}"));
        self.note(task, end, code, view.is_final);
        if code != 10_004 {
            return;
        }
        let typed = match self.chance.place(20) {
            0 => "0000",
            1 => return,
            _ => CODE,
        };
        let code = Code { text: typed, form: AnswerForm::Typed, question: None };
        let answered = engine.answer(&entry, Product::Fund, &tid, code).await;
        let is_taken = matches!(answered, Ok(Answered::Accepted));
        self.trace.add(|| format!("task {task} is answered: {is_taken}"));
    }

    /// A code that was shown to somebody who had seen this end before they asked.
    fn note(&self, task: usize, seen: Option<u32>, code: u32, is_final: bool) {
        let mut state = self.lock();
        let story = &mut state.stories[task];
        story.was_past_login |= matches!(code, 10_002 | 20_000..40_000);
        let changed = seen.filter(|end| *end != code);
        if is_final {
            story.end = Some(code);
            story.polls_after += 1;
        }
        if let Some(end) = changed {
            let what = format!("no final code changes: task {task} was {end} and is {code}");
            state.broken.get_or_insert(what);
        }
    }
}

/// An identity number of region 99, with its check digit.
fn id_card(task: usize) -> String {
    let head = format!("99010219900101{:03}", task + 1);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = head.bytes().map(|digit| usize::from(digit - b'0'));
    let sum: usize = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][sum % 11];
    format!("{head}{check}")
}
