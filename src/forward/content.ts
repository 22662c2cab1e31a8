/**
 * The data of an event: the record as it is when the attempt is made, from the primary. If several events in a row are
 * about jobs of one delivery, its body is fetched and read once. Only the last body is held.
 */
import { fail, ok, type Result } from "../callback/result.ts";
import { bodyOf, bodyWithoutDetail, type Envelope, jobBody } from "../events/payload.ts";
import { RUN_JOBS } from "../events/limits.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import { CorruptBodyError } from "../store/errors.ts";
import type { KeptJob, Store } from "../store/store.ts";
import { type BodyReading, deliveryRecord, jobOf, jobWith, readBody, runOf } from "../wire.ts";

/** Up to this size of a delivery, in bytes, the detail is read whatever became of the attempt before. */
const COSTLY_BYTES = 256 * 1024;

/** How long a store may not yet show what an event is about, in milliseconds. KV says 60 s "or more". */
const LATE_MILLISECONDS = 300_000;

/** The rank of the record as it is now, and the body of the event about it. */
interface Content {
  rank: string;
  body(): string;
}

interface JobContent {
  kept: KeptJob;
  /** What the delivery behind the record says; null if its bytes are gone or corrupt. */
  reading: BodyReading | null;
}

/** Gives the body of an event. Fails if the job, run or delivery is no longer kept, or is not shown yet. */
export type Contents = (event: LeasedEvent) => Promise<Result<string, "record-gone" | "record-late">>;

/** The contents of events, for one run of the cron, one batch or one request. */
export function contentsOf(store: Store): Contents {
  /** The delivery that was read last; null if that failed. */
  let last: { delivery: string; loaded: Promise<JobContent | null> } | null = null;

  /** If a job's bytes are corrupt, the event is made from its row. */
  async function load(jobId: string): Promise<JobContent | null> {
    try {
      const found = await store.getJobWithBody(jobId, "primary");
      if (found === null) return null;
      const { body, ...kept } = found;
      return { kept, reading: readBody(body) };
    } catch (error) {
      if (!(error instanceof CorruptBodyError)) throw error;
      const kept = await store.getJob(jobId);
      return kept === null ? null : { kept, reading: null };
    }
  }

  async function job({ subject, delivery }: LeasedEvent): Promise<JobContent | null> {
    if (last?.delivery !== delivery) {
      const loaded = load(subject);
      last = { delivery, loaded: loaded.catch(() => null) };
      return loaded;
    }
    const [kept, other] = await Promise.all([store.getJob(subject), last.loaded]);
    if (kept === null) return null;
    // By now another delivery may be behind the record.
    return other?.kept.delivery.id === kept.delivery.id ? { kept, reading: other.reading } : load(subject);
  }

  async function jobContent(event: LeasedEvent, envelope: Envelope): Promise<Content | null> {
    // Reading a large body may have killed the Worker in the attempt before. Then the job is sent without its detail.
    const wasCutOff = event.attempt > 1 && event.lastStatus === null && event.lastError === null;
    const kept = wasCutOff ? await store.getJob(event.subject) : null;
    if (kept !== null && kept.delivery.size > COSTLY_BYTES)
      return { rank: kept.rank, body: () => bodyWithoutDetail(envelope, jobWith(kept, null, Date.now())) };
    const found = await job(event);
    return found === null
      ? null
      : { rank: found.kept.rank, body: () => jobBody(envelope, jobWith(found.kept, found.reading, Date.now())) };
  }

  async function recordOf(event: LeasedEvent): Promise<Content | null> {
    const { type, subject, createdAt: at } = event;
    switch (type) {
      case "job.finished":
      case "job.updated":
      case "job.disputed":
        return jobContent(event, { type, at });
      case "job.overdue": {
        const told = await jobContent(event, { type, at });
        const expected = told === null ? ((await store.expectations?.get(subject)) ?? null) : null;
        return expected === null ? told : { rank: "", body: () => bodyOf({ type, at }, jobOf(expected, Date.now())) };
      }
      case "run.finished": {
        const [run, jobs] = await Promise.all([
          store.getRun(subject),
          store.listJobs({ runId: subject }, RUN_JOBS, null),
        ]);
        if (run === null) return null;
        return { rank: run.rank, body: () => bodyOf({ type, at }, runOf(subject, run, jobs.items, Date.now())) };
      }
      case "delivery.quarantined": {
        const delivery = await store.getDelivery(subject);
        return delivery === null ? null : { rank: "", body: () => bodyOf({ type, at }, deliveryRecord(delivery)) };
      }
    }
  }

  return async (event) => {
    const content = await recordOf(event);
    const isBehind = event.rank !== null && (content === null || content.rank < event.rank);
    if (isBehind && Date.now() < event.createdAt + LATE_MILLISECONDS) return fail("record-late");
    return content === null ? fail("record-gone") : ok(content.body());
  };
}
