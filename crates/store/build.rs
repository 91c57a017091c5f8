//! Lists the steps of the schema: a file in `migrations` is all that a new one takes.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        names.push(entry?.file_name().into_string().map_err(|_| "a step's name is not text")?);
    }
    names.sort_unstable();
    let mut list = String::from("[\n");
    for name in &names {
        let parts = name.strip_suffix(".sql").and_then(|name| name.split_once('_'));
        let (number, word) = parts.ok_or_else(|| format!("{name} is not NNNN_word.sql"))?;
        let number: i64 = number.parse()?;
        let path = folder.join(name);
        writeln!(list, "    ({number}, {word:?}, include_str!({path:?})),")?;
    }
    list.push(']');
    let out = env::var_os("OUT_DIR").ok_or("cargo says where to write")?;
    fs::write(Path::new(&out).join("steps.rs"), list)?;
    Ok(())
}
