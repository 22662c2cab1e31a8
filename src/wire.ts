/**
 * The JSON that look-ups answer about a job, a run and a delivery: its types, and how it is made from what is kept. The
 * client uses the same types, so they must not depend on anything of the server. Pure.
 */
import { parseCallback } from "./callback/callback.ts";
import type { ContentNode, RunReading, TaskReading } from "./callback/types.ts";
import { type Expectation, type ExpectedJob, isOnlyExpected, type KnownJob } from "./store/expectations.ts";
import type {
  DeliverySource,
  DeliveryStatus,
  JobSummary,
  KeptBody,
  KeptJob,
  KeptRun,
  ListedDelivery,
  ListedRun as KeptListedRun,
  RunSummary,
} from "./store/store.ts";

/** Where a record comes from: CI's callback, CI's answer to a question, or only the announcement of the job. */
export type Source = "callback" | "reconcile" | "expectation";

export interface JobDelivery {
  id: string;
  format: "xml" | "json" | null;
  receivedAt: string;
  count: number;
}

/** The announcement of a job, and the time by which its callback should come. */
export interface JobExpectation {
  registeredAt: string;
  dueAt: string;
  /** True if that time has passed and the job is not terminal. */
  overdue: boolean;
  /** Present only if CI was asked and does not know the job. */
  knownToCi?: false;
}

/** A job as lists show it. */
export interface ListedJob extends JobSummary {
  source: Source;
  /** Null if no delivery has named the job yet; `source` is then `expectation`. */
  delivery: JobDelivery | null;
  /** When the job was first heard of: its place in lists. */
  firstReceivedAt: string;
  /** When its record, its workflow, its expectation or its verdict changed last. */
  updatedAt: string;
  /** Null if the job was not announced. */
  expectation: JobExpectation | null;
  /** What CI said about the record: true, false if CI disputes it, null if CI was not asked or has not answered yet. */
  verified: boolean | null;
}

/** A job as its own look-up shows it. `detail` is null when the bytes behind it are no longer kept. */
export interface Job extends ListedJob {
  detail: ContentNode | null;
}

export interface Run extends Omit<RunReading, "tasks"> {
  tasks: TaskReading[];
  jobs: ListedJob[];
}

export interface DeliveryRecord {
  id: string;
  status: DeliveryStatus;
  format: "xml" | "json" | null;
  contentType: string | null;
  size: number;
  receivedAt: string;
  count: number;
  /**
   * `callback` if CI posted it, `reconcile` if it is CI's answer to a question. If the same bytes came both ways,
   * `reconcile`.
   */
  source: DeliverySource;
  /** False if the bytes were deleted by retention. */
  hasBytes: boolean;
  reason: string | null;
  line: number | null;
  column: number | null;
  /** The first ten JobIds, and the number of all. `tag` and `object` are of the first job. */
  jobs: string[];
  jobCount: number;
  tag: string | null;
  object: string | null;
}

/** A delivery in the history of a job. */
export interface JobDeliveryRecord extends DeliveryRecord {
  /** True for the delivery that the job's record comes from. */
  isRecord: boolean;
  /** What CI said about this delivery, as `verified` of a job. It stays if another delivery becomes the record. */
  verified: boolean | null;
}

/** A run as lists show it. */
export interface ListedRun extends RunSummary {
  receivedAt: string;
}

export const listedRun = ({ summary, receivedAt }: KeptListedRun): ListedRun => ({
  ...summary,
  receivedAt: timeOf(receivedAt),
});

export const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** `now` is in milliseconds since 1970: it decides whether the job is overdue. */
export function listedJob(job: KnownJob, now: number): ListedJob {
  if (isOnlyExpected(job)) return expectedJob(job, now);
  const { summary, delivery, firstReceivedAt, updatedAt, expectation, verified } = job;
  const { id, format, receivedAt, count, source } = delivery;
  return {
    ...summary,
    source,
    delivery: { id, format, receivedAt: timeOf(receivedAt), count },
    firstReceivedAt: timeOf(firstReceivedAt),
    updatedAt: timeOf(updatedAt),
    expectation: expectation && jobExpectation(expectation, summary.terminal, now),
    verified,
  };
}

