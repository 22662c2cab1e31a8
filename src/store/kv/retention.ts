/** How long entries live. Each is written with the time at which KV deletes it. */
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
  /** Events, counted from their delivery. */
  events: number | null;
}

/**
 * How much longer than their retention the entries of jobs live, in seconds. A job is as old as its last delivery, and
 * within this time the entries of its other deliveries need not be written again. Look-ups hide what is past its
 * retention.
 */
export const SLACK_SECONDS = 86_400;

/** A pending delivery never expires. */
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

/** The same for bytes with a retention of their own. */
export function bytesExpiryOf(
  status: DeliveryStatus,
  { jobs, bytes, quarantined }: Omit<Retention, "events">,
  since: number,
): Expiration {
  if (status === "pending" || status === "quarantined") return expiryOf(status, { jobs, quarantined }, since);
  return expirationOf(bytes, since);
}

/** Whether something that was last heard of at that time has passed its retention. */
export const isPast = (lifeSeconds: number | null, heardAt: number): boolean =>
  lifeSeconds !== null && heardAt + lifeSeconds * 1000 < Date.now();
