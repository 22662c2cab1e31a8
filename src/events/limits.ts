/** What bounds the telling of events: how often, how long, how much. Each with its unit. */

/**
 * How long an attempt may hold its event, in milliseconds: the event is due again after it, whatever became of the
 * Worker. Four times as long as an attempt takes at most.
 */
export const LEASE_MILLISECONDS = 60_000;

/** How long an endpoint may take to answer, in milliseconds. */
export const ANSWER_MILLISECONDS = 15_000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long after each attempt that failed the next may be made, in milliseconds. */
export const DELAYS_MILLISECONDS: readonly number[] = [
  5_000,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** How much longer a delay may be by chance, as a share of it, so that what failed together does not come back together. */
export const JITTER = 0.1;

/** Attempts before an event has failed. */
export const MAX_ATTEMPTS = DELAYS_MILLISECONDS.length + 1;

/** First attempts made right after one request is answered. More events than these are due at once, for the cron or the queue. */
export const FIRST_ATTEMPTS = 20;

/** Failures of one endpoint in a row after which it is left alone for a while. */
export const BREAKER_FAILURES = 5;

/** How long it is left alone first, in milliseconds; doubled by each failure after that, up to the longest. */
export const BREAKER_MILLISECONDS = 30_000;
export const BREAKER_LONGEST_MILLISECONDS = 600_000;

/**
 * How long an event that is due may wait behind an open breaker, in milliseconds, by how many of its attempts were
 * begun: until the last one of its schedule would have been made, and as long as a breaker stays open at most.
 */
export const PATIENCE_MILLISECONDS: readonly number[] = Array.from(
  { length: MAX_ATTEMPTS + 1 },
  (_, attempts) =>
    BREAKER_LONGEST_MILLISECONDS +
    Math.ceil((1 + JITTER) * DELAYS_MILLISECONDS.slice(attempts).reduce((sum, delay) => sum + delay, 0)),
);

/** Largest body of an event, in bytes of UTF-8; beyond it a job is told without its detail. */
export const BODY_BYTES = 256 * 1024;

/** Jobs that the event of a run lists. */
export const RUN_JOBS = 100;

/** How long a failed event is kept, in days. */
export const FAILED_DAYS = 30;
