//! Questions of today: what is shown, what the portal gets, and when it is asked again.

use std::{
    collections::VecDeque,
    io::Cursor,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fiveone_model::{
    clock::Millis,
    failure::{Failure, FailureKind},
    login::Credentials,
    question::{AnswerForm, AnswerShape, Choice, PictureRole, Question},
};
use image::{ImageFormat, Rgba, RgbaImage};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    super::{Person, Run, Unanswered},
    fake::NOW_MS,
    scripted::connector_with_login,
};
use crate::portal::{Answer, Portal, Request, TransportError};

/// Answers in turn, by the last word of the path; the last answer of a path is given for ever.
struct Hall {
    answers: Mutex<Vec<(&'static str, VecDeque<String>)>>,
    sent: Mutex<Vec<String>>,
}

impl Hall {
    fn of(answers: &[(&'static str, &[&str])]) -> Arc<Self> {
        let own = |(path, texts): &(&'static str, &[&str])| {
            (*path, texts.iter().map(|text| (*text).to_owned()).collect())
        };
        let answers = Mutex::new(answers.iter().map(own).collect());
        Arc::new(Self { answers, sent: Mutex::default() })
    }
}

#[async_trait]
impl Portal for Hall {
    async fn send(&self, request: Request) -> Result<Answer, TransportError> {
        let path = request.url.path().rsplit('/').next().unwrap_or_default().to_owned();
        let body = String::from_utf8_lossy(&request.body);
        self.sent.lock().unwrap().push(format!("{path} {body}").trim_end().to_owned());
        let mut answers = self.answers.lock().unwrap();
        let Some((_, texts)) = answers.iter_mut().find(|(own, _)| *own == path) else {
            return Ok(Answer { status: 404, headers: Vec::new(), body: Vec::new() });
        };
        let text =
            if texts.len() > 1 { texts.pop_front() } else { texts.front().cloned() }.unwrap();
        let json = ("content-type".to_owned(), b"application/json;charset=UTF-8".to_vec());
        Ok(Answer { status: 200, headers: vec![json], body: text.into_bytes() })
    }
}

/// Types prepared answers, and sees what is shown for so many looks of each question.
#[derive(Default)]
struct Sitter {
    answers: VecDeque<&'static str>,
    looks_max: u32,
    looks: u32,
    asked: Vec<(Question, u32)>,
    closed: usize,
}

impl Sitter {
    fn typing(answers: &[&'static str]) -> Self {
        Self { answers: answers.iter().copied().collect(), ..Self::default() }
    }

    fn looking(looks_max: u32) -> Self {
        Self { looks_max, ..Self::default() }
    }
}

#[async_trait]
impl Person for Sitter {
    async fn ask(
        &mut self,
        question: Question,
        attempt: u32,
    ) -> Result<Zeroizing<String>, Unanswered> {
        let typed = self.answers.pop_front().ok_or(Unanswered::TimedOut)?;
        let read = question.read(typed, AnswerForm::Typed);
        self.asked.push((question, attempt));
        read.map(Zeroizing::new).ok_or(Unanswered::TimedOut)
    }

    async fn show(&mut self, question: Question, attempt: u32) -> Result<(), Unanswered> {
        self.asked.push((question, attempt));
        self.looks = 0;
        Ok(())
    }

    async fn wait(&mut self, ms: Millis) -> Result<(), Unanswered> {
        assert!((3_000..=60_000).contains(&ms));
        self.looks += 1;
        if self.looks > self.looks_max { Err(Unanswered::TimedOut) } else { Ok(()) }
    }

    async fn close(&mut self) -> Result<(), Unanswered> {
        self.closed += 1;
        Ok(())
    }
}

/// What a login by these steps ends in, and what the portal got.
async fn log_in(steps: &str, hall: &Arc<Hall>, person: &mut Sitter) -> Result<(), FailureKind> {
    let mut run = Run::new(connector_with_login(steps), hall.clone(), NOW_MS);
    let ended = run.login(1, &Credentials::default(), person).await;
    ended.map_err(|Failure { kind, .. }| kind)
}

fn png(width: u32, height: u32, blank_left: u32) -> String {
    let picture = RgbaImage::from_fn(width, height, |x, _| {
        Rgba([9, 9, 9, if x < blank_left { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    STANDARD.encode(bytes.into_inner())
}

const SLIDE: &str = r#"
- { id: puzzle, post: get, json: { captchaType: blockPuzzle }, capture: { back: { json: "$.back" }, piece: { json: "$.piece" }, token: { json: "$.token" }, key: { json: "$.key" } } }
- { ask: slide, again: puzzle, expires: 100, hint: 向右拖动, piece_y: "{{ '12.5' }}", pictures: { background: { value: "{{ back }}" }, piece: { value: "{{ piece }}" } } }
- { post: check, json: { token: "{{ token }}", pointJson: "{{ {'x': x, 'y': 5.0} | tojson | aes(key) }}" }, fail: [{ json: "$.code", equals: "6111", as: wrong_captcha }], expect: { json: "$.code", equals: "0000" } }
"#;

#[tokio::test]
async fn a_slide_is_asked_in_the_pixels_of_its_picture_and_again_when_it_was_wrong() {
    let puzzle = json!({ "back": png(310, 155, 0), "piece": png(47, 155, 3), "token": "t", "key": "0123456789abcdef" });
    let hall = Hall::of(&[
        ("get", &[&puzzle.to_string()]),
        ("check", &[r#"{"code":"6111"}"#, r#"{"code":"0000"}"#]),
    ]);
    let mut person = Sitter::typing(&["100", "146"]);
    assert_eq!(log_in(SLIDE, &hall, &mut person).await, Ok(()));
    let [(first, 1), (_, 2)] = &*person.asked else { panic!("{:?}", person.asked.len()) };
    let sizes: Vec<_> =
        first.pictures.iter().map(|one| (one.role, one.width, one.height)).collect();
    assert_eq!(sizes, [(PictureRole::Background, 310, 155), (PictureRole::Piece, 47, 155)]);
    assert_eq!(first.answer, AnswerShape::X { max: 263 });
    assert_eq!((first.piece_y, first.piece_left), (Some(12), 3));
    assert_eq!((&*first.prompt, first.expires_ms), ("向右拖动", Some(100_000)));
    let sent = hall.sent.lock().unwrap();
    // printf '{"x":143,"y":5.0}' | openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -a -A
    assert_eq!(
        sent[3],
        r#"check {"token":"t","pointJson":"gaxhRZHHsIHi8NwM/5j7lQMACutP9R0pGI+C5KFiofY="}"#,
    );
}

#[tokio::test]
async fn three_wrong_slides_are_the_end() {
    let puzzle = json!({ "back": png(310, 155, 0), "piece": png(47, 155, 0), "token": "t", "key": "0123456789abcdef" });
    let hall = Hall::of(&[("get", &[&puzzle.to_string()]), ("check", &[r#"{"code":"6111"}"#])]);
    let mut person = Sitter::typing(&["1", "2", "3", "4"]);
    assert_eq!(log_in(SLIDE, &hall, &mut person).await, Err(FailureKind::WrongCode));
    assert_eq!(person.asked.len(), 3);
    let broken = json!({ "back": "kein Bild", "piece": "", "token": "t", "key": "k" });
    let hall = Hall::of(&[("get", &[&broken.to_string()])]);
    let mut person = Sitter::typing(&["1"]);
    assert_eq!(log_in(SLIDE, &hall, &mut person).await, Err(FailureKind::PortalChanged));
}

#[tokio::test]
async fn words_are_clicked_in_order() {
    let steps = r#"
- { id: puzzle, get: get, capture: { back: { json: "$.back" }, words: { json: "$.words" } } }
- { ask: click, again: puzzle, words: words, pictures: { background: { value: "{{ back }}" } } }
- { post: check, form: { points: "{{ points | tojson }}" }, expect: { json: "$.code", equals: "0000" } }
"#;
    let puzzle = json!({ "back": png(310, 155, 0), "words": ["天", "地"] });
    let hall = Hall::of(&[("get", &[&puzzle.to_string()]), ("check", &[r#"{"code":"0000"}"#])]);
    let mut person = Sitter::typing(&["B3 F1"]);
    assert_eq!(log_in(steps, &hall, &mut person).await, Ok(()));
    let shape = AnswerShape::Points { min: 2, max: 2, width: 310, height: 155 };
    assert_eq!(
        (person.asked[0].0.answer, &*person.asked[0].0.words),
        (shape, &["天", "地"].map(str::to_owned)[..])
    );
    let expected =
        "check points=%5B%7B%22x%22%3A37%2C%22y%22%3A62%7D%2C%7B%22x%22%3A137%2C%22y%22%3A12%7D%5D";
    assert_eq!(hall.sent.lock().unwrap()[1], expected);
}

const CHOOSE: &str = r#"
- { get: accounts, capture: { accounts: { json: "$.list" } } }
- { ask: choose, choices: { of: accounts, value: "{{ it.no }}", label: "{{ it.name }}（{{ it.no[-4:] }}）" } }
- { post: enter, form: { account: "{{ value }}" }, expect: { json: "$.code", equals: "0000" } }
"#;

#[tokio::test]
async fn one_of_several_is_chosen_and_the_only_one_is_not_asked_for() {
    let list = |count: usize| {
        let one = |n| json!({ "no": format!("00{n:04}"), "name": format!("单位{n}") });
        json!({ "list": (1..=count).map(one).collect::<Vec<_>>() }).to_string()
    };
    let of = |count| Hall::of(&[("accounts", &[&list(count)]), ("enter", &[r#"{"code":"0000"}"#])]);
    let hall = of(2);
    let mut person = Sitter::typing(&["2"]);
    assert_eq!(log_in(CHOOSE, &hall, &mut person).await, Ok(()));
    let choice = |n| Choice { value: format!("00000{n}"), label: format!("单位{n}（000{n}）") };
    assert_eq!(person.asked[0].0.choices, [choice(1), choice(2)]);
    assert_eq!(hall.sent.lock().unwrap()[1], "enter account=000002");
    let hall = of(1);
    let mut person = Sitter::default();
    assert_eq!(log_in(CHOOSE, &hall, &mut person).await, Ok(()));
    assert_eq!(hall.sent.lock().unwrap()[1], "enter account=000001");
    // None is the portal's matter, more than can be shown a limit of ours.
    for (count, kind) in [(0, FailureKind::PortalChanged), (51, FailureKind::LimitReached)] {
        let ended = log_in(CHOOSE, &of(count), &mut Sitter::typing(&["1"])).await;
        assert_eq!(ended, Err(kind), "{count}");
    }
}

const SCAN: &str = r#"
- { id: code, get: code, capture: { qr: { json: "$.qr" }, session: { json: "$.session" } } }
- { ask: scan, again: code, app: 智桂通, qr: "{{ qr }}", expires: 110, poll: { every: 5, for: 120, until: { json: "$.data", equals: "1" }, request: { post: state, form: { random: "{{ session }}" }, capture: { ticket: { json: "$.ticket" } }, fail: [{ json: "$.data", equals: "3", as: login_failed }, { json: "$.data", equals: "9", as: expired_captcha }] } } }
- { post: enter, form: { ticket: "{{ ticket }}" }, expect: { json: "$.code", equals: "0000" } }
"#;

fn scan(states: &[&str]) -> Arc<Hall> {
    let states: Vec<String> =
        states.iter().map(|data| json!({ "data": data, "ticket": "t-1" }).to_string()).collect();
    let states: Vec<&str> = states.iter().map(String::as_str).collect();
    Hall::of(&[
        ("code", &[r#"{"qr":"https://example.cn/q?s=1","session":"s1"}"#]),
        ("state", &states),
        ("enter", &[r#"{"code":"0000"}"#]),
    ])
}

#[tokio::test]
async fn a_scan_goes_on_by_itself_when_the_portal_says_so() {
    let hall = scan(&["0", "0", "1"]);
    let mut person = Sitter::looking(22);
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Ok(()));
    let (question, attempt) = &person.asked[0];
    assert_eq!((question.app.as_deref(), *attempt, person.closed), (Some("智桂通"), 1, 1));
    assert_eq!(question.qr_text.as_deref(), Some("https://example.cn/q?s=1"));
    assert_eq!(question.expires_ms, Some(110_000));
    let drawn = question.picture(PictureRole::Qr).unwrap();
    assert!(drawn.width == drawn.height && drawn.width > 100, "{drawn:?}");
    let sent = hall.sent.lock().unwrap();
    let state = "state random=s1";
    assert_eq!(&sent[..], ["code", state, state, state, "enter ticket=t-1"]);
}

#[tokio::test]
async fn a_scan_that_expires_is_shown_anew_three_times_in_all() {
    let told =
        |hall: Arc<Hall>| hall.sent.lock().unwrap().iter().filter(|sent| *sent == "code").count();
    // The portal says so.
    let (hall, mut person) = (scan(&["0", "9", "0", "1"]), Sitter::looking(22));
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Ok(()));
    assert_eq!((person.asked[1].1, person.closed, told(hall)), (2, 2, 2));
    let (hall, mut person) = (scan(&["9"]), Sitter::looking(22));
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Err(FailureKind::WrongCode));
    assert_eq!((person.asked.len(), told(hall)), (3, 3));
    // Nobody scans.
    let (hall, mut person) = (scan(&["0"]), Sitter::looking(2));
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Err(FailureKind::NoAnswer));
    assert_eq!((person.asked.len(), told(hall)), (3, 3));
    // One who never looks away is bounded too.
    let (hall, mut person) = (scan(&["0"]), Sitter::looking(u32::MAX));
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Err(FailureKind::NoAnswer));
    assert_eq!(
        hall.sent.lock().unwrap().iter().filter(|sent| sent.starts_with("state")).count(),
        72
    );
}

#[tokio::test]
async fn a_poll_that_is_refused_ends_the_login() {
    let (hall, mut person) = (scan(&["0", "3"]), Sitter::looking(22));
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Err(FailureKind::LoginFailed));
    let hall = Hall::of(&[("code", &[r#"{"qr":"x","session":"s1"}"#])]);
    let mut person = Sitter::looking(22);
    assert_eq!(log_in(SCAN, &hall, &mut person).await, Err(FailureKind::PortalChanged));
}
