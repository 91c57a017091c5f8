//! How long personal data is kept; every store table that holds some has a `wipe_after` from here.

use crate::clock::Millis;

const HOUR_MS: Millis = 3_600_000;

/// How long results can be fetched after a task has ended, unless configured (P-42).
pub const REPORT_KEPT_FOR_MS: Millis = 7 * 24 * HOUR_MS;

/// How long an `Idempotency-Key` is remembered (P-32).
pub const IDEMPOTENCY_KEPT_FOR_MS: Millis = 24 * HOUR_MS;

/// The most rows one retention step deletes.
pub const BATCH_ROWS: i64 = 1_000;
