/**
 * The spill: KV, where a delivery waits if D1 did not take it. Each has its own key, `spill:<id>`, and a pointer
 * `spilled-job:<JobId>` for each job it names, so that a look-up finds it before it is drained. No delivery expires: it
 * is deleted only when D1 has it and has read it.
 */
import { decodeBytes } from "../callback/callback.ts";
import { jobRank, runRank } from "../callback/state.ts";
import { verified } from "./encoding.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { idKey } from "./keys.ts";
import type { Persistently } from "./retry.ts";
import type { Arrival, DeliveryReading } from "./store.ts";

/** What is kept beside the bytes of a spilled delivery. `receipt` is the arrival's nonce. */
interface SpillHead {
  contentType: string | null;
  receivedAt: number;
  lastReceivedAt?: number;
  count?: number;
  receipt: string | null;
  /** Absent for a callback. */
  source?: "reconcile";
}

/** A spilled delivery as it is listed. */
export interface SpillEntry {
  id: string;
  /** Of the body, in bytes. */
  size: number;
  /** Whether the bytes are UTF-8. Only such bodies can be fetched many at a time. */
  isText: boolean;
}

export interface Spill {
  /** Resolves only when the delivery is in KV. */
  put(arrival: Arrival): Promise<void>;
  /** Writes the pointers by which look-ups find the jobs of a spilled delivery. Never rejects: they are best effort. */
  point(told: DeliveryReading): Promise<void>;
  get(id: string): Promise<Arrival | null>;
  /** The spilled delivery that says most about this job. "drained" if there was one, and the store has it by now. */
  findByJob(jobId: string): Promise<Arrival | "drained" | null>;
  /** The same for a workflow run. */
  findByRun(runId: string): Promise<Arrival | "drained" | null>;
  /** Up to 1,000 entries, in one call, and where to continue; null after the last. */
  list(cursor: string | null): Promise<{ entries: SpillEntry[]; next: string | null }>;
  /**
   * Deliveries by their entries, up to 100 in one call if all are text. Those that are gone are left out; each corrupt
   * one is a fault.
   */
  getMany(entries: readonly SpillEntry[]): Promise<{ arrivals: Arrival[]; faults: string[] }>;
  /** How many deliveries wait, counted up to 1,000. */
  depth(): Promise<number>;
  /** Deletes a delivery. Only for one that the store has. */
  remove(id: string): Promise<void>;
}

/** Keys that KV fetches in one call. */
export const SPILL_BULK_KEYS = 100;

const PREFIX = "spill:";
const JOB_POINTER = "spilled-job:";
const RUN_POINTER = "spilled-run:";

export function kvSpill(kv: KVNamespace, persistently: Persistently): Spill {
  async function get(id: string): Promise<Arrival | null> {
    const value = await persistently(() => kv.get(PREFIX + id, "arrayBuffer"));
    return value === null ? null : opened(id, value);
  }

  /**
   * If a job has several spilled deliveries, the pointer leads to the one with the greatest rank. Best effort: KV has
   * no compare-and-set.
   */
  async function pointTo(key: string, rank: string, id: string): Promise<void> {
    const { value, metadata } = await persistently(() => kv.getWithMetadata<PointerMetadata>(key));
    // If the other one was drained, the store has it, and the pointer is free.
    if (value !== null && metadata !== null && metadata.rank > rank && (await get(value)) !== null) return;
    const options = { metadata: { rank } satisfies PointerMetadata, expirationTtl: POINTER_SECONDS };
    await persistently(() => kv.put(key, id, options));
  }

  async function follow(pointer: string): Promise<Arrival | "drained" | null> {
    const id = await persistently(() => kv.get(pointer));
    return id === null ? null : ((await get(id)) ?? "drained");
  }

  return {
    async put(arrival) {
      const { contentType, receivedAt, lastReceivedAt, count, nonce: receipt, source } = arrival;
      const answered = source === "reconcile" ? { source } : {};
      const head = { contentType, receivedAt, lastReceivedAt, count, receipt, ...answered } satisfies SpillHead;
      const metadata: SpillMetadata = { size: arrival.size, isText: typeof arrival.body === "string" };
      await persistently(() => kv.put(PREFIX + arrival.id, sealEnvelope(head, arrival.body), { metadata }));
    },

    async point({ id, reading, source }) {
      const { jobs, runs } = reading.ok ? reading.value : { jobs: [], runs: [] };
      await Promise.allSettled([
        ...jobs.slice(0, POINTERS_PER_DELIVERY).map(async (job) => {
          const rank = jobRank(job, id, source === "reconcile");
          await pointTo(await idKey(JOB_POINTER, job.jobId), rank, id);
        }),
        ...runs.map(async (run) => pointTo(await idKey(RUN_POINTER, run.runId), runRank(run, id), id)),
      ]);
    },

    get,

    findByJob: async (jobId) => follow(await idKey(JOB_POINTER, jobId)),

    findByRun: async (runId) => follow(await idKey(RUN_POINTER, runId)),

    async list(cursor) {
      const page = await persistently(() => kv.list<SpillMetadata>({ prefix: PREFIX, cursor }));
      const entries = page.keys.map(({ name, metadata }) => ({
        id: name.slice(PREFIX.length),
        size: metadata?.size ?? 0,
        isText: metadata?.isText === true,
      }));
      return { entries, next: page.list_complete ? null : page.cursor };
    },

    async getMany(entries) {
      const keys = entries.map(({ id }) => PREFIX + id);
      const areText = entries.every(({ isText }) => isText);
      const values = areText ? await persistently(() => kv.get(keys, "text")) : null;
      const fetched = await Promise.allSettled(
        entries.map(async ({ id }) => {
          if (values === null) return get(id);
          const value = values.get(PREFIX + id) ?? null;
          return value === null ? null : opened(id, new TextEncoder().encode(value));
        }),
      );
      return {
        arrivals: fetched.flatMap((one) => (one.status === "fulfilled" && one.value !== null ? [one.value] : [])),
        faults: fetched.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : [])),
      };
    },

    async depth() {
      return (await persistently(() => kv.list({ prefix: PREFIX }))).keys.length;
    },

    async remove(id) {
      await persistently(() => kv.delete(PREFIX + id));
    },
  };
}

/** Rejects with a CorruptBodyError if the bytes are not the ones that this delivery is named after. */
async function opened(id: string, value: ArrayBuffer | Uint8Array): Promise<Arrival> {
  const { head, bytes } = openEnvelope(value);
  const {
    contentType,
    receivedAt,
    lastReceivedAt = receivedAt,
    count = 1,
    receipt,
    source = "callback",
  } = head as SpillHead;
  const body = await verified(id, decodeBytes(bytes));
  return {
    id,
    body,
    size: bytes.length,
    contentType,
    receivedAt,
    lastReceivedAt,
    count,
    nonce: receipt,
    isRestored: receipt === null,
    source,
  };
}

interface SpillMetadata {
  size: number;
  isText?: boolean;
}

interface PointerMetadata {
  rank: string;
}

/**
 * How long a pointer lives, in seconds. It outlives its delivery, which never expires while it waits, and is of no use
 * then.
 */
const POINTER_SECONDS = 30 * 86_400;

/**
 * How many jobs of one spilled delivery get a pointer. Each costs a read and a write, and a Worker on the free plan has
 * 50 subrequests.
 */
const POINTERS_PER_DELIVERY = 15;
