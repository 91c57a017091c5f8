//! Content codings of answers, as browsers take them: names in any case, `x-gzip`, raw deflate, several
//! members, words that are no coding at all.
//!
//! The HTTP library's own decoding is left out for it: it knows the standard's words only.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::TransportError;

/// What the client says it takes.
pub(super) const ACCEPTED: &str = "gzip, deflate";

/// The body without its codings, the last one first.
pub(super) fn decode(
    codings: &str,
    body: Vec<u8>,
    max_bytes: usize,
) -> Result<Vec<u8>, TransportError> {
    let mut body = body;
    for coding in codings.split(',').rev() {
        body = match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gunzip(&body, max_bytes)?,
            "deflate" => inflate(&body, max_bytes)?,
            "br" | "zstd" | "compress" | "x-compress" => return Err(TransportError::Garbled),
            // Servers write what comes to them here: none, identity, the charset.
            _ => body,
        };
    }
    Ok(body)
}

/// Every gzip member; what stands behind the last one is no part of it.
fn gunzip(body: &[u8], max_bytes: usize) -> Result<Vec<u8>, TransportError> {
    let mut plain = Vec::new();
    let mut rest = body;
    loop {
        let mut decoder = GzDecoder::new(rest);
        take(&mut decoder, &mut plain, max_bytes)?;
        rest = decoder.into_inner();
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Ok(plain);
        }
    }
}

/// Deflate with or without its zlib head: servers disagree on what the word means.
fn inflate(body: &[u8], max_bytes: usize) -> Result<Vec<u8>, TransportError> {
    let mut plain = Vec::new();
    match take(&mut ZlibDecoder::new(body), &mut plain, max_bytes) {
        Err(TransportError::Garbled) => {
            plain.clear();
            take(&mut DeflateDecoder::new(body), &mut plain, max_bytes)?;
        }
        other => other?,
    }
    Ok(plain)
}

fn take(
    decoder: &mut impl Read,
    plain: &mut Vec<u8>,
    max_bytes: usize,
) -> Result<(), TransportError> {
    let left = max_bytes.saturating_sub(plain.len());
    let limit = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
    decoder.take(limit).read_to_end(plain).map_err(|_| TransportError::Garbled)?;
    if plain.len() > max_bytes { Err(TransportError::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};

    use super::{TransportError, decode};

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn bodies_are_taken_as_browsers_take_them() {
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"hello").unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(b"hello").unwrap();
        let behind = [gzip(b"hello"), vec![0; 4]].concat();
        for (codings, body) in [
            ("gzip", gzip(b"hello")),
            ("X-GZIP", gzip(b"hello")),
            ("gzip", [gzip(b"hel"), gzip(b"lo")].concat()),
            ("gzip", behind),
            ("gzip, gzip", gzip(&gzip(b"hello"))),
            ("deflate", zlib.finish().unwrap()),
            ("Deflate", raw.finish().unwrap()),
            ("UTF-8", b"hello".to_vec()),
            ("none", b"hello".to_vec()),
            ("", b"hello".to_vec()),
        ] {
            assert_eq!(decode(codings, body, 100), Ok(b"hello".to_vec()), "{codings}");
        }
        assert_eq!(decode("gzip", b"hello".to_vec(), 100), Err(TransportError::Garbled));
        assert_eq!(decode("br", b"hello".to_vec(), 100), Err(TransportError::Garbled));
        assert_eq!(decode("gzip", gzip(&[b'a'; 101]), 100), Err(TransportError::TooLarge));
    }
}
