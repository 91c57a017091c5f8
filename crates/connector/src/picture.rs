//! Pictures for the person: known by their first bytes, and joined side by side when a portal cuts
//! its question into several.

use std::io::Cursor;

use base64::{Engine as _, engine::general_purpose};
use fiveone_model::question::{Picture, PictureRole};
use image::{GrayImage, ImageFormat, RgbaImage, imageops};

/// The largest picture that is passed on.
const BYTES_MAX: usize = 512 * 1024;

/// The largest side of a picture that is decoded for joining.
const SIDE_MAX: u32 = 2000;

/// What every client can show.
const SHOWN: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif];

/// What is turned into PNG for the person.
const REENCODED: [ImageFormat; 2] = [ImageFormat::Bmp, ImageFormat::WebP];

/// A picture that a client can show, of what a portal sent; other forms are turned into PNG.
///
/// # Errors
/// Why there is none, for the operator.
pub(crate) fn shown(bytes: &[u8]) -> Result<Vec<u8>, String> {
    // Pages that write pictures often write a line break first.
    let blanks = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let bytes = &bytes[blanks..];
    let format = image::guess_format(bytes).ok();
    if format.is_none() && is_svg(bytes) {
        return Err("an SVG picture, which cannot be shown to every person".to_owned());
    }
    let Some(format) = format.filter(|one| SHOWN.contains(one) || REENCODED.contains(one)) else {
        return Err("the picture is not a picture".to_owned());
    };
    if bytes.len() > BYTES_MAX {
        return Err(format!("a picture of {} KiB is too large", bytes.len() / 1024));
    }
    if SHOWN.contains(&format) {
        return Ok(bytes.to_vec());
    }
    let picture = decode(bytes).ok_or("a BMP or WebP picture that cannot be decoded")?;
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok(png.into_inner())
}

/// A picture as a question shows it, with its size where it can be told.
pub(crate) fn measured(role: PictureRole, data: Vec<u8>) -> Picture {
    let reader = image::ImageReader::new(Cursor::new(&data)).with_guessed_format().ok();
    let size = reader.and_then(|reader| reader.into_dimensions().ok());
    let (width, height) = size.unwrap_or_default();
    Picture { role, width, height, data }
}

/// A QR code that says this, as PNG.
pub(crate) fn qr(text: &str) -> Option<Vec<u8>> {
    /// The side of a dot, and the blank border that scanners want, in dots.
    const DOT: u32 = 6;
    const BORDER: u32 = 4;
    let code = qrcode::QrCode::new(text).ok()?;
    let dots = u32::try_from(code.width()).ok()?;
    let is_dark = |x: u32, y: u32| match (x.checked_sub(BORDER), y.checked_sub(BORDER)) {
        (Some(x), Some(y)) if x < dots && y < dots => {
            code[(x as usize, y as usize)] == qrcode::Color::Dark
        }
        _ => false,
    };
    let side = (dots + 2 * BORDER) * DOT;
    let picture = GrayImage::from_fn(side, side, |x, y| {
        image::Luma([if is_dark(x / DOT, y / DOT) { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}

/// How many columns at the left of a picture show nothing.
pub(crate) fn blank_columns(bytes: &[u8]) -> u32 {
    let Some(picture) = decode(bytes) else { return 0 };
    let is_seen = |x: &u32| (0..picture.height()).any(|y| picture.get_pixel(*x, y).0[3] >= 128);
    (0..picture.width()).find(is_seen).unwrap_or(0)
}

fn is_svg(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(512)]).to_ascii_lowercase();
    head.contains("<svg")
}

/// The picture in a text: a `data:` address, or bare base64.
pub(crate) fn of_text(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let text = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(',')?.1,
        None => text,
    };
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    // Some pages escape their base64 as for an address.
    let plain = percent_encoding::percent_decode_str(&plain).decode_utf8().ok()?;
    let bytes = general_purpose::STANDARD
        .decode(&*plain)
        .or_else(|_| general_purpose::STANDARD_NO_PAD.decode(&*plain))
        .or_else(|_| general_purpose::URL_SAFE.decode(&*plain))
        .ok()?;
    shown(&bytes).ok()
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
        assert!(shown(b"<html><body>404").is_err());
        assert_eq!(shown(&[b"\r\n", &*png(3, 3)].concat()), Ok(png(3, 3)));
        let mut bmp = Cursor::new(Vec::new());
        RgbaImage::new(3, 3).write_to(&mut bmp, ImageFormat::Bmp).unwrap();
        assert!(shown(bmp.get_ref()).unwrap().starts_with(b"\x89PNG"));
        assert!(shown(b"<svg xmlns='x'/>").unwrap_err().contains("SVG"));
        let large = [&*png(3, 3), &vec![0; 600 * 1024]].concat();
        assert_eq!(shown(&large), Err("a picture of 600 KiB is too large".to_owned()));
        let text = general_purpose::STANDARD.encode(png(3, 3));
        assert!(of_text(&format!("data:image/png;base64,{text}")).is_some());
        assert!(of_text(&text).is_some());
        assert!(of_text("captcha.jpg?x=1").is_none());
    }
}
