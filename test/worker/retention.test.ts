/** Retention against everything that may happen at the same time, and against rows of every age. */
import { env } from "cloudflare:workers";
import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { downD1 } from "./faults.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import { before } from "./interleave.ts";
import { cron, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JOBS = { RETENTION_DAYS_JOBS: "7" };

beforeEach(async () => {
  const tables = ["deliveries", "delivery_parts", "jobs", "runs", "marks", "events", "endpoints"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

/** Brings a callback in that was received so long ago, as a queue may that was held up. */
async function receive(body: string, agoMilliseconds: number): Promise<string> {
  const message = {
    bytes: new TextEncoder().encode(body),
    contentType: "application/xml",
    receivedAt: Date.now() - agoMilliseconds,
  } satisfies Queued;
  const batch = createMessageBatch<Queued>("ci-callbacks", [
    { id: "0", timestamp: new Date(), attempts: 1, body: message },
  ]);
  await worker.queue(batch, env as never, createExecutionContext());
  return sha256(body);
}

const statusOf = async (path: string): Promise<number> => (await get(path)).status;
const isDeletion = (sql: string) => sql.trimStart().startsWith("DELETE FROM deliveries");
const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });
const words = (count: number) => ({ words: Array.from({ length: count }, (_, at) => `词${at}`) });

describe("what happens between the look at a slice and its deletion", () => {
  test("the same bytes again keep the delivery and its job", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const id = await receive(body, 8 * DAY);
    await cron({ ...JOBS, DB: before(isDeletion, () => post(body)) });
    expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
    expect(await (await get(`/deliveries/${id}/raw`)).text()).toBe(body);
  });

  test("a lesser notice keeps the job, its record and the bytes behind it", async () => {
    const jobId = newJobId();
    await receive(segmentation(jobId), 8 * DAY);
    await cron({ ...JOBS, DB: before(isDeletion, () => post(running(jobId))) });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: { JobId: jobId } });
  });

  test("a greater callback keeps the job, and the delivery behind its old record goes", async () => {
    const jobId = newJobId();
    const id = await receive(running(jobId), 8 * DAY);
    await cron({ ...JOBS, DB: before(isDeletion, () => post(segmentation(jobId))) });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: { JobId: jobId } });
    expect(await statusOf(`/deliveries/${id}`)).toBe(404);
  });

  test("a quarantined delivery that is read keeps its bytes", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const id = await receive(body, 8 * DAY);
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET status = 'quarantined', job_count = NULL, job_ids = NULL"),
      env.DB.prepare("DELETE FROM jobs"),
    ]);
    const again = () =>
      send(`/deliveries/${id}/reparse`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } });
    await cron({ RETENTION_DAYS_QUARANTINED: "7", DB: before(isDeletion, again) });
    expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
  });
});

describe("a delivery that retention takes", () => {
  test("while it is read again is put again, bytes and all", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const id = await receive(body, 8 * DAY);
    const DB = before(
      (sql) => sql.includes("AS news"),
      () => cron(JOBS),
    );
    const response = await send(
      `/deliveries/${id}/reparse`,
      { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } },
      { DB },
    );
    expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
  });

  test("between the two writes of a large body that comes again is put again", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, words(12_000));
    const id = await receive(body, 8 * DAY);
    const forget = async () => {
      await env.DB.prepare("UPDATE deliveries SET heard_at = received_at WHERE id = ?").bind(id).run();
      await cron(JOBS);
      expect(await statusOf(`/deliveries/${id}`)).toBe(404);
    };
    const response = await post(body, { DB: before((sql) => sql.includes("AS news"), forget) });
    expect(await response.json()).toMatchObject({ jobs: [jobId] });
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
  });
});

