//! A question's picture in the terminal: by the terminal's own protocol where it has one, else in half
//! blocks, dark on light; and in a file to open.

mod sixel;

use std::io::{self, Write as _};
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::imageops::FilterType;
use image::{DynamicImage, GrayImage};

use crate::config::Pictures;

/// The widest picture, in columns; a terminal has eighty.
const COLUMNS_MAX: u32 = 78;
/// The most bytes of base64 in one of kitty's pieces.
const PIECE_BYTES_MAX: usize = 4096;
/// The side of the smallest QR code, in modules; each larger one has four more.
const QR_MODULES_MIN: u32 = 21;
/// Modules around a QR code that are left blank.
const QUIET: u32 = 2;

/// The picture as what a terminal is written, its last line ended; `None` when it is no picture.
pub(super) fn drawn(bytes: &[u8], pictures: Pictures, is_live: bool) -> Option<String> {
    let picture = image::load_from_memory(bytes).ok()?;
    if picture.width() == 0 || picture.height() == 0 {
        return None;
    }
    match pictures {
        Pictures::Kitty => kitty(&picture),
        Pictures::Iterm => {
            let (size, data) = (bytes.len(), STANDARD.encode(bytes));
            Some(format!("\x1b]1337;File=inline=1;size={size};preserveAspectRatio=1:{data}\x07\n"))
        }
        Pictures::Sixel => Some(format!("{}\n", sixel::encode(&picture.to_rgb8()))),
        Pictures::Blocks => Some(blocks(&picture, is_live)),
    }
}

/// In PNG, whatever it was: kitty takes no other.
fn kitty(picture: &DynamicImage) -> Option<String> {
    let mut png = io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).ok()?;
    let data = STANDARD.encode(png.get_ref());
    let pieces: Vec<_> = data.as_bytes().chunks(PIECE_BYTES_MAX).collect();
    let mut text = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let control = if index == 0 { "f=100,a=T," } else { "" };
        let more = i32::from(index + 1 < pieces.len());
        text.push_str(&format!("\x1b_G{control}m={more};{}\x1b\\", String::from_utf8_lossy(piece)));
    }
    text.push('\n');
    Some(text)
}

