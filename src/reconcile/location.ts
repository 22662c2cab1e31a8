/** Where a job lives, as far as anybody has said: its bucket and region are a part of the host that is asked. Pure. */
import type { CiQueue, Place } from "./queues.ts";

/** What is known of a job's place. */
export interface Whereabouts {
  bucket: string | null;
  region: string | null;
}

/**
 * The bucket and region of a job. What it does not say itself is taken from the queues where they leave no choice: the
 * only region in which they have its bucket, or the only bucket that they name. Null where there is a choice.
 */
export function placeOf({ bucket, region }: Whereabouts, queues: readonly CiQueue[] | null): Place | null {
  if (filled(bucket) && filled(region)) return { bucket, region };
  const named = (queues ?? []).filter(
    (queue) => (!filled(bucket) || queue.bucket === bucket) && (!filled(region) || queue.region === region),
  );
  const [first, ...others] = named;
  const isOnly = others.every((queue) => queue.bucket === first?.bucket && queue.region === first.region);
  return first !== undefined && isOnly ? { bucket: first.bucket, region: first.region } : null;
}

const filled = (text: string | null): text is string => text !== null && text !== "";
