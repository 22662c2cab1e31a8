/**
 * What is said of one callback, in the log and as a point of Analytics Engine. Pure. The order of blobs and doubles
 * is what queries name them by (docs/operations.md), so it may grow at its end and never change.
 */
import type { Outcome } from "../intake.ts";
import type { ProblemCode } from "../problems.ts";

/** What a callback has come to so far: no outcome where its body was not read in full, or not stored. */
export interface CallbackSeen {
  receivedAt: number;
  /** Of the body, as far as it was read. */
  bytes: number;
  outcome: Outcome | null;
}

export interface CallbackReport {
  /** What became of the delivery; the problem where it is not kept. */
  outcome: Outcome["status"] | ProblemCode;
  problem: ProblemCode | null;
  delivery: string | null;
  jobs: readonly string[];
  jobCount: number;
  bytes: number;
  format: "xml" | "json" | null;
  /** Of the first job, as are the tag, the state and the age. */
  eventName: string | null;
  tag: string | null;
  state: string | null;
  /** Seconds from the job's EndTime to its arrival; null where it has none. */
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

/** All blobs of a point may have 16 KB, and an index 96 bytes. */
const BLOB_CHARACTERS = 200;

/** What stands for a number that is not known, since a point has no null. */
const UNKNOWN = -1;

export function callbackPoint(report: CallbackReport): AnalyticsEngineDataPoint {
  const { outcome, problem, format, eventName, tag, state } = report;
  return {
    indexes: [outcome],
    blobs: [outcome, problem, format, eventName, tag, state].map((text) => text?.slice(0, BLOB_CHARACTERS) ?? ""),
    doubles: [report.bytes, report.jobCount, report.ageSeconds ?? UNKNOWN, report.milliseconds],
  };
}
