/**
 * The verdicts of moderation jobs in a list. A job that succeeded may have blocked its picture, and must not look fine;
 * but lists keep no results. So the bodies of the few moderation jobs on a page are read.
 */
import { parseCallback } from "../../callback/callback.ts";
import type { Verdict } from "../../results/moderation-scenes.ts";
import { readModeration } from "../../results/moderation.ts";
import { StoreError } from "../../store/retry.ts";
import { CorruptBodyError } from "../../store/errors.ts";
import type { KeptJob, Store } from "../../store/store.ts";
import { listedJob } from "../../wire.ts";
import type { ShownJob } from "../views/job-row.ts";

/** Bodies that are read for one page: as many as a page of the list has jobs. */
const BODIES_READ = 20;

/** Larger ones are not read, in bytes: a moderation of a picture or a text is about 2 KB, of a long video far more. */
const BODY_BYTES = 64 * 1024;

/** Moderation has no tag, and an event of its own; in its simple form, none. */
const mayBeModerated = ({ summary: { tag, event, state } }: KeptJob): boolean =>
  tag === null && state === "Success" && (event === null || isReview(event));

const isReview = (event: string | null): boolean => event !== null && /^Review[A-Z]/.test(event);

/** Jobs as a list shows them, in their order. */
export async function withVerdicts(store: Store, jobs: readonly KeptJob[], now: number): Promise<ShownJob[]> {
  const moderated = jobs.filter(mayBeModerated);
  const isReadable = ({ delivery: { hasBytes, size } }: KeptJob) => hasBytes && size <= BODY_BYTES;
  const ids = [...new Set(moderated.filter(isReadable).map(({ delivery }) => delivery.id))].slice(0, BODIES_READ);
  const verdicts = await verdictsIn(store, ids);
  const candidates = new Set(moderated);
  return jobs.map((kept) => {
    const job = listedJob(kept, now);
    const verdict = verdicts.get(job.jobId) ?? null;
    return candidates.has(kept) && (verdict !== null || isReview(job.event)) ? { job, verdict } : { job };
  });
}

/** By job. None where the bytes cannot be had now: the list then says that it does not know. */
async function verdictsIn(store: Store, ids: readonly string[]): Promise<ReadonlyMap<string, Verdict | null>> {
  try {
    const bodies = await store.getBodies(ids);
    const readings = bodies.map(({ body }) => (body === null ? null : parseCallback(body)));
    const jobs = readings.flatMap((reading) => (reading?.ok === true ? reading.value.jobs : []));
    return new Map(jobs.map((job) => [job.jobId, readModeration(job)?.verdict ?? null]));
  } catch (error) {
    if (error instanceof StoreError || error instanceof CorruptBodyError) return new Map();
    throw error;
  }
}
