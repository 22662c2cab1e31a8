/** Retention as look-ups show it: what is gone, what says so, and what stays. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { cron, get, post, read, sha256 } from "./receiver.ts";

const DAY = 86_400_000;

describe("retention", () => {
  test("keeps all for ever unless it is told otherwise", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    await cron({}, Date.now() + 10_000 * DAY);
    expect((await get(`/jobs/${jobId}/raw`)).status).toBe(200);
  });

  test("of bytes leaves the record, and says clearly that they are gone", async () => {
    const jobId = newJobId();
    const large = segmentation(newJobId(), { words: Array.from({ length: 20_000 }, () => crypto.randomUUID()) });
    await post(segmentation(jobId));
    await post(large);
    const { detail, ...before } = await read<Job>(`/jobs/${jobId}`);
    expect(detail).not.toBeNull();
    await cron({ RETENTION_DAYS_BYTES: "30" }, Date.now() + 29 * DAY);
    expect(await read<Job>(`/jobs/${jobId}`)).toEqual({ ...before, detail });
    await cron({ RETENTION_DAYS_BYTES: "30" }, Date.now() + 31 * DAY);
    expect(await read<Job>(`/jobs/${jobId}`)).toEqual({ ...before, detail: null });
    const raw = await get(`/jobs/${jobId}/raw`);
    expect(raw.status).toBe(410);
    expect(await raw.json()).toMatchObject({ type: "/problems/bytes-gone" });
    expect(await read(`/deliveries/${await sha256(large)}`)).toMatchObject({ hasBytes: false });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM delivery_parts").first("n")).toBe(0);
  });

  test("of bytes that come again afterwards keeps them again", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    await cron({ RETENTION_DAYS_BYTES: "1" }, Date.now() + 2 * DAY);
    await post(body);
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 2 }, detail: {} });
  });

  test("of jobs deletes them with their runs and deliveries, and nothing that is younger", async () => {
    const jobId = newJobId();
    const runId = `i${jobId}`;
    const body = segmentation(jobId);
    const broken = `{"a${jobId}`;
    for (const sent of [body, workflowFinish(runId, [jobId]), broken]) await post(sent);
    await cron({ RETENTION_DAYS_JOBS: "30" }, Date.now() + 29 * DAY);
    expect((await get(`/jobs/${jobId}`)).status).toBe(200);
    await cron({ RETENTION_DAYS_JOBS: "30" }, Date.now() + 31 * DAY);
    for (const path of [`/jobs/${jobId}`, `/runs/${runId}`, `/deliveries/${await sha256(body)}`])
      expect((await get(path)).status).toBe(404);
    expect((await get(`/deliveries/${await sha256(broken)}`)).status).toBe(200);
    await cron({ RETENTION_DAYS_QUARANTINED: "30" }, Date.now() + 31 * DAY);
    expect((await get(`/deliveries/${await sha256(broken)}`)).status).toBe(404);
  });

  test("goes through more than one slice in a run, and comes to an end", async () => {
    const rows = Array.from({ length: 1_200 }, (_, at) => ({ id: `old-${at}`, at }));
    await env.DB.prepare(
      "INSERT INTO deliveries (id, status, size, received_at, count, receipts, encoding, parts, body) SELECT value ->> 'id', 'no-job', 1, value ->> 'at', 1, '', 'utf-8', 0, 'x' FROM json_each(?)",
    )
      .bind(JSON.stringify(rows))
      .run();
    const left = async () => env.DB.prepare("SELECT count(*) AS n FROM deliveries WHERE id LIKE 'old-%'").first("n");
    await cron({ RETENTION_DAYS_JOBS: "1" }, Date.now());
    expect(await left()).toBe(0);
  });

  test("in KV is a time of expiry on every entry", async () => {
    const lives: (number | undefined)[] = [];
    const KV = new Proxy(env.KV, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "put") return typeof member === "function" ? member.bind(target) : member;
        return (key: string, value: string, options?: KVNamespacePutOptions) => {
          lives.push(options?.expiration);
          return target.put(key, value, options);
        };
      },
    });
    await post(segmentation(newJobId()), { STORE: "kv", KV, RETENTION_DAYS_JOBS: "7" });
    const week = Date.now() / 1000 + 7 * 86_400;
    expect(lives.length).toBeGreaterThan(2);
    for (const life of lives) expect(life).toBeGreaterThan(week - 60);
  });
});
