//! RSA as portals' pages do it: the old script without padding, and PKCS#1 v1.5.

use num_bigint::BigUint;

fn key(modulus: &str, exponent: &str) -> Option<(BigUint, BigUint)> {
    let number = |text: &str| BigUint::parse_bytes(text.trim().as_bytes(), 16);
    let (modulus, exponent) = (number(modulus)?, number(exponent)?);
    (modulus.bits() >= 32 && exponent.bits() > 0).then_some((modulus, exponent))
}

/// The script many portals still carry: characters are taken least significant first, in blocks of
/// two bytes for every 16-bit digit of the modulus but one, zero filled; each block to the power of
/// the exponent, in hex of whole 16-bit digits; blocks joined by a blank.
pub(super) fn unpadded(text: &str, modulus: &str, exponent: &str) -> Option<String> {
    let (modulus, exponent) = key(modulus, exponent)?;
    let digits = usize::try_from(modulus.bits().div_ceil(16)).ok()?;
    let block_size = 2 * digits.checked_sub(1).filter(|digits| *digits > 0)?;
    let units: Vec<u16> = text.encode_utf16().collect();
    let blocks: Vec<String> = units
        .chunks(block_size)
        .map(|block| {
            let plain = block
                .iter()
                .enumerate()
                .fold(BigUint::ZERO, |sum, (at, unit)| sum + (BigUint::from(*unit) << (8 * at)));
            let hex = plain.modpow(&exponent, &modulus).to_str_radix(16);
            format!("{}{hex}", "0".repeat((4 - hex.len() % 4) % 4))
        })
        .collect();
    Some(blocks.join(" "))
}

/// PKCS#1 v1.5 for encryption, in hex as long as the modulus.
pub(super) fn pkcs1(text: &str, modulus: &str, exponent: &str) -> Option<String> {
    let (modulus, exponent) = key(modulus, exponent)?;
    let size = usize::try_from(modulus.bits().div_ceil(8)).ok()?;
    let padding = size.checked_sub(3 + text.len()).filter(|padding| *padding >= 8)?;
    let mut block = vec![0, 2];
    while block.len() < 2 + padding {
        let mut byte = [0];
        getrandom::fill(&mut byte).ok()?;
        if byte[0] != 0 {
            block.push(byte[0]);
        }
    }
    block.push(0);
    block.extend_from_slice(text.as_bytes());
    let hex = BigUint::from_bytes_be(&block).modpow(&exponent, &modulus).to_str_radix(16);
    Some(format!("{}{hex}", "0".repeat((2 * size).saturating_sub(hex.len()))))
}
