/** A job as a reading tells it, and the time at which it is looked at, for tests of what is decided about it. */
import type { JobReading } from "../../src/callback/types.ts";

export const NOW = Date.parse("2026-03-01T00:00:00Z");

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const iso = (at: number) => new Date(at).toISOString();

export const job = (said: Partial<JobReading> = {}): JobReading => ({
  jobId: "j1",
  event: null,
  tag: "Transcode",
  state: "Success",
  stateSource: "reported",
  terminal: true,
  code: "Success",
  message: "",
  queueId: null,
  userData: null,
  bucket: null,
  region: null,
  object: null,
  createdAt: iso(NOW - HOUR),
  startedAt: null,
  endedAt: iso(NOW - 10 * MINUTE),
  workflow: null,
  full: true,
  detail: { JobId: "j1", Operation: { Words: ["a", "b"], Size: "1" } },
  ...said,
});
