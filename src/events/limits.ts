/** Limits on sending events: how often, how long, how much. Each has its unit. */

/**
 * How long the lease of an attempt lasts, in milliseconds. After it the event is due again, whatever became of the
 * Worker. Four times the longest attempt.
 */
export const LEASE_MILLISECONDS = 60_000;

/** How long an endpoint may take to answer, in milliseconds. */
export const ANSWER_MILLISECONDS = 15_000;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long after each failed attempt the next one may be made, in milliseconds. */
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

/**
 * How much longer a delay may be at random, as a share of it, so that events that failed together are not retried
 * together.
 */
export const JITTER = 0.1;

/** How many attempts are made before an event is failed. */
export const MAX_ATTEMPTS = DELAYS_MILLISECONDS.length + 1;

/**
 * How many first attempts one request makes, after its answer. Further events are due at once, for the cron or the
 * queue.
 */
export const FIRST_ATTEMPTS = 20;

/** How many failures in a row open the breaker of an endpoint. */
export const BREAKER_FAILURES = 5;

/** How long the breaker stays open at first, and at most, in milliseconds. Each further failure doubles it. */
export const BREAKER_MILLISECONDS = 30_000;
export const BREAKER_LONGEST_MILLISECONDS = 600_000;

/**
 * How long a due event may wait behind an open breaker, in milliseconds, by the number of attempts that were begun:
 * until the last attempt of its schedule would have been made, plus the longest time that a breaker stays open.
 */
export const PATIENCE_MILLISECONDS: readonly number[] = Array.from(
  { length: MAX_ATTEMPTS + 1 },
  (_, attempts) =>
    BREAKER_LONGEST_MILLISECONDS +
    Math.ceil((1 + JITTER) * DELAYS_MILLISECONDS.slice(attempts).reduce((sum, delay) => sum + delay, 0)),
);

/** Largest body of an event, in bytes of UTF-8. Above it, a job is sent without its detail. */
export const BODY_BYTES = 256 * 1024;

/** How many jobs the event of a run lists at most. */
export const RUN_JOBS = 100;

/** How long a failed event is kept, in days. */
export const FAILED_DAYS = 30;
