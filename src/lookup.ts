/**
 * The one way out. Every answer about a job, a run or a delivery, JSON or page, is found here: in the store or, where
 * that does not know it yet or cannot be asked, in the spill. Rejects with a StoreError where neither can tell.
 */
import { parseCallback } from "./callback/callback.ts";
import { isFinalRank, jobRank, runRank } from "./callback/state.ts";
import type { Reading } from "./callback/types.ts";
import type { Places } from "./intake.ts";
import { type ExpectedJob, isOnlyExpected } from "./store/expectations.ts";
import { StoreError } from "./store/retry.ts";
import {
  type Arrival,
  type Copy,
  type KeptBody,
  type KeptJob,
  type KeptRun,
  LISTED_JOBS,
  type ListedDelivery,
  type Store,
} from "./store/store.ts";
import type { Position } from "./store/lists.ts";

/** A job with the bytes behind its record. */
export type FoundJob = KeptJob & KeptBody;

/** A run as far as it is known: itself where a `WorkflowFinish` has told of it, and the jobs that belong to it. */
export interface FoundRun {
  run: KeptRun | null;
  jobs: KeptJob[];
}

/** The record of a job is final when it is terminal and the job's own callback says so: the spill is not asked beyond it. */
const isFinal = (job: KeptJob | null): boolean => job !== null && isFinalRank(job.rank);

/**
 * The job, by the delivery that says most of it, wherever that is, or as it was announced; null where neither place has
 * heard of it and nobody expects it.
 */
export async function findKnownJob(
  { store, spill }: Places,
  jobId: string,
  copy?: Copy,
): Promise<FoundJob | ExpectedJob | null> {
  const stored = await asked(store.getJobWithBody(jobId, copy));
  if (stored.answered && isFinal(stored.value)) return stored.value;
  const isUntold = stored.answered && stored.value === null;
  const [spilled, expected] = await Promise.all([
    spilledJob(spill, jobId),
    asked(isUntold ? findExpected(store, jobId) : Promise.resolve(null)),
  ]);
  if (spilled === "drained") return (await store.getJobWithBody(jobId)) ?? findExpected(store, jobId);
  // A beginning in the spill says nothing where the store, which may know the end, cannot be asked.
  if (!stored.answered) return spilled?.summary.terminal === true ? spilled : refuse(stored.error);
  if (stored.value !== null) return greaterJob(stored.value, spilled);
  const announced = expected.answered ? expected.value : null;
  if (spilled !== null) return { ...spilled, expectation: announced?.expectation ?? null };
  return expected.answered ? announced : refuse(expected.error);
}

/** The same of a job that a delivery has told of. */
export async function findJob(places: Places, jobId: string): Promise<FoundJob | null> {
  const known = await findKnownJob(places, jobId);
  return known === null || isOnlyExpected(known) ? null : known;
}

const findExpected = async ({ expectations }: Store, jobId: string): Promise<ExpectedJob | null> =>
  (await expectations?.get(jobId)) ?? null;

/** The job's record without its bytes, from the store alone: to see cheaply whether what is known has changed. */
export async function findJobInStore({ store }: Places, jobId: string): Promise<KeptJob | null> {
  const stored = await asked(store.getJob(jobId));
  return stored.answered ? stored.value : null;
}

export async function findRun({ store, spill }: Places, runId: string): Promise<FoundRun | null> {
  const ask = () => Promise.all([asked(store.getRun(runId)), asked(jobsOfRun(store, runId))]);
  let [stored, jobs] = await ask();
  const isKnown = stored.answered && stored.value?.summary.terminal === true;
  const spilled = isKnown ? null : await spilledRun(spill, runId);
  if (spilled === "drained") [stored, jobs] = await ask();
  if (spilled === null || spilled === "drained") {
    if (!stored.answered) return refuse(stored.error);
    if (!jobs.answered) return refuse(jobs.error);
    return stored.value === null && jobs.value.length === 0 ? null : { run: stored.value, jobs: jobs.value };
  }
  // A beginning in the spill says nothing where the store, which may know the end, cannot be asked.
  if (!stored.answered && !spilled.run.summary.terminal) return refuse(stored.error);
  const known = jobs.answered ? jobs.value : [];
  const ids = new Set(known.map(({ summary }) => summary.jobId));
  return {
    run: greaterRun(stored.answered ? stored.value : null, spilled.run),
    jobs: [...known, ...spilled.jobs.filter(({ summary }) => !ids.has(summary.jobId))],
  };
}

/** SHA-256 in hexadecimal digits, as deliveries are named. */
const DELIVERY_ID = /^[0-9a-f]{64}$/;

export async function findDelivery({ store, spill }: Places, id: string): Promise<ListedDelivery | null> {
  if (!DELIVERY_ID.test(id)) return null;
  const stored = await asked(store.getDelivery(id));
  if (stored.answered && stored.value !== null) return stored.value;
  const arrival = (await spill?.get(id)) ?? null;
  if (arrival !== null) return spilledDelivery(arrival);
  return stored.answered ? null : refuse(stored.error);
}

