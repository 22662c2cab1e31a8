/** What the pages say of events and of the deliveries of a job, in English. */
import type { EventError, EventStatus } from "../../events/events.ts";

export const events = {
  title: "Events",
  lead: "What your own system was told, or is still to be told.",
  off: "FORWARD_URLS names no endpoint, so nothing is sent.",
  statuses: { pending: "Waiting", failed: "Failed", delivered: "Delivered" } satisfies Record<EventStatus, string>,
  hints: {
    pending: "Not delivered yet. Each is retried by itself.",
    failed: "All attempts failed. These are sent again only when you ask for it.",
    delivered: "Your system answered with a 2xx.",
  } satisfies Record<EventStatus, string>,
  errors: {
    "not-2xx": "not a 2xx",
    gone: "the endpoint no longer wants it",
    timeout: "no answer in time",
    unreachable: "no connection",
    unfinished: "the attempt did not end",
    "record-gone": "no longer kept here",
    "record-late": "the store did not show the record yet",
    "endpoint-down": "the endpoint was down until the end",
    "endpoint-removed": "no longer in FORWARD_URLS",
  } satisfies Record<EventError, string>,
  none: "No events.",
  endpoint: "Endpoint",
  endpointGone: "removed endpoint",
  attempts: (count: number) => (count === 1 ? "1 attempt" : `${count} attempts`),
  next: "next attempt",
  due: "due now",
  resend: "Send again",
  sendNow: "Send now",
  resendFailed: "Send all failed again",
  resent: (count: number, left: number) =>
    `${count === 1 ? "1 event is" : `${count} events are`} being sent again${left > 0 ? `, ${left} are left` : ""}.`,
  ofJob: "Events about this job",

  history: "Deliveries about this job",
  isRecord: "shown on this page",
  historyCut: (count: number) => `The last ${count}. GET /jobs/{jobId}/deliveries has all of them.`,
  moreJobs: (count: number) => (count === 1 ? "and 1 more job" : `and ${count} more jobs`),
};
