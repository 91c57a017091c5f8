//! Answers: what each kind of question takes, in one text however the person came by it.

use serde::{Deserialize, Serialize};

use super::Question;
use crate::challenge::ANSWER_CHARS_MAX;

/// The longest code that is typed, in characters; no portal known to us has more than eight.
pub const TEXT_CHARS_MAX: u32 = 32;

/// The most points one question asks for.
pub const POINTS_MAX: u32 = 10;

/// What an answer looks like. Numbers are pixels of the question's own pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum AnswerShape {
    /// There is none: the portal tells when the person has done it.
    None,
    /// A text of at most so many characters.
    Text {
        /// The most characters.
        max: u32,
    },
    /// How far to the right the left edge of the piece goes: `143`.
    X {
        /// The furthest.
        max: u32,
    },
    /// Points in order: `120,40;33,88`.
    Points {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
        /// Each `x` is less than this.
        width: u32,
        /// Each `y` is less than this.
        height: u32,
    },
    /// One of the question's values, or its place among them from 1.
    Value,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerForm {
    /// As a person types it who sees the question as one picture (P-52): the number at a ruler, cells
    /// of a grid, the number in a list.
    Typed,
    /// As a client writes it that was given the question as data (P-53).
    Structured,
}

/// A place in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
}

/// The grid that is drawn over a picture to name places in it: columns are letters, rows numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// The side of a cell, in pixels of the picture.
    pub cell: u32,
    /// How many columns, at most 26.
    pub columns: u32,
    /// How many rows.
    pub rows: u32,
    width: u32,
    height: u32,
}

impl Grid {
    /// What the kits in use tolerate around a word, in pixels of their pictures: the middle of such a
    /// cell is at most half of it from anywhere within.
    const CELL: u32 = 25;
    const COLUMNS_MAX: u32 = 26;

    /// The grid of a picture.
    #[must_use]
    pub fn over(width: u32, height: u32) -> Self {
        let cell = Self::CELL.max(width.div_ceil(Self::COLUMNS_MAX));
        Self { cell, columns: width.div_ceil(cell), rows: height.div_ceil(cell), width, height }
    }

    /// The letter of a column.
    #[must_use]
    pub fn letter(column: u32) -> char {
        char::from(b'A' + u8::try_from(column % Self::COLUMNS_MAX).unwrap_or(0))
    }

    /// The middle of a cell such as `B3`.
    fn middle(self, letter: char, row: u32) -> Option<Point> {
        let column =
            u32::from(letter).checked_sub(u32::from('A')).filter(|at| *at < self.columns)?;
        let row = row.checked_sub(1).filter(|at| *at < self.rows)?;
        let within = |at: u32, side: u32| {
            let begin = at * self.cell;
            begin + (side - begin).min(self.cell) / 2
        };
        Some(Point { x: within(column, self.width), y: within(row, self.height) })
    }
}

impl AnswerShape {
    /// The points of an answer that was read.
    #[must_use]
    pub fn points(answer: &str) -> Vec<Point> {
        answer.split(';').filter_map(point).collect()
    }
}

