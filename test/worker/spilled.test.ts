/** What comes through the spill, and what was in it: counted once, heard of, and found wherever it is at the moment. */
import { env } from "cloudflare:workers";
import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { downD1, gatedKv } from "./faults.ts";
import { cron, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

const HOUR_MILLISECONDS = 3_600_000;
const DAY_MILLISECONDS = 24 * HOUR_MILLISECONDS;
const WEEK = { RETENTION_DAYS_JOBS: "7" };

beforeEach(async () => {
  const tables = ["deliveries", "delivery_parts", "jobs", "runs", "marks"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

/** Makes all that is kept some days older. */
async function age(days: number): Promise<void> {
  const by = days * DAY_MILLISECONDS;
  await env.DB.batch([
    env.DB.prepare("UPDATE deliveries SET received_at = received_at - ?1, heard_at = heard_at - ?1").bind(by),
    env.DB.prepare("UPDATE jobs SET received_at = received_at - ?1, heard_at = heard_at - ?1").bind(by),
  ]);
}

const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });

describe("the same bytes again", () => {
  test("through the spill are counted, and are the last word on the job", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    await age(8);
    await post(body, downD1());
    await cron(WEEK);
    await cron(WEEK);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { count: 2 } });
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
  });

  test("of a lesser notice through the spill keep the record of its job", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    await post(running(jobId));
    await age(8);
    await post(running(jobId), downD1());
    await cron(WEEK);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: { JobId: jobId } });
  });

  test("of a lesser notice too large for a message, behind a queue, keep the record of its job", async () => {
    const jobId = newJobId();
    const words = Array.from({ length: 2_000 }, (_, at) => `词${at}`);
    const lesser = segmentation(jobId, { State: "Running", EndTime: "-", words });
    await post(segmentation(jobId));
    await post(lesser);
    await age(8);
    const sent: Queued[] = [];
    const INTAKE_QUEUE = { send: async (message: Queued) => void sent.push(message) };
    expect(await (await post(lesser, { INTAKE: "queue", INTAKE_QUEUE })).json()).toMatchObject({ status: "queued" });
    const messages = sent.map((body, index) => ({ id: `${index}`, timestamp: new Date(), attempts: 1, body }));
    await worker.queue(createMessageBatch<Queued>("ci-callbacks", messages), env as never, createExecutionContext());
    await cron(WEEK);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: { JobId: jobId } });
  });
});

describe("a spilled delivery", () => {
  test.each([null, undefined])("is one that comes while the binding of the database is %s", async (DB) => {
    const jobId = newJobId();
    const response = await post(segmentation(jobId), { DB, STORE_DEADLINE_MILLISECONDS: "100" });
    expect(await response.json()).toMatchObject({ status: "spilled", jobs: [jobId] });
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
  });

  test("that is reparsed before the drain is counted once", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body, downD1());
    const init = { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } };
    expect((await send(`/deliveries/${await sha256(body)}/reparse`, init)).status).toBe(200);
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 1 } });
  });

  test("that is no end says nothing while the store, which may have the end, is away", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    await post(running(jobId), downD1());
    expect((await get(`/jobs/${jobId}`, {}, downD1())).status).toBe(503);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    await cron();
  });

  test("that is drained between the questions to the store and to the spill is found", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId), downD1());
    let isDrained = false;
    const KV = gatedKv(env.KV, async (_, effect) => {
      if (!isDrained) {
        isDrained = true;
        await cron();
      }
      return effect();
    });
    expect(await (await get(`/jobs/${jobId}`, {}, { KV })).json()).toMatchObject({ jobId, state: "Success" });
  });

  test("is found though a greater one was drained, and has passed its time", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId), downD1());
    await cron();
    await age(8);
    await cron(WEEK);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
    await post(running(jobId), downD1());
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Running" });
    await cron();
  });
});
