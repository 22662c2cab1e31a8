/**
 * What is reported about one callback, in the log and as a point of Analytics Engine. Pure. Queries name blobs and
 * doubles by their order (docs/operations.md), so new ones go to the end, and the order never changes.
 */
import type { Outcome } from "../intake.ts";
import type { ProblemCode } from "../problems.ts";

/** What is known about a callback so far. There is no outcome if its body was not fully read, or not stored. */
export interface CallbackSeen {
  receivedAt: number;
  /** Of the body, as far as it was read. */
  bytes: number;
  outcome: Outcome | null;
}

export interface CallbackReport {
  /** What became of the delivery; the problem if it is not kept. */
  outcome: Outcome["status"] | ProblemCode;
  problem: ProblemCode | null;
  delivery: string | null;
  jobs: readonly string[];
  jobCount: number;
  bytes: number;
  format: "xml" | "json" | null;
  /** Of the first job; so are the tag, the state and the age. */
  eventName: string | null;
  tag: string | null;
  state: string | null;
  /** Seconds from the job's EndTime to the callback's arrival; null without EndTime. */
  ageSeconds: number | null;
  milliseconds: number;
}

export function reportOf(seen: CallbackSeen, problem: ProblemCode | null, milliseconds: number): CallbackReport {
  const { receivedAt, bytes, outcome } = seen;
  const reading = outcome?.reading.ok === true ? outcome.reading.value : null;
  const job = reading?.jobs[0];
  return {
    outcome: outcome?.status ?? problem ?? "internal-error",
    problem,
    delivery: outcome?.delivery ?? null,
    jobs: outcome?.jobs ?? [],
    jobCount: outcome?.jobs.length ?? 0,
    bytes,
    format: reading?.format ?? null,
    eventName: job?.event ?? null,
    tag: job?.tag ?? null,
    state: job?.state ?? reading?.runs[0]?.state ?? null,
    ageSeconds: job?.endedAt == null ? null : Math.round((receivedAt - Date.parse(job.endedAt)) / 1000),
    milliseconds,
  };
}

/** Analytics Engine allows 16 KB for all blobs of a point, and 96 bytes for an index. */
const BLOB_CHARACTERS = 200;

/** Stands for an unknown number, since a point has no null. */
const UNKNOWN = -1;

export function callbackPoint(report: CallbackReport): AnalyticsEngineDataPoint {
  const { outcome, problem, format, eventName, tag, state } = report;
  return {
    indexes: [outcome],
    blobs: [outcome, problem, format, eventName, tag, state].map((text) => text?.slice(0, BLOB_CHARACTERS) ?? ""),
    doubles: [report.bytes, report.jobCount, report.ageSeconds ?? UNKNOWN, report.milliseconds],
  };
}
