//! How portals speak of the code of a picture.

use crate::page::{Page, lines};

/// What portals call the code of a picture.
pub(super) const CODES: [&str; 3] = ["验证码", "校验码", "附加码"];

/// Whether a page has a word or a field for the code of a picture.
pub(super) fn speaks_of_code(page: &Page) -> bool {
    const FIELDS: [&str; 9] = [
        "captcha",
        "verif",
        "vericode",
        "vertcode",
        "yzm",
        "randcode",
        "checkcode",
        "authcode",
        "imgcode",
    ];
    page.has_field(&FIELDS)
        || lines(page).iter().any(|line| CODES.iter().any(|word| line.contains(word)))
}
