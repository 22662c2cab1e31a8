/**
 * `POST /deliveries/import`: takes in lines of an export, through the same intake as callbacks. If one line is refused,
 * the others are still taken. Importing twice changes nothing. If something cannot be stored now, it is not spilled but
 * answered 503, since the importer has the bytes and can ask again.
 */
import * as v from "valibot";
import { decodeBytes } from "../callback/callback.ts";
import { fail, ok, type Result } from "../callback/result.ts";
import { isCostlyToRead } from "../callback/costly.ts";
import { intake, type Outcome } from "../intake.ts";
import { problemResponse } from "../problems.ts";
import { digestOf } from "../store/encoding.ts";
import type { ExportedExpectation as Expected } from "../store/expectations.ts";
import type { Arrival, Store } from "../store/store.ts";
import { readBytes } from "./body.ts";
import { NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import type { Contract } from "./contract.ts";
import { ExportedDelivery, ExportedExpectation, WITHIN_SECONDS_MAX } from "./queries.ts";
import { type ImportedLine, ImportedList } from "./schemas.ts";

export const imported = new Routes();

/**
 * How many lines a request may have. A hundred deliveries are written with fewer than the 50 statements of the free
 * plan.
 */
export const IMPORT_LINES_MAX = 100;

/**
 * How much a request may have beside the base64 of the largest body, in bytes: notes on the ten thousand jobs that it
 * may name, or many small lines.
 */
const IMPORT_ROOM_BYTES = 2 * 1024 * 1024;

/** The largest body in base64, which makes 4 bytes out of 3. */
const importBytesMax = (maxBodyBytes: number): number => 4 * Math.ceil(maxBodyBytes / 3) + IMPORT_ROOM_BYTES;

imported.post("/import", requireToken, async (c) => {
  const limit = importBytesMax(c.var.settings.maxBodyBytes);
  const body = await readBytes(c.req.raw, limit);
  if (!body.ok) {
    const { code } = body.error;
    const tooLarge = `The lines are larger than ${limit} bytes together: MAX_BODY_BYTES in base64, and two megabytes.`;
    return problemResponse(c, { code, detail: code === "body-too-large" ? tooLarge : "The connection failed." });
  }
  const lines = linesOf(body.value);
  if (lines.length > IMPORT_LINES_MAX) {
    const detail = `At most ${IMPORT_LINES_MAX} lines are taken in one request; these are ${lines.length}.`;
    return problemResponse(c, { code: "invalid-request", detail });
  }
  const latest = Date.now() + CLOCK_TOLERANCE_MILLISECONDS;
  const read = await Promise.all(lines.map((line) => readLine(line, latest)));
  const { store } = c.var.places;
  const results = await takeIn(
    store,
    read.filter((line) => line !== null).map((line) => refusedWhereNoneAreKept(store, line)),
  );
  return c.json({ imported: results }, 200, NO_STORE);
});

interface Line {
  /** The number of the line, from 1. */
  number: number;
  bytes: Uint8Array;
}

const LINE_FEED = 0x0a;

/** The lines that are not blank. */
function linesOf(body: Uint8Array): Line[] {
  const lines: Line[] = [];
  for (let at = 0, number = 1; at < body.length; number += 1) {
    const found = body.indexOf(LINE_FEED, at);
    const end = found === -1 ? body.length : found;
    const bytes = body.subarray(at, end);
    if (bytes.some((byte) => byte !== 0x20 && byte !== 0x0d)) lines.push({ number, bytes });
    at = end + 1;
  }
  return lines;
}

/**
 * How far ahead the clock of the exporting receiver may be, in milliseconds. A delivery with a later time would stay at
 * the top of the lists.
 */
const CLOCK_TOLERANCE_MILLISECONDS = 24 * 60 * 60 * 1000;

interface ReadLine {
  number: number;
  /** The status in the line; null if it has none. */
  delivery: string | null;
  taken: Result<Taken, string>;
}

/** What a line contains; a failure says why nothing of it is kept. */
type Taken = { arrival: Arrival } | { expectation: Expected };

const hasArrival = (taken: Taken): taken is { arrival: Arrival } => "arrival" in taken;

function refusedWhereNoneAreKept({ name, expectations }: Store, line: ReadLine): ReadLine {
  if (expectations !== null || !line.taken.ok || hasArrival(line.taken.value)) return line;
  return { ...line, taken: fail(`STORE=${name} keeps no expectations.`) };
}

/** Null for the line that ends a page of an export. */
async function readLine({ number, bytes }: Line, latest: number): Promise<ReadLine | null> {
  const value = parsed(bytes);
  if (value === undefined) return { number, delivery: null, taken: fail("The line is not JSON in UTF-8.") };
  const isDelivery = typeof value !== "object" || value === null || "id" in value;
  if (!isDelivery && "next" in value) return null;
  if (!isDelivery && "expectation" in value)
    return { number, delivery: null, taken: expectationOf(value.expectation, latest) };
  const line = v.safeParse(ExportedDelivery, value, { abortEarly: true });
  if (!line.success) {
    const fault = `The line is not a delivery of an export. ${faultIn(line.issues)}`;
    return { number, delivery: null, taken: fail(fault) };
  }
  const arrival = await arrivalOf(line.output, latest);
  return { number, delivery: line.output.id, taken: arrival.ok ? ok({ arrival: arrival.value }) : arrival };
}

/** A sentence about the first thing that is wrong with a line. */
function faultIn([{ path, message }]: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const name = path?.[0]?.key;
  return typeof name === "string" ? `${name} ${message}.` : `It ${message}.`;
}

function expectationOf(value: unknown, latest: number): Result<Taken, string> {
  const read = v.safeParse(ExportedExpectation, value, { abortEarly: true });
  if (!read.success) return fail(`The line is not an expectation of an export. ${faultIn(read.issues)}`);
  const registeredAt = Date.parse(read.output.registeredAt);
  const dueAt = Date.parse(read.output.dueAt);
  if (registeredAt > latest) return fail("registeredAt is more than a day ahead of this receiver's clock.");
  if ((read.output.lastChange ?? 0) > latest * 1000)
    return fail("lastChange is more than a day ahead of this receiver's clock.");
  if (dueAt > latest + WITHIN_SECONDS_MAX * 1000)
    return fail("dueAt is more than 31 days ahead of this receiver's clock.");
  return ok({ expectation: { ...read.output, registeredAt, dueAt } });
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/**
 * The count is a total; of two totals the greater is kept. The delivery keeps its own times, and is no change of today.
 */
const RESTORED = { nonce: null, isRestored: true } as const;

async function arrivalOf(
  line: v.InferOutput<typeof ExportedDelivery>,
  latest: number,
): Promise<Result<Arrival, string>> {
  const { id, contentType, count, jobs: notes = [] } = line;
  if (line.bytes === null) return fail("The line has no bytes to restore the delivery from.");
  const receivedAt = Date.parse(line.receivedAt ?? "");
  const lastReceivedAt = Date.parse(line.lastReceivedAt ?? "");
  if (count === null || Number.isNaN(receivedAt) || Number.isNaN(lastReceivedAt))
    return fail("receivedAt, lastReceivedAt and count must be given where there are bytes.");
  if (receivedAt > lastReceivedAt) return fail("receivedAt is later than lastReceivedAt.");
  if (lastReceivedAt > latest) return fail("lastReceivedAt is more than a day ahead of this receiver's clock.");
  if (notes.some(({ firstChange, lastChange }) => firstChange > lastChange))
    return fail("firstChange is greater than lastChange.");
  if (notes.some(({ lastChange }) => lastChange > latest * 1000))
    return fail("lastChange is more than a day ahead of this receiver's clock.");
  const bytes = fromBase64(line.bytes);
  if (bytes === null) return fail("bytes is not base64.");
  if ((await digestOf(bytes)) !== id) return fail("The SHA-256 of the bytes is not the id of the delivery.");
  return ok({
    id,
    body: decodeBytes(bytes),
    size: bytes.length,
    contentType,
    receivedAt,
    lastReceivedAt,
    count,
    notes,
    source: line.source ?? "callback",
    ...RESTORED,
  });
}

function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    return null;
  }
}

