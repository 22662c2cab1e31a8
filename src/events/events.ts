/** The types of events, and what may become of an event. */

/** Types that `FORWARD_EVENTS` may name. */
export const WANTED_EVENTS = [
  "job.finished",
  "job.updated",
  "run.finished",
  "job.overdue",
  "delivery.quarantined",
] as const;

/** All types. If CI disputes a callback, `job.disputed` is sent in place of `job.finished`. */
export const EVENT_TYPES = [...WANTED_EVENTS, "job.disputed"] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** The name that answers give to the subject of each type. */
export const SUBJECT_NAMES = {
  "job.finished": "jobId",
  "job.updated": "jobId",
  "job.overdue": "jobId",
  "job.disputed": "jobId",
  "run.finished": "runId",
  "delivery.quarantined": "delivery",
} as const satisfies Record<EventType, string>;

/** `pending`: not delivered yet. `failed`: given up, and sent again only on demand. */
export const EVENT_STATUSES = ["pending", "failed", "delivered"] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** Why an attempt failed, or an event was given up. */
export type EventError =
  /** The endpoint's answer was not a 2xx. */
  | "not-2xx"
  /** The answer was 410: the endpoint does not want this event. */
  | "gone"
  /** No answer came in time. */
  | "timeout"
  /** There was no connection, or it broke. */
  | "unreachable"
  /** The last attempt began, and its outcome was never recorded. */
  | "unfinished"
  /** The job, run or delivery is no longer kept. */
  | "record-gone"
  /** The store, which may be late, does not show yet what the event is about. */
  | "record-late"
  /** The endpoint failed until after the last attempt would have been due. */
  | "endpoint-down"
  /** The endpoint is no longer among FORWARD_URLS. */
  | "endpoint-removed";