describe("the age of a job", () => {
  test("is that of its last word, not of its first", async () => {
    const jobId = newJobId();
    await receive(running(jobId), 9 * DAY);
    const end = await receive(segmentation(jobId), HOUR);
    await cron(JOBS);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { id: end } });
  });

  test("is that of a lesser notice, which keeps the record and the delivery behind it", async () => {
    const jobId = newJobId();
    await receive(segmentation(jobId), 9 * DAY);
    await receive(running(jobId), HOUR);
    await cron(JOBS);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: { JobId: jobId } });
  });

  test("is that of the same bytes again", async () => {
    const jobId = newJobId();
    await receive(segmentation(jobId), 9 * DAY);
    await receive(segmentation(jobId), HOUR);
    await cron(JOBS);
    expect(await statusOf(`/jobs/${jobId}`)).toBe(200);
  });

  test("is the job's own where one delivery named many: the delivery stays for the one that stays", async () => {
    const [old, young] = [newJobId(), newJobId()];
    const runId = `i${old}`;
    const id = await receive(workflowFinish(runId, [old, young]), 9 * DAY);
    await receive(`<Response><JobsDetail><JobId>${young}</JobId><State>Running</State></JobsDetail></Response>`, HOUR);
    await cron(JOBS);
    expect(await statusOf(`/jobs/${young}`)).toBe(200);
    expect(await statusOf(`/deliveries/${id}`)).toBe(200);
  });

  test("begins anew for a job that is gone when a delivery that stayed comes again, also by the spill", async () => {
    const [old, young] = [newJobId(), newJobId()];
    const body = workflowFinish(`i${old}`, [old, young]);
    await receive(segmentation(old), 9 * DAY);
    const id = await receive(body, 9 * DAY);
    await receive(running(young), HOUR);
    await cron(JOBS);
    expect([await statusOf(`/jobs/${old}`), await statusOf(`/deliveries/${id}`)]).toEqual([404, 200]);
    expect(await (await post(body, downD1())).json()).toMatchObject({ status: "spilled" });
    await cron(JOBS);
    expect(await read(`/jobs/${old}`)).toMatchObject({ state: "Success", delivery: { id, count: 2 } });
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
  });

  test("ends with it: the job, its run and every delivery that told of them are gone", async () => {
    const jobId = newJobId();
    const runId = `i${jobId}`;
    const ids = [
      await receive(running(jobId), 10 * DAY),
      await receive(segmentation(jobId), 9 * DAY),
      await receive(workflowFinish(runId, [jobId]), 8 * DAY),
    ];
    await cron(JOBS);
    for (const path of [`/jobs/${jobId}`, `/runs/${runId}`, ...ids.map((id) => `/deliveries/${id}`)])
      expect(await statusOf(path)).toBe(404);
    for (const table of ["deliveries", "delivery_parts", "jobs", "runs"])
      expect(await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first("n")).toBe(0);
  });
});

describe("a row", () => {
  const idsLeft = async () =>
    (await env.DB.prepare("SELECT id FROM deliveries").all<{ id: string }>()).results.map((row) => row.id);

  test("with a time in the future holds up nothing, and goes when its time has come", async () => {
    const future = await receive(segmentation(newJobId()), -400 * DAY);
    for (let at = 0; at < 3; at += 1) await receive(segmentation(newJobId()), 9 * DAY);
    await cron(JOBS);
    expect(await idsLeft()).toEqual([future]);
    for (let runs = 0; runs < 3; runs += 1) await cron(JOBS, Date.now() + 408 * DAY);
    expect(await idsLeft()).toEqual([]);
  });

  test("that was passed while it was young, or whose bytes came again after they had gone, is met again", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await receive(body, 9 * DAY);
    const BYTES = { RETENTION_DAYS_BYTES: "7" };
    await cron(BYTES);
    expect(await statusOf(`/jobs/${jobId}/raw`)).toBe(410);
    await post(body);
    await cron(BYTES);
    expect(await statusOf(`/jobs/${jobId}/raw`)).toBe(200);
    for (let runs = 0; runs < 2; runs += 1) await cron(BYTES, Date.now() + 8 * DAY);
    expect(await statusOf(`/jobs/${jobId}/raw`)).toBe(410);
    for (let runs = 0; runs < 2; runs += 1) await cron(JOBS, Date.now() + 8 * DAY);
    expect(await statusOf(`/jobs/${jobId}`)).toBe(404);
  });

  test("of the version before, which names no jobs, goes with them", async () => {
    const [old, young] = [newJobId(), newJobId()];
    await receive(segmentation(old), 9 * DAY);
    await receive(segmentation(young), HOUR);
    await env.DB.prepare("UPDATE deliveries SET heard_at = NULL, job_count = NULL, job_ids = NULL, reader = 0").run();
    await env.DB.prepare("UPDATE jobs SET heard_at = NULL").run();
    await cron(JOBS);
    expect([await statusOf(`/jobs/${old}`), await statusOf(`/jobs/${young}`)]).toEqual([404, 200]);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM jobs").first("n")).toBe(1);
  });

  test("of a job whose delivery is gone does not stay for ever", async () => {
    await receive(segmentation(newJobId()), 9 * DAY);
    await env.DB.prepare("DELETE FROM deliveries").run();
    await cron(JOBS);
    expect(await env.DB.prepare("SELECT count(*) AS n FROM jobs").first("n")).toBe(0);
  });

  test("that is pending, or quarantined with jobs of an older reader, is no matter of quarantine", async () => {
    const [pending, older] = [newJobId(), newJobId()];
    const ids = [await receive(segmentation(pending), 9 * DAY), await receive(segmentation(older), 9 * DAY)];
    await env.DB.prepare("UPDATE deliveries SET status = 'pending', reader = 0, attempts = 5 WHERE id = ?")
      .bind(ids[0])
      .run();
    await env.DB.prepare("UPDATE deliveries SET status = 'quarantined', reader = 900 WHERE id = ?").bind(ids[1]).run();
    await cron({ RETENTION_DAYS_QUARANTINED: "7" });
    expect((await idsLeft()).toSorted()).toEqual(ids.toSorted());
    expect(await statusOf(`/jobs/${older}`)).toBe(200);
  });
});