/**
 * Takes the arrivals in, and says what became of each line. A body that is costly to read is kept first. If it was kept
 * before and is still unread, an attempt may have killed the Worker. Then reading it is left to the cron, which counts
 * attempts, and to a reparse.
 */
async function takeIn(store: Store, lines: readonly ReadLine[]): Promise<ImportedLine[]> {
  const taken = lines.flatMap((line) => (line.taken.ok ? [line.taken.value] : []));
  const arrivals = taken.filter(hasArrival).map(({ arrival }) => arrival);
  const expectations = taken.flatMap((one) => (hasArrival(one) ? [] : [one.expectation]));
  const costly = arrivals.filter(isCostlyToRead);
  const unread = costly.length === 0 ? new Map<string, UnreadStatus>() : await unreadOf(store, costly);
  if (costly.length > 0) await store.keep(costly);
  const others = arrivals.filter(({ id }) => !unread.has(id));
  // Not kept first again: `put` also moves jobs back to the time of their first delivery.
  const outcomes = others.length === 0 ? [] : await intake({ store, spill: null }, others, { keepsFirst: () => false });
  if (expectations.length > 0) await store.expectations?.restore(expectations);
  const became = new Map(outcomes.map((outcome) => [outcome.delivery, becameOf(outcome)]));
  return lines.map(({ number, delivery, taken }): ImportedLine => {
    if (!taken.ok) return { line: number, delivery, status: "refused", reason: taken.error };
    if (!hasArrival(taken.value)) return { line: number, delivery, status: "expected", reason: null };
    const { id } = taken.value.arrival;
    return { line: number, delivery, ...(became.get(id) ?? { status: unread.get(id) ?? "pending", reason: null }) };
  });
}

