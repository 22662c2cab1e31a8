/** What `STORE=kv` keeps to, each where KV's own ways would break it. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { intake, nameArrival, readArrival, readPending } from "../../src/intake.ts";
import { newestFirst } from "../../src/store/keys.ts";
import { kvStore } from "../../src/store/kv/kv.ts";
import type { Retention } from "../../src/store/kv/retention.ts";
import { persistent } from "../../src/store/retry.ts";
import { jobRows, runRows } from "../../src/store/rows.ts";
import {
  type Arrival,
  CorruptBodyError,
  FilterError,
  type KeptJob,
  type Page,
  type Position,
  PositionError,
  READ_ATTEMPTS,
  type RunFilter,
  type Store,
  UNFINISHED_READING,
  UnsupportedError,
} from "../../src/store/store.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { seeded } from "./faults.ts";
import { countedKv, cutKv, staleKv } from "./kv-layers.ts";
import { sha256 } from "./receiver.ts";

const NEVER: Retention = { jobs: null, bytes: null, quarantined: null };
const DAY_SECONDS = 86_400;
const DAY = DAY_SECONDS * 1000;

const storeOn = (KV: KVNamespace, retention: Partial<Retention> = {}): Store =>
  kvStore(KV, persistent(5_000), { ...NEVER, ...retention });
const store = storeOn(env.KV);

let clock = Date.now();

/** Arrivals a second apart, so that lists have an order. */
const arrivalOf = (body: string, receivedAt = (clock += 1_000)): Promise<Arrival> =>
  nameArrival({ bytes: new TextEncoder().encode(body), contentType: "application/xml", receivedAt });

async function takeIn(body: string, into: Store = store, receivedAt?: number): Promise<Arrival> {
  const arrival = await arrivalOf(body, receivedAt);
  await intake({ store: into, spill: null }, [arrival]);
  return arrival;
}

