//! What is drawn can be read back: sizes, places of marks, and Chinese.

use std::io::Cursor;

use fiveone_model::question::{AnswerShape, Choice, Picture, PictureRole};
use image::{ImageFormat, Rgba, RgbaImage};

use super::*;

fn part(role: PictureRole, width: u32, height: u32) -> Picture {
    let picture = RgbaImage::from_pixel(width, height, Rgba([90, 140, 90, 255]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).expect("a picture");
    Picture { role, width, height, data: bytes.into_inner() }
}

fn question(kind: ChallengeKind) -> Question {
    let pictures = vec![
        part(PictureRole::Background, 310, 155),
        part(PictureRole::Piece, 47, 155),
        part(PictureRole::Qr, 90, 90),
    ];
    let choice = |label: &str| Choice { value: String::new(), label: label.to_owned() };
    Question {
        pictures,
        app: Some("智桂通".to_owned()),
        words: vec!["天".to_owned(), "鑫".to_owned()],
        choices: vec![choice("示范市第一有限公司（0071）"), choice("示范市第二有限公司（0099）")],
        ..Question::new(kind, AnswerShape::None)
    }
}

fn drawn(question: &Question) -> RgbaImage {
    image::load_from_memory(&picture(question)).expect("a PNG").to_rgba8()
}

fn black(picture: &RgbaImage, x: u32, y: u32) -> bool {
    picture.get_pixel(x, y).0 == [0, 0, 0, 255]
}

#[test]
fn p_52_a_piece_has_a_ruler_in_pixels_of_its_background() {
    let slide = drawn(&question(ChallengeKind::Slide));
    let ruler = 8 + 2 * 155 + 8 + 2 * 155;
    let marks: Vec<u32> =
        (0..slide.width()).filter(|x| black(&slide, *x, ruler + 2)).map(|x| (x - 16) / 2).collect();
    assert_eq!(marks, (0..=310).step_by(5).collect::<Vec<_>>());
}

#[test]
fn p_52_words_have_a_grid_and_every_other_kind_its_text() {
    for kind in
        [ChallengeKind::Click, ChallengeKind::Choose, ChallengeKind::Confirm, ChallengeKind::Scan]
    {
        let sheet = drawn(&question(kind));
        let dark = sheet.pixels().filter(|pixel| pixel.0 == [0, 0, 0, 255]).count();
        assert!(dark > 500, "{kind:?}: {dark}");
        let other = Question {
            app: Some("掌上".to_owned()),
            words: vec!["地".to_owned()],
            choices: Vec::new(),
            ..question(kind)
        };
        assert_ne!(picture(&other), picture(&question(kind)), "{kind:?} tells what is asked");
    }
}

#[test]
fn every_character_of_a_name_is_drawn() {
    for c in "国家社会保险公共服务平台㐂龘喆堃ＡＢｃ12333（）·".chars() {
        assert!(unifont::get_glyph(c).is_some(), "{c}");
    }
    let rare = Question { app: Some("𠮷通".to_owned()), ..question(ChallengeKind::Confirm) };
    assert!(drawn(&rare).width() > 100, "a sign for what the font lacks");
}

#[test]
fn what_cannot_be_drawn_on_is_shown_as_it_was_sent() {
    let mut broken = question(ChallengeKind::Slide);
    broken.pictures[0].data = b"GIF89a".to_vec();
    assert_eq!(picture(&broken), b"GIF89a");
    let huge = Picture { data: vec![0; 9], ..part(PictureRole::Background, 1, 1) };
    let empty = Question { pictures: vec![huge], ..question(ChallengeKind::Click) };
    assert_eq!(picture(&empty), [0; 9]);
}
