//! The puzzle kit of many halls: `captcha/get` draws, `captcha/check` judges once, and what was judged
//! goes with the login.

use std::time::{Duration, Instant};

use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::font;
use crate::puzzle::{self, HEIGHT, PIECE, Puzzle, WIDTH};
use crate::rng::Rng;
use crate::session::{Session, random_hex};
use crate::visit::{Page, Visit};

/// What is tolerated, in pixels of the ground.
const SLIDE_TOLERANCE: u64 = 5;
const CLICK_TOLERANCE: u64 = 25;

const BLOCK: usize = 16;

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

fn check(visit: &Visit<'_>, session: &mut Session, asked: &Value) -> Page {
    match judge(&mut session.puzzle, asked, visit.state.puzzle_for) {
        Ok((token, verification)) => {
            session.verification = Some(verification);
            said("0000", &json!({"result": true, "token": token}))
        }
        Err(code) => said(code, &Value::Null),
    }
}

/// The token and what goes with the login, or the code of the refusal. A puzzle is good for one look,
/// and for as long as its token lives.
fn judge(
    puzzle: &mut Option<Puzzle>,
    asked: &Value,
    lives_for: Duration,
) -> Result<(String, String), &'static str> {
    let puzzle = puzzle.take().ok_or("6110")?;
    let is_this = asked["token"] == puzzle.token && asked["captchaType"] == puzzle.kind;
    if !is_this || puzzle.drawn_at.elapsed() > lives_for {
        return Err("6110");
    }
    let sent = asked["pointJson"].as_str().unwrap_or_default();
    let points = decrypt(sent, &puzzle.secret).ok_or("6111")?;
    if !is_right(&puzzle, &points) {
        return Err("6111");
    }
    let verification = encrypt(&format!("{}---{points}", puzzle.token), &puzzle.secret);
    Ok((puzzle.token, verification))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn puzzle(kind: &str, places: &[(u64, u64)]) -> Puzzle {
        let (token, secret) = ("t".to_owned(), "0123456789abcdef".to_owned());
        let (kind, places) = (kind.to_owned(), places.to_vec());
        Puzzle { kind, token, secret, drawn_at: Instant::now(), places }
    }

    #[test]
    fn a_place_is_right_within_what_the_kit_tolerates() {
        let slide = puzzle("blockPuzzle", &[(143, 20)]);
        for (x, is) in [(138, true), (148, true), (137, false), (149, false)] {
            assert_eq!(is_right(&slide, &format!("{{\"x\":{x},\"y\":5.0}}")), is, "{x}");
        }
        let words = puzzle("clickWord", &[(40, 40), (200, 90)]);
        for (points, is) in [
            (r#"[{"x":65,"y":15},{"x":200,"y":90}]"#, true),
            (r#"[{"x":66,"y":40},{"x":200,"y":90}]"#, false),
            (r#"[{"x":200,"y":90},{"x":40,"y":40}]"#, false),
            (r#"[{"x":40,"y":40}]"#, false),
            ("kein JSON", false),
        ] {
            assert_eq!(is_right(&words, points), is, "{points}");
        }
    }

    #[test]
    fn the_cipher_is_its_own_way_back() {
        for text in ["", "a", "0123456789abcdef", r#"{"x":143,"y":5.0}"#] {
            let sealed = encrypt(text, "0123456789abcdef");
            assert_eq!(decrypt(&sealed, "0123456789abcdef").as_deref(), Some(text));
        }
        // openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -a
        assert_eq!(encrypt("abc", "0123456789abcdef"), "HSWCHD4xHuotTdhjOiXBtQ==");
        assert_eq!(decrypt("kein base64", "0123456789abcdef"), None);
    }

    #[test]
    fn a_token_dies_with_its_time_and_with_one_check() {
        let code = |puzzle: Option<Puzzle>, lives_for: u64| {
            let mut left = puzzle;
            let sent = json!({
                "captchaType": "blockPuzzle",
                "token": "t",
                "pointJson": encrypt(r#"{"x":143,"y":5.0}"#, "0123456789abcdef"),
            });
            let first = judge(&mut left, &sent, Duration::from_secs(lives_for)).err();
            (first, judge(&mut left, &sent, Duration::from_secs(120)).err())
        };
        let right = || Some(puzzle("blockPuzzle", &[(143, 20)]));
        assert_eq!(code(right(), 120), (None, Some("6110")));
        assert_eq!(
            code(Some(puzzle("blockPuzzle", &[(9, 20)])), 120),
            (Some("6111"), Some("6110"))
        );
        assert_eq!(code(right(), 0), (Some("6110"), Some("6110")));
        assert_eq!(code(None, 120), (Some("6110"), Some("6110")));
    }
}
