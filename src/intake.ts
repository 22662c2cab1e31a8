/**
 * The one way in. Whatever brings bytes goes through here: they are named by their digest, read by the pure
 * reader, and written with what they say in one batch. Resolves only when they are stored, in the store or,
 * where that fails, in the second place. A large body is stored before it is read, so that whatever ends the
 * reading, the bytes are there.
 */
import { type Body, decodeBytes, parseCallback } from "./callback/callback.ts";
import type { Reading, ReadFailure } from "./callback/types.ts";
import { fail, type Result } from "./callback/result.ts";
import { StoreError } from "./store/retry.ts";
import type { Spill } from "./store/spill.ts";
import type { Entry, KeptBody, Store } from "./store/store.ts";

/** Bodies above this are stored before they are read, in bytes: reading 1 MiB is far from any plan's CPU limit. */
export const READ_AFTER_BYTES = 1024 * 1024;

/** Where deliveries are written. With KV as the store there is no second place. */
export interface Places {
  store: Store;
  spill: Spill | null;
}

/** One body as it arrived, or as it was kept and comes again. */
export interface Arrival {
  bytes: Uint8Array;
  contentType: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** Of an arrival that is tried again; a new one gets a new receipt. */
  receipt?: string;
}

/** What became of one arrival, once it is stored. */
export interface Outcome {
  delivery: string;
  status: "stored" | "duplicate" | "no-job" | "quarantined" | "spilled" | "queued";
  jobs: string[];
  reading: Result<Reading, ReadFailure>;
  /** Why a spilled one is not in the store. */
  fault: string | null;
}

/** An arrival, named by its digest and read, and not stored anywhere yet. */
export const nameAndRead = async (arrival: Arrival): Promise<ReadEntry> => read(await unreadEntry(arrival));

/** Keeps and reads arrivals, in one write. Rejects with a StoreError where they are not certain to be stored. */
export async function intake(
  places: Places,
  arrivals: readonly Arrival[],
  parse: Parse = parseCallback,
): Promise<Outcome[]> {
  const unread = await Promise.all(arrivals.map(unreadEntry));
  const large = unread.filter((entry) => entry.size > READ_AFTER_BYTES);
  try {
    if (large.length > 0) await places.store.put(large);
    for (const entry of large) entry.bodyIsKept = true;
    const entries = unread.map((entry) => read(entry, parse));
    const counts = await places.store.put(entries);
    return entries.map((entry, index) => outcomeOf(entry, statusOf(entry, counts[index] ?? 0)));
  } catch (error) {
    // Whatever it was, and be it a fault of ours: bytes that the store does not have are not lost if the second place has them.
    if (places.spill === null) throw error;
    const { spill } = places;
    const entries = unread.map((entry) => read(entry, parse));
    await Promise.all(entries.map((entry) => spill.put(entry)));
    const fault = error instanceof StoreError ? error.message : String(error);
    return entries.map((entry) => outcomeOf(entry, "spilled", fault));
  }
}

/** Reads deliveries that are kept already, again: after an upgrade, or where the first reading did not end. Twice is as once. */
export async function readAgain(store: Store, kept: readonly KeptBody[]): Promise<Outcome[]> {
  const entries = kept.flatMap(({ delivery, body }) => {
    if (body === null) return [];
    const { id, size, contentType, receivedAt } = delivery;
    return [read({ id, body, size, contentType, receivedAt, receipt: "", bodyIsKept: true, reading: null })];
  });
  if (entries.length > 0) await store.put(entries);
  return entries.map((entry) => outcomeOf(entry, statusOf(entry, 1)));
}

type Parse = typeof parseCallback;

export type ReadEntry = Entry & { reading: Result<Reading, ReadFailure> };

async function unreadEntry(arrival: Arrival): Promise<Entry> {
  const { bytes, contentType, receivedAt } = arrival;
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const body: Body = decodeBytes(bytes);
  const receipt = arrival.receipt ?? crypto.randomUUID().slice(0, 8);
  return { id, body, size: bytes.length, contentType, receivedAt, receipt, bodyIsKept: false, reading: null };
}

/** The reader never throws, as far as anybody knows. If it does all the same, the bytes are kept like any that cannot be read. */
function read(entry: Entry, parse: Parse = parseCallback): ReadEntry {
  try {
    return { ...entry, reading: parse(entry.body) };
  } catch (error) {
    const reason = `The reader failed on this body: ${String(error)}`;
    return { ...entry, reading: fail({ code: "internal-error", reason, line: null, column: null }) };
  }
}

function outcomeOf({ id, reading }: ReadEntry, status: Outcome["status"], fault: string | null = null): Outcome {
  return { delivery: id, status, jobs: reading.ok ? reading.value.jobs.map((job) => job.jobId) : [], reading, fault };
}

function statusOf({ reading }: ReadEntry, count: number): Outcome["status"] {
  if (!reading.ok) return "quarantined";
  if (count > 1) return "duplicate";
  return reading.value.jobs.length + reading.value.runs.length === 0 ? "no-job" : "stored";
}
