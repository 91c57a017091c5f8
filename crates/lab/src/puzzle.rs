//! Pictures of puzzles: a ground with a gap and the piece that fits it, letters to click, QR codes. Each
//! carries its answer in a `tEXt` chunk, as the captcha pictures do.

use std::time::Instant;

use crate::font;
use crate::rng::Rng;

/// The size of a ground, as the kit that they are of draws it, and the side of a piece.
pub(crate) const WIDTH: usize = 310;
pub(crate) const HEIGHT: usize = 155;
pub(crate) const PIECE: usize = 47;

/// How large a letter's dot is.
const DOT: usize = 4;

/// A puzzle that was drawn for a session.
#[derive(Debug)]
pub(crate) struct Puzzle {
    pub(crate) kind: String,
    pub(crate) token: String,
    pub(crate) secret: String,
    pub(crate) drawn_at: Instant,
    /// Where the piece goes, or the letters are, in order.
    pub(crate) places: Vec<(u64, u64)>,
}

type Pixels = Vec<[u8; 4]>;

/// A ground with a gap at a place, and its piece.
pub(crate) fn slide(rng: &mut Rng, (left, top): (usize, usize)) -> (Vec<u8>, Vec<u8>) {
    let mut ground = ground(rng);
    let mut piece: Pixels = vec![[0; 4]; PIECE * HEIGHT];
    for (x, y) in places(PIECE, PIECE).filter(|place| is_of_piece(*place)) {
        let at = (top + y) * WIDTH + left + x;
        piece[(top + y) * PIECE + x] = ground[at];
        let [red, green, blue, _] = ground[at];
        ground[at] = [red / 3, green / 3, blue / 3, 255];
    }
    let answer = left.to_string();
    (png(&ground, WIDTH, &answer), png(&piece, PIECE, &answer))
}

/// A square with a bite in its right side, so that it is known by its form.
const fn is_of_piece((x, y): (usize, usize)) -> bool {
    !(x > PIECE - 12 && y > 16 && y < PIECE - 16)
}

/// A ground with letters, each at a place.
pub(crate) fn click(rng: &mut Rng, letters: &[(char, (usize, usize))], answer: &str) -> Vec<u8> {
    let mut ground = ground(rng);
    for (letter, (middle_x, middle_y)) in letters {
        let (left, top) = (middle_x - 5 * DOT / 2, middle_y - 7 * DOT / 2);
        let bits = font::glyph(u8::try_from(*letter).unwrap_or(b'?'));
        for (x, y) in places(5 * DOT, 7 * DOT) {
            if bits[y / DOT] >> (4 - x / DOT) & 1 == 1 {
                ground[(top + y) * WIDTH + left + x] = [250, 240, 60, 255];
            }
        }
    }
    png(&ground, WIDTH, answer)
}

/// A QR code that says this.
pub(crate) fn qr(text: &str) -> Option<Vec<u8>> {
    const SCALE: usize = 3;
    const BORDER: usize = 4;
    let code = qrcode::QrCode::new(text).ok()?;
    let side = (code.width() + 2 * BORDER) * SCALE;
    let is_dark = |(x, y): (usize, usize)| {
        let within = |at: usize| (at / SCALE).checked_sub(BORDER).filter(|at| *at < code.width());
        within(x).zip(within(y)).is_some_and(|place| code[place] == qrcode::Color::Dark)
    };
    let tone = |place| if is_dark(place) { [0, 0, 0, 255] } else { [255; 4] };
    let pixels: Pixels = places(side, side).map(tone).collect();
    Some(png(&pixels, side, text))
}

fn places(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height).flat_map(move |y| (0..width).map(move |x| (x, y)))
}

/// Hills in two colours.
fn ground(rng: &mut Rng) -> Pixels {
    let (slope, wave) = (1 + rng.below(4), 20 + rng.below(40));
    let tone = |(x, y): (usize, usize)| {
        let hill = (x * slope + (x / wave) * 9 + y * 2) % 160;
        let speck = rng.below(24);
        let part = |tone: usize| u8::try_from(tone.min(255)).unwrap_or(255);
        [part(60 + speck + hill / 3), part(110 + speck + hill / 2), part(230 - hill), 255]
    };
    places(WIDTH, HEIGHT).map(tone).collect()
}

fn png(pixels: &[[u8; 4]], width: usize, answer: &str) -> Vec<u8> {
    encode(pixels, width, answer).unwrap_or_default()
}

fn encode(pixels: &[[u8; 4]], width: usize, answer: &str) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let side = |side: usize| u32::try_from(side).unwrap_or(0);
    let mut encoder = png::Encoder::new(&mut out, side(width), side(pixels.len() / width));
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("answer".into(), answer.into())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.as_flattened())?;
    writer.finish()?;
    Ok(out)
}
