/** What the pages say of events and of the deliveries of a job, in English. */
import type { EventError, EventStatus } from "../../events/events.ts";

export const events = {
  title: "Events",
  lead: "What your own system was told, or is still to be told.",
  off: "FORWARD_URLS names no endpoint: nothing is told now.",
  statuses: { pending: "Waiting", failed: "Failed", delivered: "Delivered" } satisfies Record<EventStatus, string>,
  hints: {
    pending: "Not told yet. Each is tried again until it is answered.",
    failed: "Given up. They are told again only when you ask for it.",
    delivered: "Answered with a 2xx.",
  } satisfies Record<EventStatus, string>,
  errors: {
    "not-2xx": "not a 2xx",
    gone: "the endpoint does not want it",
    timeout: "no answer in time",
    unreachable: "no connection",
    unfinished: "the attempt did not end",
    "record-gone": "no longer kept here",
    "record-late": "the store did not show the record yet",
    "endpoint-down": "the endpoint was down until the end",
    "endpoint-removed": "no longer in FORWARD_URLS",
  } satisfies Record<EventError, string>,
  none: "No event.",
  endpoint: "Endpoint",
  endpointGone: "removed endpoint",
  attempts: (count: number) => (count === 1 ? "1 attempt" : `${count} attempts`),
  next: "next attempt",
  due: "due now",
  resend: "Send again",
  sendNow: "Send now",
  resendFailed: "Send failed ones again",
  resent: (count: number, left: number) =>
    `${count === 1 ? "1 event is" : `${count} events are`} being sent again${left > 0 ? `, ${left} are left` : ""}.`,
  ofJob: "Events about this job",

  history: "Deliveries that named this job",
  isRecord: "behind the record",
  historyCut: (count: number) => `The last ${count}. All are at /jobs/{jobId}/deliveries.`,
  moreJobs: (count: number) => (count === 1 ? "and 1 more job" : `and ${count} more jobs`),
};
