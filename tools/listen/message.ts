/**
 * What is posted about a job: the event that forwarding to that URL would send, with the same id, or the bytes of the
 * callback.
 */
import { createHash } from "node:crypto";
import type { Job, ListedJob } from "../../src/client/client.ts";
import { keyOf, signatureOf } from "../../src/client/signature.ts";
import { jobBody } from "../../src/events/payload.ts";
import type { Job as AnsweredJob } from "../../src/wire.ts";

type EventKind = "job.finished" | "job.updated" | "job.overdue";
export type Kind = EventKind | "callback";

export interface Message {
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
}

export const USER_AGENT = "ci-callback-listen";

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** As `endpointOf` in src/events: an endpoint is identified by its URL up to `?`. */
const endpointId = (to: URL): string => digestOf(to.href.replace(/[?#].*$/s, "")).slice(0, 12);

export const kindOf = ({ terminal, delivery }: ListedJob | Job): EventKind =>
  terminal ? "job.finished" : delivery === null ? "job.overdue" : "job.updated";

/**
 * The `webhook-id`. For the end of a job and for an overdue job it is that of forwarding, as `eventKey` in src/events
 * makes it. Forwarding names a change by a number that look-ups do not show, so here the id is made from its time and
 * its delivery.
 */
export function idOf(job: ListedJob | Job, to: URL): string {
  const what = [kindOf(job), job.jobId, ...causeOf(job)];
  return `evt_${digestOf(JSON.stringify(what)).slice(0, 32)}${endpointId(to)}`;
}

function causeOf({ state, terminal, delivery, updatedAt, expectation }: ListedJob | Job): (string | null)[] {
  if (delivery === null) return [String(Date.parse(expectation?.dueAt ?? ""))];
  return terminal ? [delivery.id, state] : [delivery.id, state, updatedAt];
}

/** The signed event. `now` is the time of the attempt, in milliseconds. */
export async function eventMessage(job: Job, to: URL, secret: string, now: number): Promise<Message> {
  const id = idOf(job, to);
  // The client's type depends on the tag; the JSON is the same.
  const body = jobBody({ type: kindOf(job), at: Date.parse(job.updatedAt) }, job as AnsweredJob);
  const timestamp = String(Math.floor(now / 1000));
  const key = keyOf(secret) ?? new Uint8Array(0);
  const signature = await signatureOf(key, { id, timestamp, body: new TextEncoder().encode(body) });
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    },
  };
}

/** The callback as CI posted it. If it came without a content type, it has none here. */
export function rawMessage(bytes: Uint8Array, contentType: string | null): Message {
  const headers = { "user-agent": USER_AGENT, ...(contentType !== null && { "content-type": contentType }) };
  return { body: new Uint8Array(bytes), headers };
}
