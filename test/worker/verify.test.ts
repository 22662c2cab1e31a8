/** `VERIFY = "on"`: each callback is held to what CI says of its jobs, right after the answer and by the cron. */
import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import { asking, callbackOf, type Ci, ciJob, HOUR, LOCAL_QUEUE, newCi, storeOf, TAG } from "./ci.ts";
import type { JobDeliveryRecord } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import { gatedD1 } from "./faults.ts";
import { type Changes, cron, post, read, sha256 } from "./receiver.ts";
import { age, letAsk, verdictsOf } from "./verdict-rows.ts";
import { keepWritten, lines } from "./written.ts";

const RICH = { UPKEEP_OPERATIONS: "1000" };

let ci: Ci;
let changes: Changes;
const job = (jobId: string) => storeOf(changes).getJob(jobId);
const count = async (jobId: string) => (await ci.requests(jobId)).length;
const deliveries = async (jobId: string) => (await storeOf(changes).listDeliveriesOfJob(jobId, 10, null)).items;

keepWritten();
beforeEach(async () => {
  await env.DB.batch(
    ["sweeps", "verdicts", "jobs", "deliveries", "events"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  ci = await newCi();
  changes = { ...asking(ci), VERIFY: "on" };
});

describe("a callback that CI bears out", () => {
  test("is verified right after its answer, and CI's answer is not kept", async () => {
    const hook = newHook();
    changes = { ...changes, ...telling(hook) };
    const known = ciJob();
    await ci.know(known);
    const body = callbackOf(known);
    await post(body, changes);
    expect(await job(known.jobId)).toMatchObject({
      verified: true,
      delivery: { id: await sha256(body), source: "callback" },
    });
    expect(await deliveries(known.jobId)).toHaveLength(1);
    expect(await verdictsOf(known.jobId)).toMatchObject([{ verified: 1, asks: 1, ask_at: null }]);
    expect((await rowsOf(known.jobId)).map(({ type, status }) => [type, status])).toEqual([
      ["job.finished", "delivered"],
    ]);
    await cron(changes);
    expect(await count(known.jobId)).toBe(1);
  });

  test.each([
    ["leaves out its State, as those of segmentations do", { State: undefined }],
    ["has its nodes in another order", { Code: undefined, Tag: undefined, Message: "" }],
  ])("and that %s is the same", async (_, other) => {
    const known = ciJob();
    await ci.know(known);
    const { Code, Tag } = known.detail;
    await post(callbackOf(known, { ...other, ...(Object.hasOwn(other, "Code") && { Tag, Code }) }), changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true });
    expect(await deliveries(known.jobId)).toHaveLength(1);
  });

  test("in JSON is the same too", async () => {
    const known = ciJob();
    await ci.know(known);
    await post(JSON.stringify({ EventName: "TaskFinish", JobsDetail: known.detail }), changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true });
    expect(await deliveries(known.jobId)).toHaveLength(1);
  });

  test("with another result is replaced by CI's own, and that is verified", async () => {
    const hook = newHook();
    changes = { ...changes, ...telling(hook) };
    const known = ciJob({ words: ["真"] });
    await ci.know(known);
    const body = callbackOf(ciJob({ jobId: known.jobId, words: ["假"] }));
    await post(body, changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true, delivery: { source: "reconcile" } });
    expect(await verdictsOf(known.jobId)).toMatchObject([
      { delivery_id: await sha256(body), verified: 1, ask_at: null },
    ]);
    await cron(changes);
    expect(await count(known.jobId)).toBe(1);
    expect(await hook.ids()).toHaveLength(1);
    expect((await rowsOf(known.jobId)).map(({ type }) => type)).toEqual(["job.finished"]);
  });

  test("says so in the history of its job, and stays as it was judged when another is the record", async () => {
    const [same, other, forged] = [ciJob(), ciJob({ words: ["真"] }), ciJob({ state: "Failed" })];
    await ci.know(same, other, forged);
    await post(callbackOf(same), changes);
    await post(callbackOf(ciJob({ jobId: other.jobId, words: ["假"] })), changes);
    await post(callbackOf(forged, { State: "Success", Code: "Success" }), changes);
    const historyOf = async (jobId: string) =>
      (await read<{ deliveries: JobDeliveryRecord[] }>(`/jobs/${jobId}/deliveries`)).deliveries.map(
        ({ source, isRecord, verified }) => [source, isRecord, verified],
      );
    expect(await historyOf(same.jobId)).toEqual([["callback", true, true]]);
    expect(await historyOf(other.jobId)).toEqual([
      ["reconcile", true, true],
      ["callback", false, true],
    ]);
    expect(await historyOf(forged.jobId)).toEqual([
      ["reconcile", true, true],
      ["callback", false, false],
    ]);
    const unasked = newJobId();
    await post(segmentation(unasked));
    expect(await historyOf(unasked)).toEqual([["callback", true, null]]);
  });

  test("of a workflow is asked about for each of its jobs, and CI's own answers say more of them", async () => {
    const jobs = [ciJob(), ciJob(), ciJob()];
    await ci.know(...jobs);
    // A line of a workflow does not say its region.
    const queue = { ...LOCAL_QUEUE, bucket: "texts-1250000000", tags: [TAG] };
    changes = { ...changes, ...RICH, CI_QUEUES: JSON.stringify([queue]) };
    await post(
      workflowFinish(
        "run",
        jobs.map(({ jobId }) => jobId),
      ),
      changes,
    );
    for (const { jobId } of jobs)
      expect(await job(jobId)).toMatchObject({
        verified: true,
        delivery: { source: "reconcile" },
        summary: { workflow: { runId: "run" } },
      });
  });
});

