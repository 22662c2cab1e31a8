/**
 * The one way in. Whatever brings bytes goes through here: they are named by their digest, read by the pure
 * reader, and written with what they say in one batch. Resolves only when they are stored, in the store or,
 * where that fails, in the second place. A large body is stored before it is read, so that whatever ends the
 * reading, the bytes are there.
 */
import { type Body, decodeBytes, parseCallback } from "./callback/callback.ts";
import type { Reading, ReadFailure } from "./callback/types.ts";
import { fail, type Result } from "./callback/result.ts";
import type { Spill } from "./store/spill.ts";
import type { DeliveryStatus, Entry, KeptBody, Position, Store } from "./store/store.ts";

/** Bodies above this are stored before they are read, in bytes: reading 1 MiB is far from any plan's CPU limit. */
const READ_AFTER_BYTES = 1024 * 1024;

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
  /** Why it could not be read; null where it could. */
  failure: ReadFailure | null;
  reading: Result<Reading, ReadFailure>;
  /** Why a spilled one is not in the store. */
  fault: string | null;
}

/** Keeps and reads arrivals, in one write. Rejects where they are not certain to be stored. */
export async function intake(
  { store, spill }: Places,
  arrivals: readonly Arrival[],
  parse: Parse = parseCallback,
): Promise<Outcome[]> {
  const unread = await Promise.all(arrivals.map(nameArrival));
  const large = unread.filter(isLarge);
  const read = (keptIn: readonly Entry[]) =>
    unread.map((entry) => readEntry({ ...entry, bodyIsKept: keptIn.includes(entry) }, parse));
  try {
    if (large.length > 0) await store.put(large);
    const entries = read(large);
    const counts = await store.put(entries);
    return entries.map((entry, index) => outcomeOf(entry, statusOf(entry, counts[index] ?? 0)));
  } catch (error) {
    // Whatever it was, and be it a fault of ours: bytes that the store does not have are not lost if the second place has them.
    if (spill === null) throw error;
    await Promise.all(unread.map((entry) => spill.put(entry)));
    const entries = read([]);
    await Promise.all(entries.map((entry) => spill.point(entry)));
    return entries.map((entry) => ({ ...outcomeOf(entry, "spilled"), fault: messageOf(error) }));
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether a body is stored before it is read. */
export const isLarge = ({ size }: { size: number }): boolean => size > READ_AFTER_BYTES;

/** Reads deliveries that are kept already, again: after an upgrade, or where the first reading did not end. Twice is as once. */
export async function readAgain(store: Store, kept: readonly KeptBody[]): Promise<Outcome[]> {
  const entries = kept.flatMap((one) => keptEntry(one) ?? []).map((entry) => readEntry(entry));
  if (entries.length > 0) await store.put(entries);
  return entries.map((entry) => outcomeOf(entry, statusOf(entry, 1)));
}

/** Some of the deliveries of one status, read again; where to go on, or null when these were the last. */
export async function readKept(store: Store, status: DeliveryStatus, limit: number, after: Position | null) {
  const { items, next } = await store.listDeliveries({ status }, limit, after);
  const outcomes: Omit<Outcome, "reading">[] = [];
  for (const { id } of items) {
    const kept = await store.getBody(id);
    if (kept === null) continue;
    // A reading that ends this run with it, by CPU or memory, must not end the next one too: then it is in quarantine.
    if (kept.delivery.status === "pending")
      await store.put([{ ...keptEntry(kept), reading: fail(UNFINISHED) } as Entry]);
    for (const { reading, ...outcome } of await readAgain(store, [kept]))
      outcomes.push({ ...outcome, failure: failureOf(reading) });
  }
  return { outcomes, next };
}

const UNFINISHED: ReadFailure = {
  code: "internal-error",
  reason: "The reading of this body did not end: it takes more CPU or memory than the Worker has.",
  line: null,
  column: null,
};

/** What the store has, as an entry to be read; null where its bytes are gone. */
function keptEntry({ delivery, body }: KeptBody): Entry | null {
  if (body === null) return null;
  const { id, size, contentType, receivedAt } = delivery;
  return { id, body, size, contentType, receivedAt, receipt: "", bodyIsKept: true, reading: null };
}

type Parse = typeof parseCallback;

type ReadEntry = Entry & { reading: Result<Reading, ReadFailure> };

/** An arrival, named by its digest: not read, and not stored anywhere yet. */
export async function nameArrival(arrival: Arrival): Promise<Entry> {
  const { bytes, contentType, receivedAt } = arrival;
  const id = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const body: Body = decodeBytes(bytes);
  const receipt = arrival.receipt ?? crypto.randomUUID().slice(0, 8);
  return { id, body, size: bytes.length, contentType, receivedAt, receipt, bodyIsKept: false, reading: null };
}

/** The reader never throws, as far as anybody knows. If it does all the same, the bytes are kept like any that cannot be read. */
export function readEntry(entry: Entry, parse: Parse = parseCallback): ReadEntry {
  try {
    return { ...entry, reading: parse(entry.body) };
  } catch (error) {
    const reason = `The reader failed on this body: ${String(error)}`;
    return { ...entry, reading: fail({ code: "internal-error", reason, line: null, column: null }) };
  }
}

export function outcomeOf({ id, reading }: ReadEntry, status: Outcome["status"]): Outcome {
  const jobs = reading.ok ? reading.value.jobs.map((job) => job.jobId) : [];
  return { delivery: id, status, jobs, failure: failureOf(reading), reading, fault: null };
}

const failureOf = (reading: Result<Reading, ReadFailure>): ReadFailure | null => (reading.ok ? null : reading.error);

function statusOf({ reading }: ReadEntry, count: number): Outcome["status"] {
  if (!reading.ok) return "quarantined";
  if (count > 1) return "duplicate";
  return reading.value.jobs.length + reading.value.runs.length === 0 ? "no-job" : "stored";
}
