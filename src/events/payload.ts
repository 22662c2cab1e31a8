/** The body of an event, as Standard Webhooks has it: `{"type","timestamp","data"}`. Pure. */
import { type Job, timeOf } from "../wire.ts";
import { BODY_BYTES } from "./limits.ts";
import type { EventType } from "./events.ts";

/** A job in an event. If the body would be larger than `BODY_BYTES`, `detail` is null and `detailOmitted` is true. */
export type EventJob = Job & { detailOmitted?: true };

export interface Envelope {
  type: EventType | "receiver.test";
  /** When it happened, in milliseconds since 1970. */
  at: number;
}

export const bodyOf = ({ type, at }: Envelope, data: unknown): string =>
  JSON.stringify({ type, timestamp: timeOf(at), data });

/** The body of an event about a job, without its detail if that is too large. */
export function jobBody(envelope: Envelope, job: Job): string {
  const whole = bodyOf(envelope, job);
  return isTooLarge(whole) ? bodyWithoutDetail(envelope, job) : whole;
}

export const bodyWithoutDetail = (envelope: Envelope, job: Job): string =>
  bodyOf(envelope, { ...job, detail: null, detailOmitted: true } satisfies EventJob);

/** A UTF-16 unit takes one to three bytes in UTF-8, so most strings need not be encoded to be measured. */
function isTooLarge(text: string): boolean {
  if (text.length > BODY_BYTES) return true;
  return text.length * 3 > BODY_BYTES && new TextEncoder().encode(text).length > BODY_BYTES;
}