type UnreadStatus = "pending" | "quarantined";

/** Ids of deliveries that the store has and could not read. */
async function unreadOf(store: Store, arrivals: readonly Arrival[]): Promise<Map<string, UnreadStatus>> {
  const unread = new Map<string, UnreadStatus>();
  for (const [id, status] of await store.statusesOf(arrivals.map(({ id }) => id)))
    if (status === "pending" || status === "quarantined") unread.set(id, status);
  return unread;
}

/** What the delivery is now, whether or not it was there before. */
function becameOf({ reading }: Outcome): Pick<ImportedLine, "status" | "reason"> {
  if (!reading.ok) return { status: "quarantined", reason: reading.error.reason };
  const { jobs, runs } = reading.value;
  return { status: jobs.length + runs.length === 0 ? "no-job" : "stored", reason: null };
}

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "POST /deliveries/import": {
    operationId: "importDeliveries",
    summary: "Take deliveries of an export in",
    description:
      `The body has up to ${IMPORT_LINES_MAX} lines as \`GET /deliveries/export\` gives them; a line \`{next}\` is ignored. ` +
      "The answer says what became of each line: `stored`, `no-job` or `quarantined`, as for a callback; `pending` if the receiver reads it later; " +
      "`expected` for an expectation (of two for one job, the later is kept); `refused`, with the `reason`, if nothing was kept: the bytes do " +
      "not have the SHA-256 in `id`, there are no bytes, or it is not a line of an export. Times and counts are kept. If the receiver has the " +
      "delivery already, it keeps the earlier `receivedAt`, the later `lastReceivedAt` and the greater `count`. Importing twice changes nothing more.",
    answers: { 200: { description: "What became of each line, in order.", schema: ImportedList } },
    problems: [
      "invalid-request",
      "incomplete-body",
      "unauthorized",
      "cross-site-request",
      "body-too-large",
      "too-many-requests",
      "store-unavailable",
    ],
    needsToken: true,
  },
});
