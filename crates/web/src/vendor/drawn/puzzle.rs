//! Puzzles with a scale: the person types what stands beside the place they found.

use fiveone_model::question::{Grid, Picture, PictureRole, Question};
use image::{RgbaImage, imageops};

use super::canvas::{BLACK, Canvas, GLYPH, RED, enlarged, width_of};

/// Around everything.
const MARGIN: u32 = 8;

/// Pixels of the picture between two marks of the ruler, and between two numbers.
const TICK: u32 = 5;
const NUMBER: u32 = 20;

/// Pictures as narrow as the kits' are shown at double size, so that one pixel can be told.
fn scale_of(picture: &Picture) -> u32 {
    if picture.width <= 450 { 2 } else { 1 }
}

/// The background between the piece above it and a ruler below, in pixels of the background.
pub(super) fn slide(question: &Question) -> Option<Canvas> {
    let back = question.picture(PictureRole::Background)?;
    let piece = question.picture(PictureRole::Piece)?;
    let scale = scale_of(back);
    let (ground, piece) = (enlarged(&back.data, scale)?, enlarged(&piece.data, scale)?);
    let piece = seen(&piece);
    let top = MARGIN + piece.height() + MARGIN;
    let ruler = top + ground.height();
    let height = ruler + 16 + GLYPH + MARGIN + 2 * GLYPH + MARGIN;
    let what = "请输入缺口左边缘下方的数字";
    let width = ground.width().max(width_of(what, 2)) + 4 * MARGIN;
    let mut canvas = Canvas::new(width, height);
    let left = 2 * MARGIN;
    canvas.paste((left, MARGIN), &piece);
    canvas.frame((left - 2, MARGIN - 2), (piece.width() + 4, piece.height() + 4), RED);
    canvas.paste((left, top), &ground);
    for x in (0..=back.width).step_by(TICK as usize) {
        let at = left + x * scale;
        let is_number = x % NUMBER == 0;
        let length = match (is_number, x % (2 * TICK)) {
            (true, _) => 14,
            (_, 0) => 10,
            _ => 5,
        };
        canvas.fill((at, ruler), (1, length), BLACK);
        if is_number {
            canvas.dotted((at, top), (1, ground.height()));
            let number = x.to_string();
            let half = width_of(&number, 1) / 2;
            canvas.text((at.saturating_sub(half), ruler + 16), 1, &number);
        }
    }
    canvas.text((left, height - MARGIN - 2 * GLYPH), 2, what);
    Some(canvas)
}

/// The part of a piece that is to be seen.
fn seen(piece: &RgbaImage) -> RgbaImage {
    let dots = || piece.enumerate_pixels().filter(|(_, _, pixel)| pixel.0[3] >= 128);
    let (xs, ys) = (|| dots().map(|(x, ..)| x), || dots().map(|(_, y, _)| y));
    let edges = (xs().min(), xs().max(), ys().min(), ys().max());
    let (Some(left), Some(right), Some(top), Some(bottom)) = edges else {
        return piece.clone();
    };
    imageops::crop_imm(piece, left, top, right - left + 1, bottom - top + 1).to_image()
}

/// The background under a grid of cells with letters above and numbers beside it, and the words.
pub(super) fn click(question: &Question) -> Option<Canvas> {
    let back = question.picture(PictureRole::Background)?;
    let scale = scale_of(back);
    let ground = enlarged(&back.data, scale)?;
    let grid = Grid::over(back.width, back.height);
    let cell = grid.cell * scale;
    let what = match &*question.words {
        [] if question.prompt.is_empty() => "依次输入各字所在的格子".to_owned(),
        [] => question.prompt.clone(),
        words => format!("依次：{}", words.join(" ")),
    };
    let edge = MARGIN + 2 * GLYPH;
    // The last column and row can be narrower than their names.
    let right = edge + ground.width() + GLYPH;
    let width = right.max(edge + width_of(&what, 2)) + MARGIN;
    let height = edge + ground.height() + GLYPH + MARGIN + 2 * GLYPH + MARGIN;
    let mut canvas = Canvas::new(width, height);
    canvas.paste((edge, edge), &ground);
    for column in 0..grid.columns {
        let at = edge + column * cell;
        canvas.dotted((at, edge), (1, ground.height()));
        let letter = Grid::letter(column).to_string();
        canvas.text((at + cell.saturating_sub(16) / 2, MARGIN), 2, &letter);
    }
    for row in 0..grid.rows {
        let at = edge + row * cell;
        canvas.dotted((edge, at), (ground.width(), 1));
        canvas.text((MARGIN / 2, at + cell.saturating_sub(GLYPH) / 2), 1, &(row + 1).to_string());
    }
    canvas.frame((edge, edge), (ground.width(), ground.height()), BLACK);
    canvas.text((edge, height - MARGIN - 2 * GLYPH), 2, &what);
    Some(canvas)
}
