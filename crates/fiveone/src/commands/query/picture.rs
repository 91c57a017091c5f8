//! A captcha as text: half blocks, dark on light by the picture's own middle brightness.

use image::imageops::FilterType;

/// The widest picture, in columns; a terminal has eighty.
const COLUMNS_MAX: u32 = 78;

/// The picture in half blocks; `None` when it is not one.
pub(super) fn blocks(bytes: &[u8]) -> Option<String> {
    let picture = image::load_from_memory(bytes).ok()?.to_luma8();
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 {
        return None;
    }
    let columns = width.min(COLUMNS_MAX);
    let rows = (height * columns / width).max(2);
    let small = image::imageops::resize(&picture, columns, rows, FilterType::Triangle);
    let total: u64 = small.pixels().map(|pixel| u64::from(pixel.0[0])).sum();
    let middle = total / u64::from(columns * rows);
    // Ink is whatever is the minority's side of a bit below the middle.
    let is_ink =
        |x: u32, y: u32| y < rows && u64::from(small.get_pixel(x, y).0[0]) * 10 < middle * 9;
    let mut text = String::new();
    for y in (0..rows).step_by(2) {
        for x in 0..columns {
            text.push(match (is_ink(x, y), is_ink(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_strokes_become_blocks() {
        let mut picture = image::GrayImage::from_pixel(4, 4, image::Luma([255]));
        for y in 0..4 {
            picture.put_pixel(1, y, image::Luma([0]));
        }
        picture.put_pixel(3, 0, image::Luma([0]));
        let mut png = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        assert_eq!(blocks(png.get_ref()).unwrap(), " █ ▀\n █  \n");
    }

    #[test]
    fn what_is_no_picture_is_told() {
        assert_eq!(blocks(b"<html>"), None);
        assert_eq!(blocks(b""), None);
    }
}
