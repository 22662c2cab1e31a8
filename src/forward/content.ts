/** What an event says: the record as it is when the attempt is made, from the primary. */
import { fail, ok, type Result } from "../callback/result.ts";
import { bodyOf, bodyWithoutDetail, type Envelope, jobBody } from "../events/payload.ts";
import { RUN_JOBS } from "../events/limits.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import { CorruptBodyError, type KeptBody, type KeptJob, type Store } from "../store/store.ts";
import { deliveryRecord, jobOf, runOf } from "../wire.ts";

/** The bodies of events that take up to this much of a delivery are made whatever it takes, in bytes. */
const COSTLY_BYTES = 256 * 1024;

/** How long a store that is late may not show what an event is about, in milliseconds. KV says 60 s "or more". */
const LATE_MILLISECONDS = 300_000;

/** The body, or that the job, run or delivery is no longer kept, or not shown yet. */
export async function contentOf(
  store: Store,
  event: LeasedEvent,
): Promise<Result<string, "record-gone" | "record-late">> {
  const kept = await recordOf(store, event);
  const isBehind = event.rank !== null && (kept === null || kept.rank < event.rank);
  if (isBehind && Date.now() < event.createdAt + LATE_MILLISECONDS) return fail("record-late");
  return kept === null ? fail("record-gone") : ok(kept.body());
}

/** The record as it is kept now, the rank of its reading, and the body that tells it. */
interface Content {
  rank: string;
  body(): string;
}

async function recordOf(store: Store, event: LeasedEvent): Promise<Content | null> {
  const { type, subject, createdAt: at } = event;
  switch (type) {
    case "job.finished":
    case "job.updated":
    case "job.overdue": {
      const kept = await jobWithBody(store, subject);
      return kept === null ? null : { rank: kept.rank, body: () => jobContent(event, { type, at }, kept) };
    }
    case "run.finished": {
      const [run, jobs] = await Promise.all([
        store.getRun(subject),
        store.listJobs({ runId: subject }, RUN_JOBS, null),
      ]);
      if (run === null) return null;
      return { rank: run.rank, body: () => bodyOf({ type, at }, runOf(subject, run, jobs.items)) };
    }
    case "delivery.quarantined": {
      const delivery = await store.getDelivery(subject);
      return delivery === null ? null : { rank: "", body: () => bodyOf({ type, at }, deliveryRecord(delivery)) };
    }
  }
}

/** A job whose bytes are corrupt is told by its row. */
async function jobWithBody(store: Store, jobId: string): Promise<(KeptJob & KeptBody) | null> {
  try {
    return await store.getJobWithBody(jobId, "primary");
  } catch (error) {
    if (!(error instanceof CorruptBodyError)) throw error;
    const kept = await store.getJob(jobId);
    return kept === null ? null : { ...kept, body: null };
  }
}

/** Where reading a large body may have ended the Worker in the attempt before, the job is told without its detail. */
function jobContent(event: LeasedEvent, envelope: Envelope, kept: KeptJob & KeptBody): string {
  const wasCutOff = event.attempt > 1 && event.lastStatus === null && event.lastError === null;
  return wasCutOff && kept.delivery.size > COSTLY_BYTES
    ? bodyWithoutDetail(envelope, jobOf({ ...kept, body: null }))
    : jobBody(envelope, jobOf(kept));
}