describe("events", () => {
  const statusesOf = async (subject: string) => (await rowsOf(subject)).map(({ status }) => status);

  test("that are pending keep their job, its delivery and its run, until they were told", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const changes = { ...JOBS, ...telling(hook), FORWARD_EVENTS: "job.finished,run.finished", FORWARD_SECRETS: "" };
    await post(workflowFinish(`i${jobId}`, [jobId]), changes);
    await env.DB.batch(
      ["deliveries", "jobs", "runs"].map((table) =>
        env.DB.prepare(`UPDATE ${table} SET received_at = 1, heard_at = ?`).bind(Date.now() - 9 * DAY),
      ),
    );
    await cron(changes);
    expect([await statusOf(`/jobs/${jobId}`), await statusOf(`/runs/i${jobId}`)]).toEqual([200, 200]);
    await cron({ ...telling(hook) });
    expect(await hook.ids()).toHaveLength(2);
    await cron(JOBS);
    expect([await statusOf(`/jobs/${jobId}`), await statusOf(`/runs/i${jobId}`)]).toEqual([404, 404]);
  });

  test("that were delivered go after RETENTION_DAYS_EVENTS, those that failed after 30 days, and pending ones never", async () => {
    const hook = newHook();
    const [delivered, failed, pending] = [newJobId(), newJobId(), newJobId()];
    await post(segmentation(delivered), telling(hook));
    await hook.plan({ status: 410 }, { status: 500 });
    await post(segmentation(failed), telling(hook));
    await post(segmentation(pending), telling(hook));
    const off = { ...telling(hook), FORWARD_SECRETS: "" };
    await cron(off, Date.now() + 6 * DAY);
    expect(await statusesOf(delivered)).toEqual(["delivered"]);
    await cron({ ...off, RETENTION_DAYS_EVENTS: "0" }, Date.now() + 400 * DAY);
    expect([await statusesOf(delivered), await statusesOf(failed)]).toEqual([["delivered"], []]);
    await cron(off, Date.now() + 8 * DAY);
    expect(await statusesOf(delivered)).toEqual([]);
    await cron(off, Date.now() + 400 * DAY);
    expect(await statusesOf(pending)).toEqual(["pending"]);
  });

  test("that are told again while a slice is looked at stay", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const isPurge = (sql: string) => sql.startsWith("DELETE FROM events");
    const again = () => env.DB.prepare("UPDATE events SET status = 'pending', due_at = 1, ended_at = NULL").run();
    await cron({ ...telling(hook), FORWARD_SECRETS: "", DB: before(isPurge, again) }, Date.now() + 8 * DAY);
    expect(await statusesOf(jobId)).toEqual(["pending"]);
  });
});
