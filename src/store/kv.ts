/**
 * The other store: one KV namespace. No migrations and no ceiling, and entries expire by themselves; but it lists
 * by time only, its look-ups may be a minute late, and a merge is a read and a write, not one act. Each delivery has
 * a key of its own, so none is lost by KV's limit of one write a second to a key. Keys: docs/storage.md.
 */
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { idKey, newestFirst, timeOfKey } from "./keys.ts";
import type { Persistently } from "./retry.ts";
import {
  deliveryOf,
  deliveryRow,
  type DeliveryRow,
  jobRows,
  type JobRow,
  runRows,
  type RunRow,
  runSummaryOf,
  summaryOf,
  versionOf,
} from "./rows.ts";
import { decodeBytes } from "../callback/callback.ts";
import { type Entry, FilterError, type Health, type KeptJob, type Page, type Position, type Store } from "./store.ts";

/** Arrivals remembered with a delivery, so that a write tried again is not counted again. */
const RECEIPTS_KEPT = 16;

/** Where a count stops. */
const COUNT_BOUND = 500;

/** List calls made for one page, of 1,000 keys each at most; a page may come out short and still have a next. */
const LISTS_PER_PAGE = 10;

type Head = DeliveryRow & { receipts: string[] };

/** A job as kept: its row, and the delivery behind it as it was when the row was written. */
interface KeptValue {
  row: JobRow;
  delivery: DeliveryRow;
}

