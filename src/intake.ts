/**
 * The one way in. Whatever brings bytes goes through here: they are named by their digest, read by the
 * pure reader, and written with what they say in one batch. Resolves only when they are stored.
 */
import { decodeBytes, parseCallback } from "./callback/callback.ts";
import type { ReadFailure } from "./callback/types.ts";
import type { Entry, Store } from "./store/store.ts";

/** One body as it arrived. */
export interface Arrival {
  bytes: Uint8Array;
  contentType: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
}

/** What became of one arrival, once it is stored. */
export interface Outcome {
  delivery: string;
  status: "stored" | "duplicate" | "no-job" | "quarantined";
  jobs: string[];
  /** Why it is in quarantine; null where it is not. */
  failure: ReadFailure | null;
}

/** Keeps and reads arrivals, in one write. Rejects where they are not certain to be stored. */
export async function intake(store: Store, arrivals: readonly Arrival[]): Promise<Outcome[]> {
  const entries = await Promise.all(arrivals.map(entryOf));
  const counts = await store.put(entries);
  return entries.map((entry, index) => outcomeOf(entry, counts[index] ?? 0));
}

async function entryOf({ bytes, contentType, receivedAt }: Arrival): Promise<Entry> {
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const body = decodeBytes(bytes);
  const receipt = crypto.randomUUID().slice(0, 8);
  return { id, body, size: bytes.length, contentType, receivedAt, receipt, reading: parseCallback(body) };
}

function outcomeOf(entry: Entry, count: number): Outcome {
  const { id: delivery, reading } = entry;
  if (reading?.ok !== true) return { delivery, status: "quarantined", jobs: [], failure: reading?.error ?? null };
  const jobs = reading.value.jobs.map((job) => job.jobId);
  const isEmpty = jobs.length + reading.value.runs.length === 0;
  const status = count > 1 ? "duplicate" : isEmpty ? "no-job" : "stored";
  return { delivery, status, jobs, failure: null };
}
