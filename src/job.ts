/** What is kept of jobs, runs and deliveries, as look-ups answer it. Pure: rows and bytes in, JSON values out. */
import type { DeliveryRecord, Job, ListedJob, Run } from "./wire.ts";
import { parseCallback } from "./callback/callback.ts";
import type { Spilled } from "./store/spill.ts";
import type { Delivery, KeptBody, KeptJob, KeptRun, RunSummary } from "./store/store.ts";

/** A job of a delivery that waits in the second place: all that its own look-up shows, before the store has it. */
export function spilledJob(jobId: string, { id, bytes, receivedAt }: Spilled): Job | null {
  const reading = parseCallback(bytes);
  const job = reading.ok ? reading.value.jobs.find((read) => read.jobId === jobId) : undefined;
  if (!reading.ok || job === undefined) return null;
  const { full: _, detail, ...summary } = job;
  const delivery = { id, format: reading.value.format, receivedAt: timeOf(receivedAt), count: 1 };
  return { ...summary, source: "callback", delivery, detail };
}

/** A delivery that waits in the second place, as one that the store has: its bytes are there, and not read yet. */
export function spilledBody(spilled: Spilled | null): KeptBody | null {
  if (spilled === null) return null;
  const { id, bytes, contentType, receivedAt } = spilled;
  const delivery = { id, contentType, receivedAt, size: bytes.length, status: "pending" as const, count: 1 };
  return { delivery: { ...delivery, format: null, failure: null, hasBytes: true }, body: bytes };
}

export const timeOf = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function listedJob({ summary, delivery }: KeptJob): ListedJob {
  const { id, format, receivedAt, count } = delivery;
  return { ...summary, source: "callback", delivery: { id, format, receivedAt: timeOf(receivedAt), count } };
}

/**
 * The record, read from the bytes behind it. Only the workflow is the row's, since any delivery may tell it.
 * Without bytes, or where a newer reader no longer finds the job in them, the row is what is left.
 */
export function jobOf(kept: KeptJob & KeptBody): Job {
  const listed = listedJob(kept);
  const reading = kept.body === null ? null : parseCallback(kept.body);
  const read = reading?.ok === true ? reading.value.jobs.find((job) => job.jobId === kept.summary.jobId) : undefined;
  if (read === undefined) return { ...listed, detail: null };
  const { full: _, detail, ...summary } = read;
  const { workflow, source, delivery } = listed;
  return { ...summary, workflow, source, delivery, detail };
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

export function deliveryRecord({ failure, ...delivery }: Delivery): DeliveryRecord {
  return {
    ...delivery,
    receivedAt: timeOf(delivery.receivedAt),
    reason: failure?.reason ?? null,
    line: failure?.line ?? null,
    column: failure?.column ?? null,
  };
}
