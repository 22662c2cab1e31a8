/**
 * The second place to write: KV, for deliveries that D1 did not take. Each is under its own key, `spill:<id>`,
 * with a pointer `spilled-job:<JobId>` for each job it names, so that a look-up finds it before the drain has
 * brought it home. Nothing here expires: what was acknowledged is deleted only when D1 has it.
 */
import { jobRank } from "../callback/state.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { jobKey } from "./keys.ts";
import type { Persistently } from "./retry.ts";
import type { Entry } from "./store.ts";

/** What is kept beside the bytes of a spilled delivery. */
interface SpillHead {
  contentType: string | null;
  receivedAt: number;
  receipt: string;
}

/** A delivery as it waits: all that intake needs to bring it in. */
export interface Spilled extends SpillHead {
  id: string;
  bytes: Uint8Array;
}

export interface Spill {
  /** Resolves only when the delivery is in KV. */
  put(entry: Entry): Promise<void>;
  /** Lets look-ups find the jobs of a delivery that is there; never rejects, since that is not worth failing for. */
  point(entry: Entry): Promise<void>;
  get(id: string): Promise<Spilled | null>;
  /** The spilled delivery that says most of this job; null where there is none. */
  findByJob(jobId: string): Promise<Spilled | null>;
  /** Some of what waits, never more than fits in memory, and how many wait in all, counted up to 1,000. */
  take(limit: number): Promise<{ taken: Spilled[]; waiting: number }>;
  /** How many wait, counted up to 1,000. */
  depth(): Promise<number>;
  /** Forgets a delivery; only for one that the store has. */
  remove(id: string): Promise<void>;
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

  /** Of two spilled deliveries of a job, the pointer is to the one of greater rank, as far as a read and a write can tell. */
  async function pointTo({ jobId, rank }: { jobId: string; rank: string }, id: string): Promise<void> {
    const key = await jobKey(POINTER, jobId);
    const { metadata } = await persistently(() => kv.getWithMetadata<PointerMetadata>(key));
    if (metadata !== null && metadata.rank > rank) return;
    const options = { metadata: { rank } satisfies PointerMetadata, expirationTtl: POINTER_SECONDS };
    await persistently(() => kv.put(key, id, options));
  }

  return {
    async put(entry) {
      const { contentType, receivedAt, receipt } = entry;
      const value = sealEnvelope({ contentType, receivedAt, receipt } satisfies SpillHead, entry.body);
      const metadata: SpillMetadata = { size: entry.size };
      await persistently(() => kv.put(PREFIX + entry.id, value, { metadata }));
    },

    async point({ id, reading }) {
      const jobs = reading?.ok === true ? reading.value.jobs.slice(0, POINTERS_PER_DELIVERY) : [];
      const pointers = jobs.map((job) => ({ jobId: job.jobId, rank: jobRank(job, id) }));
      await Promise.allSettled(pointers.map((pointer) => pointTo(pointer, id)));
    },

    get,

    async findByJob(jobId) {
      const key = await jobKey(POINTER, jobId);
      const id = await persistently(() => kv.get(key));
      return id === null ? null : get(id);
    },

    async take(limit) {
      const { keys } = await persistently(() => kv.list<SpillMetadata>({ prefix: PREFIX }));
      // From a place that changes, so that what cannot be brought home does not stand before what can.
      const start = keys.length > limit ? Math.floor(Math.random() * keys.length) : 0;
      const taken: Spilled[] = [];
      let bytes = 0;
      for (const { name, metadata } of [...keys.slice(start), ...keys.slice(0, start)].slice(0, limit)) {
        bytes += metadata?.size ?? 0;
        if (taken.length > 0 && bytes > TAKEN_BYTES) break;
        const spilled = await get(name.slice(PREFIX.length)).catch(() => null);
        if (spilled !== null) taken.push(spilled);
      }
      return { taken, waiting: keys.length };
    },

    async depth() {
      return (await persistently(() => kv.list({ prefix: PREFIX }))).keys.length;
    },

    async remove(id) {
      await persistently(() => kv.delete(PREFIX + id));
    },
  };
}

/** Bodies taken at once, in bytes, unless a single one is larger. A Worker has 128 MB. */
const TAKEN_BYTES = 16 * 1024 * 1024;

interface SpillMetadata {
  size: number;
}

interface PointerMetadata {
  rank: string;
}

/** A pointer outlives what it points to, and is then of no use: 30 days, in seconds. The delivery itself never expires. */
const POINTER_SECONDS = 30 * 86_400;

/** How many jobs of one spilled delivery can be looked up before it is drained; a Worker has 50 subrequests on the free plan. */
const POINTERS_PER_DELIVERY = 15;
