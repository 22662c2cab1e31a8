/**
 * `GET /deliveries/export`: every kept delivery, byte for byte, page by page. The deliveries in the spill come first,
 * then those in the store. So a delivery that is drained in between is exported at least once. Expectations come last.
 * A page is what one request of the free plan can do: 50 queries, 10 ms of CPU.
 */
import type { Body } from "../callback/callback.ts";
import type { Places } from "../intake.ts";
import type { Spill, SpillEntry } from "../store/spill.ts";
import type { ExportedExpectation } from "../store/expectations.ts";
import { CorruptBodyError, PositionError } from "../store/errors.ts";
import type { Delivery, DeliverySource, JobNote, Store } from "../store/store.ts";
import type { Page, Position } from "../store/lists.ts";
import { StoreError } from "../store/retry.ts";
import { timeOf } from "../wire.ts";
import { NO_STORE, requireToken } from "./context.ts";
import { Routes } from "./routes.ts";
import { type Contract, query } from "./contract.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { ExportQuery } from "./queries.ts";

export const exported = new Routes();

exported.get("/export", requireToken, query(ExportQuery), async (c) => {
  const { limit, cursor } = c.req.valid("query");
  const { places } = c.var;
  const list = `${places.store.name}:export`;
  const { items, expectations, next } = await exportPage(places, limit, decodeCursor(list, cursor));
  const lines = encodedPage(items, expectations, encodeCursor(list, next));
  return c.body(streamOf(lines), 200, { "content-type": "application/x-ndjson", ...NO_STORE });
});

/** A delivery to be exported. If one in the spill is corrupt, the fields that are unknown are null. */
interface Exported {
  id: string;
  receivedAt: number | null;
  lastReceivedAt: number | null;
  count: number | null;
  contentType: string | null;
  source: DeliverySource | null;
  status: Delivery["status"];
  missing: "retention" | "corrupt" | null;
  body: Body | null;
  /** Notes on its jobs, where there are any. */
  jobs?: readonly JobNote[] | undefined;
}

/**
 * How many bytes of bodies a page has, unless a single body is larger. Half a megabyte takes a few of the 10 ms of CPU,
 * and the largest body allowed fits into a Worker's 128 MB by itself.
 */
export const EXPORT_PAGE_BYTES = 512 * 1024;

interface ExportPage extends Page<Exported> {
  expectations: readonly ExportedExpectation[];
}

async function exportPage(places: Places, limit: number, after: Position | null): Promise<ExportPage> {
  const [place = "spill", ...position] = after ?? [];
  if (place === "expectations")
    return expectationPage(places.store, limit, { items: [], next: position.length === 0 ? null : position });
  const page = await deliveryPage(places, limit, place, position);
  return page.next === null ? expectationPage(places.store, limit, page) : { ...page, expectations: [] };
}

async function deliveryPage(
  { store, spill }: Places,
  limit: number,
  place: string | number,
  position: Position,
): Promise<Page<Exported>> {
  if (place !== "spill" && place !== "store")
    throw new PositionError("An export goes on in the spill, in the store or with expectations.");
  if (place === "store") return storePage(store, limit, position.length === 0 ? null : position);
  const page = spill === null ? null : await spillPage(store, spill, limit, position);
  return page ?? storePage(store, limit, null);
}

/** Expectations fill the room that the last deliveries leave on a page; `next` is where they continue. */
async function expectationPage(
  { expectations }: Store,
  limit: number,
  { items, next: after }: Page<Exported>,
): Promise<ExportPage> {
  if (expectations === null) return { items, expectations: [], next: null };
  const room = limit - items.length;
  if (room === 0) return { items, expectations: [], next: ["expectations"] };
  const page = await expectations.listAll(room, after);
  return { items, expectations: page.items, next: page.next === null ? null : ["expectations", ...page.next] };
}

async function storePage(store: Store, limit: number, after: Position | null): Promise<Page<Exported>> {
  const listed = await store.listOldestDeliveries(limit, after);
  const fitting = firstWithin(listed.items).length;
  // Asked again for fewer, the list gives the position after those.
  const page = fitting === listed.items.length ? listed : await store.listOldestDeliveries(fitting, after);
  const notes = await store.notesOf(page.items.map(({ id }) => id));
  const items = await Promise.all(page.items.map((delivery) => storedDelivery(store, delivery)));
  const next: Position | null = page.next === null ? null : ["store", ...page.next];
  const found = items.filter((item) => item !== null);
  return { items: found.map((item) => ({ ...item, jobs: notes.get(item.id) })), next };
}

/** Null if retention has deleted the delivery since it was listed. */
async function storedDelivery(store: Store, listed: Delivery): Promise<Exported | null> {
  try {
    const kept = await store.getBody(listed.id);
    if (kept === null) return null;
    return { ...kept.delivery, body: kept.body, missing: kept.body === null ? "retention" : null };
  } catch (error) {
    if (!(error instanceof CorruptBodyError)) throw error;
    return { ...listed, body: null, missing: "corrupt" };
  }
}

/**
 * `position` is the spill's own cursor ("" for its start), and the last exported id of that list. A list of the spill
 * has up to 1,000 deliveries, by id, and a page has fewer. Null if nothing is left after it.
 */
async function spillPage(
  store: Store,
  spill: Spill,
  limit: number,
  [cursor = "", last = ""]: Position,
): Promise<Page<Exported> | null> {
  if (typeof cursor !== "string" || typeof last !== "string") throw new PositionError("The spill is listed by text.");
  const { entries, next } = await spill.list(cursor === "" ? null : cursor);
  const left = entries.filter(({ id }) => id > last);
  if (left.length === 0) return next === null ? null : spillPage(store, spill, limit, [next]);
  const group = firstWithin(left.slice(0, limit));
  const isWholeList = group.length === left.length;
  return {
    items: await spilledDeliveries(store, spill, group),
    next: isWholeList ? (next === null ? ["store"] : ["spill", next]) : ["spill", cursor, group.at(-1)?.id ?? last],
  };
}

