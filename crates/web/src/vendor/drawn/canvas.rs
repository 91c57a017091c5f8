//! A white sheet: text of any script of the basic plane, lines, pictures.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits, Rgb, RgbImage, RgbaImage, imageops};

/// The height of a line of text at size 1, and the gap under it.
pub(super) const GLYPH: u32 = 16;

/// The largest side of a picture of a portal that is drawn on, and of a sheet.
const SIDE_MAX: u32 = 2_000;
const SHEET_SIDE_MAX: u32 = 4_100;

pub(super) const BLACK: Rgb<u8> = Rgb([0, 0, 0]);
pub(super) const RED: Rgb<u8> = Rgb([200, 0, 0]);
const WHITE: Rgb<u8> = Rgb([255, 255, 255]);

/// What is drawn on.
pub(super) struct Canvas(RgbImage);

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width.clamp(1, SHEET_SIDE_MAX), height.clamp(1, SHEET_SIDE_MAX));
        Self(RgbImage::from_pixel(width, height, WHITE))
    }

    /// The sheet as a client gets it.
    pub(super) fn png(self) -> Option<Vec<u8>> {
        let mut bytes = Cursor::new(Vec::new());
        self.0.write_to(&mut bytes, ImageFormat::Png).ok()?;
        Some(bytes.into_inner())
    }

    fn dot(&mut self, x: u32, y: u32, colour: Rgb<u8>) {
        if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
            *pixel = colour;
        }
    }

    pub(super) fn fill(&mut self, (x, y): (u32, u32), (w, h): (u32, u32), colour: Rgb<u8>) {
        for (dx, dy) in (0..h).flat_map(|dy| (0..w).map(move |dx| (dx, dy))) {
            self.dot(x + dx, y + dy, colour);
        }
    }

    /// A line over a picture that leaves what is under it to be seen: every other dot, dark beside
    /// light, so that it shows on any ground.
    pub(super) fn dotted(&mut self, (x, y): (u32, u32), (w, h): (u32, u32)) {
        for (dx, dy) in (0..h).flat_map(|dy| (0..w).map(move |dx| (dx, dy))) {
            match (x + dx + y + dy) % 4 {
                0 => self.dot(x + dx, y + dy, BLACK),
                2 => self.dot(x + dx, y + dy, WHITE),
                _ => {}
            }
        }
    }

    pub(super) fn frame(&mut self, (x, y): (u32, u32), (w, h): (u32, u32), colour: Rgb<u8>) {
        self.fill((x, y), (w, 1), colour);
        self.fill((x, (y + h).saturating_sub(1)), (w, 1), colour);
        self.fill((x, y), (1, h), colour);
        self.fill(((x + w).saturating_sub(1), y), (1, h), colour);
    }

    /// A picture, what is clear in it leaving the ground.
    pub(super) fn paste(&mut self, (x, y): (u32, u32), picture: &RgbaImage) {
        for (dx, dy, pixel) in picture.enumerate_pixels() {
            let [red, green, blue, alpha] = pixel.0;
            let Some(ground) = self.0.get_pixel_mut_checked(x + dx, y + dy) else { continue };
            let mix = |own: u8, under: u8| {
                let (own, under, alpha) = (u32::from(own), u32::from(under), u32::from(alpha));
                u8::try_from((own * alpha + under * (255 - alpha)) / 255).unwrap_or(u8::MAX)
            };
            let [r, g, b] = ground.0;
            *ground = Rgb([mix(red, r), mix(green, g), mix(blue, b)]);
        }
    }

    /// A line of text from its upper left corner.
    pub(super) fn text(&mut self, (x, y): (u32, u32), size: u32, text: &str) {
        let mut left = x;
        for c in text.chars() {
            let Some(glyph) = glyph(c) else { continue };
            let width = u32::try_from(glyph.get_width()).unwrap_or(GLYPH);
            for (dx, dy) in (0..GLYPH).flat_map(|dy| (0..width).map(move |dx| (dx, dy))) {
                if glyph.get_pixel(dx as usize, dy as usize) {
                    self.fill((left + dx * size, y + dy * size), (size, size), BLACK);
                }
            }
            left += width * size;
        }
    }
}

/// What a character looks like; one that the font lacks is the sign for that.
fn glyph(c: char) -> Option<&'static unifont::Glyph> {
    unifont::get_glyph(c).or_else(|| unifont::get_glyph('\u{fffd}'))
}

/// How wide a line of text is.
pub(super) fn width_of(text: &str, size: u32) -> u32 {
    let widths = text.chars().filter_map(glyph).map(unifont::Glyph::get_width);
    u32::try_from(widths.sum::<usize>()).unwrap_or(SHEET_SIDE_MAX) * size
}

/// A picture of a portal, each of its pixels so large; `None` for one that is none or too large.
pub(super) fn enlarged(bytes: &[u8], scale: u32) -> Option<RgbaImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    reader.limits(limits);
    let picture = reader.decode().ok()?.to_rgba8();
    let (width, height) = (picture.width() * scale, picture.height() * scale);
    Some(imageops::resize(&picture, width, height, imageops::FilterType::Nearest))
}
