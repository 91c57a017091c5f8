//! The puzzle kit of many halls: `captcha/get` draws, `captcha/check` judges once, and what was judged
//! goes with the login.

use std::time::Instant;

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::font;
use crate::puzzle::{self, HEIGHT, PIECE, WIDTH};
use crate::rng::Rng;
use crate::session::{Session, random_hex};
use crate::visit::{Page, Visit};

/// What is tolerated, in pixels of the ground.
const SLIDE_TOLERANCE: u64 = 5;
const CLICK_TOLERANCE: u64 = 25;

const BLOCK: usize = 16;

/// A puzzle that was drawn for a session.
#[derive(Debug)]
pub(crate) struct Puzzle {
    kind: String,
    token: String,
    secret: String,
    drawn_at: Instant,
    /// Where the piece goes, or the letters are, in order.
    places: Vec<(u64, u64)>,
}

/// Answers below `captcha/`.
pub(super) fn answer(visit: &Visit<'_>, session: &mut Session, path: &str) -> Page {
    let Ok(asked) = serde_json::from_str::<Value>(&visit.body) else {
        return said("0011", &Value::Null);
    };
    match path {
        "get" => draw(visit, session, asked["captchaType"].as_str().unwrap_or_default()),
        "check" => check(visit, session, &asked),
        _ => Page::missing(),
    }
}

fn said(code: &str, data: &Value) -> Page {
    let message = match code {
        "0000" => "成功",
        "6110" => "验证码已失效，请重新获取",
        "6111" => "验证失败",
        _ => "参数错误",
    };
    Page::json(&json!({"repCode": code, "repMsg": message, "repData": data}))
}

fn draw(visit: &Visit<'_>, session: &mut Session, kind: &str) -> Page {
    let mut rng = Rng::new(&[rand::random()]);
    let between = |rng: &mut Rng, from: usize, to: usize| from + rng.below(to - from);
    let (places, pictures, words, answer) = match kind {
        "blockPuzzle" => {
            let left = between(&mut rng, 60, WIDTH - PIECE);
            let top = between(&mut rng, 4, HEIGHT - PIECE - 4);
            let (ground, piece) = puzzle::slide(&mut rng, (left, top));
            (vec![(left, top)], vec![ground, piece], vec![], left.to_string())
        }
        "clickWord" => {
            // Each letter in a part of its own, so that none covers another.
            let mut letters = Vec::new();
            for part in 0..4 {
                let x = 30 + part * 70 + between(&mut rng, 0, 40);
                let letter = loop {
                    let one = char::from(font::LETTERS[rng.below(font::LETTERS.len())]);
                    if letters.iter().all(|(other, _)| *other != one) {
                        break one;
                    }
                };
                letters.push((letter, (x, between(&mut rng, 30, HEIGHT - 30))));
            }
            let asked = [letters[2], letters[0], letters[3]];
            let places: Vec<_> = asked.iter().map(|(_, place)| *place).collect();
            let points: Vec<_> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
            let answer = points.join(";");
            let ground = puzzle::click(&mut rng, &letters, &answer);
            let words = asked.iter().map(|(letter, _)| letter.to_string()).collect();
            (places, vec![ground], words, answer)
        }
        _ => return said("0011", &Value::Null),
    };
    visit.state.handsets.show(&answer);
    let places = places.into_iter().map(|(x, y)| (x as u64, y as u64)).collect();
    let (token, secret) = (random_hex(), random_hex()[..BLOCK].to_owned());
    let base64 = |at: usize| pictures.get(at).map(|picture| STANDARD.encode(picture));
    let page = said(
        "0000",
        &json!({
            "originalImageBase64": base64(0),
            "jigsawImageBase64": base64(1),
            "token": token,
            "secretKey": secret,
            "wordList": words,
        }),
    );
    let (kind, drawn_at) = (kind.to_owned(), Instant::now());
    session.puzzle = Some(Puzzle { kind, token, secret, drawn_at, places });
    session.verification = None;
    page
}

/// A puzzle is good for one look, and for as long as its token lives.
fn check(visit: &Visit<'_>, session: &mut Session, asked: &Value) -> Page {
    let Some(puzzle) = session.puzzle.take() else { return said("6110", &Value::Null) };
    let is_this = asked["token"] == puzzle.token && asked["captchaType"] == puzzle.kind;
    if !is_this || puzzle.drawn_at.elapsed() > visit.state.puzzle_for {
        return said("6110", &Value::Null);
    }
    let sent = asked["pointJson"].as_str().unwrap_or_default();
    let Some(points) = decrypt(sent, &puzzle.secret) else { return said("6111", &Value::Null) };
    if !is_right(&puzzle, &points) {
        return said("6111", &Value::Null);
    }
    session.verification = Some(encrypt(&format!("{}---{points}", puzzle.token), &puzzle.secret));
    said("0000", &json!({"result": true, "token": puzzle.token}))
}

fn is_right(puzzle: &Puzzle, points: &str) -> bool {
    let number = |value: &Value| value.as_u64().or_else(|| Some(value.as_f64()? as u64));
    let place = |value: &Value| Some((number(&value["x"])?, number(&value["y"])?));
    let sent = match serde_json::from_str(points) {
        Ok(Value::Array(all)) => all.iter().map(place).collect::<Option<Vec<_>>>(),
        Ok(one) => place(&one).map(|one| vec![one]),
        Err(_) => None,
    };
    let Some(sent) = sent.filter(|sent| sent.len() == puzzle.places.len()) else { return false };
    let is_slide = puzzle.kind == "blockPuzzle";
    sent.iter().zip(&puzzle.places).all(|((x, y), (right_x, right_y))| match is_slide {
        true => x.abs_diff(*right_x) <= SLIDE_TOLERANCE,
        false => x.abs_diff(*right_x) <= CLICK_TOLERANCE && y.abs_diff(*right_y) <= CLICK_TOLERANCE,
    })
}

/// Whether a login brings what the last check made; good once.
pub(super) fn is_verified(session: &mut Session, sent: &str) -> bool {
    session.verification.take().is_some_and(|made| made == sent)
}

fn encrypt(text: &str, secret: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let padding = BLOCK - bytes.len() % BLOCK;
    bytes.resize(bytes.len() + padding, u8::try_from(padding).unwrap_or(0));
    if let Ok(cipher) = aes::Aes128::new_from_slice(secret.as_bytes()) {
        for block in bytes.as_chunks_mut::<BLOCK>().0 {
            cipher.encrypt_block(block.into());
        }
    }
    STANDARD.encode(bytes)
}

fn decrypt(text: &str, secret: &str) -> Option<String> {
    let mut bytes = STANDARD.decode(text).ok()?;
    let cipher = aes::Aes128::new_from_slice(secret.as_bytes()).ok()?;
    for block in bytes.as_chunks_mut::<BLOCK>().0 {
        cipher.decrypt_block(block.into());
    }
    let padding = usize::from(*bytes.last()?);
    bytes.truncate(bytes.len().checked_sub(padding)?);
    String::from_utf8(bytes).ok()
}
