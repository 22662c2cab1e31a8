/** Jobs to read results of: an `Operation` as plain nodes, printed as a callback and read as the receiver reads it. */
import { parseCallback } from "../../src/callback/callback.ts";
import type { JobReading } from "../../src/callback/types.ts";
import { jsonCallback, xmlCallback } from "../fixtures/envelopes.ts";
import type { Fields } from "../fixtures/jobs.ts";

/** The one job of a body. */
export function jobIn(body: string): JobReading {
  const reading = parseCallback(body);
  const job = reading.ok ? reading.value.jobs[0] : undefined;
  if (job === undefined) throw new Error(`No job in ${body.slice(0, 200)}`);
  return job;
}

/** A job that ended well, from XML. */
export const jobWith = (tag: string, operation: Fields, changes: Fields = {}): JobReading =>
  jobIn(xmlCallback(detailWith(tag, operation, changes)));

/** The same from JSON. */
export const jsonJobWith = (tag: string, operation: Fields): JobReading =>
  jobIn(jsonCallback(detailWith(tag, operation)));

const detailWith = (tag: string, operation: Fields, changes: Fields = {}): Fields => ({
  JobId: "j1",
  Tag: tag,
  State: "Success",
  Code: "Success",
  Operation: operation,
  ...changes,
});

/** A moderation in its Detail form. */
export const moderationOf = (event: string, detail: object): JobReading =>
  jobIn(JSON.stringify({ EventName: event, JobsDetail: { JobId: "s1", State: "Success", ...detail } }));