/** As it will be listed when it is drained. */
function spilledDelivery(arrival: Arrival): ListedDelivery {
  const { jobs } = readSpilled(arrival);
  const [first] = jobs;
  return {
    ...(first?.delivery ?? waiting(arrival, null)),
    jobIds: jobs.slice(0, LISTED_JOBS).map(({ summary }) => summary.jobId),
    jobCount: jobs.length,
    tag: first?.summary.tag ?? null,
    event: first?.summary.event ?? null,
    object: first?.summary.object ?? null,
  };
}

/** A delivery with its bytes. */
export async function findBody({ store, spill }: Places, id: string): Promise<KeptBody | null> {
  if (!DELIVERY_ID.test(id)) return null;
  const stored = await asked(store.getBody(id));
  if (stored.answered && stored.value !== null) return stored.value;
  const spilled = await spilledBody(spill, id);
  return spilled === null && !stored.answered ? refuse(stored.error) : spilled;
}

/** Pages of jobs asked for at once, to tell all that belong to a run. */
const RUN_PAGE_JOBS = 100;

async function jobsOfRun(store: Store, runId: string): Promise<KeptJob[]> {
  const jobs: KeptJob[] = [];
  let after: Position | null = null;
  do {
    const page = await store.listJobs({ runId }, RUN_PAGE_JOBS, after);
    jobs.push(...page.items);
    after = page.next;
  } while (after !== null);
  return jobs;
}

type Asked<T> = { answered: true; value: T } | { answered: false; error: StoreError };

/** What the store answers, or that it cannot be asked. */
async function asked<T>(question: Promise<T>): Promise<Asked<T>> {
  try {
    return { answered: true, value: await question };
  } catch (error) {
    if (error instanceof StoreError) return { answered: false, error };
    throw error;
  }
}

function refuse(error: StoreError): never {
  throw error;
}

/** "drained" where the store may have it since it was asked: it is to be asked again. */
async function spilledJob(spill: Places["spill"], jobId: string): Promise<FoundJob | "drained" | null> {
  const arrival = (await spill?.findByJob(jobId)) ?? null;
  if (arrival === "drained") return arrival;
  const read = arrival === null ? null : readSpilled(arrival);
  return read?.jobs.find(({ summary }) => summary.jobId === jobId) ?? null;
}

async function spilledRun(
  spill: Places["spill"],
  runId: string,
): Promise<{ run: KeptRun; jobs: KeptJob[] } | "drained" | null> {
  const arrival = (await spill?.findByRun(runId)) ?? null;
  if (arrival === "drained") return arrival;
  const read = arrival === null ? null : readSpilled(arrival);
  const run = read?.runs.find(({ summary }) => summary.runId === runId);
  return read === null || run === undefined ? null : { run, jobs: read.jobs };
}

async function spilledBody(spill: Places["spill"], id: string): Promise<KeptBody | null> {
  const arrival = (await spill?.get(id)) ?? null;
  return arrival === null ? null : { delivery: waiting(arrival, null), body: arrival.body, nonce: arrival.nonce };
}

/** What a spilled delivery says, in the terms of the store: read on the way, since nothing but its bytes is kept. */
function readSpilled(arrival: Arrival): { jobs: FoundJob[]; runs: KeptRun[] } {
  const reading = parseCallback(arrival.body);
  if (!reading.ok) return { jobs: [], runs: [] };
  const delivery = waiting(arrival, reading.value);
  const { body } = arrival;
  return {
    jobs: reading.value.jobs.map((job) => {
      const isAnswer = arrival.source === "reconcile";
      const rank = jobRank(job, arrival.id, isAnswer);
      const { full: _, detail: __, ...summary } = job;
      const { receivedAt } = arrival;
      return {
        summary,
        delivery,
        body,
        rank,
        version: rank,
        firstReceivedAt: receivedAt,
        updatedAt: receivedAt,
        expectation: null,
        verified: isAnswer ? true : null,
      };
    }),
    runs: reading.value.runs.map((run) => {
      const { tasks: _, ...summary } = run;
      return { summary, delivery, body, rank: runRank(run, arrival.id) };
    }),
  };
}

/** A delivery that waits in the spill: its bytes are there, and the store has not read them yet. */
const waiting = (
  { id, size, contentType, receivedAt, lastReceivedAt, count, source }: Arrival,
  reading: Reading | null,
) => ({
  id,
  size,
  contentType,
  receivedAt,
  lastReceivedAt,
  count,
  status: "pending" as const,
  format: reading?.format ?? null,
  failure: null,
  hasBytes: true,
  source,
});

/** The record is the greatest reading, wherever it is. Whichever tells of the workflow, it is told. What was announced is in the store. */
function greaterJob(stored: FoundJob, spilled: FoundJob | null): FoundJob {
  if (spilled === null) return stored;
  const [greater, lesser] = spilled.rank > stored.rank ? [spilled, stored] : [stored, spilled];
  const workflow = greater.summary.workflow ?? lesser.summary.workflow;
  const firstReceivedAt = Math.min(greater.firstReceivedAt, lesser.firstReceivedAt);
  const { expectation } = stored;
  return { ...greater, firstReceivedAt, expectation, summary: { ...greater.summary, workflow } };
}

const greaterRun = (stored: KeptRun | null, spilled: KeptRun): KeptRun =>
  stored === null || spilled.rank > stored.rank ? spilled : stored;
