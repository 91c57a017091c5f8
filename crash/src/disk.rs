//! A small disk that can be full: a file system in memory that is this process's alone. Where the
//! system lets nobody mount, there is none, and a full disk is a limit on the files of a node.

use std::ffi::CStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount,
};
use rustix::thread::UnshareFlags;

/// The space of a disk: a file of a round needs a tenth of the small one, and a new server half of the
/// large one.
pub(crate) const SMALL: &CStr = c"size=192m,mode=0755";
pub(crate) const LARGE: &CStr = c"size=384m,mode=0755";
const BALLAST: &str = "ballast";
/// So much is taken at once, as long as there is any.
const CHUNKS: [u64; 4] = [1 << 24, 1 << 20, 1 << 16, 1 << 12];

/// What this process mounts is seen by it and its children alone, and ends with them. Called before any
/// other thread runs.
pub(crate) fn mount_for_ourselves() {
    #[expect(
        deprecated,
        reason = "what makes the call unsafe is sharing open files, left as it is"
    )]
    let unshared = rustix::thread::unshare(UnshareFlags::NEWNS);
    // Who may not do this may not mount either, and is told below.
    let alone = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    unshared.and_then(|()| mount_change("/", alone)).unwrap_or_default();
}

/// A disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Puts a disk into a folder; `None` where that is not allowed, and an error where it is and fails.
    pub(crate) fn mount(folder: &Path, size: &CStr) -> std::io::Result<Option<Self>> {
        std::fs::create_dir_all(folder)?;
        match mount("fiveone-crash", folder, "tmpfs", MountFlags::empty(), size) {
            Ok(()) => Ok(Some(Self { folder: folder.to_owned() })),
            Err(Errno::PERM | Errno::ACCESS) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    /// Takes all space that is left.
    pub(crate) fn fill(&self) -> std::io::Result<()> {
        let ballast = File::create(self.folder.join(BALLAST))?;
        let mut length = 0;
        for chunk in CHUNKS {
            while fallocate(&ballast, FallocateFlags::empty(), length, chunk).is_ok() {
                length += chunk;
            }
        }
        Ok(())
    }

    /// Gives it back.
    pub(crate) fn empty(&self) -> std::io::Result<()> {
        std::fs::remove_file(self.folder.join(BALLAST))
    }

    /// Copies what is on it, for who wants to look at it later.
    pub(crate) fn copy_to(&self, folder: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name() != BALLAST {
                std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever is still open keeps it until it is closed.
        unmount(&self.folder, UnmountFlags::DETACH).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// In a thread of its own, which alone sees it. Where nothing may be mounted there is no disk to fill,
    /// and the conductor's own test tells what is done instead.
    #[test]
    fn a_disk_is_full_until_it_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        mount_for_ourselves();
        let Some(disk) = Disk::mount(&folder.path().join("disk"), SMALL).unwrap() else { return };
        let mut file = File::create(folder.path().join("disk/file")).unwrap();
        file.write_all(b"before").unwrap();
        disk.fill().unwrap();
        let full = file.write_all(&[1; 1 << 16]).unwrap_err();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
        disk.empty().unwrap();
        file.write_all(&[1; 1 << 16]).unwrap();
    }
}
