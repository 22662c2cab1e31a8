/**
 * What look-ups answer: the JSON of a job, a run and a delivery, as types and made of what is kept. The types name
 * nothing that a server needs, since the client is typed by them as well. Pure.
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

/** Where a record comes from: CI's callback, CI's answer when it was asked, or nothing but the announcement of the job. */
export type Source = "callback" | "reconcile" | "expectation";

export interface JobDelivery {
  id: string;
  format: "xml" | "json" | null;
  receivedAt: string;
  count: number;
}

/** That a job was announced, and by when its callback should have come. */
export interface JobExpectation {
  registeredAt: string;
  dueAt: string;
  /** Whether that time is up and the job is not terminal. */
  overdue: boolean;
  /** There only where CI was asked and does not know the job. */
  knownToCi?: false;
}

/** A job as lists show it. */
export interface ListedJob extends JobSummary {
  source: Source;
  /** Null where nothing has told of the job yet: `source` is `expectation`. */
  delivery: JobDelivery | null;
  /** When the job was first heard of: its place in lists. */
  firstReceivedAt: string;
  /** When its record, its workflow, its expectation or its verdict changed last. */
  updatedAt: string;
  /** Null where the job was not announced. */
  expectation: JobExpectation | null;
  /** What CI said of the record: true, false where it disputes it, null where it was not asked or has not said yet. */
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
  /** Whether CI posted it, or answered it when it was asked. Of bytes that came both ways, `reconcile`. */
  source: DeliverySource;
  /** False when the bytes have passed their time of retention. */
  hasBytes: boolean;
  reason: string | null;
  line: number | null;
  column: number | null;
  /** The first ten jobs that it names, how many there are, and what the first is about. */
  jobs: string[];
  jobCount: number;
  tag: string | null;
  object: string | null;
}

/** A delivery in the history of a job. */
export interface JobDeliveryRecord extends DeliveryRecord {
  /** Whether it is the one behind the job's record. */
  isRecord: boolean;
  /** What CI says of the job as this delivery tells it: as `verified` of a job, and it stays when another one is behind the record. */
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

/** `now` is in milliseconds since 1970: whether a job is overdue is a matter of time. */
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

/** A job that nothing has told of: what was announced, and nothing else. */
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

/** In a millisecond: changes are numbered by the microsecond. */
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

/** What a body says. */
export type BodyReading = ReturnType<typeof parseCallback>;

/** Null where there is no body. */
export const readBody = (body: KeptBody["body"]): BodyReading | null => (body === null ? null : parseCallback(body));

/**
 * The record, read from the bytes behind it. Only the workflow is the row's, since any delivery may tell it.
 * Without bytes, or where a newer reader no longer finds the job in them, the row is what is left.
 */
export function jobOf(found: (KeptJob & KeptBody) | ExpectedJob, now: number): Job {
  if (isOnlyExpected(found)) return { ...listedJob(found, now), detail: null };
  return jobWith(found, readBody(found.body), now);
}

/** The same where the body was read before; `reading` is null where its bytes are gone. */
export function jobWith(kept: KeptJob, reading: BodyReading | null, now: number): Job {
  const listed = listedJob(kept, now);
  const read = reading?.ok === true ? reading.value.jobs.find((job) => job.jobId === kept.summary.jobId) : undefined;
  if (read === undefined) return { ...listed, detail: null };
  const { full: _, detail, ...summary } = read;
  const { workflow, source, delivery, firstReceivedAt, updatedAt, expectation, verified } = listed;
  return { ...summary, workflow, source, delivery, firstReceivedAt, updatedAt, expectation, verified, detail };
}

/** The run with the jobs that belong to it; a run that only its jobs have told of yet has no state and no tasks. */
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
