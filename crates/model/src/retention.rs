//! How long personal data is kept. The rows of tasks, idempotency keys and nonces say when they are
//! over; what belongs to a task alone ends with its result. Pages of portals that seem to have
//! changed, complaints about results and links end by their own age.

use crate::clock::Millis;

const HOUR_MS: Millis = 3_600_000;

/// How long results can be fetched after a task has ended, unless configured (P-42).
pub const REPORT_KEPT_FOR_MS: Millis = 7 * 24 * HOUR_MS;

/// How long an `Idempotency-Key` is remembered (P-32).
pub const IDEMPOTENCY_KEPT_FOR_MS: Millis = 24 * HOUR_MS;

/// How long the page of a portal that seems to have changed is kept.
pub const EVIDENCE_KEPT_FOR_MS: Millis = 30 * 24 * HOUR_MS;

/// The most rows one retention step deletes.
pub const BATCH_ROWS: i64 = 1_000;

/// How long a link that nobody agreed to is still told of after its time. What somebody agreed to is kept.
pub const LINK_KEPT_FOR_MS: Millis = 24 * HOUR_MS;