describe("a callback that CI disputes", () => {
  test("with another end is replaced by CI's answer, and the dispute stays with it", async () => {
    const hook = newHook();
    changes = { ...changes, ...telling(hook) };
    const known = ciJob({ state: "Failed" });
    await ci.know(known);
    const body = callbackOf(known, { State: "Success", Code: "Success" });
    await post(body, changes);
    expect(await job(known.jobId)).toMatchObject({
      summary: { state: "Failed" },
      verified: true,
      delivery: { source: "reconcile" },
    });
    expect(await verdictsOf(known.jobId)).toMatchObject([{ delivery_id: await sha256(body), verified: 0 }]);
    expect((await rowsOf(known.jobId)).map(({ type }) => type).toSorted()).toEqual(["job.disputed", "job.finished"]);
    expect(lines().filter(({ event }) => event === "callback disputed")).toMatchObject([
      { level: "warn", jobId: known.jobId, delivery: await sha256(body), callback: "Success", ci: "Failed" },
    ]);
    // Once CI's answer is the record, the question is closed.
    await letAsk(known.jobId);
    await cron({ ...changes, ...RICH });
    expect(await count(known.jobId)).toBe(1);
    expect(await verdictsOf(known.jobId)).toMatchObject([{ verified: 0, ask_at: null }]);
  });

  test("whose answer could not be taken in is asked about again", async () => {
    const known = ciJob({ state: "Failed" });
    await ci.know(known);
    const body = callbackOf(known, { State: "Success", Code: "Success" });
    // The callback is written with its question, which stands first in its batch; the answer is not.
    const DB = gatedD1(env.DB, (call, effect) => {
      if (call === "D1 INSERT INTO deliveries") throw new Error("killed");
      return effect();
    });
    const KV = { put: () => Promise.reject(new Error("killed")), get: () => Promise.resolve(null) };
    await post(body, { ...changes, DB, KV });
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Success" }, verified: false });
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Failed" }, verified: true });
    expect(await verdictsOf(known.jobId)).toMatchObject([{ verified: 0 }]);
  });

  test("since it does not know the job is false, and turns true where the job turns up", async () => {
    const known = ciJob();
    await post(callbackOf(known), changes);
    expect(await job(known.jobId)).toMatchObject({ verified: false, summary: { state: "Success" } });
    await ci.know(known);
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true, delivery: { source: "callback" } });
  });

  test("since it does not know the job is asked about for an hour, and then no more", async () => {
    const known = ciJob();
    await post(callbackOf(known), changes);
    await age(known.jobId, HOUR);
    await letAsk(known.jobId);
    await cron(changes);
    expect(await verdictsOf(known.jobId)).toMatchObject([{ verified: 0, asks: 2, ask_at: null }]);
    const asked = await count(known.jobId);
    await cron(changes);
    expect(await count(known.jobId)).toBe(asked);
  });
});

