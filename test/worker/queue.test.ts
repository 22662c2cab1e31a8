/** Intake through a real queue: acknowledged when the queue has it, stored by the same intake, lost never. */
import { createMessageBatch, getQueueResult, createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/wire.ts";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { faultyD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { cron, get, post, read, send, sha256 } from "./receiver.ts";

const QUEUE = { INTAKE: "queue" };
const down = () => ({
  STORE_DEADLINE_MILLISECONDS: "100",
  DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)),
});

/** Gives a batch to the Worker as the platform does, and says what became of its messages. */
async function deliver(bodies: Queued[], changes = {}, queue = "ci-callbacks") {
  const messages = bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch<Queued>(queue, messages);
  await worker.queue(batch, { ...env, ...changes }, createExecutionContext());
  return getQueueResult(batch, createExecutionContext());
}

const message = (body: string, nonce = crypto.randomUUID().slice(0, 8)): Queued => ({
  bytes: new TextEncoder().encode(body),
  contentType: "application/xml",
  receivedAt: Date.now(),
  nonce,
});

describe("a callback with INTAKE=queue", () => {
  test("is acknowledged as queued, and found by one who waits", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const response = await post(body, QUEUE, { "content-type": "application/xml" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ delivery: await sha256(body), status: "queued", jobs: [jobId] });
    expect(await read<Job>(`/jobs/${jobId}?wait=30`)).toMatchObject({
      jobId,
      state: "Success",
      delivery: { count: 1 },
    });
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
  });

  test("that is too large for a message goes to the store first, and travels as a reference", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: Array.from({ length: 2_000 }, (_, at) => `词${at}`) });
    expect(body.length).toBeGreaterThan(100_000);
    expect(await (await post(body, QUEUE)).json()).toMatchObject({ status: "queued", jobs: [jobId] });
    expect(await (await get(`/deliveries/${await sha256(body)}/raw`)).text()).toBe(body);
    expect(await read<Job>(`/jobs/${jobId}?wait=30`)).toMatchObject({ state: "Success", delivery: { count: 1 } });
  });

  test("that cannot be read is answered at once, and in quarantine when it comes out of the queue", async () => {
    const body = `{"a": ${newJobId()}`;
    const response = await post(body, QUEUE);
    expect(response.status).toBe(400);
    const id = await sha256(body);
    for (let tries = 0; tries < 100 && (await get(`/deliveries/${id}`)).status !== 200; tries += 1)
      await scheduler.wait(100);
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined", line: 1, column: 7 });
  });

  test("is taken in at once where the queue does not take it", async () => {
    const jobId = newJobId();
    const INTAKE_QUEUE = { send: () => Promise.reject(new Error("Queue send failed")) };
    expect(await (await post(segmentation(jobId), { ...QUEUE, INTAKE_QUEUE })).json()).toMatchObject({
      status: "stored",
    });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
  });

  test("is taken in at once where there is no queue, and the setting is a fault", async () => {
    const changes = { ...QUEUE, INTAKE_QUEUE: undefined };
    expect(await (await post(segmentation(newJobId()), changes)).json()).toMatchObject({ status: "stored" });
    expect(await (await send("/readyz", {}, changes)).json()).toMatchObject({
      type: "/problems/not-ready",
      detail:
        'INTAKE is "queue". Allowed: queue only with a binding INTAKE_QUEUE (docs/scaling.md). The default is used instead.',
    });
  });
});

describe("a batch of messages", () => {
  test("is stored in one write, and acknowledged", async () => {
    const jobIds = Array.from({ length: 100 }, newJobId);
    let batches = 0;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "batch") batches += 1;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const result = await deliver(
      jobIds.map((jobId) => message(segmentation(jobId))),
      { DB },
    );
    expect([result.ackAll, result.retryMessages.length, batches]).toEqual([true, 0, 1]);
    for (const jobId of jobIds) expect((await get(`/jobs/${jobId}`)).status).toBe(200);
  });

  test("that comes again changes nothing", async () => {
    const jobId = newJobId();
    const queued = message(segmentation(jobId));
    await deliver([queued, queued]);
    await deliver([queued]);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 1 } });
  });

  test("is tried again when the store is away, and not put into the second place", async () => {
    const { retryMessages, explicitAcks } = await deliver([message(segmentation(newJobId())), message("{")], down());
    expect(retryMessages.map(({ msgId }) => msgId)).toEqual(["0", "1"]);
    expect(explicitAcks).toEqual([]);
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
  });

  test("is not held up by one of its messages that cannot be stored", async () => {
    const [good, bad] = [newJobId(), newJobId()];
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "prepare") return typeof member === "function" ? member.bind(target) : member;
        return (sql: string) => {
          const statement = target.prepare(sql);
          const bind = statement.bind.bind(statement);
          statement.bind = (...values) =>
            bind(...values.map((value) => (String(value).includes(bad) ? { poison: true } : value)));
          return statement;
        };
      },
    });
    const { retryMessages, explicitAcks } = await deliver([message(segmentation(good)), message(segmentation(bad))], {
      DB,
    });
    expect([explicitAcks, retryMessages.map(({ msgId }) => msgId)]).toEqual([["0"], ["1"]]);
    expect(await read(`/jobs/${good}`)).toMatchObject({ state: "Success" });
  });

  test("of dead letters goes to the second place when the store is away, and home with the cron", async () => {
    const jobId = newJobId();
    const dead = [message(segmentation(jobId))];
    expect((await deliver(dead, down(), "ci-callbacks-dead-letters")).ackAll).toBe(true);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    await cron();
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { count: 1 } });
  });

  test("of dead letters waits in its queue when both places are away", async () => {
    const KV = faultyKv(env.KV, { ...NO_FAULTS, down: true }, seeded(1));
    const { retryMessages } = await deliver(
      [message(segmentation(newJobId()))],
      { ...down(), KV },
      "ci-callbacks-dead-letters",
    );
    expect(retryMessages).toHaveLength(1);
  });
});