/// In half blocks. In a terminal black on white, whatever its colours are: phones scan no QR code that is
/// light on dark.
fn blocks(picture: &DynamicImage, is_live: bool) -> String {
    let picture = picture.to_luma8();
    let small = by_modules(&picture).unwrap_or_else(|| {
        let columns = picture.width().min(COLUMNS_MAX);
        let rows = (picture.height() * columns / picture.width()).max(2);
        image::imageops::resize(&picture, columns, rows, FilterType::Triangle)
    });
    let (columns, rows) = small.dimensions();
    let total: u64 = small.pixels().map(|pixel| u64::from(pixel.0[0])).sum();
    let middle = total / (u64::from(columns) * u64::from(rows));
    // Ink is whatever is the minority's side of a bit below the middle.
    let is_ink =
        |x: u32, y: u32| y < rows && u64::from(small.get_pixel(x, y).0[0]) * 10 < middle * 9;
    let (begin, end) = if is_live { ("\x1b[30;107m", "\x1b[0m") } else { ("", "") };
    let mut text = String::new();
    for y in (0..rows).step_by(2) {
        text.push_str(begin);
        for x in 0..columns {
            text.push(match (is_ink(x, y), is_ink(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str(end);
        text.push('\n');
    }
    text
}

/// A QR code with a pixel for each of its modules, which no scaling blurs; words may stand below it.
/// `None` for other pictures.
fn by_modules(picture: &GrayImage) -> Option<GrayImage> {
    let is_dark = |x: u32, y: u32| picture.get_pixel(x, y).0[0] < 128;
    let dark_in = |y: u32| (0..picture.width()).filter(move |x| is_dark(*x, y));
    // Its first row begins and ends with a finder, of seven modules each.
    let top = (0..picture.height()).find(|y| dark_in(*y).next().is_some())?;
    let (left, right) = (dark_in(top).min()?, dark_in(top).max()?);
    let finder = (left..=right).take_while(|x| is_dark(*x, top)).count();
    let (finder, side) = (u32::try_from(finder).ok()?, right + 1 - left);
    let module = finder / 7;
    if module == 0 || !finder.is_multiple_of(7) || !side.is_multiple_of(module) {
        return None;
    }
    let modules = side / module;
    let is_qr = (QR_MODULES_MIN..=COLUMNS_MAX - 2 * QUIET).contains(&modules)
        && (modules - QR_MODULES_MIN).is_multiple_of(4)
        && top + side <= picture.height();
    is_qr.then(|| {
        let whole = modules + 2 * QUIET;
        GrayImage::from_fn(whole, whole, |x, y| {
            let within = |at: u32| at.checked_sub(QUIET).filter(|at| *at < modules);
            let is_ink = within(x).zip(within(y)).is_some_and(|(x, y)| {
                is_dark(left + x * module + module / 2, top + y * module + module / 2)
            });
            image::Luma([if is_ink { 0 } else { 255 }])
        })
    })
}

/// Keeps the picture where the person can open it; the system's temporary folder forgets it.
pub(super) fn save(bytes: &[u8]) -> io::Result<PathBuf> {
    let extension = match bytes {
        [0x89, b'P', ..] => ".png",
        [0xff, 0xd8, ..] => ".jpg",
        _ => ".gif",
    };
    let mut file =
        tempfile::Builder::new().prefix("fiveone-captcha-").suffix(extension).tempfile()?;
    file.write_all(bytes)?;
    let (_, path) = file.keep()?;
    Ok(path)
}

/// The command that opens a file here.
pub(super) const fn opener() -> &'static str {
    if cfg!(target_os = "macos") { "open" } else { "xdg-open" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(picture: &DynamicImage) -> Vec<u8> {
        let mut png = io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    }

    fn strokes() -> Vec<u8> {
        let mut picture = GrayImage::from_pixel(4, 4, image::Luma([255]));
        for y in 0..4 {
            picture.put_pixel(1, y, image::Luma([0]));
        }
        picture.put_pixel(3, 0, image::Luma([0]));
        png(&picture.into())
    }

    #[test]
    fn dark_strokes_become_blocks() {
        let plain = drawn(&strokes(), Pictures::Blocks, false).unwrap();
        assert_eq!(plain, " █ ▀\n █  \n");
        let live = drawn(&strokes(), Pictures::Blocks, true).unwrap();
        assert_eq!(live, "\x1b[30;107m █ ▀\x1b[0m\n\x1b[30;107m █  \x1b[0m\n");
    }

    #[test]
    fn terminals_get_pictures_in_their_own_words() {
        let bytes = strokes();
        let kitty = drawn(&bytes, Pictures::Kitty, true).unwrap();
        let data = kitty.strip_prefix("\x1b_Gf=100,a=T,m=0;").unwrap();
        let data = STANDARD.decode(data.strip_suffix("\x1b\\\n").unwrap()).unwrap();
        assert_eq!(image::load_from_memory(&data).unwrap().width(), 4);
        let iterm = drawn(&bytes, Pictures::Iterm, true).unwrap();
        assert!(iterm.starts_with("\x1b]1337;File=inline=1;size="), "{iterm:?}");
        assert!(iterm.ends_with(&format!(":{}\x07\n", STANDARD.encode(&bytes))), "{iterm:?}");
        // Long ones go in pieces, all but the last announcing more.
        let noise = image::RgbImage::from_fn(200, 200, |x, y| {
            image::Rgb([(x * y % 251) as u8, (x * 7 + y * 13) as u8, (x ^ y) as u8])
        });
        let long = drawn(&png(&noise.into()), Pictures::Kitty, true).unwrap();
        let pieces: Vec<_> = long.trim_end().split_terminator("\x1b\\").collect();
        assert!(pieces.len() > 2, "{}", pieces.len());
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.contains("m=1;")));
        assert!(pieces.last().unwrap().starts_with("\x1b_Gm=0;"));
    }

    #[test]
    fn a_qr_code_is_drawn_module_by_module() {
        // Finders in two corners, a pattern that no blurring keeps, and words below.
        let is_dark = |x: u32, y: u32| match y {
            0 => !(7..18).contains(&x),
            _ => (x + y).is_multiple_of(2),
        };
        let picture = GrayImage::from_fn(300, 200, |x, y| {
            let module = |at: u32| at.checked_sub(20).map(|at| at / 5).filter(|at| *at < 25);
            let is_word = y > 170 && x % 3 == 0;
            let dark = module(x).zip(module(y)).is_some_and(|(x, y)| is_dark(x, y));
            image::Luma([if dark || is_word { 0 } else { 255 }])
        });
        let small = by_modules(&picture).unwrap();
        assert_eq!(small.dimensions(), (29, 29));
        for (x, y) in [(0, 0), (8, 0), (9, 8), (10, 8), (24, 24), (24, 23)] {
            assert_eq!(small.get_pixel(x + 2, y + 2).0[0] == 0, is_dark(x, y), "{x} {y}");
        }
        assert_eq!(small.get_pixel(0, 0).0[0], 255, "quiet around it");
        assert_eq!(by_modules(&GrayImage::new(100, 100)), None);
        assert_eq!(by_modules(&GrayImage::from_pixel(9, 9, image::Luma([255]))), None);
    }

    #[test]
    fn what_is_no_picture_is_told() {
        assert_eq!(drawn(b"<html>", Pictures::Blocks, false), None);
        assert_eq!(drawn(b"", Pictures::Kitty, true), None);
    }
}
