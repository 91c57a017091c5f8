//! Pictures for the person: known by their first bytes, and joined side by side when a portal cuts
//! its question into several.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose};
use image::{ImageFormat, RgbaImage, imageops};

/// The largest picture that is passed on.
const BYTES_MAX: usize = 512 * 1024;

/// The largest side of a picture that is decoded for joining.
const SIDE_MAX: u32 = 2000;

/// Whether bytes are a picture a client can show.
pub(crate) fn is_picture(bytes: &[u8]) -> bool {
    let known = bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(&[0xff, 0xd8, 0xff])
        || bytes.starts_with(b"GIF87a")
        || bytes.starts_with(b"GIF89a");
    known && bytes.len() <= BYTES_MAX
}

/// The picture in a text: a `data:` address, or bare base64.
pub(crate) fn of_text(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(',')?.1,
        None => text,
    };
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let bytes = general_purpose::STANDARD
        .decode(&plain)
        .or_else(|_| general_purpose::STANDARD_NO_PAD.decode(&plain))
        .or_else(|_| general_purpose::URL_SAFE.decode(&plain))
        .ok()?;
    is_picture(&bytes).then_some(bytes)
}

/// Several pictures side by side as one PNG; one stays as it is.
pub(crate) fn join(mut pictures: Vec<Vec<u8>>) -> Option<Vec<u8>> {
    if pictures.len() <= 1 {
        return pictures.pop();
    }
    let decoded: Vec<RgbaImage> =
        pictures.iter().map(|bytes| decode(bytes)).collect::<Option<_>>()?;
    let width = decoded.iter().map(RgbaImage::width).sum();
    let height = decoded.iter().map(RgbaImage::height).max()?;
    let mut whole = RgbaImage::from_pixel(width, height, image::Rgba([255; 4]));
    let mut left = 0;
    for picture in &decoded {
        let top = (height - picture.height()) / 2;
        imageops::overlay(&mut whole, picture, i64::from(left), i64::from(top));
        left += picture.width();
    }
    let mut bytes = Cursor::new(Vec::new());
    whole.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}

fn decode(bytes: &[u8]) -> Option<RgbaImage> {
    let mut reader = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    reader.limits(limits);
    reader.decode().ok().map(|picture| picture.to_rgba8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        RgbaImage::new(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn pictures_are_joined_side_by_side() {
        let joined = join(vec![png(10, 20), png(30, 10), png(5, 5)]).unwrap();
        let whole = decode(&joined).unwrap();
        assert_eq!((whole.width(), whole.height()), (45, 20));
        assert!(join(vec![png(2, 2), b"<html>".to_vec()]).is_none());
        assert_eq!(join(vec![b"as it is".to_vec()]).as_deref(), Some(&b"as it is"[..]));
    }

    #[test]
    fn only_pictures_are_pictures() {
        assert!(!is_picture(b"<html><body>404"));
        let text = general_purpose::STANDARD.encode(png(3, 3));
        assert!(of_text(&format!("data:image/png;base64,{text}")).is_some());
        assert!(of_text(&text).is_some());
        assert!(of_text("captcha.jpg?x=1").is_none());
    }
}
