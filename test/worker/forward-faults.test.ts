/** What dies between an event and its delivery, and the queue that may lie between them. */
import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Hook, letPass, newHook, type Row, rowsOf, telling } from "./endpoint.ts";
import { faultyD1, NO_FAULTS, seeded } from "./faults.ts";
import { before } from "./interleave.ts";
import { type Changes, cron, post, read } from "./receiver.ts";
import { keepWritten } from "./written.ts";

keepWritten();

beforeEach(async () => {
  await env.DB.batch(["events", "endpoints"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const rowOf = async (jobId: string): Promise<Row> => (await rowsOf(jobId))[0] as Row;
const inSeconds = ({ due_at }: Row): number => Math.round(((due_at ?? 0) - Date.now()) / 1000);

/** A job whose first attempt was answered so. */
async function failedOnce(hook: Hook, changes: Changes = telling(hook), step = { status: 500 }): Promise<string> {
  const jobId = newJobId();
  await hook.plan(step);
  await post(segmentation(jobId), changes);
  return jobId;
}

test("CI is answered before the attempt begins", async () => {
  const hook = newHook();
  const asked: string[] = [];
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare")
        return (sql: string) => {
          if (sql.includes("j.job_id = ?1")) asked.push(sql);
          return target.prepare(sql);
        };
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
  const ctx = createExecutionContext();
  const body = segmentation(newJobId());
  const request = new Request("https://receiver.example/callbacks/test-callback-key", { method: "POST", body });
  await worker.fetch(request, { ...env, ...telling(hook), DB }, ctx);
  expect(asked).toEqual([]);
  await waitOnExecutionContext(ctx);
  expect([asked.length, (await hook.ids()).length]).toEqual([1, 1]);
});

/** What dies, and where: each leaves an acknowledged end that is told all the same. */
describe("an end that was acknowledged is told, under one id,", () => {
  async function expectTold(hook: Hook, jobId: string, times = 1): Promise<void> {
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    for (let runs = 0; runs < 3; runs += 1) {
      await letPass();
      await cron(telling(hook));
    }
    expect(await hook.ids()).toHaveLength(times);
    expect(new Set(await hook.ids()).size).toBe(1);
    expect(await rowsOf(jobId)).toMatchObject([{ status: "delivered", due_at: null }]);
    expect((await hook.seen()).some(({ overlaps }) => overlaps)).toBe(false);
  }

  test("when the Worker dies between its write and the attempt", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const ctx = { waitUntil: (work: Promise<unknown>) => void work.catch(() => {}), passThroughOnException() {} };
    const request = new Request("https://receiver.example/callbacks/test-callback-key", {
      method: "POST",
      body: segmentation(jobId),
    });
    // The database is gone as soon as the write is done, which leaves the attempt nothing to send.
    let isGone = false;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "batch")
          return async (batch: D1PreparedStatement[]) => {
            if (isGone) throw new Error("The Worker is dead.");
            const results = await target.batch(batch);
            isGone = true;
            return results;
          };
        if (name === "prepare" && isGone) throw new Error("The Worker is dead.");
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const response = await worker.fetch(request, { ...env, ...telling(hook), DB } as never, ctx as never);
    expect(response.status).toBe(200);
    const row = await rowOf(jobId);
    expect(row).toMatchObject({ status: "pending", attempts: 1 });
    expect(inSeconds(row)).toBeGreaterThan(50);
    await cron(telling(hook));
    expect(await hook.ids()).toEqual([]);
    await expectTold(hook, jobId);
  });

  test("when the Worker dies between the attempt and its record: twice then", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const isRecord = (sql: string) => sql.includes("told.lease");
    await post(segmentation(jobId), {
      ...telling(hook),
      STORE_DEADLINE_MILLISECONDS: "100",
      DB: before(isRecord, () => Promise.reject(new Error("The Worker is dead."))),
    });
    expect(await rowOf(jobId)).toMatchObject({ status: "pending", attempts: 1 });
    await expectTold(hook, jobId, 2);
  });

  test("when the answer to the write is lost, and it is written again", async () => {
    const hook = newHook();
    const jobId = newJobId();
    let isLost = false;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "batch")
          return async (batch: D1PreparedStatement[]) => {
            const results = await target.batch(batch);
            if (isLost) return results;
            isLost = true;
            throw new Error("D1_ERROR: Network connection lost.");
          };
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    expect((await post(segmentation(jobId), { ...telling(hook), DB })).status).toBe(200);
    expect(await hook.ids()).toEqual([]);
    await expectTold(hook, jobId);
  });

  test("when D1 is away, and the callback waits in the spill", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const DB = faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1));
    await post(segmentation(jobId), { ...telling(hook), STORE_DEADLINE_MILLISECONDS: "100", DB });
    expect(await hook.ids()).toEqual([]);
    await cron(telling(hook));
    await expectTold(hook, jobId);
  });

  test("when two runs of the cron meet it: to one of them", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook);
    await hook.plan({ delayMilliseconds: 300 });
    await letPass();
    await Promise.all([cron(telling(hook)), cron(telling(hook)), cron(telling(hook))]);
    expect(await hook.ids()).toHaveLength(2);
    await expectTold(hook, jobId, 2);
  });

  test("when one comes late with its record, after another has begun: it overwrites nothing", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await hook.plan({ status: 500 });
    const isRecord = (sql: string) => sql.includes("told.lease");
    const meanwhile = async () => {
      await letPass();
      await cron(telling(hook));
    };
    await post(segmentation(jobId), { ...telling(hook), DB: before(isRecord, meanwhile) });
    expect(await rowOf(jobId)).toMatchObject({ status: "delivered", attempts: 2, last_status: 200 });
    await expectTold(hook, jobId, 2);
  });

  test("when its tenth attempt dies: then it has failed, and says why", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook);
    await env.DB.prepare("UPDATE events SET attempts = 10, due_at = 1 WHERE subject = ?").bind(jobId).run();
    await cron(telling(hook));
    expect(await rowOf(jobId)).toMatchObject({ status: "failed", last_error: "unfinished" });
    expect(await hook.ids()).toHaveLength(1);
  });

  test("when the reading of its body may have ended the attempt before: without its detail", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId, { words: Array.from({ length: 2_500 }, () => "词") }), { FORWARD_URLS: hook.url });
    await env.DB.batch([
      env.DB.prepare(
        "UPDATE deliveries SET size = 300000 WHERE id = (SELECT delivery_id FROM jobs WHERE job_id = ?)",
      ).bind(jobId),
      env.DB.prepare("UPDATE events SET attempts = 1, due_at = 1 WHERE subject = ?").bind(jobId),
    ]);
    await cron(telling(hook));
    const [seen] = await hook.seen();
    expect(JSON.parse(seen?.body ?? "")).toMatchObject({
      data: { jobId, state: "Success", detail: null, detailOmitted: true },
    });
  });

  test("whatever fails and stalls on the way", async () => {
    const hook = newHook();
    const faults = { before: 0.1, after: 0.15, stall: 0.02, down: false };
    const DB = faultyD1(env.DB, faults, seeded(7));
    const changes = { ...telling(hook), STORE_DEADLINE_MILLISECONDS: "500", DB };
    const jobIds = Array.from({ length: 30 }, newJobId);
    const acknowledged: string[] = [];
    for (const [index, jobId] of jobIds.entries()) {
      if (index % 5 === 0) await hook.plan({ status: 500 }, {}, { drop: true });
      if ((await post(segmentation(jobId), changes)).status === 200) acknowledged.push(jobId);
    }
    for (let runs = 0; runs < 12; runs += 1) {
      await letPass();
      await cron({ ...telling(hook), UPKEEP_OPERATIONS: "900" });
    }
    const ids = new Map<string, Set<string>>();
    for (const { body, headers, overlaps } of await hook.seen()) {
      expect(overlaps).toBe(false);
      const { jobId } = (JSON.parse(body) as { data: { jobId: string } }).data;
      ids.set(jobId, (ids.get(jobId) ?? new Set()).add(headers["webhook-id"] ?? ""));
    }
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(acknowledged.filter((jobId) => ids.get(jobId)?.size !== 1)).toEqual([]);
  });
});

