/** Asks CI about one job now, whoever knows it: for a person or a program that does not want to wait for the cron. */
import { parseCallback } from "../callback/callback.ts";
import { fail, ok, type Result } from "../callback/result.ts";
import type { JobReading } from "../callback/types.ts";
import type { Places } from "../intake.ts";
import { findKnownJob, type FoundJob } from "../lookup.ts";
import { CorruptBodyError } from "../store/errors.ts";
import { type ExpectedJob, isOnlyExpected } from "../store/expectations.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import type { Asking, JobToAsk } from "./asking.ts";
import { isSameResult } from "./compare.ts";
import type { AskFailure } from "./faults.ts";
import { placeOf } from "./location.ts";

export interface AskedNow {
  /**
   * `unchanged`: CI says what the record says already, and nothing was kept. `unknown`: nobody has told of the job, and
   * no setting says where CI would be asked about it.
   */
  outcome: "taken-in" | "unchanged" | "unknown-to-ci" | "unknown";
  /** Events that the answer has caused, whose first attempts are the caller's to make. */
  events: readonly LeasedEvent[];
}

/** Rejects with a StoreError where the store could not be asked, or the answer not be stored. */
export async function askNow(asking: Asking, jobId: string): Promise<Result<AskedNow, AskFailure>> {
  const { places, queues } = asking.means;
  const known = await findDespiteCorruptBytes(places, jobId);
  const asked = known === null ? { jobId, bucket: null, region: null } : toAsk(known);
  const hasPlace = placeOf(asked, queues) !== null;
  if (known === null && !hasPlace) return ok({ outcome: "unknown", events: [] });
  const pause = hasPlace ? await asking.pauseSeconds() : 0;
  if (pause > 0) return fail({ kind: "slow-down", retryAfterSeconds: pause, requestId: null });
  const answer = await asking.describe(asked);
  if (!answer.ok) return answer;
  const { job, requestId } = answer.value;
  await noteKnown(asking, known, job !== null);
  if (job === null) return ok({ outcome: "unknown-to-ci", events: [] });
  if (job.state === null)
    return fail({ kind: "malformed", status: 200, reason: "The answer has no State.", requestId });
  if (known !== null && !isOnlyExpected(known) && isSame(known, job)) return ok({ outcome: "unchanged", events: [] });
  const [outcome] = await asking.takeIn([answer.value]);
  if (outcome != null) return ok({ outcome: "taken-in", events: outcome.events });
  return fail({ kind: "malformed", status: 200, reason: "The answer has a job without State.", requestId });
}

/** Corrupt bytes are no reason not to ask: CI's answer takes their place. The store still has the record without them. */
async function findDespiteCorruptBytes(places: Places, jobId: string): Promise<FoundJob | ExpectedJob | null> {
  try {
    return await findKnownJob(places, jobId);
  } catch (error) {
    if (!(error instanceof CorruptBodyError)) throw error;
    const kept = await places.store.getJob(jobId);
    if (kept !== null) return { ...kept, body: null };
    return (await places.store.expectations?.get(jobId)) ?? null;
  }
}

/** As a delivery tells of it, or else as it was announced. */
function toAsk(known: FoundJob | ExpectedJob): JobToAsk {
  if (!isOnlyExpected(known)) {
    const { jobId, bucket, region, tag, event } = known.summary;
    return { jobId, bucket, region, tag, event };
  }
  const { jobId, bucket, region, tag } = known;
  return { jobId, bucket, region, tag };
}

/** What CI knows of a job that is expected, as where the cron has asked. */
async function noteKnown({ means }: Asking, known: FoundJob | ExpectedJob | null, isKnown: boolean): Promise<void> {
  if (known === null || known.expectation === null) return;
  const jobId = isOnlyExpected(known) ? known.jobId : known.summary.jobId;
  await means.places.store.expectations?.settle([{ jobId, asks: null, isKnown, askAt: null }], means.now());
}

/**
 * Whether the answer is no news. Of a job that still runs it is none where the state is the same. An end is taken in
 * even where a callback tells the same, so that no later callback outranks it; only CI's own word is not kept twice.
 */
function isSame({ summary, body, delivery }: FoundJob, answer: JobReading): boolean {
  if (!answer.terminal) return summary.state === answer.state;
  if (delivery.source !== "reconcile") return false;
  const reading = body === null ? null : parseCallback(body);
  const told = reading?.ok === true ? reading.value.jobs.find(({ jobId }) => jobId === answer.jobId) : undefined;
  return told !== undefined && isSameResult(told, answer);
}
