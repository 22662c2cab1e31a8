/** Asks CI about one job now, whoever knows it: for a person or a program that does not want to wait for the cron. */
import { parseCallback } from "../callback/callback.ts";
import { fail, ok, type Result } from "../callback/result.ts";
import type { JobReading } from "../callback/types.ts";
import { findJob, type FoundJob } from "../lookup.ts";
import type { LeasedEvent } from "../store/outbox.ts";
import type { Asking, JobToAsk } from "./asking.ts";
import { isSameResult } from "./compare.ts";
import type { AskFailure } from "./faults.ts";

export interface AskedNow {
  /** `unchanged`: CI says what the record says already, and nothing was kept. */
  outcome: "taken-in" | "unchanged" | "unknown-to-ci";
  /** Events that the answer has caused, whose first attempts are the caller's to make. */
  events: readonly LeasedEvent[];
}

/** Rejects with a StoreError where the store could not be asked, or the answer not be stored. */
export async function askNow(asking: Asking, jobId: string): Promise<Result<AskedNow, AskFailure>> {
  const { places } = asking.means;
  const known = await findJob(places, jobId);
  const answer = await asking.describe(known === null ? await expected(asking, jobId) : toAsk(known));
  if (!answer.ok) return answer;
  const { job, requestId } = answer.value;
  if (job === null) return ok({ outcome: "unknown-to-ci", events: [] });
  if (job.state === null)
    return fail({ kind: "malformed", status: 200, reason: "The answer has no State.", requestId });
  if (known !== null && isSame(known, job)) return ok({ outcome: "unchanged", events: [] });
  const [outcome] = await asking.takeIn([answer.value]);
  if (outcome != null) return ok({ outcome: "taken-in", events: outcome.events });
  return fail({ kind: "malformed", status: 200, reason: "The answer has a job without State.", requestId });
}

const toAsk = ({ summary: { jobId, bucket, region, tag, event } }: FoundJob): JobToAsk => ({
  jobId,
  bucket,
  region,
  tag,
  event,
});

/** A job that nothing has told of, as it was announced, if it was. */
async function expected(asking: Asking, jobId: string): Promise<JobToAsk> {
  const announced = await asking.means.places.store.expectations?.get(jobId);
  const { bucket = null, region = null, tag = null } = announced ?? {};
  return { jobId, bucket, region, tag };
}

/** A job that still runs is the same where its state is; one that has ended, where its result is too. */
function isSame({ summary, body }: FoundJob, answer: JobReading): boolean {
  if (!answer.terminal) return summary.state === answer.state;
  const reading = body === null ? null : parseCallback(body);
  const told = reading?.ok === true ? reading.value.jobs.find(({ jobId }) => jobId === answer.jobId) : undefined;
  return told !== undefined && isSameResult(told, answer);
}
