/** What `STORE=kv` keeps to of deliveries: cut off at any write, kept unread, counted, and read again. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { READER_VERSION } from "../../src/callback/callback.ts";
import { intake, readArrival, readPending } from "../../src/intake.ts";
import { READER_DIGITS } from "../../src/store/rows.ts";
import { type Arrival, READ_ATTEMPTS, UNFINISHED_READING } from "../../src/store/store.ts";
import { CorruptBodyError } from "../../src/store/errors.ts";
import type { Position } from "../../src/store/lists.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { countedKv, cutKv } from "./kv-layers.ts";
import { storeOn, store, arrivalOf, takeIn, listed, keysOf } from "./kv-store.ts";
import { sha256 } from "./receiver.ts";

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
    expect((await readPending(store, arrival.id)).status).toBe("read");
    expect((await readPending(store, arrival.id)).status).toBe("not-pending");
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
    expect((await readPending(store, arrival.id)).status).toBe("read");
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
    expect((await store.putReadings([told])).gone).toEqual([told.id]);
    expect(await store.getJob(jobId)).toBeNull();
  });
});

describe("what is kept of a delivery", () => {
  test("is counted once for a write tried again, and for each of several in one batch", async () => {
    const arrival = readArrival(await arrivalOf(segmentation(newJobId())));
    const again = { ...arrival, nonce: "another1" };
    expect((await store.put([arrival, again, arrival])).counts).toEqual([1, 2, 2]);
    expect((await store.put([again])).counts).toEqual([2]);
    expect((await store.put([{ ...arrival, nonce: null, count: 7, receivedAt: 5 }])).counts).toEqual([7]);
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
    const next = String(READER_VERSION + 1).padStart(READER_DIGITS, "0");
    const arrival = await takeIn(segmentation(jobId));
    const claim = (await keysOf(jobId)).find(({ name: key }) => key.startsWith("job-claim:"));
    const { name, metadata } = claim as KVNamespaceListKey<{ rank: string; note: { row: { tag: string } } }>;
    const newer = structuredClone(metadata) as { rank: string; note: { row: { tag: string } } };
    newer.rank = newer.rank.replace(/^11(.*) [0-9]+$/, `00$1 ${next}`);
    newer.note.row.tag = "Newer";
    await env.KV.put(name.replace(/[0-9]+$/, next), "", { metadata: newer });
    const value = (await env.KV.get(`delivery:${arrival.id}`)) as string;
    await env.KV.put(
      `delivery:${arrival.id}`,
      value.replace(/"reader":[0-9]+/, `"reader":${READER_VERSION + 1}`).replace('"stored"', '"no-job"'),
    );
    await takeIn(segmentation(jobId));
    await store.putReadings([readArrival(arrival)]);
    expect((await store.getJob(jobId))?.summary.tag).toBe("Newer");
    expect(await store.getDelivery(arrival.id)).toMatchObject({ status: "no-job", count: 2 });
  });

  test("is what a newer reader says of its workflow, where an older version wrote the whole delivery id into its rank", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { Workflow: { RunId: `i${jobId}`, WorkflowName: "nightly" } });
    const { id } = await takeIn(body);
    const claim = (await keysOf(jobId)).find(({ name: key }) => key.startsWith("job-claim:"));
    const { name, metadata } = claim as KVNamespaceListKey<{
      rank: string;
      workflow_rank: string;
      note: { row: { workflow_name: string } };
    }>;
    const older = structuredClone(metadata) as NonNullable<typeof metadata>;
    const long = (rank: string) => rank.replace(/[0-9a-f]{16} [0-9]+$/, `${id} 001`);
    older.rank = long(older.rank);
    older.workflow_rank = long(older.workflow_rank);
    older.note.row.workflow_name = "wrong";
    await env.KV.put(name.replace(/[0-9]+$/, "001"), "", { metadata: older });
    expect((await store.getJob(jobId))?.summary.workflow?.workflowName).toBe("nightly");
  });
});