/// The one text of an answer to a question.
pub(super) fn read(question: &Question, text: &str, form: AnswerForm) -> Option<String> {
    let length = text.chars().count();
    if length == 0 || length > ANSWER_CHARS_MAX || text.chars().any(char::is_control) {
        return None;
    }
    match question.answer {
        AnswerShape::None => Some(String::new()),
        AnswerShape::Text { max } => (length <= max as usize).then(|| text.to_owned()),
        AnswerShape::X { max } => {
            let x = number(&narrow(text))?;
            let left = match form {
                AnswerForm::Typed => x.checked_sub(question.piece_left)?,
                AnswerForm::Structured => x,
            };
            (left <= max).then(|| left.to_string())
        }
        AnswerShape::Points { min, max, width, height } => {
            let text = narrow(text);
            let points = match form {
                AnswerForm::Typed => cells(&text, Grid::over(width, height)),
                AnswerForm::Structured => None,
            };
            let points =
                points.or_else(|| text.split(';').map(point).collect::<Option<Vec<_>>>())?;
            let count = u32::try_from(points.len()).ok()?;
            let is_within = |point: &Point| point.x < width && point.y < height;
            if !(min..=max).contains(&count) || !points.iter().all(is_within) {
                return None;
            }
            let points: Vec<_> = points.iter().map(|one| format!("{},{}", one.x, one.y)).collect();
            Some(points.join(";"))
        }
        AnswerShape::Value => {
            let by_value = || question.choices.iter().find(|choice| choice.value == text);
            let by_place = || {
                let place = usize::try_from(number(&narrow(text))?).ok()?;
                question.choices.get(place.checked_sub(1)?)
            };
            // A person counts in the list they see; a client repeats what it was given.
            let choice = match form {
                AnswerForm::Typed => by_place().or_else(by_value),
                AnswerForm::Structured => by_value().or_else(by_place),
            };
            choice.map(|choice| choice.value.clone())
        }
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn point(text: &str) -> Option<Point> {
    let (x, y) = text.split_once(',')?;
    Some(Point { x: number(x.trim())?, y: number(y.trim())? })
}

/// Cells in order, with or without anything between them: `B3 F1`, `b3,f1`, `B3F1`.
fn cells(text: &str, grid: Grid) -> Option<Vec<Point>> {
    let is_between = |c: char| c.is_whitespace() || ",;、".contains(c);
    let mut points = Vec::new();
    let mut rest = text.trim_start_matches(is_between);
    while let Some(letter) = rest.chars().next() {
        let digits_and_more = &rest[letter.len_utf8()..];
        let end = digits_and_more.find(|c: char| !c.is_ascii_digit());
        let (digits, more) = digits_and_more.split_at(end.unwrap_or(digits_and_more.len()));
        points.push(grid.middle(letter.to_ascii_uppercase(), number(digits)?)?);
        rest = more.trim_start_matches(is_between);
    }
    Some(points)
}

/// Letters, digits and signs as Chinese keyboards write them too, in ASCII.
fn narrow(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    };
    text.chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challenge::ChallengeKind;
    use crate::question::Choice;

    use AnswerForm::{Structured, Typed};

    fn slide() -> Question {
        Question::new(ChallengeKind::Slide, AnswerShape::X { max: 260 })
    }

    fn click(words: u32) -> Question {
        let shape = AnswerShape::Points { min: words, max: words, width: 310, height: 155 };
        Question::new(ChallengeKind::Click, shape)
    }

    fn choose(values: &[&str]) -> Question {
        let choice = |value: &&str| Choice { value: (*value).to_owned(), label: String::new() };
        let choices = values.iter().map(choice).collect();
        Question { choices, ..Question::new(ChallengeKind::Choose, AnswerShape::Value) }
    }

    #[test]
    fn p_50_an_answer_has_the_shape_of_its_question() {
        let two = click(2);
        let accounts = choose(&["0071", "2", "0099"]);
        let long = "1".repeat(ANSWER_CHARS_MAX + 1);
        for (question, form, text, expected) in [
            (&slide(), Typed, " 143 ", Some("143")),
            (&slide(), Structured, "0143", Some("143")),
            (&slide(), Typed, "１４３", Some("143")),
            (&slide(), Typed, "261", None),
            (&slide(), Typed, "-1", None),
            (&Question { piece_left: 4, ..slide() }, Typed, "143", Some("139")),
            (&Question { piece_left: 4, ..slide() }, Typed, "264", Some("260")),
            (&Question { piece_left: 4, ..slide() }, Typed, "3", None),
            (&Question { piece_left: 4, ..slide() }, Structured, "143", Some("143")),
            (&slide(), Typed, "14.5", None),
            (&slide(), Typed, "", None),
            (&slide(), Typed, &long, None),
            (&two, Structured, "120,40;33,88", Some("120,40;33,88")),
            (&two, Typed, "120,40;33,88", Some("120,40;33,88")),
            (&two, Structured, "120,40", None),
            (&two, Structured, "120,40;33,88;1,1", None),
            (&two, Structured, "120,40;310,88", None),
            (&two, Structured, "120,40;33,155", None),
            (&two, Structured, "B3 F1", None),
            (&two, Typed, "B3 F1", Some("37,62;137,12")),
            (&two, Typed, "b3f1", Some("37,62;137,12")),
            (&two, Typed, "Ｂ３，Ｆ１", Some("37,62;137,12")),
            (&two, Typed, "M7、A1", Some("305,152;12,12")),
            (&two, Typed, "N1 A1", None),
            (&two, Typed, "A8 A1", None),
            (&two, Typed, "A0 A1", None),
            (&two, Typed, "天 A1", None),
            (&two, Typed, "B3", None),
            (&accounts, Typed, "2", Some("2")),
            (&accounts, Typed, "1", Some("0071")),
            (&accounts, Typed, "0099", Some("0099")),
            (&accounts, Typed, "4", None),
            (&accounts, Typed, "0", None),
            (&accounts, Structured, "2", Some("2")),
            (&accounts, Structured, "3", Some("0099")),
            (&choose(&["2", "1"]), Typed, "1", Some("2")),
            (&choose(&["2", "1"]), Structured, "1", Some("1")),
            (&Question::sms(), Typed, " 12 34 ", Some("12 34")),
            (&Question::sms(), Typed, "12\u{7}34", None),
            (&Question::sms(), Typed, &"1".repeat(33), None),
            (&Question::new(ChallengeKind::Scan, AnswerShape::None), Typed, "好了", Some("")),
        ] {
            let read = question.read(text, form);
            assert_eq!(read.as_deref(), expected, "{:?} {form:?} {text:?}", question.answer);
        }
    }

    #[test]
    fn p_53_points_are_read_back_in_their_order() {
        let points = AnswerShape::points("120,40;33,88");
        assert_eq!(points, [Point { x: 120, y: 40 }, Point { x: 33, y: 88 }]);
        assert_eq!(AnswerShape::points(""), []);
    }

    #[test]
    fn a_grid_names_every_place_of_a_picture_of_any_size() {
        for (width, height) in [(1, 1), (310, 155), (1920, 1080), (2000, 2)] {
            let grid = Grid::over(width, height);
            assert!(grid.columns <= 26, "{grid:?}");
            for (column, row) in [(0, 1), (grid.columns - 1, grid.rows)] {
                let middle = grid.middle(Grid::letter(column), row).unwrap();
                assert!(middle.x < width && middle.y < height, "{grid:?} {middle:?}");
            }
        }
    }
}
