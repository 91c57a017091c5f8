//! The small texts of a call: tokenKeys, signatures, ids, addresses. Lines are the texts.

use fiveone_model::app::AppId;
use fiveone_model::area::AreaCode;
use fiveone_model::idempotency::IdempotencyKey;
use fiveone_model::login::{id_card_check_character, login_type};
use fiveone_model::networks::Networks;
use fiveone_model::signature::Signature;
use fiveone_model::task::{Stage, TaskId};
use fiveone_model::token_key::{Claim, TokenKey};

const SEED: &str = "getFundB\n5d41402abc4b2a76b9719d911017c592\napp1\n990000\n1.0\n\
    0123456789abcdef0123456789abcdef\n10.0.0.0/8, ::1\nt=1795305600,n=abc,s=00\nfailed\nlocked:密码";

pub(super) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split('\n').collect();
    for line in &lines {
        same_again(line, |text| Some(AppId::parse(text)?.as_str().to_owned()));
        same_again(line, |text| Some(AreaCode::parse(text)?.as_str().to_owned()));
        same_again(line, |text| Some(IdempotencyKey::parse(text)?.as_str().to_owned()));
        same_again(line, |text| Some(TaskId::parse(text)?.as_str().to_owned()));
        let networks = Networks::parse(line);
        assert_eq!(networks.as_ref().and_then(|read| Networks::parse(read.as_str())), networks);
        std::hint::black_box((login_type(line), id_card_check_character(line)));
        std::hint::black_box(Signature::parse(line));
    }
    for pair in lines.windows(2) {
        if let Some(stage) = Stage::parse(pair[0], pair[1]) {
            assert_eq!(Stage::parse(stage.name().as_str(), &stage.detail()), Some(stage));
        }
    }
    let params: Vec<(&str, &str)> = lines.iter().filter_map(|line| line.split_once('=')).collect();
    let keys = lines.iter().filter_map(|line| TokenKey::parse(line));
    for key in keys.take(2) {
        let claim = Claim {
            name: lines[0],
            token_id: lines.get(2).copied().unwrap_or_default(),
            public_bases: &[],
            params: &params,
            required: &["area_code", "login_type"],
            accepts_short: true,
        };
        std::hint::black_box(claim.verify(&key));
    }
}

/// What is read of a text is read of what was written of it.
fn same_again(text: &str, read: impl Fn(&str) -> Option<String>) {
    if let Some(written) = read(text) {
        assert_eq!(read(&written), Some(written));
    }
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    vec![SEED.into(), SEED.replace('\n', "=\n").into()]
}