describe("with a queue", () => {
  const consume = async (ids: readonly string[], changes: Changes, queue = "ci-callbacks-forward") => {
    const messages = ids.map((event, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body: { event } }));
    const ctx = createExecutionContext();
    await worker.queue(createMessageBatch(queue, messages) as never, { ...env, ...changes } as never, ctx);
    await waitOnExecutionContext(ctx);
  };
  /** A queue that keeps what it is given. */
  const kept = () => {
    const messages: { body: { event: string }; delaySeconds?: number }[] = [];
    return {
      messages,
      FORWARD_QUEUE: { sendBatch: (batch: typeof messages) => Promise.resolve(void messages.push(...batch)) },
    };
  };

  test("what is due travels as messages, many of which are attempted at once, and none twice", async () => {
    const hook = newHook();
    const { messages, FORWARD_QUEUE } = kept();
    const jobIds = Array.from({ length: 60 }, newJobId);
    await post(workflowFinish(newJobId(), jobIds), { ...telling(hook), FORWARD_QUEUE });
    await cron({ ...telling(hook), FORWARD_QUEUE });
    expect(messages).toHaveLength(40);
    const ids = messages.map(({ body }) => body.event);
    await Promise.all([consume(ids, telling(hook)), consume(ids, telling(hook))]);
    expect(await hook.ids()).toHaveLength(60);
    expect(new Set(await hook.ids()).size).toBe(60);
  });

  test("an attempt that fails comes back as a message when it is due", async () => {
    const hook = newHook();
    const { messages, FORWARD_QUEUE } = kept();
    const jobId = await failedOnce(hook, { ...telling(hook), FORWARD_QUEUE });
    expect(messages).toEqual([{ body: { event: (await rowOf(jobId)).id }, delaySeconds: expect.any(Number) }]);
    expect(messages[0]?.delaySeconds).toBeGreaterThanOrEqual(5);
    await consume([messages[0]?.body.event ?? ""], telling(hook));
    expect(await hook.ids()).toHaveLength(1);
    await letPass();
    await consume([messages[0]?.body.event ?? ""], telling(hook));
    expect(await rowOf(jobId)).toMatchObject({ status: "delivered" });
  });

  test("of any name, its messages are known by what they are", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook);
    await letPass();
    await consume([(await rowOf(jobId)).id], telling(hook), "my-events");
    expect(await rowOf(jobId)).toMatchObject({ status: "delivered" });
  });

  test("that loses messages, the cron sends them again", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook);
    await letPass();
    for (let runs = 0; runs < 2; runs += 1) {
      const { messages, FORWARD_QUEUE } = kept();
      await cron({ ...telling(hook), FORWARD_QUEUE });
      expect(messages).toEqual([{ body: { event: (await rowOf(jobId)).id } }]);
    }
  });

  test("of callbacks, the consumer makes first attempts as intake does", async () => {
    const hook = newHook();
    const body = {
      bytes: new TextEncoder().encode(segmentation(newJobId())),
      contentType: null,
      receivedAt: Date.now(),
    };
    const ctx = createExecutionContext();
    const batch = createMessageBatch("ci-callbacks", [{ id: "0", timestamp: new Date(), attempts: 1, body }]);
    await worker.queue(batch as never, { ...env, ...telling(hook) } as never, ctx);
    await waitOnExecutionContext(ctx);
    expect(await hook.ids()).toHaveLength(1);
  });
});
