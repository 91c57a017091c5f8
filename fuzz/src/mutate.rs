//! Inputs by a seed: a seed input with some things done to it that have broken readers before.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// The largest input, in bytes.
const BYTES_MAX: usize = 256 * 1024;
/// The most things done to one input.
const CHANGES_MAX: u32 = 6;

/// Pieces that mean something to somebody who reads.
const WORDS: [&str; 40] = [
    "<",
    ">",
    "</td>",
    "<table>",
    "<tr><td>",
    "<!--",
    "-->",
    "<script>",
    "<![CDATA[",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "true",
    "1e999",
    "-0",
    "\\ud800",
    "\\u0000",
    "%",
    "%u4e2d",
    "&#x110000;",
    "&nbsp;",
    "=",
    "&",
    "\r\n",
    "\0",
    "：",
    "（",
    "元",
    "99999999999999999999",
    "2024-02-30",
    "{{ a }}",
    "- &a *a",
    "? !!map",
];
/// Bytes that are no text, or of another charset.
const BYTES: [&[u8]; 6] =
    [b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3\x28", b"\xb9\xab", b"\x80", b"\x1f\x8b"];
/// Beginnings that nest.
const NESTS: [&str; 6] = ["<div>", "<table><tr><td>", "[", "{\"a\":", "(", "- "];

/// The input of a number: always the same for the same seeds.
pub(crate) fn input(seeds: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let mut rng = StdRng::seed_from_u64(seed.rotate_left(32) ^ number);
    let mut bytes = pick(&mut rng, seeds).cloned().unwrap_or_default();
    for _ in 0..rng.random_range(0..=CHANGES_MAX) {
        change(&mut rng, &mut bytes, seeds);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn pick<'a, T>(rng: &mut StdRng, all: &'a [T]) -> Option<&'a T> {
    (!all.is_empty()).then(|| &all[rng.random_range(0..all.len())])
}

fn change(rng: &mut StdRng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    let at = rng.random_range(0..=bytes.len());
    let end = at + rng.random_range(0..=(bytes.len() - at).min(400));
    match rng.random_range(0..10_u32) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            let part = bytes[at..end].to_vec();
            let times = rng.random_range(1..=64);
            insert(bytes, at, &part.repeat(times));
        }
        3 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << rng.random_range(0..8_u32);
            }
        }
        4 => insert(bytes, at, &[rng.random()]),
        5 | 6 => {
            let word = pick(rng, &WORDS).copied().unwrap_or_default();
            insert(bytes, at, word.as_bytes());
        }
        7 => insert(bytes, at, pick(rng, &BYTES).copied().unwrap_or_default()),
        8 => {
            let nest = pick(rng, &NESTS).copied().unwrap_or_default();
            let times = 1 << rng.random_range(1..15_u32);
            insert(bytes, at, nest.repeat(times).as_bytes());
        }
        _ => {
            let other = pick(rng, seeds).cloned().unwrap_or_default();
            let from = rng.random_range(0..=other.len());
            let to = from + rng.random_range(0..=(other.len() - from).min(2_000));
            bytes.splice(at..end, other[from..to].iter().copied());
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    if bytes.len() + part.len() <= BYTES_MAX {
        bytes.splice(at..at, part.iter().copied());
    }
}
