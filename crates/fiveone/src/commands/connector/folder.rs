//! The files of a folder of connectors, and what is wrong with the folder itself.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use fiveone_connector::{Complaint, Complaints, SourceFile};

/// More than any file of connectors has; the rest of a longer one is not read.
const BYTES_MAX: u64 = 1 << 20;

/// What was found in a folder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) sources: Vec<SourceFile>,
    pub(super) complaints: Complaints,
}

impl Folder {
    /// Reads every file of a folder, by its path within.
    pub(super) fn read(path: &Path) -> Self {
        let mut folder = Self::default();
        let mut seen = BTreeSet::new();
        let mut folders = vec![path.to_owned()];
        while let Some(next) = folders.pop() {
            // A link may lead back.
            if !next.canonicalize().is_ok_and(|whole| seen.insert(whole)) && next != path {
                continue;
            }
            match std::fs::read_dir(&next) {
                Ok(entries) => {
                    for entry in entries.filter_map(Result::ok).map(|entry| entry.path()) {
                        if is_hidden(&entry) {
                            continue;
                        }
                        if entry.is_dir() {
                            folders.push(entry);
                        } else {
                            folder.add(path, &entry);
                        }
                    }
                }
                Err(error) => {
                    let message = format!("cannot be read: {error}");
                    folder.complain(&within(path, &next), (0, 0), message);
                }
            }
        }
        folder.sources.sort_by(|a, b| a.path.cmp(&b.path));
        if folder.complaints.is_empty() {
            folder.complain_of_what_is_missing(path);
        }
        folder
    }

    fn add(&mut self, root: &Path, file: &Path) {
        let name = within(root, file);
        match file.extension().and_then(|end| end.to_str()) {
            Some("yaml" | "csv") => {}
            Some("yml") => {
                let message = "nothing reads this file; its name must end in `.yaml`";
                self.complaints.push(Complaint::at(&name, (1, 1), message).as_warning());
                return;
            }
            _ => return,
        }
        let mut bytes = Vec::new();
        let read = std::fs::File::open(file)
            .and_then(|opened| opened.take(BYTES_MAX).read_to_end(&mut bytes));
        if let Err(error) = read {
            self.complain(&name, (1, 1), format!("cannot be read: {error}"));
            return;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // One that was cut is refused for its length, wherever the cut is.
        if let Err(error) = std::str::from_utf8(&bytes)
            && (bytes.len() as u64) < BYTES_MAX
        {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let message = "not UTF-8 from here on; save the file as UTF-8";
            self.complain(&name, (line, column), message.to_owned());
        }
        self.sources.push(SourceFile { path: name, text });
    }

    /// Complains of a folder that is not one of connectors, and of shared files that it lacks.
    fn complain_of_what_is_missing(&mut self, path: &Path) {
        let has = |start: &str| self.sources.iter().any(|file| file.path.starts_with(start));
        if !["areas.csv", "families/", "cities/"].into_iter().any(has) {
            let message = "no connectors here; the folder is the one that holds areas.csv, families/ and cities/";
            self.complain(&path.display().to_string(), (0, 0), message.to_owned());
            self.sources.clear();
            return;
        }
        for (file, what) in [
            ("outcomes.yaml", "the texts that all portals share mean nothing"),
            ("dictionaries/labels.yaml", "the labels that all portals share are not known"),
        ] {
            if !has(file) {
                let message = format!("the file is not there, so {what}; copy the shipped one");
                self.complaints.push(Complaint::at(file, (1, 1), message).as_warning());
            }
        }
    }

    fn complain(&mut self, file: &str, place: (usize, usize), message: String) {
        self.complaints.push(Complaint::at(file, place, message));
    }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// A path as complaints tell it: within the folder, with `/`.
fn within(root: &Path, path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root).unwrap_or(path).into();
    let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.is_empty() { root.display().to_string() } else { parts.join("/") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a folder with these files, without its own path.
    fn told(files: &[(&str, &[u8])]) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let read = Folder::read(folder.path());
        let own = folder.path().display().to_string();
        let complaints = read.complaints.iter().map(|one| one.to_string().replace(&own, "HERE"));
        (read.sources.into_iter().map(|file| file.path).collect(), complaints.collect())
    }

    const SHARED: [(&str, &[u8]); 3] =
        [("areas.csv", b""), ("outcomes.yaml", b""), ("dictionaries/labels.yaml", b"")];

    #[test]
    fn what_is_no_folder_of_connectors_is_told() {
        let check = |files: &[(&str, &[u8])], sources: &[&str], expect: &[&str]| {
            let (read, complaints) = told(files);
            assert_eq!(
                (read, complaints),
                (
                    sources.iter().map(|one| (*one).to_owned()).collect(),
                    expect.iter().map(|one| (*one).to_owned()).collect(),
                )
            );
        };
        let shared = ["areas.csv", "dictionaries/labels.yaml", "outcomes.yaml"];
        check(&SHARED, &shared, &[]);
        check(
            &[SHARED[0], SHARED[1], SHARED[2], ("schema.json", b"{}"), (".git/x.yaml", b"")],
            &shared,
            &[],
        );
        check(
            &[("fund/1.yaml", b"a: b")],
            &[],
            &[
                "HERE: error: no connectors here; the folder is the one that holds areas.csv, families/ and cities/",
            ],
        );
        check(
            &[SHARED[0], ("cities/fund/1.yml", b"a: b")],
            &["areas.csv"],
            &[
                "cities/fund/1.yml:1:1: warning: nothing reads this file; its name must end in `.yaml`",
            ],
        );
        check(
            &[SHARED[0]],
            &["areas.csv"],
            &[
                "dictionaries/labels.yaml:1:1: warning: the file is not there, so the labels that all portals share are not known; copy the shipped one",
                "outcomes.yaml:1:1: warning: the file is not there, so the texts that all portals share mean nothing; copy the shipped one",
            ],
        );
        check(
            &[("cities/fund/1.yaml", b"a: b\ntips: \xe4\xb8\xad\xd6\xd0")],
            &["cities/fund/1.yaml"],
            &["cities/fund/1.yaml:2:8: error: not UTF-8 from here on; save the file as UTF-8"],
        );
    }

    #[test]
    fn a_link_that_leads_back_is_followed_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("areas.csv"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
        let paths: Vec<String> =
            Folder::read(folder.path()).sources.into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["areas.csv"]);
        let read = Folder::read(&folder.path().join("nothing"));
        let path = folder.path().join("nothing").display().to_string();
        assert_eq!(
            read.complaints.to_string(),
            format!("{path}: error: cannot be read: No such file or directory (os error 2)\n")
        );
    }
}
