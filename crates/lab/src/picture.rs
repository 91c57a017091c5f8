//! Captcha pictures: real PNGs with noise, drawn once and then drawn from a pool. Each carries a
//! `tEXt` chunk with keyword `answer`, so a program can answer and a person still has to read.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

use crate::font;
use crate::rng::Rng;

const POOL: usize = 256;
const SCALE: usize = 4;
const WIDTH: usize = 160;
const HEIGHT: usize = 52;

/// A finished picture.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// What the person should type.
    pub(crate) answer: String,
    /// The PNG.
    pub(crate) png: Bytes,
}

/// Pictures of letters and of little sums, each drawn when first used.
pub(crate) struct Pool {
    seed: u64,
    letters: Vec<OnceLock<Picture>>,
    sums: Vec<OnceLock<Picture>>,
    /// How many were served, counted from some slot.
    served: AtomicUsize,
}

impl Pool {
    pub(crate) fn new(seed: u64) -> Self {
        let slots = || (0..POOL).map(|_| OnceLock::new()).collect();
        // Not every start begins with the same picture.
        let served = AtomicUsize::new(usize::from(rand::random::<u8>()));
        Self { seed, letters: slots(), sums: slots(), served }
    }

    /// Some picture of four letters and digits.
    pub(crate) fn letters(&self) -> Picture {
        let slot = self.next_slot();
        self.letters[slot].get_or_init(|| self.draw(slot, false)).clone()
    }

    /// Some picture of a sum; the answer is its result.
    pub(crate) fn sum(&self) -> Picture {
        let slot = self.next_slot();
        self.sums[slot].get_or_init(|| self.draw(slot, true)).clone()
    }

    /// The slots in turn, so that a fresh picture is another one than the last.
    fn next_slot(&self) -> usize {
        self.served.fetch_add(1, Ordering::Relaxed) % POOL
    }

    fn draw(&self, slot: usize, is_sum: bool) -> Picture {
        let number = u64::try_from(slot).unwrap_or(0);
        let mut rng = Rng::new(&[self.seed, number, u64::from(is_sum)]);
        let (text, answer) = if is_sum {
            let (left, right) = (rng.between(1, 9), rng.between(1, 9));
            (format!("{left}+{right}=?"), (left + right).to_string())
        } else {
            let text: String =
                (0..4).map(|_| char::from(font::LETTERS[rng.below(font::LETTERS.len())])).collect();
            (text.clone(), text)
        };
        let png = encode(&paint(&mut rng, &text), &answer).unwrap_or_default();
        Picture { answer, png: png.into() }
    }
}

/// Paints the text in grey tones with jitter, specks and lines.
fn paint(rng: &mut Rng, text: &str) -> Vec<u8> {
    let mut grey = vec![0xf4_u8; WIDTH * HEIGHT];
    let step = WIDTH / (text.len() + 1);
    for (place, letter) in text.bytes().enumerate() {
        let left = step / 2 + place * step + rng.below(5);
        let top = 6 + rng.below(12);
        let tone = u8::try_from(rng.below(80)).unwrap_or(0);
        for (row, bits) in font::glyph(letter).into_iter().enumerate() {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                fill(&mut grey, left + column * SCALE, top + row * SCALE, tone);
            }
        }
    }
    for _ in 0..220 {
        let spot = rng.below(grey.len());
        grey[spot] = u8::try_from(rng.below(220)).unwrap_or(0);
    }
    for _ in 0..2 {
        let (mut y, slope) = (rng.below(HEIGHT), rng.below(3));
        for x in 0..WIDTH {
            if x % 3 == 0 {
                y = (y + slope).min(HEIGHT - 1);
            }
            grey[y * WIDTH + x] = 0x90;
        }
    }
    grey
}

fn fill(grey: &mut [u8], left: usize, top: usize, tone: u8) {
    for y in top..(top + SCALE).min(HEIGHT) {
        for x in left..(left + SCALE).min(WIDTH) {
            grey[y * WIDTH + x] = tone;
        }
    }
}

/// What stands in a picture, as its text chunk tells.
pub(crate) fn answer_in(picture: &[u8]) -> Option<String> {
    let reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().ok()?;
    let chunks = &reader.info().uncompressed_latin1_text;
    Some(chunks.iter().find(|chunk| chunk.keyword == "answer")?.text.clone())
}

fn encode(grey: &[u8], answer: &str) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let width = u32::try_from(WIDTH).unwrap_or(0);
    let height = u32::try_from(HEIGHT).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("answer".into(), answer.into())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(grey)?;
    writer.finish()?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_picture_is_never_the_last_one() {
        let pool = Pool::new(51);
        let mut last = pool.letters().png;
        for _ in 0..POOL * 2 {
            let fresh = pool.letters().png;
            assert_ne!(fresh, last);
            last = fresh;
        }
    }

    #[test]
    fn the_answer_can_be_read_from_the_picture() {
        assert_eq!(answer_in(b"<html>"), None);
        let pool = Pool::new(51);
        for picture in [pool.letters(), pool.sum()] {
            assert_eq!(answer_in(&picture.png), Some(picture.answer));
        }
    }
}
