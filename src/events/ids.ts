/**
 * The ids of events. An event is named by its cause, so that writing it twice makes one event. Pure, except for the
 * platform's digest.
 */
import { digestText } from "./digest.ts";
import type { EventType } from "./events.ts";

/** Names the end or a change of a job: the delivery that tells it, and the state that it tells. */
interface JobCause {
  job_id: string;
  delivery_id: string;
  state: string | null;
}

/** How many hexadecimal digits an event's key has: 128 bits. */
const KEY_DIGITS = 32;

/**
 * The key of an event, which is the same for all endpoints: from its type, its subject and its cause. The cause of an
 * end is the delivery behind the record and the state it tells. The cause of a change is the change.
 */
export async function eventKey(
  type: EventType,
  subject: string,
  ...cause: readonly (string | null)[]
): Promise<string> {
  return (await digestText(JSON.stringify([type, subject, ...cause]))).slice(0, KEY_DIGITS);
}

/**
 * The key of an event about a job. An end is named by the delivery and its state, a change by the number that D1
 * appends.
 */
export const jobEventKey = (
  type: "job.finished" | "job.updated",
  { job_id, delivery_id, state }: JobCause,
): Promise<string> => (type === "job.finished" ? eventKey(type, job_id, delivery_id, state) : eventKey(type, job_id));
