//! Questions that are mostly words: a list, a QR code and its app, something to confirm.

use fiveone_model::question::{PictureRole, Question};

use super::canvas::{Canvas, GLYPH, enlarged, width_of};

const MARGIN: u32 = 16;

/// The widest line at double size; longer ones are single.
const WIDE: u32 = 900;

/// A QR code is at least so wide: people scan it from a screen.
const QR_SIDE_MIN: u32 = 240;

/// A sheet of lines, and a picture under them where there is one.
struct Sheet {
    lines: Vec<String>,
    size: u32,
}

impl Sheet {
    fn of(lines: Vec<String>) -> Self {
        let widest = lines.iter().map(|line| width_of(line, 2)).max().unwrap_or(0);
        let size = if widest <= WIDE && lines.len() <= 20 { 2 } else { 1 };
        Self { lines, size }
    }

    fn width(&self) -> u32 {
        let widest = self.lines.iter().map(|line| width_of(line, self.size)).max().unwrap_or(0);
        widest + 2 * MARGIN
    }

    fn line_height(&self) -> u32 {
        (GLYPH + 6) * self.size
    }

    fn height(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX).saturating_mul(self.line_height())
            + 2 * MARGIN
    }

    fn write(&self, canvas: &mut Canvas, top: u32) {
        for (at, line) in (0..).zip(&self.lines) {
            canvas.text((MARGIN, top + MARGIN + at * self.line_height()), self.size, line);
        }
    }
}

/// The choices, numbered.
pub(super) fn choose(question: &Question) -> Canvas {
    let what = if question.prompt.is_empty() { "请选择" } else { &question.prompt };
    let choices = (1..).zip(&question.choices).map(|(at, one)| format!("{at}  {}", one.label));
    let last = "请输入序号".to_owned();
    let sheet = Sheet::of([what.to_owned()].into_iter().chain(choices).chain([last]).collect());
    let mut canvas = Canvas::new(sheet.width(), sheet.height());
    sheet.write(&mut canvas, 0);
    canvas
}

/// What is to be confirmed, and where.
pub(super) fn confirm(question: &Question) -> Canvas {
    let app = question.app.as_deref().unwrap_or("手机应用");
    let lines = [question.prompt.clone(), format!("请在{app}中确认"), "无需输入".to_owned()];
    let sheet = Sheet::of(lines.into_iter().filter(|line| !line.is_empty()).collect());
    let mut canvas = Canvas::new(sheet.width(), sheet.height());
    sheet.write(&mut canvas, 0);
    canvas
}

/// The QR code with the name of the app that scans it.
pub(super) fn scan(question: &Question) -> Option<Canvas> {
    let code = question.picture(PictureRole::Qr)?;
    let scale = QR_SIDE_MIN.div_ceil(code.width.clamp(1, QR_SIDE_MIN));
    let drawn = enlarged(&code.data, scale)?;
    let app = question.app.as_deref().unwrap_or("手机应用");
    let lines = [format!("请用{app}扫描"), question.prompt.clone()];
    let sheet = Sheet::of(lines.into_iter().filter(|line| !line.is_empty()).collect());
    let width = sheet.width().max(drawn.width() + 2 * MARGIN);
    let mut canvas = Canvas::new(width, MARGIN + drawn.height() + sheet.height());
    canvas.paste(((width - drawn.width()) / 2, MARGIN), &drawn);
    sheet.write(&mut canvas, MARGIN + drawn.height());
    Some(canvas)
}
