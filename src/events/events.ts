/** Events: what a user's system may hear of, and what may become of each. */

/** Types that `FORWARD_EVENTS` may name. */
export const WANTED_EVENTS = [
  "job.finished",
  "job.updated",
  "run.finished",
  "job.overdue",
  "delivery.quarantined",
] as const;

/** All types. What CI disputes is told as `job.disputed` in place of `job.finished`. */
export const EVENT_TYPES = [...WANTED_EVENTS, "job.disputed"] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** What a subject of each type is, as answers name it. */
export const SUBJECT_NAMES = {
  "job.finished": "jobId",
  "job.updated": "jobId",
  "job.overdue": "jobId",
  "job.disputed": "jobId",
  "run.finished": "runId",
  "delivery.quarantined": "delivery",
} as const satisfies Record<EventType, string>;

/** `pending`: not told yet. `failed`: given up, and told again only on demand. */
export const EVENT_STATUSES = ["pending", "failed", "delivered"] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Why an attempt failed, or an event was given up. */
export type EventError =
  /** The answer was no 2xx. */
  | "not-2xx"
  /** The answer was 410: the endpoint does not want this event. */
  | "gone"
  /** No answer came in time. */
  | "timeout"
  /** No connection, or one that broke. */
  | "unreachable"
  /** The last attempt was begun and its outcome never recorded. */
  | "unfinished"
  /** The job, run or delivery is no longer kept. */
  | "record-gone"
  /** The store, which may be late, does not show yet what the event is about. */
  | "record-late"
  /** The endpoint failed until the time of the last attempt was past. */
  | "endpoint-down"
  /** The endpoint is no longer among FORWARD_URLS. */
  | "endpoint-removed";
