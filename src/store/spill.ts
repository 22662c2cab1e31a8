/**
 * Where a delivery waits that D1 did not take: KV. Each is under its own key, `spill:<id>`, with a pointer
 * `spilled-job:<JobId>` for each job it names, so that a look-up finds it before it is drained. Nothing here expires:
 * what was acknowledged is deleted only when D1 has it and has read it.
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
  /** Whether the bytes are UTF-8: those can be fetched many at a time. */
  isText: boolean;
}

export interface Spill {
  /** Resolves only when the delivery is in KV. */
  put(arrival: Arrival): Promise<void>;
  /** Lets look-ups find the jobs of a delivery that is there; never rejects, since that is not worth failing for. */
  point(told: DeliveryReading): Promise<void>;
  get(id: string): Promise<Arrival | null>;
  /** The spilled delivery that says most of this job; "drained" where one was here, and the store has it by now. */
  findByJob(jobId: string): Promise<Arrival | "drained" | null>;
  /** The same for a workflow run. */
  findByRun(runId: string): Promise<Arrival | "drained" | null>;
  /** Up to 1,000 of what waits, in one call, and where to go on; null if these were the last. */
  list(cursor: string | null): Promise<{ entries: SpillEntry[]; next: string | null }>;
  /** Deliveries by their entries, up to 100 in one call where all are text. What is gone is left out, what is corrupt is a fault. */
  getMany(entries: readonly SpillEntry[]): Promise<{ arrivals: Arrival[]; faults: string[] }>;
  /** How many wait, counted up to 1,000. */
  depth(): Promise<number>;
  /** Forgets a delivery; only for one that the store has. */
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

  /** Of two spilled deliveries of a job, the pointer is to the one of greater rank. Best effort: KV has no compare-and-set. */
  async function pointTo(key: string, rank: string, id: string): Promise<void> {
    const { value, metadata } = await persistently(() => kv.getWithMetadata<PointerMetadata>(key));
    // One that was drained is for the store to tell of, as long as retention lets it.
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

/** A pointer outlives what it points to, and is then of no use: 30 days, in seconds. The delivery itself never expires. */
const POINTER_SECONDS = 30 * 86_400;

/**
 * How many jobs of one spilled delivery can be looked up before it is drained. Each costs a read and a write, and a
 * Worker on the free plan has 50 subrequests.
 */
const POINTERS_PER_DELIVERY = 15;
