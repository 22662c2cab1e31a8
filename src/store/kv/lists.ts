/** Lists of deliveries, and of the jobs of one run. The list of all jobs is in time-list.ts. */
import { keyPart, timeOfKey } from "../keys.ts";
import {
  type Delivery,
  type DeliveryFilter,
  FilterError,
  type JobFilter,
  type JobFilterName,
  type KeptJob,
  type Page,
  type Position,
  PositionError,
} from "../store.ts";
import type { Claims } from "./claims.ts";
import type { Heads } from "./heads.ts";
import type { KeyPage, Namespace } from "./namespace.ts";
import { jobIdsOfOlder, membersOnly, olderMembersPrefix } from "./older.ts";
import { ARRIVED, type ArrivedFacts, memberPrefix, statusPrefix } from "./places.ts";
import { type Bounds, GROUP_OPERATIONS, PAGE_OPERATIONS, SCAN_OPERATIONS, timeListIn } from "./time-list.ts";

/** What lists of jobs can be filtered by. */
export const KV_FILTERS = ["runId", "receivedAfter", "receivedBefore"] as const satisfies readonly JobFilterName[];

export function listsIn(kv: Namespace, heads: Heads, claims: Claims) {
  const listByTime = timeListIn(kv, claims);

  /** In order of the keys, which name each job once: first those of this version, then those of the first one. */
  async function listByRun(
    runId: string,
    { receivedAfter, receivedBefore }: Bounds,
    limit: number,
    after: Position | null,
  ): Promise<Page<KeptJob>> {
    const [list = "", from = ""] = after === null ? ["member", ""] : textsOf(after, 2);
    const cursor = from === "" ? null : from;
    const isOlder = list === "older";
    const prefix = await (isOlder ? olderMembersPrefix(runId) : memberPrefix(runId));
    const size = Math.min(limit, PAGE_OPERATIONS - SCAN_OPERATIONS - GROUP_OPERATIONS);
    const page = await kv.list<object>(prefix, size, cursor);
    const ids = isOlder
      ? [...(await jobIdsOfOlder(kv, membersOnly(page.keys, prefix))).values()].flat()
      : [...(await kv.notesOf<string>(page.keys)).values()];
    const jobs = await claims.readJobs(ids);
    const run = await keyPart(runId);
    const items = [...jobs.values()].filter(({ runId: named, merged: { first }, claims: all }) => {
      if (isOlder && all.some((claim) => claim.run === run)) return false;
      return named === runId && first.receivedAt > receivedAfter && first.receivedAt < receivedBefore;
    });
    const end = isOlder ? null : ["older", ""];
    return { items: items.map(({ kept }) => kept), next: page.cursor === null ? end : [list, page.cursor] };
  }

  return {
    async listJobs(filter: JobFilter, limit: number, after: Position | null): Promise<Page<KeptJob>> {
      const unsupported = Object.keys(filter).find((name) => !KV_FILTERS.some((supported) => supported === name));
      if (unsupported !== undefined) throw new FilterError(unsupported);
      const { runId, receivedAfter = -Infinity, receivedBefore = Infinity } = filter;
      const bounds = { receivedAfter, receivedBefore };
      return runId === undefined ? listByTime(bounds, limit, after) : listByRun(runId, bounds, limit, after);
    },

    /** A delivery stands where its head says: another place of it was written by a repeat that did not see the first. */
    async listDeliveries({ status }: DeliveryFilter, limit: number, after: Position | null): Promise<Page<Delivery>> {
      const prefix = status === undefined || status === "stored" ? ARRIVED : statusPrefix(status);
      const [from = ""] = after === null ? [] : textsOf(after, 1);
      let cursor = from === "" ? null : from;
      const items: Delivery[] = [];
      let left = PAGE_OPERATIONS;
      do {
        const size = Math.min(limit - items.length, left - 1);
        if (size < 1) return { items, next: [cursor ?? ""] };
        const page: KeyPage<ArrivedFacts> = await kv.list(prefix, size, cursor);
        const wanted = page.keys.filter(({ metadata }) => status !== "stored" || metadata?.status === "stored");
        const found = await Promise.all(wanted.map(({ name }) => heads.read(name.slice(-DELIVERY_ID_DIGITS))));
        for (const [index, head] of found.entries()) {
          if (head === null || (status !== undefined && head.status !== status)) continue;
          const [time = ""] = (wanted[index]?.name ?? "").slice(prefix.length).split(":", 1);
          if (timeOfKey(time) === head.received_at) items.push(heads.delivery(head));
        }
        left -= 1 + wanted.length;
        cursor = page.cursor;
      } while (cursor !== null);
      return { items, next: null };
    },
  };
}

/** Of a SHA-256 in hexadecimal, at the end of the keys of deliveries. */
const DELIVERY_ID_DIGITS = 64;

function textsOf(position: Position, count: number): string[] {
  const texts = position.filter((part) => typeof part === "string");
  if (texts.length === count && position.length === count) return texts;
  throw new PositionError("This position was not given by this list.");
}
