/** What an event says: the record as it is when the attempt is made, from the primary. */
import { bodyOf, bodyWithoutDetail, type Envelope, jobBody } from "../events/payload.ts";
import { RUN_JOBS } from "../events/limits.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import { CorruptBodyError, type KeptBody, type KeptJob, type Store } from "../store/store.ts";
import { deliveryRecord, jobOf, runOf } from "../wire.ts";

/** The bodies of events that take up to this much of a delivery are made whatever it takes, in bytes. */
const COSTLY_BYTES = 256 * 1024;

/** The body; null where the job, run or delivery is no longer kept. */
export async function contentOf(store: Store, event: LeasedEvent): Promise<string | null> {
  const { type, subject, createdAt: at } = event;
  switch (type) {
    case "job.finished":
    case "job.updated":
    case "job.overdue":
    case "job.disputed": {
      const kept = await jobWithBody(store, subject);
      return kept === null ? null : jobContent(event, { type, at }, kept);
    }
    case "run.finished": {
      const [run, jobs] = await Promise.all([
        store.getRun(subject),
        store.listJobs({ runId: subject }, RUN_JOBS, null),
      ]);
      return run === null ? null : bodyOf({ type, at }, runOf(subject, run, jobs.items));
    }
    case "delivery.quarantined": {
      const delivery = await store.getDelivery(subject);
      return delivery === null ? null : bodyOf({ type, at }, deliveryRecord(delivery));
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
