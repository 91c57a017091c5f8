//! The clock of a gateway that somebody sets: the system's, off by what stands in the last line of
//! its standard input.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use fiveone::SystemTime;
use fiveone_engine::{Time, Wait};
use fiveone_model::clock::{Clock, Millis};

/// A clock that is set from outside. How long something lasts it tells as any other.
pub(crate) struct Settable {
    off_by: Arc<AtomicI64>,
}

impl Settable {
    /// Set by the first line of standard input before anything is asked, and by each that follows; right
    /// when there is none.
    pub(crate) fn from_stdin() -> Self {
        let off_by = Arc::new(AtomicI64::new(0));
        let next = || std::io::stdin().lines().next().and_then(Result::ok);
        set(&off_by, next());
        let setting = Arc::clone(&off_by);
        std::thread::spawn(move || {
            std::iter::from_fn(next).for_each(|line| set(&setting, Some(line)));
        });
        Self { off_by }
    }

    fn off_by(&self) -> Millis {
        self.off_by.load(Ordering::Relaxed)
    }
}

fn set(off_by: &AtomicI64, line: Option<String>) {
    if let Some(Ok(ms)) = line.map(|line| line.trim().parse()) {
        off_by.store(ms, Ordering::Relaxed);
    }
}

impl Clock for Settable {
    fn now(&self) -> Millis {
        SystemTime.now() + self.off_by()
    }
}

impl Time for Settable {
    fn until(&self, at: Millis) -> Wait {
        SystemTime.until(at - self.off_by())
    }

    fn steady(&self) -> Millis {
        SystemTime.steady()
    }
}
