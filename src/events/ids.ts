/**
 * How an event is named: by what caused it, so that whoever writes it twice writes it once. Pure, but for the digest of
 * the platform.
 */
import { digestText } from "./digest.ts";
import type { EventType } from "./events.ts";

/** What names the end or a change of a job: the delivery that tells it, and the state it tells. */
interface JobCause {
  job_id: string;
  delivery_id: string;
  state: string | null;
}

/** Hexadecimal digits of an event's key: 128 bits. */
const KEY_DIGITS = 32;

/**
 * Names what happened, for whichever endpoint: the type, whom it is about, and the cause. Of an end that is the
 * delivery behind the record and the state it tells; of a change, the change.
 */
export async function eventKey(
  type: EventType,
  subject: string,
  ...cause: readonly (string | null)[]
): Promise<string> {
  return (await digestText(JSON.stringify([type, subject, ...cause]))).slice(0, KEY_DIGITS);
}

/** Names an event of a job: an end by the delivery and the state it tells, a change by the number that D1 adds to it. */
export const jobEventKey = (
  type: "job.finished" | "job.updated",
  { job_id, delivery_id, state }: JobCause,
): Promise<string> => (type === "job.finished" ? eventKey(type, job_id, delivery_id, state) : eventKey(type, job_id));
