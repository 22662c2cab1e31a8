/**
 * The other store: one KV namespace. It needs no migrations, has no ceiling, and its entries expire by themselves. But
 * look-ups may be a minute late, lists go by time only, and counts are best effort, since KV has no compare-and-set.
 * What must not be lost is never read, changed and written back: each delivery has keys of its own. Keys:
 * docs/storage.md.
 */
import { READER_VERSION } from "../../callback/callback.ts";
import { fail } from "../../callback/result.ts";
import { timeOfKey } from "../keys.ts";
import type { Telling } from "../outbox.ts";
import type { Persistently } from "../retry.ts";
import { type DeliveryStatus, type Store, UNFINISHED_READING } from "../store.ts";
import type { Health } from "../figures.ts";
import { UnsupportedError } from "../errors.ts";
import { birthsIn } from "./births.ts";
import { claimsIn } from "./claims.ts";
import { eventEntriesIn } from "./event-entries.ts";
import { eventFigures } from "./event-lists.ts";
import { heardAt, headsIn } from "./heads.ts";
import { KV_FILTERS, listsIn } from "./lists.ts";
import { namespaceOf } from "./namespace.ts";
import { nextLookIn } from "./next-look.ts";
import { KV_AT_ONCE, kvOutbox } from "./outbox.ts";
import { pendingIn } from "./pending.ts";
import { placesIn, type StatusFacts, statusPrefix } from "./places.ts";
import type { Retention } from "./retention.ts";
import { writerOf } from "./write.ts";

/** Where a count stops. */
const COUNT_BOUND = 500;

/** How many deliveries are made pending again at once: each is read and written as a whole. */
const RETRIED_AT_ONCE = 5;

/** The mark with the version of the reader that has retried unfinished readings. */
const READER_MARK = "mark:reader";