describe("without a verdict", () => {
  test("stays a job that still runs at CI, and is asked about again", async () => {
    const known = ciJob({ state: "Running" });
    await ci.know(known);
    await post(callbackOf(known, { State: "Success" }), changes);
    expect(await job(known.jobId)).toMatchObject({ verified: null, summary: { state: "Success" } });
    expect(await deliveries(known.jobId)).toHaveLength(1);
    await cron(changes);
    expect(await count(known.jobId)).toBe(1);
    await ci.know(ciJob({ jobId: known.jobId, state: "Failed" }));
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true, summary: { state: "Failed" } });
  });

  test("stays one that CI fails to answer about, until it does; its pause holds", async () => {
    const known = ciJob();
    await ci.know(known);
    await ci.misbehave({ how: "error", status: 500, times: 1 });
    await post(callbackOf(known), changes);
    expect(await job(known.jobId)).toMatchObject({ verified: null });
    for (let runs = 0; runs < 3; runs += 1) await cron(changes);
    expect(await count(known.jobId)).toBe(1);
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ verified: true });
  });

  test("stay those that come while CI is not to be asked, and cost it nothing", async () => {
    const jobs = [ciJob(), ciJob(), ciJob()];
    await ci.know(...jobs);
    await ci.misbehave({ how: "slow-down", retryAfter: 300 });
    for (const known of jobs) await post(callbackOf(known), changes);
    expect(await ci.requests()).toHaveLength(1);
    expect(await job(jobs[2]?.jobId ?? "")).toMatchObject({ verified: null });
  });
});

test("what came by asking is never asked about", async () => {
  const known = ciJob();
  await ci.know(known);
  await storeOf(changes).expectations?.put(
    known.jobId,
    { bucket: known.bucket, region: known.region, queueId: null, tag: null, userData: null },
    Date.now() - 1,
    Date.now(),
  );
  await cron(changes);
  await cron(changes);
  expect(await job(known.jobId)).toMatchObject({ verified: true });
  expect(await count(known.jobId)).toBe(1);
  expect(await verdictsOf(known.jobId)).toEqual([]);
});

test("the jobs of a delivery are asked about up to twenty after the answer, the others by the cron", async () => {
  const jobs = Array.from({ length: 30 }, () => ciJob());
  await ci.know(...jobs);
  changes = { ...changes, ...RICH };
  const details = jobs.map(({ detail }) => detail);
  await post(JSON.stringify({ EventName: "TaskFinish", JobsDetail: details }), changes);
  expect((await ci.requests()).length).toBe(20);
  await cron(changes);
  expect((await ci.requests()).length).toBe(30);
  for (const { jobId } of jobs) expect(await job(jobId)).toMatchObject({ verified: true });
});

test("behind a queue, callbacks are asked about after their batch", async () => {
  const jobs = [ciJob(), ciJob()];
  await ci.know(...jobs);
  const timestamp = new Date();
  const batch = createMessageBatch<Queued>(
    "ci-callbacks",
    jobs.map((known, index) => {
      const bytes = new TextEncoder().encode(callbackOf(known));
      return {
        id: `${index}`,
        timestamp,
        attempts: 1,
        body: { bytes, contentType: null, receivedAt: Date.now(), nonce: `${index}` },
      };
    }),
  );
  const ctx = createExecutionContext();
  await worker.queue(batch, { ...env, ...changes, ...RICH } as Env, ctx);
  await waitOnExecutionContext(ctx);
  for (const { jobId } of jobs) expect(await job(jobId)).toMatchObject({ verified: true });
});

test("is off by default, and without keys", async () => {
  const known = ciJob();
  await ci.know(known);
  await post(callbackOf(known), asking(ci));
  await post(callbackOf(known, { Message: "again" }), { VERIFY: "on" });
  expect(await job(known.jobId)).toMatchObject({ verified: null });
  expect(await ci.requests()).toEqual([]);
});
