/** Lists of events in KV: first the pending ones, in no order of time, then failed and delivered ones, newest first. */
import { EVENT_STATUSES, type EventStatus } from "../../events/events.ts";
import type { EventFilter, OutboxEvent, OutboxFigures } from "../outbox.ts";
import type { Page, Position } from "../lists.ts";
import { PositionError } from "../errors.ts";
import { type EventEntries, eventPrefix, keyOf, type KvEvent } from "./event-entries.ts";
import { LIST_KEYS } from "./namespace.ts";

/** How many lists one page may take, and the search for an event's id for each status. */
const LISTS_PER_PAGE = 4;
const LISTS_PER_SEARCH = 10;

/** Where a list continues: at which status, with which cursor, after which key. */
interface Place {
  status: EventStatus;
  cursor: string;
  key: string;
}

export async function listEvents(
  entries: EventEntries,
  { status, type, jobId }: EventFilter,
  limit: number,
  after: Position | null,
): Promise<Page<OutboxEvent>> {
  const isWanted = (event: KvEvent) =>
    (type === undefined || event.type === type) &&
    (jobId === undefined || (event.subject === jobId && event.type.startsWith("job.")));
  // Events that a filter skips cost only their share of a list.
  const keys = type === undefined && jobId === undefined ? limit : LIST_KEYS;

  async function step({ status: at, cursor, key }: Place, left: number) {
    const page = await entries.list(eventPrefix(at), keys, cursor === "" ? null : cursor);
    const wanted = page.events.filter((event) => keyOf(event) > key && isWanted(event));
    const taken = wanted.slice(0, left);
    const last = taken.at(-1);
    const items = at === "pending" ? taken.toSorted((a, b) => b.createdAt - a.createdAt) : taken;
    if (last !== undefined && taken.length < wanted.length)
      return { items, next: { status: at, cursor, key: keyOf(last) } };
    if (page.cursor !== null) return { items, next: { status: at, cursor: page.cursor, key: "" } };
    const following = status === undefined ? EVENT_STATUSES[EVENT_STATUSES.indexOf(at) + 1] : undefined;
    return { items, next: following === undefined ? null : startOf(following) };
  }

  const items: OutboxEvent[] = [];
  let place: Place | null = after === null ? startOf(status ?? EVENT_STATUSES[0]) : placeOf(after);
  for (let lists = 0; lists < LISTS_PER_PAGE && place !== null && items.length < limit; lists += 1) {
    const found: Awaited<ReturnType<typeof step>> = await step(place, limit - items.length);
    items.push(...found.items);
    place = found.next;
  }
  return { items, next: place === null ? null : [place.status, place.cursor, place.key] };
}

const startOf = (status: EventStatus): Place => ({ status, cursor: "", key: "" });

function placeOf([status, cursor, key]: Position): Place {
  const known = EVENT_STATUSES.find((one) => one === status);
  if (known === undefined || typeof cursor !== "string" || typeof key !== "string")
    throw new PositionError("This position was not given by this list.");
  return { status: known, cursor, key };
}

/** The key of an event that has ended contains a time, which its id does not tell. So it is searched in lists. */
export async function searchEnded(entries: EventEntries, id: string): Promise<KvEvent | null> {
  for (const status of ["failed", "delivered"] as const) {
    let cursor: string | null = null;
    for (let lists = 0; lists < LISTS_PER_SEARCH; lists += 1) {
      const page: Awaited<ReturnType<typeof entries.list>> = await entries.list(eventPrefix(status), LIST_KEYS, cursor);
      const event = page.events.find((one) => one.id === id);
      if (event !== undefined) return event;
      cursor = page.cursor;
      if (cursor === null) break;
    }
  }
  return null;
}

/** The figures for `/metrics`, each counted up to `bound`. */
export async function eventFigures(entries: EventEntries, bound: number): Promise<OutboxFigures> {
  const [waiting, failed] = await Promise.all([
    entries.list(eventPrefix("pending"), bound, null),
    entries.list(eventPrefix("failed"), bound, null),
  ]);
  const byEndpoint = Map.groupBy(waiting.events, ({ endpoint }) => endpoint);
  return {
    pending: Object.fromEntries([...byEndpoint].map(([endpoint, events]) => [endpoint, events.length])),
    failed: failed.events.length,
    oldestPendingAt: waiting.events.reduce<number | null>(
      (oldest, { createdAt }) => Math.min(oldest ?? createdAt, createdAt),
      null,
    ),
  };
}