/** `ttlSeconds` is how long entries are kept; null for ever. KV takes no less than 60. */
export function kvStore(kv: KVNamespace, persistently: Persistently, ttlSeconds: number | null): Store {
  const options = ttlSeconds === null ? {} : { expirationTtl: Math.max(60, ttlSeconds) };
  const set = (key: string, value: string | Uint8Array, metadata?: object) =>
    persistently(() => kv.put(key, value, { ...options, ...(metadata && { metadata }) }));
  const json = <T>(key: string) => persistently(() => kv.get<T>(key, "json"));

  async function openDelivery(id: string) {
    const value = await persistently(() => kv.get(`delivery:${id}`, "arrayBuffer"));
    if (value === null) return null;
    const { head, bytes } = openEnvelope(value);
    return { head: head as Head, bytes };
  }

  /** Writes the delivery, and gives its row with the count as far as KV lets us count. */
  async function putDelivery(entry: Entry): Promise<DeliveryRow> {
    const kept = (await openDelivery(entry.id))?.head;
    const isNew = !entry.bodyIsKept && kept?.receipts.includes(entry.receipt) !== true;
    const row = deliveryRow(entry);
    const head: Head = {
      ...(kept !== undefined && row.status === "pending" ? kept : row),
      received_at: kept?.received_at ?? entry.receivedAt,
      content_type: kept === undefined ? entry.contentType : kept.content_type,
      count: (kept?.count ?? 0) + Number(isNew),
      receipts: [...(isNew ? [entry.receipt] : []), ...(kept?.receipts ?? [])].slice(0, RECEIPTS_KEPT),
    };
    await set(`delivery:${entry.id}`, sealEnvelope(head, entry.body));
    const place = `${newestFirst(head.received_at)}:${entry.id}`;
    if (kept?.status !== head.status) {
      await set(`arrived:${place}`, "", { status: head.status });
      if (head.status !== "stored") await set(`status:${head.status}:${place}`, "");
    }
    // A read may be stale: what was pending is not looked up, but known from the bytes being there already.
    const earlier = entry.bodyIsKept ? new Set(["pending", kept?.status]) : new Set([kept?.status]);
    for (const status of earlier) {
      if (status === undefined || status === "stored" || status === head.status) continue;
      await persistently(() => kv.delete(`status:${status}:${place}`));
    }
    return head;
  }

  /** The merge of docs/decisions/0002, as read and write: of two writers at once, the later may not see the other. */
  async function putJob(row: JobRow, delivery: DeliveryRow): Promise<void> {
    const key = await idKey("job:", row.job_id);
    const kept = await json<KeptValue>(key);
    const isRecord = kept === null || row.rank >= kept.row.rank || row.delivery_id === kept.row.delivery_id;
    const tellsWorkflow = row.workflow_rank !== null && row.workflow_rank > (kept?.row.workflow_rank ?? "");
    const base = isRecord ? row : kept.row;
    const workflow = tellsWorkflow || kept === null ? row : kept.row;
    const { workflow_rank, run_id, workflow_id, workflow_name, workflow_step } = workflow;
    const merged: KeptValue = {
      row: {
        ...base,
        received_at: kept?.row.received_at ?? row.received_at,
        workflow_rank,
        run_id,
        workflow_id,
        workflow_name,
        workflow_step,
      },
      delivery: isRecord ? delivery : kept.delivery,
    };
    if (kept === null) await set(`received:${newestFirst(row.received_at)}:${key}`, "", { key });
    if (tellsWorkflow && run_id !== null) await set(`${await idKey("run-job:", run_id)}:${key}`, "", { key });
    await set(key, JSON.stringify(merged));
  }

  async function putRun(row: RunRow): Promise<void> {
    const key = await idKey("run:", row.run_id);
    const kept = await json<RunRow>(key);
    if (kept === null || row.rank >= kept.rank || row.delivery_id === kept.delivery_id)
      await set(key, JSON.stringify(row));
  }

  async function getJob(jobId: string): Promise<KeptJob | null> {
    const kept = await json<KeptValue>(await idKey("job:", jobId));
    return kept === null ? null : keptJob(kept);
  }

  async function getBody(id: string) {
    const opened = await openDelivery(id);
    return opened === null ? null : { delivery: deliveryOf(opened.head), body: decodeBytes(opened.bytes) };
  }

  /** Names under a prefix, with their metadata, for as long as `wanted` says so. */
  async function listKeys<Metadata>(
    prefix: string,
    limit: number,
    after: Position | null,
    wanted: (key: ListedKey<Metadata>) => boolean,
  ) {
    const found: ListedKey<Metadata>[] = [];
    let cursor = after === null ? null : String(after[0]);
    for (let lists = 0; lists < LISTS_PER_PAGE && found.length < limit; lists += 1) {
      const page = await persistently(() => kv.list<Metadata>({ prefix, cursor, limit: limit - found.length }));
      found.push(...page.keys.filter(wanted));
      if (page.list_complete) return { found, next: null };
      cursor = page.cursor;
    }
    return { found, next: cursor === null ? null : [cursor] };
  }

  async function jobsOf(keys: readonly ListedKey<{ key: string }>[]): Promise<KeptJob[]> {
    const names = keys.map((key) => key.metadata?.key).filter((name) => name !== undefined);
    if (names.length === 0) return [];
    const values = await persistently(() => kv.get<KeptValue>(names, "json"));
    return names.flatMap((name) => values.get(name) ?? []).map(keptJob);
  }

  return {
    name: "kv",
    outbox: null,

    async put(entries) {
      const counts: number[] = [];
      for (const entry of entries) {
        const delivery = await putDelivery(entry);
        for (const row of jobRows(entry)) await putJob(row, delivery);
        for (const row of runRows(entry)) await putRun(row);
        counts.push(delivery.count);
      }
      return counts;
    },

    getJob,

    async getJobWithBody(jobId) {
      const kept = await getJob(jobId);
      if (kept === null) return null;
      return { ...kept, ...((await getBody(kept.delivery.id)) ?? { body: null }) };
    },

    async listJobs(filter, limit, after): Promise<Page<KeptJob>> {
      const { runId, receivedAfter = -Infinity, receivedBefore = Infinity, ...others } = filter;
      const unsupported = Object.keys(others)[0];
      if (unsupported !== undefined) throw new FilterError(unsupported);
      const prefix = runId === undefined ? "received:" : `${await idKey("run-job:", runId)}:`;
      const { found, next } = await listKeys<{ key: string }>(prefix, limit, after, ({ name }) => {
        if (runId !== undefined) return true;
        const receivedAt = timeOfKey(name.slice("received:".length).split(":", 1)[0] ?? "");
        return receivedAt > receivedAfter && receivedAt < receivedBefore;
      });
      return { items: await jobsOf(found), next };
    },

    async getRun(runId) {
      const row = await json<RunRow>(await idKey("run:", runId));
      const kept = row === null ? null : await getBody(row.delivery_id);
      return row === null || kept === null ? null : { summary: runSummaryOf(row), ...kept };
    },

    async getDelivery(id) {
      return (await getBody(id))?.delivery ?? null;
    },

    getBody,

    async listDeliveries({ status }, limit, after) {
      const direct = status !== undefined && status !== "stored";
      const prefix = direct ? `status:${status}:` : "arrived:";
      const { found, next } = await listKeys<{ status: string }>(
        prefix,
        limit,
        after,
        ({ metadata }) => direct || status === undefined || metadata?.status === status,
      );
      const ids = found.map(({ name }) => name.slice(-64));
      const kept = await Promise.all(ids.map(async (id) => (await getBody(id))?.delivery));
      return { items: kept.filter((delivery) => delivery !== undefined), next };
    },

    async countDeliveries() {
      return null;
    },

    /** Entries of KV expire by themselves. */
    purge: async () => 0,

    /** One read: a free plan has 100,000 of those a day, and 1,000 lists. */
    async check() {
      await persistently(() => kv.get("check"));
      return NOTHING_KNOWN;
    },

    async measure() {
      const count = async (status: string) =>
        (await persistently(() => kv.list({ prefix: `status:${status}:`, limit: COUNT_BOUND }))).keys.length;
      const { keys } = await persistently(() => kv.list({ prefix: "arrived:", limit: 1 }));
      const [, last] = keys[0]?.name.split(":") ?? [];
      const quarantined = await count("quarantined");
      return {
        ...NOTHING_KNOWN,
        lastReceivedAt: last === undefined ? null : timeOfKey(last),
        quarantined,
        bytes: null,
        deliveriesEver: null,
        deliveries: { quarantined, pending: await count("pending"), "no-job": await count("no-job") },
        jobs: {},
        countBound: COUNT_BOUND,
      };
    },

    /** Not for a note: a free plan has 1,000 writes a day. */
    noteUpkeep: async () => {},
  };
}

const NOTHING_KNOWN: Health = {
  schema: null,
  region: null,
  lastReceivedAt: null,
  quarantined: null,
  upkeepAt: null,
  spilled: null,
};

type ListedKey<Metadata> = KVNamespaceListKey<Metadata>;

const keptJob = ({ row, delivery }: KeptValue): KeptJob => ({
  summary: summaryOf(row),
  delivery: deliveryOf(delivery),
  version: versionOf(row),
});
