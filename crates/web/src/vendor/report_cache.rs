//! Finished reports as the bytes of their `data`, because an app polls once more often than it
//! must. Bounded in bytes and in time; a report is only given to the app whose task it is.

use bytes::Bytes;
use fiveone_model::app::{App, AppId};
use fiveone_model::clock::Millis;
use fiveone_model::product::Product;
use fiveone_model::report::Dialect;
use fiveone_model::task::TaskId;

use crate::Options;

/// What decides the bytes of an answer.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Key {
    tid: TaskId,
    dialect: Dialect,
    product: Product,
    has_findings: bool,
}

impl Key {
    /// The answer about a task, as an app with these switches gets it.
    pub(crate) fn of(tid: &TaskId, product: Product, app: &App) -> Self {
        let (dialect, has_findings) = (app.dialect, app.wants_findings);
        Self { tid: tid.clone(), dialect, product, has_findings }
    }
}

/// An answer, whose task's app may have it until an instant of the engine's clock.
#[derive(Clone)]
struct Kept {
    app: AppId,
    until: Millis,
    data: Bytes,
}

/// The finished reports polled lately.
pub(crate) struct ReportCache {
    kept: moka::sync::Cache<Key, Kept>,
    kept_for: Millis,
}

impl ReportCache {
    /// What an entry costs beside its bytes, roughly.
    const ENTRY_BYTES: usize = 256;

    pub(crate) fn new(options: &Options) -> Self {
        let weigh = |_: &Key, kept: &Kept| {
            u32::try_from(kept.data.len() + Self::ENTRY_BYTES).unwrap_or(u32::MAX)
        };
        let kept = moka::sync::Cache::builder()
            .weigher(weigh)
            .max_capacity(options.report_cache_bytes)
            .time_to_live(options.report_cache_for);
        let kept_for = Millis::try_from(options.report_cache_for.as_millis());
        Self { kept: kept.build(), kept_for: kept_for.unwrap_or(Millis::MAX) }
    }

    /// The answer kept for the task, when it is that app's and not too old.
    pub(crate) fn get(&self, key: &Key, app: &AppId, now: Millis) -> Option<Bytes> {
        let kept = self.kept.get(key)?;
        (kept.app == *app && now < kept.until).then_some(kept.data)
    }

    /// Keeps the answer of a task that has ended.
    pub(crate) fn keep(&self, key: Key, app: &AppId, data: Bytes, now: Millis) {
        let until = now.saturating_add(self.kept_for);
        self.kept.insert(key, Kept { app: app.clone(), until, data });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str) -> App {
        App::new(AppId::parse(id).expect("an id"), "")
    }

    #[test]
    fn a_kept_report_is_only_for_its_app_its_switches_and_its_product() {
        let cache = ReportCache::new(&Options::default());
        let key = |product, app: &App| Key::of(&TaskId::from_random([1; 16]), product, app);
        let a = app("a");
        cache.keep(key(Product::Fund, &a), &a.id, Bytes::from_static(b"{}"), 0);

        let get = |product, app: &App| cache.get(&key(product, app), &app.id, 29_999).is_some();
        assert!(get(Product::Fund, &a));
        assert!(!get(Product::Fund, &app("b")));
        assert!(!get(Product::Insurance, &a));
        assert!(!get(Product::Fund, &App { dialect: Dialect::Example, ..a.clone() }));
        assert!(!get(Product::Fund, &App { wants_findings: true, ..a.clone() }));
        let later = cache.get(&key(Product::Fund, &a), &a.id, 30_000);
        assert_eq!(later, None, "the engine's clock decides");
    }

    #[test]
    fn the_cache_is_bounded_in_bytes() {
        let cache = ReportCache::new(&Options { report_cache_bytes: 10_000, ..Options::default() });
        let app = app("a");
        for n in 0..100 {
            let key = Key::of(&TaskId::from_random([n; 16]), Product::Fund, &app);
            cache.keep(key, &app.id, Bytes::from(vec![b' '; 1000]), 0);
        }
        cache.kept.run_pending_tasks();
        assert!(cache.kept.weighted_size() <= 10_000);
        assert!(cache.kept.entry_count() > 0);
    }
}
