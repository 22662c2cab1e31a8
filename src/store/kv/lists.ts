/** Lists of jobs, runs and deliveries. time-list.ts makes those that go by time. */
import { keyPart, timeOfKey } from "../keys.ts";
import type { DeliveryFilter, JobFilter, JobFilterName, Page, Position, RunFilter } from "../lists.ts";
import { FilterError, PositionError } from "../errors.ts";
import type { JobDelivery, KeptJob, ListedDelivery, ListedRun } from "../store.ts";
import type { Claims } from "./claims.ts";
import type { Heads } from "./heads.ts";
import type { KeyPage, Namespace } from "./namespace.ts";
import { jobIdsOfOlder, olderMembersPrefix } from "./older.ts";
import { ARRIVED, type ArrivedFacts, memberPrefix, statusPrefix } from "./places.ts";
import { type Bounds, GROUP_OPERATIONS, PAGE_OPERATIONS, SCAN_OPERATIONS, timeListIn } from "./time-list.ts";

const EVER: Bounds = { receivedAfter: -Infinity, receivedBefore: Infinity };

/** The filters of lists of jobs. */
export const KV_FILTERS = ["runId", "receivedAfter", "receivedBefore"] as const satisfies readonly JobFilterName[];

export function listsIn(kv: Namespace, heads: Heads, claims: Claims) {
  const listByTime = timeListIn(kv, "arrived", (ids) => claims.readJobs(ids));
  const listRunsByTime = timeListIn(kv, "ran", (ids) => claims.readRuns(ids));

  /** In the order of the keys, which name each job once: first those of this version, then those of the first one. */
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
      ? [...(await jobIdsOfOlder(kv, page.keys)).values()].flat()
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
      if (runId !== undefined) return listByRun(runId, bounds, limit, after);
      const { items, next } = await listByTime(bounds, limit, after);
      return { items: items.map(({ kept }) => kept), next };
    },

    /** Reads runs that the filter then skips, too. Runs of the first version are not listed. */
    async listRuns({ state, workflowId }: RunFilter, limit: number, after: Position | null): Promise<Page<ListedRun>> {
      const { items, next } = await listRunsByTime(EVER, limit, after);
      const runs = items.map(({ kept, merged }) => ({ summary: kept.summary, receivedAt: merged.first.receivedAt }));
      const wanted = runs.filter(
        ({ summary }) =>
          (state === undefined || summary.state === state) &&
          (workflowId === undefined || summary.workflowId === workflowId),
      );
      return { items: wanted, next };
    },

    async listDeliveriesOfJob(jobId: string, limit: number, after: Position | null): Promise<Page<JobDelivery>> {
      const all = await claims.deliveriesOf(jobId);
      const [time, last = ""] = after === null ? [] : textsOf(after, 2);
      const lastAt = time === undefined ? Infinity : Number(time);
      const rest = all.filter(({ id, receivedAt }) => receivedAt < lastAt || (receivedAt === lastAt && id > last));
      const page = rest.slice(0, Math.min(limit, PAGE_OPERATIONS - SCAN_OPERATIONS - GROUP_OPERATIONS));
      const found = await Promise.all(page.map(({ id }) => heads.read(id)));
      const items = found.flatMap((head) => (head === null ? [] : [withVerdict(heads.listed(head))]));
      const end = page.at(-1);
      return {
        items,
        next: end === undefined || page.length === rest.length ? null : [String(end.receivedAt), end.id],
      };
    },

    /**
     * A delivery is listed at the place that its head tells. Any other place was written by a repeat that did not see
     * the first arrival.
     */
    async listDeliveries(
      { status }: DeliveryFilter,
      limit: number,
      after: Position | null,
    ): Promise<Page<ListedDelivery>> {
      const prefix = status === undefined || status === "stored" ? ARRIVED : statusPrefix(status);
      const [from = ""] = after === null ? [] : textsOf(after, 1);
      let cursor = from === "" ? null : from;
      const items: ListedDelivery[] = [];
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
          if (timeOfKey(time) === head.received_at) items.push(heads.listed(head));
        }
        left -= 1 + wanted.length;
        cursor = page.cursor;
      } while (cursor !== null);
      return { items, next: null };
    },
  };
}

/** CI is not asked about callbacks here, so only its own answers are verified. */
const withVerdict = (delivery: ListedDelivery): JobDelivery => ({
  ...delivery,
  verified: delivery.source === "reconcile" ? true : null,
});

/** The length of a SHA-256 in hexadecimal digits, at the end of the keys of deliveries. */
const DELIVERY_ID_DIGITS = 64;

function textsOf(position: Position, count: number): string[] {
  const texts = position.filter((part) => typeof part === "string");
  if (texts.length === count && position.length === count) return texts;
  throw new PositionError("This position was not given by this list.");
}
