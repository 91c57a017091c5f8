//! Secrets from outside: a file that nobody else can read or put another in the place of, or a
//! command's output.

use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

/// More is no key file.
const BYTES_MAX: u64 = 1 << 16;
/// Rights of the group and of others.
const OTHERS: u32 = 0o077;
/// Rights of the group and of others to write.
const OTHERS_WRITE: u32 = 0o022;
/// Rights of the group and of others to go through a folder.
const OTHERS_ENTER: u32 = 0o011;
/// In such a folder only a file's owner may replace it.
const STICKY: u32 = 0o1000;

/// What stands in a file that only its owner may read, in folders that only their owner may change. A
/// folder that nobody else may go through keeps what is in it from others, whatever its own mode.
///
/// # Errors
/// What is wrong, and what to do.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<String>, String> {
    let shown = path.display();
    let real = path.canonicalize().map_err(|error| format!("{shown}: {error}"))?;
    let own = rustix::process::geteuid().as_raw();
    let is_ours = |owner: u32| owner == own || owner == 0;
    let mut is_shut = false;
    for folder in real.ancestors().skip(1) {
        let found = folder.metadata().map_err(|error| format!("{shown}: {error}"))?;
        let mode = found.permissions().mode();
        if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 || !is_ours(found.uid()) {
            let (folder, mode) = (folder.display(), mode & 0o7777);
            return Err(format!(
                "{shown}: others may put another file in its place, since they may write into \
                 {folder} (mode {mode:o}, owner {}); move it, or take that right away",
                found.uid()
            ));
        }
        is_shut |= mode & OTHERS_ENTER == 0;
    }
    // Looked at when it is open, so that it is the file that is read.
    let mut file = std::fs::File::open(&real).map_err(|error| format!("{shown}: {error}"))?;
    let found = file.metadata().map_err(|error| format!("{shown}: {error}"))?;
    let mode = found.permissions().mode();
    if found.is_dir() {
        return Err(format!("{shown}: a folder"));
    }
    if (mode & OTHERS != 0 && !is_shut) || !is_ours(found.uid()) {
        return Err(format!(
            "{shown}: others may read it (mode {:o}, owner {}): `chmod 600 {shown}`, and if anybody \
             could have read it, make a new key and rotate",
            mode & 0o7777,
            found.uid()
        ));
    }
    let mut text = Zeroizing::new(String::new());
    let read = file.by_ref().take(BYTES_MAX).read_to_string(&mut text);
    read.map_err(|error| format!("{shown}: {error}"))?;
    Ok(text)
}

/// What a command of the shell prints; what it complains of goes to our standard error.
///
/// # Errors
/// It does not run, fails, or prints no text. Nothing of what it prints is told.
pub(crate) fn print(command: &str) -> Result<Zeroizing<String>, String> {
    let fail = |what: &str| format!("keys.deployment_key_command: {what}");
    let output = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| fail(&error.to_string()))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(fail(&format!("it ended with {}", output.status)));
    }
    let text = std::str::from_utf8(&printed).map_err(|_| fail("it printed no text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_that_others_may_read_or_replace_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o755);
        let inner = folder.path().join("etc");
        fs::create_dir(&inner).unwrap();
        let file = inner.join("key");
        fs::write(&file, "1:00").unwrap();
        for (mode, is_taken) in
            [(0o600, true), (0o400, true), (0o644, false), (0o640, false), (0o604, false)]
        {
            set_mode(&file, mode);
            let read = read(&file);
            assert_eq!(read.is_ok(), is_taken, "{mode:o}");
            let told = read.err().unwrap_or_else(|| "chmod 600".to_owned());
            assert!(told.contains("chmod 600") && !told.contains("1:00"), "{told}");
        }
        for mode in [0o700, 0o744] {
            set_mode(&inner, mode);
            set_mode(&file, 0o644);
            assert!(read(&file).is_ok(), "nobody else gets there: {mode:o}");
        }
        for mode in [0o710, 0o701, 0o755] {
            set_mode(&inner, mode);
            assert!(read(&file).is_err(), "{mode:o}");
        }
        set_mode(&file, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        for (mode, is_taken) in [(0o755, true), (0o777, false), (0o775, false), (0o1777, true)] {
            set_mode(&inner, mode);
            for path in [&file, &link] {
                let read = read(path);
                assert_eq!(read.is_ok(), is_taken, "{mode:o}");
                assert!(read.err().is_none_or(|told| told.contains("etc (mode")), "{mode:o}");
            }
        }
        set_mode(&inner, 0o700);
        assert!(read(&inner).unwrap_err().ends_with("a folder"));
        assert!(read(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_command_prints_a_secret_or_says_that_it_failed() {
        assert_eq!(print("echo 1:00").unwrap().as_str(), "1:00\n");
        let told = print("echo secret; exit 3").unwrap_err();
        assert!(told.contains("exit status: 3") && !told.contains("secret"), "{told}");
        assert!(print("printf '\\377'").is_err());
    }
}
