/**
 * The one way in. Everything that brings bytes goes through here: the bytes are named by their digest, read, and
 * written with what they say. `intake` resolves only when they are stored: in the store or, if that fails, in the
 * spill. A body that is costly to read is stored before it is read, so that its bytes are safe even if reading kills
 * the Worker.
 */
import { type Body, decodeBytes, parseCallback } from "./callback/callback.ts";
import { isCostlyToRead } from "./callback/costly.ts";
import type { Reading } from "./callback/types.ts";
import { fail, type Result } from "./callback/result.ts";
import { digestOf } from "./store/encoding.ts";
import type { LeasedEvent } from "./store/outbox.ts";
import type { Spill } from "./store/spill.ts";
import type {
  Arrival,
  DeliveryReading,
  DeliverySource,
  DeliveryStatus,
  Failure,
  KeptBody,
  ReadArrival,
  Store,
} from "./store/store.ts";
import { CorruptBodyError } from "./store/errors.ts";
import type { Position } from "./store/lists.ts";

/** Where deliveries are written. `spill` is null if KV is the store. */
export interface Places {
  store: Store;
  spill: Spill | null;
}

/** What became of one arrival, once it is stored. */
export interface Outcome {
  delivery: string;
  status: "stored" | "duplicate" | "no-job" | "quarantined" | "spilled" | "queued";
  jobs: string[];
  reading: Result<Reading, Failure>;
  /** Events that it caused. The caller makes their first attempts. */
  events: LeasedEvent[];
  /**
   * Why the delivery is not where it should have gone first: the error of the store or the queue. Null if it is there.
   */
  fault: string | null;
}

/** A body with what came with it. */
export interface Incoming {
  bytes: Uint8Array;
  contentType: string | null;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** Given for an arrival that is tried again. A new arrival gets a new nonce. */
  nonce?: string;
  /** `callback` unless given. */
  source?: DeliverySource;
}

/** Names the arrival by its digest. It is not read or stored yet. */
export async function nameArrival({
  bytes,
  contentType,
  receivedAt,
  nonce,
  source = "callback",
}: Incoming): Promise<Arrival> {
  return {
    id: await digestOf(bytes),
    body: decodeBytes(bytes),
    size: bytes.length,
    contentType,
    receivedAt,
    lastReceivedAt: receivedAt,
    count: 1,
    nonce: nonce ?? crypto.randomUUID().slice(0, 8),
    isRestored: false,
    source,
  };
}

export interface IntakeOptions {
  /** Which bodies are stored before they are read; `isCostlyToRead` unless given. */
  keepsFirst?: (arrival: Arrival) => boolean;
  parse?: typeof parseCallback;
}

/** Stores and reads arrivals. Rejects if it is not certain that they are stored. Events are given with the first outcome. */
export async function intake(
  { store, spill }: Places,
  arrivals: readonly Arrival[],
  { keepsFirst = isCostlyToRead, parse = parseCallback }: IntakeOptions = {},
): Promise<Outcome[]> {
  const read = readOnce(parse);
  const costly = new Set(arrivals.filter(keepsFirst));
  const others = arrivals.filter((arrival) => !costly.has(arrival));
  try {
    const written = [await readAndPut(store, others, read), await keepAndRead(store, [...costly], read)];
    const counts = new Map(written.flatMap((group) => group.counts));
    const outcomes = arrivals.map((arrival) =>
      outcomeOf(read(arrival), statusOf(read(arrival), counts.get(arrival) ?? 0)),
    );
    const events = written.flatMap((group) => group.events);
    return outcomes.map((outcome, index) => (index === 0 ? { ...outcome, events } : outcome));
  } catch (error) {
    // Whatever failed, spill before giving up. The bytes come first: what was not read yet is read after that.
    if (spill === null) throw error;
    await Promise.all(arrivals.map((arrival) => spill.put(arrival)));
    const told = arrivals.map(read);
    await Promise.all(told.map((one) => spill.point(one)));
    return told.map((one) => ({ ...outcomeOf(one, "spilled"), fault: messageOf(error) }));
  }
}

/** One arrival: most of what comes. */
export async function intakeOne(places: Places, arrival: Arrival): Promise<Outcome> {
  const [outcome] = await intake(places, [arrival]);
  return outcome as Outcome;
}

type Read = (arrival: Arrival) => ReadArrival;

/** Reads an arrival when it is first asked for. */
function readOnce(parse: typeof parseCallback): Read {
  const known = new Map<Arrival, ReadArrival>();
  return (arrival) => {
    const told = known.get(arrival) ?? readArrival(arrival, parse);
    known.set(arrival, told);
    return told;
  };
}

/** How often each arrival has come, and the events that they caused. */
interface WrittenGroup {
  counts: [Arrival, number | undefined][];
  events: LeasedEvent[];
}

async function readAndPut(store: Store, arrivals: readonly Arrival[], read: Read): Promise<WrittenGroup> {
  if (arrivals.length === 0) return NOTHING_WRITTEN;
  const { counts, events } = await store.put(arrivals.map(read));
  return { counts: arrivals.map((arrival, index) => [arrival, counts[index]]), events };
}