async function all<T>(list: (after: Position | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: Position | null = null;
  do {
    const page: Page<T> = await list(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** How often each of these jobs is listed, in pages of three. */
async function listed(jobIds: readonly string[], from: Store = store): Promise<string[]> {
  const jobs = await all((after) => from.listJobs({}, 3, after));
  return jobs.map(({ summary }) => summary.jobId).filter((jobId) => jobIds.includes(jobId));
}

async function keysOf(part: string): Promise<KVNamespaceListKey<unknown>[]> {
  const { keys } = await env.KV.list();
  return keys.filter(({ name }) => name.includes(part));
}

describe("a late notice", () => {
  test("does not take the end of a job back, however stale what its writer saw", async () => {
    const { KV, staleness } = staleKv(() => 0);
    const stale = storeOn(KV);
    const jobId = newJobId();
    await takeIn(segmentation(jobId, { State: "Success" }), stale);
    staleness.share = 1;
    await takeIn(segmentation(jobId, { State: "Running", EndTime: "-" }), stale);
    staleness.share = 0;
    expect((await stale.getJob(jobId))?.summary.state).toBe("Success");
    expect(await listed([jobId])).toEqual([jobId]);
  });

  test("does not take the end of a run back either", async () => {
    const { KV, staleness } = staleKv(() => 0);
    const stale = storeOn(KV);
    const runId = `i${newJobId()}`;
    await takeIn(workflowFinish(runId, [newJobId()]), stale);
    staleness.share = 1;
    await takeIn(workflowFinish(runId, [newJobId()], "Running"), stale);
    staleness.share = 0;
    expect((await stale.getRun(runId))?.summary.state).toBe("Success");
  });
});

describe("a job is listed once", () => {
  test("at its first delivery, where two writers each believed to be first", async () => {
    const { KV, staleness } = staleKv(() => 0);
    const stale = storeOn(KV);
    const [first, between] = [newJobId(), newJobId()];
    await takeIn(segmentation(first), stale);
    await takeIn(segmentation(between), stale);
    staleness.share = 1;
    await takeIn(segmentation(first, { UserData: "again" }), stale);
    expect(await listed([first, between])).toEqual([between, first]);
  });

  test("and so is a delivery whose repeat did not see the first arrival", async () => {
    const { KV, staleness } = staleKv(() => 0);
    const stale = storeOn(KV);
    const jobId = newJobId();
    const { id } = await takeIn(segmentation(jobId), stale);
    staleness.share = 1;
    await takeIn(segmentation(jobId), stale);
    const deliveries = await all((after) => store.listDeliveries({}, 3, after));
    expect(deliveries.filter((delivery) => delivery.id === id)).toHaveLength(1);
    expect(await listed([jobId])).toEqual([jobId]);
  });

  test("a page costs a bounded number of operations, and a short one is gone on with", async () => {
    const jobIds = Array.from({ length: 60 }, newJobId);
    for (const jobId of jobIds) await takeIn(segmentation(jobId));
    const { KV, counts, reset, total } = countedKv();
    const counted = storeOn(KV);
    const found: string[] = [];
    let after: Position | null = null;
    do {
      reset();
      const page: Page<KeptJob> = await counted.listJobs({}, 100, after);
      expect(total()).toBeLessThanOrEqual(45);
      found.push(...page.items.map(({ summary }) => summary.jobId));
      after = page.next;
    } while (after !== null);
    expect(found.filter((jobId) => jobIds.includes(jobId))).toEqual(jobIds.toReversed());
    reset();
    await counted.listJobs({}, 20, null);
    expect(counts).toEqual({ get: 1, getWithMetadata: 0, put: 0, list: 21, delete: 0 });
  });

  test("also where one delivery names more jobs than a page holds", async () => {
    const jobIds = Array.from({ length: 70 }, newJobId);
    await takeIn(workflowFinish(`i${newJobId()}`, jobIds));
    expect((await listed(jobIds)).toSorted()).toEqual(jobIds.toSorted());
  });

  test("between the times of its first delivery", async () => {
    const jobIds = [newJobId(), newJobId(), newJobId()];
    const times: number[] = [];
    for (const jobId of jobIds) times.push((await takeIn(segmentation(jobId))).receivedAt);
    await takeIn(segmentation(jobIds[1] as string, { UserData: "later" }));
    const [receivedAfter = 0, , receivedBefore = 0] = times;
    const between = await all((after) => store.listJobs({ receivedAfter, receivedBefore }, 3, after));
    expect(between.map(({ summary }) => summary.jobId)).toEqual([jobIds[1]]);
  });

  test("new arrivals do not move a page that is gone on with", async () => {
    const jobIds = [newJobId(), newJobId(), newJobId(), newJobId()];
    for (const jobId of jobIds) await takeIn(segmentation(jobId));
    const first = await store.listJobs({}, 2, null);
    const later = Array.from({ length: 5 }, newJobId);
    for (const jobId of later) await takeIn(segmentation(jobId));
    const second = await store.listJobs({}, 2, first.next);
    const found = [...first.items, ...second.items].map(({ summary }) => summary.jobId);
    expect(found).toEqual(jobIds.toReversed());
  });

  test("by no other filter, and from no position of another list", async () => {
    await expect(store.listJobs({ tag: "x" }, 1, null)).rejects.toThrow(FilterError);
    await expect(store.listJobs({}, 1, [1, "x"])).rejects.toThrow(PositionError);
    await expect(store.listJobs({ runId: "r" }, 1, [1])).rejects.toThrow(PositionError);
    await expect(store.listDeliveries({}, 1, [1])).rejects.toThrow(PositionError);
  });
});

describe("ids", () => {
  test("of any length and characters are kept, looked up and listed", async () => {
    for (const filling of ["x", ":", "长", "%", " /?#"]) {
      const jobId = `${newJobId()}${filling.repeat(900)}`.slice(0, 1_000);
      const runId = `${newJobId()}${filling.repeat(900)}`.slice(0, 1_000);
      await takeIn(segmentation(jobId, { Workflow: { RunId: runId } }));
      await takeIn(workflowFinish(runId, [jobId]));
      expect((await store.getJob(jobId))?.summary).toMatchObject({ jobId, workflow: { runId } });
      expect((await store.getRun(runId))?.summary.runId).toBe(runId);
      const members = await all((after) => store.listJobs({ runId }, 3, after));
      expect(members.map(({ summary }) => summary.jobId)).toEqual([jobId]);
      expect(await listed([jobId])).toEqual([jobId]);
    }
  });

  test("that another begins with are not answered for it", async () => {
    const id = newJobId();
    await takeIn(workflowFinish(`${id}:b`, [`${id}:job`]));
    expect(await store.getRun(id)).toBeNull();
    expect(await store.getJob(id)).toBeNull();
    expect(await all((after) => store.listJobs({ runId: id }, 3, after))).toEqual([]);
  });
});

describe("retention", () => {
  const RETENTION = { jobs: 30 * DAY_SECONDS, bytes: 7 * DAY_SECONDS, quarantined: 3 * DAY_SECONDS };

  test("gives every entry of a job its time and a day, its bytes their own, and what is quarantined its own", async () => {
    const jobId = newJobId();
    const runId = `i${jobId}`;
    const { id, receivedAt } = await takeIn(
      segmentation(jobId, { Workflow: { RunId: runId } }),
      storeOn(env.KV, RETENTION),
    );
    const seconds = Math.ceil(receivedAt / 1000);
    const ofJob = [...(await keysOf(jobId)), ...(await keysOf(id))];
    const lives = new Map(ofJob.map(({ name, expiration }) => [name.split(":", 1)[0], (expiration ?? 0) - seconds]));
    const life = RETENTION.jobs + DAY_SECONDS;
    expect(Object.fromEntries(lives)).toEqual({
      arrived: life,
      bytes: RETENTION.bytes,
      delivery: life,
      "job-claim": life,
      member: life,
    });
    const broken = await takeIn(`<broken>${jobId}`, storeOn(env.KV, RETENTION));
    const quarantined = await keysOf(broken.id);
    expect(quarantined).toHaveLength(4);
    const since = Math.ceil(broken.receivedAt / 1000);
    expect(new Set(quarantined.map(({ expiration = 0 }) => expiration - since))).toEqual(
      new Set([RETENTION.quarantined]),
    );
  });

  test("without a time keeps for ever, also what is quarantined", async () => {
    const jobId = newJobId();
    await takeIn(segmentation(jobId));
    const broken = await takeIn(`<broken>${jobId}`, storeOn(env.KV, { jobs: 30 * DAY_SECONDS }));
    const keys = [...(await keysOf(jobId)), ...(await keysOf(broken.id))];
    expect(keys).toHaveLength(4);
    expect(keys.map(({ expiration }) => expiration)).toEqual(keys.map(() => undefined));
  });

  test("of bytes leaves the job and the delivery without them", async () => {
    const kept = storeOn(env.KV, { bytes: 7 * DAY_SECONDS });
    const jobId = newJobId();
    const { id } = await takeIn(segmentation(jobId), kept, Date.now() - 8 * DAY);
    await env.KV.delete(`bytes:${id}`);
    expect((await kept.getJob(jobId))?.delivery.hasBytes).toBe(false);
    expect(await kept.getJobWithBody(jobId)).toMatchObject({ delivery: { hasBytes: false }, body: null });
    expect(await kept.getBody(id)).toMatchObject({ delivery: { id, hasBytes: false }, body: null });
    await takeIn(segmentation(jobId), kept, Date.now());
    expect(await kept.getJobWithBody(jobId)).toMatchObject({ delivery: { hasBytes: true }, body: segmentation(jobId) });
  });

  test("counts from the last word on a job: a late notice keeps the end, its bytes and the job's place", async () => {
    const kept = storeOn(env.KV, { jobs: 30 * DAY_SECONDS });
    const [jobId, runId] = [newJobId(), `i${newJobId()}`];
    const before = Date.now() - 20 * DAY;
    const ended = await takeIn(segmentation(jobId, { Workflow: { RunId: runId } }), kept, before);
    const now = Date.now();
    const notice = await takeIn(segmentation(jobId, { State: "Running", EndTime: "-" }), kept, now);
    const expected = Math.ceil(now / 1000) + 31 * DAY_SECONDS;
    const keys = [...(await keysOf(jobId)), ...(await keysOf(ended.id)), ...(await keysOf(notice.id))];
    expect(new Set(keys.map(({ name }) => name)).size).toBe(7);
    expect(new Set(keys.map(({ expiration }) => expiration))).toEqual(new Set([expected]));
    expect(await kept.getJob(jobId)).toMatchObject({
      summary: { state: "Success" },
      delivery: { lastReceivedAt: before },
    });
  });

  test("hides a job whose time is over before KV deletes it", async () => {
    const jobId = newJobId();
    await takeIn(segmentation(jobId), storeOn(env.KV, { jobs: 30 * DAY_SECONDS }), Date.now() - 30.5 * DAY);
    expect(await storeOn(env.KV, { jobs: 30 * DAY_SECONDS }).getJob(jobId)).toBeNull();
    expect(await store.getJob(jobId)).not.toBeNull();
  });
});

describe("a put that is cut off", () => {
  test("wherever that is shows a job whole or not at all, and a repeat finishes it", async () => {
    let isFinished = false;
    for (let writes = 0; !isFinished; writes += 1) {
      const jobId = newJobId();
      const runId = `i${jobId}`;
      const arrival = await arrivalOf(segmentation(jobId, { Workflow: { RunId: runId } }));
      const places = { store: storeOn(cutKv(writes)), spill: null };
      isFinished = await intake(places, [arrival]).then(
        () => true,
        () => false,
      );
      const job = await store.getJobWithBody(jobId);
      if (job !== null) expect(job.body).toBe(arrival.body);
      await intake({ store, spill: null }, [arrival]);
      expect((await store.getJobWithBody(jobId))?.body).toBe(arrival.body);
      expect(await listed([jobId])).toEqual([jobId]);
      expect((await store.listJobs({ runId }, 3, null)).items).toHaveLength(1);
      expect((await store.getDelivery(arrival.id))?.count).toBe(1);
      expect(writes).toBeLessThan(10);
    }
  });

  test("leaves a pending delivery pending until all that it says is written", async () => {
    let isFinished = false;
    for (let writes = 0; !isFinished; writes += 1) {
      const jobId = newJobId();
      const arrival = await arrivalOf(segmentation(jobId));
      await store.keep([arrival]);
      isFinished = await readPending(storeOn(cutKv(writes)), arrival.id).then(
        () => true,
        () => false,
      );
      if (!(await listed([jobId])).includes(jobId))
        expect((await store.getDelivery(arrival.id))?.status).toBe("pending");
      await readPending(store, arrival.id);
      expect(await listed([jobId])).toEqual([jobId]);
      expect(writes).toBeLessThan(10);
    }
  });
});

describe("a delivery that is kept unread", () => {
  test("is pending, listed as such, and read once", async () => {
    const jobId = newJobId();
    const arrival = await arrivalOf(segmentation(jobId));
    expect(await store.keep([arrival])).toEqual([1]);
    expect((await store.getDelivery(arrival.id))?.status).toBe("pending");
    expect(await store.listPending(1_000)).toContain(arrival.id);
    expect(await store.getJob(jobId)).toBeNull();
    expect(await readPending(store, arrival.id)).toMatchObject({ status: "read" });
    expect(await readPending(store, arrival.id)).toMatchObject({ status: "not-pending" });
    expect((await store.getJob(jobId))?.summary.state).toBe("Success");
    expect(await store.listPending(1_000)).not.toContain(arrival.id);
    const { items } = await store.listDeliveries({ status: "pending" }, 30, null);
    expect(items.map(({ id }) => id)).not.toContain(arrival.id);
  });

  test("stays what it is where it was read before, and is counted", async () => {
    const jobId = newJobId();
    const { id, body } = await takeIn(segmentation(jobId));
    expect(await store.keep([await arrivalOf(body as string)])).toEqual([2]);
    expect(await store.getDelivery(id)).toMatchObject({ status: "stored", count: 2 });
    expect(await listed([jobId])).toEqual([jobId]);
  });

  test("is quarantined when reading it was begun too often, and pending again for a newer reader", async () => {
    const arrival = await arrivalOf(segmentation(newJobId()));
    await store.keep([arrival]);
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1)
      expect(await store.claimReading(arrival.id)).toBe("claimed");
    await store.releaseReading(arrival.id);
    expect(await store.claimReading(arrival.id)).toBe("claimed");
    expect(await store.claimReading(arrival.id)).toBe("exhausted");
    expect(await store.getDelivery(arrival.id)).toMatchObject({ status: "quarantined", failure: UNFINISHED_READING });
    expect(await store.claimReading(arrival.id)).toBe("not-pending");
    await env.KV.delete("mark:reader");
    expect(await store.retryUnfinished()).toBe(1);
    expect(await store.retryUnfinished()).toBe(0);
    expect(await store.getDelivery(arrival.id)).toMatchObject({ status: "pending", failure: null });
    expect(await store.listPending(1_000)).toContain(arrival.id);
    expect(await readPending(store, arrival.id)).toMatchObject({ status: "read" });
  });

  test("is tried after those that were tried less, and the older of two before the other", async () => {
    const [first, second, third] = await Promise.all([0, 1, 2].map(() => arrivalOf(segmentation(newJobId()))));
    const arrivals = [first, second, third] as Arrival[];
    await store.keep(arrivals);
    await store.claimReading((first as Arrival).id);
    const ids = (await store.listPending(1_000)).filter((id) => arrivals.some((arrival) => arrival.id === id));
    expect(ids).toEqual([second?.id, third?.id, first?.id]);
    for (const { id } of arrivals) await readPending(store, id);
  });

  test("is not looked for where none was kept for hours: a list is dear", async () => {
    await env.KV.delete("mark:pending");
    const { KV, counts } = countedKv();
    expect(await storeOn(KV).listPending(10)).toEqual([]);
    expect(counts).toMatchObject({ get: 1, list: 0 });
  });

  test("and is gone meanwhile is told of, and nothing of it is written", async () => {
    const jobId = newJobId();
    const told = readArrival(await arrivalOf(segmentation(jobId)));
    expect(await store.putReadings([told])).toMatchObject({ gone: [told.id] });
    expect(await store.getJob(jobId)).toBeNull();
  });
});

describe("what is kept of a delivery", () => {
  test("is counted once for a write tried again, and for each of several in one batch", async () => {
    const arrival = readArrival(await arrivalOf(segmentation(newJobId())));
    const again = { ...arrival, nonce: "another1" };
    expect(await store.put([arrival, again, arrival])).toMatchObject({ counts: [1, 2, 2] });
    expect(await store.put([again])).toMatchObject({ counts: [2] });
    expect(await store.put([{ ...arrival, nonce: null, count: 7, receivedAt: 5 }])).toMatchObject({ counts: [7] });
    expect(await store.getDelivery(arrival.id)).toMatchObject({ count: 7, receivedAt: 5 });
  });

  test("is found by status, and in the order in which it came", async () => {
    const jobId = newJobId();
    const stored = await takeIn(segmentation(jobId));
    const noJob = await takeIn(`{"about":"no job ${jobId}"}`);
    const broken = await takeIn(`{"broken ${jobId}`);
    const ids = [stored.id, noJob.id, broken.id, await sha256("never came")];
    const statuses = [
      [stored.id, "stored"],
      [noJob.id, "no-job"],
      [broken.id, "quarantined"],
    ] as const;
    expect(await store.statusesOf(ids)).toEqual(new Map(statuses));
    for (const [id, status] of statuses)
      expect((await store.listDeliveries({ status }, 1, null)).items).toMatchObject([{ id, status }]);
    for (const list of [store.listDeliveries({}, 3, null), store.listOldestDeliveries(3, null)])
      expect((await list).items.map(({ id }) => id)).toEqual([broken.id, noJob.id, stored.id]);
  });

  test("costs a bounded number of operations a page", async () => {
    const { KV, reset, total } = countedKv();
    const counted = storeOn(KV);
    const ids: string[] = [];
    let after: Position | null = null;
    do {
      reset();
      const page = await counted.listDeliveries({}, 100, after);
      expect(total()).toBeLessThanOrEqual(45);
      ids.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is refused where its bytes are others than those that came", async () => {
    const jobId = newJobId();
    const { id } = await takeIn(segmentation(jobId));
    const value = (await env.KV.get(`delivery:${id}`)) as string;
    await env.KV.put(`delivery:${id}`, value.replace("今天", "明天"));
    await expect(store.getBody(id)).rejects.toThrow(CorruptBodyError);
    await expect(store.getJobWithBody(jobId)).rejects.toThrow(CorruptBodyError);
    await takeIn(segmentation(jobId));
    expect((await store.getBody(id))?.body).toBe(segmentation(jobId));
  });

  test("by a newer reader is not overwritten by an older one", async () => {
    const jobId = newJobId();
    const arrival = await takeIn(segmentation(jobId));
    const claim = (await keysOf(jobId)).find(({ name: key }) => key.startsWith("job-claim:"));
    const { name, metadata } = claim as KVNamespaceListKey<{ rank: string; note: { row: { tag: string } } }>;
    const newer = structuredClone(metadata) as { rank: string; note: { row: { tag: string } } };
    newer.rank = newer.rank.replace(/^11(.*) \d{3}$/, "00$1 900");
    newer.note.row.tag = "Newer";
    await env.KV.put(name.replace(/\d{3}$/, "900"), "", { metadata: newer });
    const value = (await env.KV.get(`delivery:${arrival.id}`)) as string;
    await env.KV.put(
      `delivery:${arrival.id}`,
      value.replace(/"reader":\d+/, '"reader":900').replace('"stored"', '"no-job"'),
    );
    await takeIn(segmentation(jobId));
    await store.putReadings([readArrival(arrival)]);
    expect((await store.getJob(jobId))?.summary.tag).toBe("Newer");
    expect(await store.getDelivery(arrival.id)).toMatchObject({ status: "no-job", count: 2 });
  });
});

describe("what is told of jobs and runs", () => {
  test("are the deliveries that named a job, last received first, and the jobs that each names", async () => {
    const [jobId, other] = [newJobId(), newJobId()];
    const first = await takeIn(segmentation(jobId, { State: "Running", EndTime: "-" }));
    const second = await takeIn(segmentation(jobId));
    await takeIn(segmentation(jobId));
    const third = await takeIn(workflowFinish(`i${jobId}`, [other, jobId]));
    const told = await all((after) => store.listDeliveriesOfJob(jobId, 2, after));
    expect(told).toMatchObject([
      { id: third.id, jobIds: [other, jobId], jobCount: 2, tag: "WordsGeneralize", object: "notes/a.txt" },
      { id: second.id, count: 2, jobIds: [jobId], jobCount: 1 },
      { id: first.id },
    ]);
    expect(await store.getDelivery(second.id)).toMatchObject({ jobIds: [jobId], jobCount: 1 });
    expect(await store.listDeliveriesOfJob(newJobId(), 2, null)).toEqual({ items: [], next: null });
    expect(await store.getJob(jobId)).toMatchObject({ firstReceivedAt: first.receivedAt, updatedAt: third.receivedAt });
  });

  test("are the runs whose end was told, each once, by state and workflow", async () => {
    const runIds = [`i${newJobId()}`, `i${newJobId()}`];
    for (const runId of runIds) await takeIn(workflowFinish(runId, [newJobId()]));
    await takeIn(workflowFinish(runIds[0] as string, [newJobId()], "Running"));
    const idsOf = async (filter: RunFilter) =>
      (await all((after) => store.listRuns(filter, 1, after)))
        .map(({ summary }) => summary.runId)
        .filter((runId) => runIds.includes(runId));
    expect(await idsOf({})).toEqual(runIds.toReversed());
    expect(await idsOf({ state: "Success", workflowId: "w1" })).toEqual(runIds.toReversed());
    expect(await idsOf({ state: "Running" })).toEqual([]);
    expect(await idsOf({ workflowId: "w2" })).toEqual([]);
  });

  test("is no feed of changes, which KV cannot number", async () => {
    await expect(store.listChanges(null, 1)).rejects.toThrow(UnsupportedError);
    await expect(store.newestChange()).rejects.toThrow(UnsupportedError);
  });
});

describe("what the first version has written", () => {
  /** A delivery as that version kept it, with the job's value, the run's, and their places. */
  async function keepAsBefore(body: string, receivedAt: number) {
    const arrival = readArrival(await arrivalOf(body, receivedAt));
    const { id, size } = arrival;
    const delivery = {
      id,
      status: "stored",
      format: "xml",
      content_type: null,
      size,
      received_at: receivedAt,
      count: 1,
      reason_code: null,
      reason: null,
      line: null,
      column_number: null,
      has_bytes: 1,
    };
    const time = newestFirst(receivedAt);
    await env.KV.put(`delivery:${id}`, `${JSON.stringify({ ...delivery, receipts: [arrival.nonce] })}\n${body}`);
    await env.KV.put(`arrived:${time}:${id}`, "", { metadata: { status: "stored" } });
    for (const { heard_at: _, restored: __, ...row } of jobRows(arrival)) {
      const key = `job:${row.job_id}`;
      await env.KV.put(key, JSON.stringify({ row, delivery }));
      await env.KV.put(`received:${time}:${key}`, "", { metadata: { key } });
      if (row.run_id !== null) await env.KV.put(`run-job:${row.run_id}:${key}`, "", { metadata: { key } });
    }
    for (const { heard_at: _, ...row } of runRows(arrival)) await env.KV.put(`run:${row.run_id}`, JSON.stringify(row));
    return arrival;
  }

  test("is one claim more: looked up, listed once at its place, and not taken back", async () => {
    const [jobId, other] = [newJobId(), newJobId()];
    const runId = `i${jobId}:x`;
    const finish = await keepAsBefore(workflowFinish(runId, [jobId, other]), 1_700_000_000_000);
    expect(await store.getJobWithBody(jobId)).toMatchObject({
      summary: { state: "Success", workflow: { runId } },
      delivery: { id: finish.id, receivedAt: 1_700_000_000_000, count: 1 },
      body: finish.body,
    });
    expect(await store.getRun(runId)).toMatchObject({ summary: { runId, state: "Success" }, body: finish.body });
    await takeIn(workflowFinish(runId, [jobId], "Running"));
    await takeIn(segmentation(jobId, { UserData: "own" }));
    expect((await store.getRun(runId))?.summary.state).toBe("Success");
    expect((await store.getJob(jobId))?.summary).toMatchObject({
      event: "TaskFinish",
      userData: "own",
      workflow: { runId },
    });
    expect((await listed([jobId, other])).toSorted()).toEqual([jobId, other].toSorted());
    const members = await all((after) => store.listJobs({ runId }, 3, after));
    expect(members.map(({ summary }) => summary.jobId).toSorted()).toEqual([jobId, other].toSorted());
    expect(await all((after) => store.listJobs({ runId: `i${jobId}` }, 3, after))).toEqual([]);
  });

  test("is counted on, and listed once, when the same bytes come again", async () => {
    const jobId = newJobId();
    const arrival = await keepAsBefore(segmentation(jobId), 1_700_000_001_000);
    await takeIn(segmentation(jobId));
    expect(await store.getJob(jobId)).toMatchObject({ delivery: { id: arrival.id, count: 2 } });
    expect(await listed([jobId])).toEqual([jobId]);
    const deliveries = await all((after) => store.listDeliveries({}, 30, after));
    expect(deliveries.filter(({ id }) => id === arrival.id)).toHaveLength(1);
  });
});

test("a callback costs three writes, and a look-up one list", async () => {
  const { KV, counts, reset } = countedKv();
  const counted = storeOn(KV);
  const jobId = newJobId();
  const costs: Record<string, unknown> = {};
  const cost = async (name: string, work: () => Promise<unknown>) => {
    reset();
    await work();
    costs[name] = { reads: counts.get + counts.getWithMetadata, writes: counts.put, lists: counts.list };
  };
  const runId = `i${jobId}`;
  await cost("a job", () => takeIn(segmentation(jobId), counted));
  await cost("the same bytes", () => takeIn(segmentation(jobId), counted));
  await cost("of a run", () => takeIn(segmentation(newJobId(), { Workflow: { RunId: runId } }), counted));
  await cost("the end of a run of two", () => takeIn(workflowFinish(runId, [jobId, newJobId()]), counted));
  await cost("quarantined", () => takeIn(`<broken>${jobId}`, counted));
  await cost("with retention", () => takeIn(segmentation(newJobId()), storeOn(KV, { jobs: 86_400 })));
  await cost("with retention of bytes", () => takeIn(segmentation(newJobId()), storeOn(KV, { bytes: 86_400 })));
  await cost("look-up", () => counted.getJobWithBody(jobId));
  await cost("look-up of a run", () => counted.getRun(runId));
  await cost("jobs of the run", () => all((after) => counted.listJobs({ runId }, 100, after)));
  expect(costs).toEqual({
    "a job": { reads: 1, writes: 3, lists: 0 },
    "the same bytes": { reads: 1, writes: 3, lists: 0 },
    "of a run": { reads: 1, writes: 4, lists: 0 },
    "the end of a run of two": { reads: 1, writes: 8, lists: 0 },
    quarantined: { reads: 1, writes: 3, lists: 0 },
    "with retention": { reads: 1, writes: 3, lists: 1 },
    "with retention of bytes": { reads: 1, writes: 4, lists: 0 },
    "look-up": { reads: 2, writes: 0, lists: 1 },
    "look-up of a run": { reads: 2, writes: 0, lists: 1 },
    "jobs of the run": { reads: 1, writes: 0, lists: 5 },
  });
});

test("a page of a store with many stale keys still has each job once", async () => {
  const { KV, staleness } = staleKv(seeded(7));
  staleness.share = 0.5;
  const stale = storeOn(KV);
  const jobIds = Array.from({ length: 6 }, newJobId);
  for (const State of ["Submitted", "Running", "Success"])
    for (const jobId of jobIds) await takeIn(segmentation(jobId, { State }), stale);
  expect(await listed(jobIds)).toEqual(jobIds.toReversed());
});
