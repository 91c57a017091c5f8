//! A picture as sixels: six rows of pixels at a time, a line of each of its colours over the other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use image::RgbImage;

/// Levels of each of red, green and blue: 216 colours, of the 256 that terminals have.
const LEVELS: u32 = 6;

/// The picture in 216 colours.
pub(super) fn encode(picture: &RgbImage) -> String {
    let (width, height) = picture.dimensions();
    let colour_at = |x: u32, y: u32| {
        let level = |value: u8| (u32::from(value) * (LEVELS - 1) + 127) / 255;
        let [red, green, blue] = picture.get_pixel(x, y).0.map(level);
        (red * LEVELS + green) * LEVELS + blue
    };
    let mut text = format!("\x1bP0;1q\"1;1;{width};{height}");
    let used: BTreeSet<u32> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| colour_at(x, y))
        .collect();
    for colour in &used {
        let percent = |level: u32| level % LEVELS * 100 / (LEVELS - 1);
        let (red, green) = (percent(colour / LEVELS / LEVELS), percent(colour / LEVELS));
        _ = write!(text, "#{colour};2;{red};{green};{}", percent(*colour));
    }
    for top in (0..height).step_by(6) {
        let rows = top..height.min(top + 6);
        let here: BTreeSet<u32> = rows
            .clone()
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| colour_at(x, y))
            .collect();
        for colour in here {
            _ = write!(text, "#{colour}");
            let column = |x: u32| {
                let bits = rows.clone().filter(|y| colour_at(x, *y) == colour);
                bits.fold(0_u8, |bits, y| bits | 1 << (y - top))
            };
            line(&mut text, (0..width).map(column));
            text.push('$');
        }
        text.push('-');
    }
    text.push_str("\x1b\\");
    text
}

/// A line of columns, those that repeat counted.
fn line(text: &mut String, columns: impl Iterator<Item = u8>) {
    let mut columns = columns.peekable();
    while let Some(bits) = columns.next() {
        let mut count = 1_u32;
        while columns.next_if_eq(&bits).is_some() {
            count += 1;
        }
        let sign = char::from(b'?' + bits);
        if count > 3 {
            _ = write!(text, "!{count}{sign}");
        } else {
            text.extend(std::iter::repeat_n(sign, count as usize));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_rows_are_one_line_for_each_colour() {
        let mut picture = RgbImage::from_pixel(5, 7, image::Rgb([255, 255, 255]));
        picture.put_pixel(1, 0, image::Rgb([255, 0, 0]));
        let expected = "\x1bP0;1q\"1;1;5;7#180;2;100;0;0#215;2;100;100;100\
                        #180?@???$#215~}~~~$-#215!5@$-\x1b\\";
        assert_eq!(encode(&picture), expected);
    }
}
