/**
 * The second place to write: KV, for deliveries that D1 did not take. Each is under its own key, `spill:<id>`,
 * with a pointer `spilled-job:<JobId>` for each job it names, so that a look-up finds it before the drain has
 * brought it home. Nothing here expires: what was acknowledged is deleted only when D1 has it.
 */
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { jobKey } from "./keys.ts";
import type { Persistently } from "./retry.ts";
import type { Entry } from "./store.ts";

/** What is kept beside the bytes of a spilled delivery. */
interface SpillHead {
  contentType: string | null;
  receivedAt: number;
  receipt: string;
  jobs: string[];
}

/** A delivery as it waits: all that intake needs to bring it in. */
export interface Spilled extends SpillHead {
  id: string;
  bytes: Uint8Array;
}

export interface Spill {
  /** Resolves only when the delivery is in KV. The pointers are written after it, and are not worth failing for. */
  put(entry: Entry): Promise<void>;
  /** The spilled delivery that last named this job; null where there is none. */
  findByJob(jobId: string): Promise<Spilled | null>;
  /** Some of what waits, never more than fits in memory, and how many wait in all, counted up to 1,000. */
  take(limit: number): Promise<{ taken: Spilled[]; waiting: number }>;
  /** How many wait, counted up to 1,000. */
  depth(): Promise<number>;
  /** Forgets a delivery; only for one that the store has. */
  remove(spilled: Spilled): Promise<void>;
}

const PREFIX = "spill:";
const POINTER = "spilled-job:";

export function kvSpill(kv: KVNamespace, persistently: Persistently): Spill {
  async function get(id: string): Promise<Spilled | null> {
    const value = await persistently(() => kv.get(PREFIX + id, "arrayBuffer"));
    if (value === null) return null;
    const { head, bytes } = openEnvelope(value);
    return { ...(head as SpillHead), id, bytes };
  }

  return {
    async put(entry) {
      const jobs = entry.reading?.ok === true ? entry.reading.value.jobs.map((job) => job.jobId) : [];
      const { contentType, receivedAt, receipt } = entry;
      const head: SpillHead = { contentType, receivedAt, receipt, jobs: jobs.slice(0, POINTERS_PER_DELIVERY) };
      const value = sealEnvelope(head, entry.body);
      const metadata: SpillMetadata = { size: entry.size };
      await persistently(() => kv.put(PREFIX + entry.id, value, { metadata }));
      await Promise.allSettled(head.jobs.map(async (jobId) => kv.put(await jobKey(POINTER, jobId), entry.id)));
    },

    async findByJob(jobId) {
      const key = await jobKey(POINTER, jobId);
      const id = await persistently(() => kv.get(key));
      return id === null ? null : get(id);
    },

    async take(limit) {
      const { keys } = await persistently(() => kv.list<SpillMetadata>({ prefix: PREFIX }));
      const taken: Spilled[] = [];
      let bytes = 0;
      for (const { name, metadata } of keys.slice(0, limit)) {
        bytes += metadata?.size ?? 0;
        if (taken.length > 0 && bytes > TAKEN_BYTES) break;
        const spilled = await get(name.slice(PREFIX.length));
        if (spilled !== null) taken.push(spilled);
      }
      return { taken, waiting: keys.length };
    },

    async depth() {
      return (await persistently(() => kv.list({ prefix: PREFIX }))).keys.length;
    },

    async remove({ id, jobs }) {
      const keys = await Promise.all(jobs.map((jobId) => jobKey(POINTER, jobId)));
      await Promise.all([...keys, PREFIX + id].map((key) => persistently(() => kv.delete(key))));
    },
  };
}

/** Bodies taken at once, in bytes, unless a single one is larger. A Worker has 128 MB. */
const TAKEN_BYTES = 16 * 1024 * 1024;

interface SpillMetadata {
  size: number;
}

/** How many jobs of one spilled delivery can be looked up before it is drained; a Worker has 50 subrequests on the free plan. */
const POINTERS_PER_DELIVERY = 20;