async function keepAndRead(store: Store, arrivals: readonly Arrival[], read: Read): Promise<WrittenGroup> {
  if (arrivals.length === 0) return NOTHING_WRITTEN;
  const counts = await store.keep(arrivals);
  const events = await writeReadings(store, arrivals.map(read));
  return { counts: arrivals.map((arrival, index) => [arrival, counts[index]]), events };
}

const NOTHING_WRITTEN = { counts: [], events: [] };

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Writes what kept deliveries say. If retention has deleted some since their bytes were read, those are written again,
 * with their bytes.
 */
async function writeReadings(store: Store, told: readonly ReadArrival[]): Promise<LeasedEvent[]> {
  const written = await store.putReadings(told);
  const gone = new Set(written.gone);
  const again = told.filter(({ id }) => gone.has(id));
  const { events } = again.length === 0 ? NOTHING_WRITTEN : await store.put(again);
  return [...written.events, ...events];
}

/**
 * Reads an arrival. The reader should never throw. If it does, the delivery is quarantined like any that cannot be
 * read.
 */
export function readArrival(arrival: Arrival, parse: typeof parseCallback = parseCallback): ReadArrival {
  return { ...arrival, reading: parseSafely(arrival.body, parse) };
}

function parseSafely(body: Body, parse: typeof parseCallback): DeliveryReading["reading"] {
  try {
    return parse(body);
  } catch (error) {
    return fail(failureOf("reader-failed", `The reader failed on this body: ${String(error)}`));
  }
}

const failureOf = (kind: Failure["kind"], reason: string): Failure => ({ kind, reason, line: null, column: null });

/**
 * Reads a kept delivery again, and writes what it says. Running it twice changes nothing more. Null if its bytes are
 * gone.
 */
export async function reparse(store: Store, { delivery, body, nonce = null }: KeptBody): Promise<Outcome | null> {
  if (body === null) return null;
  const told = readArrival({ ...arrivalOf(delivery, body), nonce });
  const events = await writeReadings(store, [told]);
  return { ...outcomeOf(told, statusOf(told, 1)), events };
}

/** A kept delivery as an arrival, with the count that is kept. */
const arrivalOf = (
  { id, size, contentType, receivedAt, lastReceivedAt, count, source }: KeptBody["delivery"],
  body: Body,
) => ({
  id,
  body,
  size,
  contentType,
  receivedAt,
  lastReceivedAt,
  count,
  isRestored: false,
  source,
});

/** Reads a page of deliveries of one status again. `next` is where to continue, null after the last page. */
export async function reparseMany(store: Store, status: DeliveryStatus, limit: number, after: Position | null) {
  const { items, next } = await store.listDeliveries({ status }, limit, after);
  const outcomes: Outcome[] = [];
  for (const { id } of items) {
    const outcome = await reparseById(store, id);
    if (outcome !== null) outcomes.push(outcome);
  }
  return { outcomes, next };
}

/** Null if the delivery or its bytes are gone. If its bytes are corrupt, it is reported and left as it is. */
async function reparseById(store: Store, id: string): Promise<Outcome | null> {
  try {
    const kept = await store.getBody(id);
    return kept === null ? null : await reparse(store, kept);
  } catch (error) {
    if (!(error instanceof CorruptBodyError)) throw error;
    const reading = fail(failureOf("bytes-corrupt", error.message));
    return { delivery: id, status: "quarantined", jobs: [], reading, events: [], fault: null };
  }
}

/** What became of the reading of a pending delivery, with the events that it caused. */
export interface PendingOutcome {
  status: "read" | "unreadable" | "exhausted" | "not-pending";
  events: LeasedEvent[];
}

/**
 * Reads a pending delivery. The attempt is counted before it is made, since it may kill the Worker. It is uncounted if
 * reading succeeded and only its outcome could not be written.
 */
export async function readPending(store: Store, id: string): Promise<PendingOutcome> {
  const claim = await store.claimReading(id);
  if (claim !== "claimed") return { status: claim, events: [] };
  try {
    const kept = await store.getBody(id);
    const outcome = kept === null ? null : await reparse(store, kept);
    return { status: outcome?.reading.ok === false ? "unreadable" : "read", events: outcome?.events ?? [] };
  } catch (error) {
    if (!(error instanceof CorruptBodyError)) {
      await store.releaseReading(id).catch(() => {});
      throw error;
    }
    return { status: "unreadable", events: await quarantine(store, id, failureOf("bytes-corrupt", error.message)) };
  }
}

async function quarantine(store: Store, id: string, failure: Failure): Promise<LeasedEvent[]> {
  const delivery = await store.getDelivery(id);
  if (delivery === null) return [];
  const { receivedAt, lastReceivedAt, source } = delivery;
  const reading = { id, receivedAt, lastReceivedAt, isRestored: false, source, reading: fail(failure) };
  return (await store.putReadings([reading])).events;
}

export function outcomeOf({ id, reading }: DeliveryReading, status: Outcome["status"]): Outcome {
  const jobs = reading.ok ? reading.value.jobs.map((job) => job.jobId) : [];
  return { delivery: id, status, jobs, reading, events: [], fault: null };
}

function statusOf({ reading }: DeliveryReading, count: number): Outcome["status"] {
  if (!reading.ok) return "quarantined";
  if (count > 1) return "duplicate";
  return reading.value.jobs.length + reading.value.runs.length === 0 ? "no-job" : "stored";
}