/** `retention` is how long entries are kept, in seconds. */
export function kvStore(
  namespace: KVNamespace,
  persistently: Persistently,
  retention: Retention,
  telling: Telling | null,
): Store {
  const kv = namespaceOf(namespace, persistently);
  const heads = headsIn(kv, retention);
  const claims = claimsIn(kv, retention);
  const pending = pendingIn(kv, heads);
  const entries = eventEntriesIn(kv, retention);
  const nextLook = nextLookIn(kv);
  const born = telling === null ? null : { ...telling, leased: Math.min(telling.leased, KV_AT_ONCE) };
  const births = birthsIn(entries, claims, nextLook, born);
  const writer = writerOf({ heads, claims, places: placesIn(kv, retention), pending, births, retention });
  const lists = listsIn(kv, heads, claims);

  return {
    name: "kv",
    filters: KV_FILTERS,
    consistency: "eventual; up to 60 s",
    pollSeconds: { wait: 5, page: 30 },
    news: null,
    outbox: kvOutbox(entries, claims, nextLook, telling),
    expectations: null,
    verdicts: null,
    sweeps: null,

    keep: (arrivals) => writer.keep(arrivals),

    put: (deliveries) => writer.put(deliveries),

    putReadings: (readings) => writer.putReadings(readings),

    async claimReading(id) {
      const claim = await pending.claim(id);
      if (claim !== "exhausted") return claim;
      const head = await heads.read(id);
      if (head === null) return "not-pending";
      await writer.putReadings([
        {
          id,
          receivedAt: head.received_at,
          lastReceivedAt: heardAt(head),
          isRestored: false,
          source: head.source ?? "callback",
          reading: fail(UNFINISHED_READING),
        },
      ]);
      return "exhausted";
    },

    releaseReading: (id) => pending.release(id),

    async retryUnfinished() {
      if (Number(await kv.text(READER_MARK)) === READER_VERSION) return 0;
      const quarantined = await kv.listAll<StatusFacts>(statusPrefix("quarantined"));
      const unfinished = quarantined.filter(({ metadata }) => metadata?.code === UNFINISHED_READING.kind);
      const retried = unfinished.slice(0, RETRIED_AT_ONCE);
      for (const { name } of retried) await writer.makePending(name.slice(-64));
      // For deliveries that an older version kept unread, no flag was set.
      await pending.raiseFlag();
      if (unfinished.length <= RETRIED_AT_ONCE) await kv.set(READER_MARK, String(READER_VERSION), null);
      return retried.length;
    },

    async getJob(jobId) {
      return (await claims.readJobs([jobId])).get(jobId)?.kept ?? null;
    },

    async getJobWithBody(jobId) {
      const kept = (await claims.readJobs([jobId])).get(jobId)?.kept;
      if (kept === undefined) return null;
      const body = (await heads.body(kept.delivery.id))?.body ?? null;
      return { ...kept, delivery: { ...kept.delivery, hasBytes: body !== null }, body };
    },

    listChanges: () => Promise.reject(new UnsupportedError(NO_CHANGES)),

    newestChange: () => Promise.reject(new UnsupportedError(NO_CHANGES)),

    listDeliveriesOfJob: (jobId, limit, after) => lists.listDeliveriesOfJob(jobId, limit, after),

    listRuns: (filter, limit, after) => lists.listRuns(filter, limit, after),

    listJobs: (filter, limit, after) => lists.listJobs(filter, limit, after),

    listJobsByObject: async () => [],

    async getRun(runId) {
      const run = (await claims.readRuns([runId])).get(runId)?.kept;
      if (run === undefined) return null;
      const body = (await heads.body(run.delivery.id))?.body ?? null;
      return { ...run, delivery: { ...run.delivery, hasBytes: body !== null }, body };
    },

    async getDelivery(id) {
      const head = await heads.read(id);
      return head === null ? null : heads.listed(head);
    },

    getBody: (id) => heads.body(id),

    async getBodies(ids) {
      return (await Promise.all(ids.map((id) => heads.body(id)))).filter((kept) => kept !== null);
    },

    async statusesOf(ids) {
      const found = await Promise.all(ids.map((id) => heads.read(id)));
      return new Map(
        found.flatMap((head): [string, DeliveryStatus][] => (head === null ? [] : [[head.id, head.status]])),
      );
    },

    async terminalOf(jobIds) {
      const jobs = await claims.readJobs(jobIds);
      return new Set([...jobs].flatMap(([id, { kept }]) => (kept.summary.terminal ? [id] : [])));
    },

    listDeliveries: (filter, limit, after) => lists.listDeliveries(filter, limit, after),

    listPending: (limit) => pending.list(limit),

    /**
     * Last received first. New deliveries come before the position, so an export has everything that was there when it
     * began.
     */
    listOldestDeliveries: (limit, after) => lists.listDeliveries({}, limit, after),

    /** What is kept of a job is what its deliveries say. */
    notesOf: async () => new Map(),

    async countDeliveries() {
      return null;
    },

    /** Entries of KV expire by themselves. */
    purgeOperations: () => 0,
    purge: async () => ({ rows: 0, isDone: true, operations: 0 }),

    /** Takes one read, of which a free plan has 100,000 a day, and no list, of which it has 1,000. */
    async check() {
      await kv.text("check");
      return NOTHING_KNOWN;
    },

    async measure() {
      const count = async (status: DeliveryStatus) =>
        (await kv.list(statusPrefix(status), COUNT_BOUND, null)).keys.length;
      const { keys } = await kv.list("arrived:", 1, null);
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
        events: telling === null ? null : await eventFigures(entries, COUNT_BOUND),
        expectations: null,
        verdicts: null,
      };
    },

    /** There is no ceiling, so nothing is recompressed. */
    recompress: async () => ({ rows: 0, isDone: true, faults: [] }),

    /** Records nothing: a free plan has 1,000 writes a day. */
    noteUpkeep: async () => {},
  };
}

/** Without a transaction, changes cannot be numbered. */
const NO_CHANGES = "feed of changes";

const NOTHING_KNOWN: Health = {
  schema: null,
  region: null,
  lastReceivedAt: null,
  quarantined: null,
  upkeepAt: null,
  spilled: null,
};
