/**
 * What look-ups answer: the JSON of a job, a run and a delivery, as types and made of what is kept. The types name
 * nothing that a server needs, since the client is typed by them as well. Pure.
 */
import { parseCallback } from "./callback/callback.ts";
import type { ContentNode, RunReading, TaskReading } from "./callback/types.ts";
import type {
  DeliveryStatus,
  JobSummary,
  KeptBody,
  KeptJob,
  KeptRun,
  ListedDelivery,
  ListedRun as KeptListedRun,
  RunSummary,
} from "./store/store.ts";

/** Where a record comes from. */
export type Source = "callback";

export interface JobDelivery {
  id: string;
  format: "xml" | "json" | null;
  receivedAt: string;
  count: number;
}

/** A job as lists show it. */
export interface ListedJob extends JobSummary {
  source: Source;
  delivery: JobDelivery;
  /** When the job was first heard of: its place in lists. */
  firstReceivedAt: string;
  /** When its record or its workflow changed last. */
  updatedAt: string;
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

export function listedJob({ summary, delivery, firstReceivedAt, updatedAt }: KeptJob): ListedJob {
  const { id, format, receivedAt, count } = delivery;
  return {
    ...summary,
    source: "callback",
    delivery: { id, format, receivedAt: timeOf(receivedAt), count },
    firstReceivedAt: timeOf(firstReceivedAt),
    updatedAt: timeOf(updatedAt),
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
export function jobOf(kept: KeptJob, reading: BodyReading | null): Job {
  const listed = listedJob(kept);
  const read = reading?.ok === true ? reading.value.jobs.find((job) => job.jobId === kept.summary.jobId) : undefined;
  if (read === undefined) return { ...listed, detail: null };
  const { full: _, detail, ...summary } = read;
  const { workflow, source, delivery, firstReceivedAt, updatedAt } = listed;
  return { ...summary, workflow, source, delivery, firstReceivedAt, updatedAt, detail };
}

/** The run with the jobs that belong to it; a run that only its jobs have told of yet has no state and no tasks. */
export function runOf(runId: string, kept: KeptRun | null, jobs: readonly KeptJob[]): Run {
  const listed = jobs.map(listedJob);
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
