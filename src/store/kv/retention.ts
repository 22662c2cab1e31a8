/** How long entries live. KV deletes them by itself; each is written with the time at which it expires. */
import type { DeliveryStatus } from "../store.ts";
import { type Expiration, expirationOf } from "./namespace.ts";

/** Seconds since a delivery last came; null keeps for ever. */
export interface Retention {
  /** Jobs and runs, with the deliveries that told of them. */
  jobs: number | null;
  /** The bytes of deliveries that could be read. */
  bytes: number | null;
  /** Deliveries that could not be read. */
  quarantined: number | null;
  /** Events, since they were delivered. */
  events: number | null;
}

/**
 * How much longer than said the entries of jobs live, in seconds. Several deliveries tell of a job, and its age is
 * that of the last one: within this time the others need not be written again. Look-ups do not show it.
 */
export const SLACK_SECONDS = 86_400;

/** What waits to be read never expires. */
export function expiryOf(
  status: DeliveryStatus,
  { jobs, quarantined }: Pick<Retention, "jobs" | "quarantined">,
  since: number,
): Expiration {
  switch (status) {
    case "pending":
      return null;
    case "quarantined":
      return expirationOf(quarantined, since);
    case "stored":
    case "no-job":
      return expirationOf(jobs === null ? null : jobs + SLACK_SECONDS, since);
  }
}

/** The same for bytes that have a life of their own. */
export function bytesExpiryOf(
  status: DeliveryStatus,
  { jobs, bytes, quarantined }: Omit<Retention, "events">,
  since: number,
): Expiration {
  if (status === "pending" || status === "quarantined") return expiryOf(status, { jobs, quarantined }, since);
  return expirationOf(bytes, since);
}

/** Whether something has passed its time, where it was last heard of then. */
export const isPast = (lifeSeconds: number | null, heardAt: number): boolean =>
  lifeSeconds !== null && heardAt + lifeSeconds * 1000 < Date.now();