/** A job that was announced, and that no delivery has named. */
function expectedJob({ jobId, expectation, ...announced }: ExpectedJob, now: number): ListedJob {
  const { bucket, region, queueId, tag, userData } = announced;
  return {
    jobId,
    event: null,
    tag,
    state: null,
    stateSource: "derived",
    terminal: false,
    code: null,
    message: null,
    queueId,
    userData,
    bucket,
    region,
    object: null,
    createdAt: null,
    startedAt: null,
    endedAt: null,
    workflow: null,
    source: "expectation",
    delivery: null,
    firstReceivedAt: timeOf(expectation.registeredAt),
    updatedAt: timeOf(Math.floor(expectation.changed / MICROSECONDS)),
    expectation: jobExpectation(expectation, false, now),
    verified: null,
  };
}

/** Microseconds in a millisecond: changes are numbered in microseconds. */
const MICROSECONDS = 1_000;

export const isOverdue = ({ dueAt }: Expectation, isTerminal: boolean, now: number): boolean =>
  !isTerminal && dueAt <= now;

function jobExpectation(expectation: Expectation, isTerminal: boolean, now: number): JobExpectation {
  const { registeredAt, dueAt, knownToCi } = expectation;
  return {
    registeredAt: timeOf(registeredAt),
    dueAt: timeOf(dueAt),
    overdue: isOverdue(expectation, isTerminal, now),
    ...(knownToCi === false && { knownToCi }),
  };
}

/** What the reader makes of a body. */
export type BodyReading = ReturnType<typeof parseCallback>;

/** Null if there is no body. */
export const readBody = (body: KeptBody["body"]): BodyReading | null => (body === null ? null : parseCallback(body));

/**
 * The job, read from the bytes behind its record. Only the workflow comes from the row, since any delivery may tell it.
 * Without bytes, or if the reader no longer finds the job in them, everything comes from the row.
 */
export function jobOf(found: (KeptJob & KeptBody) | ExpectedJob, now: number): Job {
  if (isOnlyExpected(found)) return { ...listedJob(found, now), detail: null };
  return jobWith(found, readBody(found.body), now);
}

/** The same for a body that was read already; `reading` is null if its bytes are gone. */
export function jobWith(kept: KeptJob, reading: BodyReading | null, now: number): Job {
  const listed = listedJob(kept, now);
  const read = reading?.ok === true ? reading.value.jobs.find((job) => job.jobId === kept.summary.jobId) : undefined;
  if (read === undefined) return { ...listed, detail: null };
  const { full: _, detail, ...summary } = read;
  const { workflow, source, delivery, firstReceivedAt, updatedAt, expectation, verified } = listed;
  return { ...summary, workflow, source, delivery, firstReceivedAt, updatedAt, expectation, verified, detail };
}

/**
 * The run with its jobs. If no delivery has told its end yet, and only its jobs name it, it has no state and no tasks.
 */
export function runOf(runId: string, kept: KeptRun | null, jobs: readonly KeptJob[], now: number): Run {
  const listed = jobs.map((job) => listedJob(job, now));
  const reading = kept?.body == null ? null : parseCallback(kept.body);
  const run = reading?.ok === true ? reading.value.runs.find((found) => found.runId === runId) : undefined;
  return { ...(run ?? { ...(kept?.summary ?? runToldByJobs(runId, listed)), tasks: [] }), jobs: listed };
}

function runToldByJobs(runId: string, jobs: readonly ListedJob[]): RunSummary {
  const workflow = jobs[0]?.workflow ?? null;
  return {
    runId,
    workflowId: workflow?.workflowId ?? null,
    workflowName: workflow?.workflowName ?? null,
    state: null,
    terminal: false,
    bucket: jobs[0]?.bucket ?? null,
    object: jobs[0]?.object ?? null,
    createdAt: null,
  };
}

export function deliveryRecord(delivery: ListedDelivery): DeliveryRecord {
  const { failure, lastReceivedAt: _, jobIds, jobCount, tag, event: __, object, ...told } = delivery;
  return {
    ...told,
    receivedAt: timeOf(delivery.receivedAt),
    reason: failure?.reason ?? null,
    line: failure?.line ?? null,
    column: failure?.column ?? null,
    jobs: jobIds,
    jobCount,
    tag,
    object,
  };
}
