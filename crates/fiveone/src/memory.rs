//! Keeping the memory of a gateway to itself: what people typed and the deployment key are in it, so it
//! goes neither into a core dump nor into swap.

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Sizes below a page are no dump; one byte, unlike none, also stops dumps that are piped to a
/// program.
const CORE_BYTES_MAX: u64 = 1;

/// What could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Nothing is dumped.
    pub(crate) from_dumps: bool,
    /// Nothing is swapped out.
    pub(crate) from_swap: bool,
}

/// Keeps the memory of this process, as far as it may.
pub(crate) fn keep() -> Kept {
    let limit = Rlimit { current: Some(CORE_BYTES_MAX), maximum: Some(CORE_BYTES_MAX) };
    let from_dumps = setrlimit(Resource::Core, limit).is_ok();
    // With a limit, what comes later would fail to be had at all: a gateway must not die of it.
    let may_lock_all = getrlimit(Resource::Memlock).current.is_none();
    let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    let from_swap = may_lock_all && mlockall(all).is_ok();
    Kept { from_dumps, from_swap }
}
