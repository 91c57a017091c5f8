//! Looks for words in memory, files and texts, in every form that a program might have given them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// Words to look for, and how much was looked through.
pub(crate) struct Search {
    words: Vec<String>,
    forms: AhoCorasick,
    /// For each form, its word and its name.
    origins: Vec<(usize, &'static str)>,
    /// Bytes looked through.
    pub(crate) bytes: u64,
    /// What was found: the word, its form, and where.
    pub(crate) found: BTreeSet<String>,
}

impl Search {
    /// A search for these words.
    pub(crate) fn of(words: impl IntoIterator<Item = String>) -> Self {
        let words: Vec<String> = words.into_iter().collect();
        let mut forms = BTreeMap::new();
        for (at, word) in words.iter().enumerate() {
            for (name, form) in forms_of(word) {
                forms.entry(form).or_insert((at, name));
            }
        }
        let (patterns, origins): (Vec<_>, Vec<_>) = forms.into_iter().unzip();
        let forms = AhoCorasick::new(patterns).expect("the words make an automaton");
        Self { words, forms, origins, bytes: 0, found: BTreeSet::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Looks through bytes.
    pub(crate) fn look(&mut self, place: &str, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for found in self.forms.find_overlapping_iter(bytes) {
            let (word, form) = self.origins[found.pattern().as_usize()];
            self.found.insert(format!("{} ({form}) in {place}", self.words[word]));
        }
    }

    /// Looks through the files of a folder and of all folders in it.
    pub(crate) fn look_into(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let Ok(about) = path.symlink_metadata() else { continue };
            if about.is_dir() {
                self.look_into(&path);
            } else if about.is_file() {
                // A running database takes files away.
                let Ok(bytes) = std::fs::read(&path) else { continue };
                self.look(&path.display().to_string(), &bytes);
            }
        }
    }

    /// Everything a process may write to: its heap, its stacks, its anonymous maps.
    pub(crate) fn look_into_memory(&mut self, id: u32) {
        use std::io::{Read as _, Seek as _, SeekFrom};
        let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).expect("maps");
        let mut memory = std::fs::File::open(format!("/proc/{id}/mem")).expect("memory");
        let mut read = 0;
        for line in maps.lines() {
            let mut words = line.split_whitespace();
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { continue };
            let Some((start, end)) = range.split_once('-') else { continue };
            let start = u64::from_str_radix(start, 16).expect("an address");
            let end = u64::from_str_radix(end, 16).expect("an address");
            let mut bytes = vec![0; usize::try_from(end - start).expect("a size")];
            if rights.starts_with("rw")
                && memory.seek(SeekFrom::Start(start)).is_ok()
                && memory.read_exact(&mut bytes).is_ok()
            {
                read += bytes.len();
                self.look(&format!("memory {line}"), &bytes);
            }
        }
        assert!(read > 1_000_000, "the memory was not read");
    }
}

/// The forms of a word, each with its name: as it is, as wide characters, as GBK, in hex, in base64
/// wherever it begins, as JSON and forms escape it, and its digest as portals ask for it.
fn forms_of(word: &str) -> Vec<(&'static str, Vec<u8>)> {
    let plain = word.as_bytes();
    let wide = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (gbk, _, _) = encoding_rs::GBK.encode(word);
    let escaped: String = word.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let percent: String = url::form_urlencoded::byte_serialize(plain).collect();
    let mut forms = vec![
        ("plain", plain.to_vec()),
        ("wide", wide),
        ("GBK", gbk.into_owned()),
        ("hex", hex::encode(plain).into_bytes()),
        ("HEX", hex::encode_upper(plain).into_bytes()),
        ("form", percent.into_bytes()),
        ("JSON", escaped.into_bytes()),
        ("MD5", hex::encode(Md5::digest(plain)).into_bytes()),
    ];
    for before in 0..3 {
        let shifted = [&vec![0; before][..], plain].concat();
        let encoded = STANDARD.encode(&shifted).into_bytes();
        // The first and the last characters hold bits of the neighbours.
        let whole = encoded[(before * 4).div_ceil(3)..shifted.len() * 4 / 3].to_vec();
        forms.push(("base64", whole));
    }
    forms.retain(|(_, form)| form.len() >= 6);
    forms
}

#[test]
fn every_form_is_found_and_nothing_else() {
    let word = "Kanarie1234密";
    let (gbk, _, _) = encoding_rs::GBK.encode(word);
    let texts: [Vec<u8>; 9] = [
        format!("xx{word}yy").into_bytes(),
        word.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        gbk.into_owned(),
        hex::encode(word).into_bytes(),
        hex::encode_upper(word).into_bytes(),
        format!("p=Kanarie1234%E5%AF%86&x={}", hex::encode(Md5::digest(word))).into_bytes(),
        STANDARD.encode(format!("a{word}b")).into_bytes(),
        STANDARD.encode(format!("ab{word}c")).into_bytes(),
        STANDARD.encode(format!("abc{word}")).into_bytes(),
    ];
    for text in texts {
        let mut search = Search::of([word.to_owned()]);
        search.look("here", &text);
        assert!(!search.found.is_empty(), "{}", String::from_utf8_lossy(&text));
    }
    let mut search = Search::of([word.to_owned()]);
    search.look("here", "Kanarie123密".as_bytes());
    assert_eq!((search.found, search.bytes), (BTreeSet::new(), 13));
}
