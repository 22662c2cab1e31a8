/** What `STORE=kv` keeps to of jobs and runs, each where KV's own ways would break it, and what it costs. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { intake, readPending } from "../../src/intake.ts";
import { FilterError, PositionError, UnsupportedError } from "../../src/store/errors.ts";
import type { KeptJob } from "../../src/store/store.ts";
import type { Page, Position, RunFilter } from "../../src/store/lists.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { gatedKv, seeded } from "./faults.ts";
import { countedKv, staleKv } from "./kv-layers.ts";
import { all, arrivalOf, listed, store, storeOn, takeIn } from "./kv-store.ts";

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

describe("bytes that are kept unread while another reads the same ones", () => {
  test.each([0, 1, 2, 3, 4, 5])("stay where lists find them, if that comes before call %i", async (at) => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const kept = await arrivalOf(body);
    let calls = 0;
    const KV = gatedKv(env.KV, async (_, effect) => {
      if (calls === at) await takeIn(body, store, kept.receivedAt + 10);
      calls += 1;
      return effect();
    });
    await storeOn(KV).keep([kept]);
    for (const id of await store.listPending(100)) await readPending(store, id);
    expect(await listed([jobId])).toEqual([jobId]);
    const deliveries = await all((after) => store.listDeliveries({}, 50, after));
    expect(deliveries.filter(({ id }) => id === kept.id)).toHaveLength(1);
  });
});

/** The namespace, until the Worker is ended at a write. */
function cutAt(write: number): KVNamespace {
  let writes = 0;
  return gatedKv(env.KV, async (call, effect) => {
    if (call === "KV put") writes += 1;
    if (writes > write) throw new Error("The Worker has ended.");
    return effect();
  });
}

describe("a delivery whose writing is cut off", () => {
  test.each([1, 2, 3, 4])("at its write %i hides no job from lists that another delivery names", async (write) => {
    const [jobId, runId] = [newJobId(), `i${newJobId()}`];
    await takeIn(workflowFinish(runId, [jobId], "Running"), storeOn(cutAt(write))).catch(() => {});
    await takeIn(segmentation(jobId));
    await takeIn(workflowFinish(runId, [newJobId()]));
    expect(await listed([jobId])).toEqual([jobId]);
    const runs = await all((after) => store.listRuns({}, 3, after));
    expect(runs.filter(({ summary }) => summary.runId === runId)).toHaveLength(1);
  });

  test.each([1, 2, 3])("at write %i of a repeat still waits, where it was kept unread", async (write) => {
    const jobId = newJobId();
    const arrival = await arrivalOf(segmentation(jobId));
    await store.keep([arrival]);
    await intake({ store: storeOn(cutAt(write)), spill: null }, [arrival]).catch(() => {});
    await readPending(store, arrival.id);
    expect((await store.getJob(jobId))?.summary.state).toBe("Success");
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

test("a page of a store with many stale keys still has each job once", async () => {
  const { KV, staleness } = staleKv(seeded(7));
  staleness.share = 0.5;
  const stale = storeOn(KV);
  const jobIds = Array.from({ length: 6 }, newJobId);
  for (const State of ["Submitted", "Running", "Success"])
    for (const jobId of jobIds) await takeIn(segmentation(jobId, { State }), stale);
  expect(await listed(jobIds)).toEqual(jobIds.toReversed());
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
  while ((await store.retryUnfinished()) > 0);
  await env.KV.delete("mark:pending");
  await cost("the cron, with nothing to do", async () => {
    await counted.retryUnfinished();
    await counted.listPending(5);
  });
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
    "the cron, with nothing to do": { reads: 2, writes: 0, lists: 0 },
  });
});