async function spilledDeliveries(store: Store, spill: Spill, group: readonly SpillEntry[]): Promise<Exported[]> {
  const { arrivals } = await spill.getMany(group);
  const found = new Set(arrivals.map(({ id }) => id));
  const others = group.filter(({ id }) => !found.has(id));
  const drained: string[] = [];
  const corrupt: Exported[] = [];
  for (const { id } of others) {
    try {
      const arrival = await spill.get(id);
      if (arrival === null) drained.push(id);
      else arrivals.push(arrival);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      corrupt.push({ ...UNKNOWN, id });
    }
  }
  if (drained.length > 0) await expectAll(store, drained);
  return [...arrivals.map((arrival): Exported => ({ ...arrival, status: "pending", missing: null })), ...corrupt];
}

const UNKNOWN = {
  receivedAt: null,
  lastReceivedAt: null,
  count: null,
  contentType: null,
  source: null,
  status: "pending",
  missing: "corrupt",
  body: null,
} as const;

/**
 * If a delivery is listed in the spill and not found there, it was drained, so the store has it. If the store has it
 * neither, KV is late by up to a minute: either its list, or its cached miss.
 */
async function expectAll(store: Store, ids: readonly string[]): Promise<void> {
  const statuses = await store.statusesOf(ids);
  const lost = ids.find((id) => !statuses.has(id));
  if (lost !== undefined)
    throw new StoreError(`Delivery ${lost} is listed in the spill, and neither there nor in the store.`);
}

/** The first deliveries that fit on a page; at least one. */
function firstWithin<T extends { size: number }>(items: readonly T[]): T[] {
  let bytes = 0;
  const end = items.findIndex(({ size }, index) => (bytes += size) > EXPORT_PAGE_BYTES && index > 0);
  return items.slice(0, end === -1 ? items.length : end);
}

/** How many bytes are turned into base64 at once. A multiple of 3, so that the pieces join. */
const PIECE_BYTES = 3 * 64 * 1024;

/** The lines of a page, made while the client reads them, so that the largest body is not also in memory as base64. */
function* encodedPage(
  items: readonly Exported[],
  expectations: readonly ExportedExpectation[],
  next: string | null,
): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = "";
  for (const { id, receivedAt, lastReceivedAt, count, contentType, source, status, missing, jobs, body } of items) {
    const times = { receivedAt: isoOrNull(receivedAt), lastReceivedAt: isoOrNull(lastReceivedAt) };
    text += JSON.stringify({ id, ...times, count, contentType, source, status, missing, jobs }).slice(0, -1);
    if (body === null) {
      text += ',"bytes":null}\n';
      continue;
    }
    text += ',"bytes":"';
    const bytes = typeof body === "string" ? encoder.encode(body) : body;
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      text += bytes.subarray(at, at + PIECE_BYTES).toBase64();
      if (text.length < PIECE_BYTES) continue;
      yield encoder.encode(text);
      text = "";
    }
    text += '"}\n';
  }
  yield encoder.encode(`${text}${expectations.map(expectationLine).join("")}${JSON.stringify({ next })}\n`);
}

function expectationLine({ registeredAt, dueAt, jobId, ...rest }: ExportedExpectation): string {
  const expectation = { jobId, registeredAt: timeOf(registeredAt), dueAt: timeOf(dueAt), ...rest };
  return `${JSON.stringify({ expectation })}\n`;
}

/** Makes the next piece only when there is room for it. */
const streamOf = (pieces: Iterator<Uint8Array, void>): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });

const isoOrNull = (at: number | null): string | null => (at === null ? null : timeOf(at));

/** What /openapi.json says of these routes. */
export const contract = (): Contract => ({
  "GET /deliveries/export": {
    operationId: "exportDeliveries",
    summary: "Every delivery with its bytes, for a back-up",
    description:
      "One JSON object a line. A delivery is `{id, receivedAt, lastReceivedAt, count, contentType, source, status, missing, jobs, bytes}`: " +
      "times in ISO 8601 with milliseconds, `bytes` in base64. If `bytes` is null, `missing` says why: `retention` (they " +
      "have been deleted) or `corrupt` (the stored bytes are not the ones that came); the times of a corrupt delivery may be " +
      "null. `jobs` is there if the receiver knows more of the delivery's jobs than the bytes tell, as `{jobId, firstChange, lastChange, verified}`: " +
      "the numbers of the job's first and last change, in microseconds since 1970, and what CI says of the job as this delivery tells it. " +
      "The spill comes first, then the store, first received first. A delivery may come twice, and a " +
      "page may have none. Announced jobs come last, as `{expectation: {jobId, registeredAt, dueAt, bucket, " +
      "region, queueId, tag, userData, lastChange, isMet, isNoted, knownToCi}}`: `isMet` says whether the job has ended, `isNoted` whether it was told as overdue. " +
      "The last line of every page is `{next}`, the cursor to continue with, null at the end. " +
      "A page without that line was cut short.",
    answers: { 200: { description: "A page of deliveries.", media: ["application/x-ndjson"] } },
    problems: ["invalid-request", "unauthorized", "too-many-requests", "store-unavailable"],
    needsToken: true,
    query: ExportQuery,
    members: {
      limit: "How many at most, 1 to 100. More than 20 may exceed the 50 queries of the free plan.",
      cursor: "`next` of the previous page.",
    },
  },
});
