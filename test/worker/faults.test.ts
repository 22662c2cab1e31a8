/** The promise that nothing acknowledged is lost, against real D1 and KV that fail. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { type Faults, faultyD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { cron, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

const bindings = (d1: Partial<Faults>, kv: Partial<Faults> = {}) => ({
  STORE_DEADLINE_MILLISECONDS: "300",
  DB: faultyD1(env.DB, { ...NO_FAULTS, ...d1 }, seeded(1)),
  KV: faultyKv(env.KV, { ...NO_FAULTS, ...kv }, seeded(2)),
});

/** Fails the first calls and lets the later ones through. */
function failing(times: number, how: "before" | "after") {
  const faults: Faults = { ...NO_FAULTS, [how]: 1 };
  let calls = 0;
  const DB = faultyD1(env.DB, faults, () => {
    calls += 1;
    if (calls > times) faults[how] = 0;
    return 0;
  });
  return { DB };
}

describe("a write that fails", () => {
  test("is tried again, and stored once", async () => {
    const jobId = newJobId();
    const response = await post(segmentation(jobId), failing(2, "before"));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 1 } });
  });

  test("and whose answer was lost is tried again, and counted once", async () => {
    const jobId = newJobId();
    const response = await post(segmentation(jobId), failing(2, "after"));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 1 } });
  });

  test("for a large body is tried again, and counted once", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: Array.from({ length: 15_000 }, (_, at) => `词${at}`) });
    expect(body.length).toBeGreaterThan(1024 * 1024);
    const response = await post(body, failing(1, "after"));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 1 } });
  });
});

describe("with D1 down", () => {
  test("a callback is stored in KV, found by its JobId, and brought home by the cron", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const response = await post(body, bindings({ down: true }));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ delivery: await sha256(body), status: "spilled", jobs: [jobId] });

    for (const changes of [{}, bindings({ down: true })]) {
      const waiting = await get(`/jobs/${jobId}`, {}, changes);
      expect([waiting.status, waiting.headers.get("cache-control")]).toEqual([200, "no-store"]);
      expect(await waiting.json()).toMatchObject({
        jobId,
        state: "Success",
        delivery: { id: await sha256(body), count: 1 },
        detail: {},
      });
    }

    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success", delivery: { count: 1 } });
    expect(await read(`/deliveries/${await sha256(body)}`)).toMatchObject({ status: "stored" });
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
  });

  test("a callback that cannot be read is kept too, answered as malformed, and in quarantine after the drain", async () => {
    const body = `{"broken": ${newJobId()}`;
    const response = await post(body, bindings({ down: true }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ type: "/problems/malformed-body", delivery: await sha256(body) });
    await cron();
    expect(await read(`/deliveries/${await sha256(body)}`)).toMatchObject({ status: "quarantined" });
  });

  test("a job that nobody has named is not said to be unknown, since nobody can tell", async () => {
    const response = await get("/jobs/none", {}, bindings({ down: true }));
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("10");
    expect(await response.json()).toMatchObject({ type: "/problems/store-unavailable" });
  });

  test("and KV too, a callback is refused so that the sender may try again", async () => {
    const body = segmentation(newJobId());
    const response = await post(body, bindings({ down: true }, { down: true }));
    expect(response.status).toBe(503);
    expect(response.headers.get("retry-after")).toBe("10");
    expect((await get(`/deliveries/${await sha256(body)}`)).status).toBe(404);
  });

  test("the drain forgets nothing: what D1 does not take stays, and goes home later, counted once", async () => {
    const jobIds = [newJobId(), newJobId(), newJobId()];
    for (const jobId of jobIds) await post(segmentation(jobId), bindings({ down: true }));
    await cron(bindings({ down: true }));
    expect((await env.KV.list({ prefix: "spill:" })).keys).toHaveLength(3);
    await cron(bindings({ after: 0.5 }));
    await cron();
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
    for (const jobId of jobIds)
      expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { count: 1 } });
  });
});

describe("the second place", () => {
  const headers = { authorization: `Bearer ${TOKEN}` };

  test("has the end of a job of which D1 has only the beginning, with and without waiting", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running", EndTime: "-" }));
    await post(segmentation(jobId, { State: "Success" }), bindings({ down: true }));
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", terminal: true });
    expect(await read(`/jobs/${jobId}?wait=60`)).toMatchObject({ state: "Success", terminal: true });
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", terminal: true });
  });

  test("never takes a terminal state back either", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Success" }), bindings({ down: true }));
    await post(segmentation(jobId, { State: "Running", EndTime: "-" }), bindings({ down: true }));
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
  });

  test("gives the bytes and the delivery too", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body, bindings({ down: true }));
    const id = await sha256(body);
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(body);
    expect(await (await get(`/deliveries/${id}/raw`)).text()).toBe(body);
    expect(await read(`/deliveries/${id}`)).toMatchObject({
      id,
      status: "pending",
      size: new TextEncoder().encode(body).length,
      hasBytes: true,
    });
    await cron();
  });

  test("takes a large body before it is read, and the cron reads it at home", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: Array.from({ length: 15_000 }, (_, at) => `词${at}`) });
    expect((await post(body, bindings({ down: true }))).status).toBe(200);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { count: 1 } });
  });

  test("holds what cannot be brought home without holding up what can", async () => {
    const jobId = newJobId();
    await env.KV.put(`spill:${"0".repeat(64)}`, "no envelope at all");
    await post(segmentation(jobId), bindings({ down: true }));
    await cron();
    expect(await env.DB.prepare("SELECT count(*) AS n FROM jobs WHERE job_id = ?").bind(jobId).first("n")).toBe(1);
    await env.KV.delete(`spill:${"0".repeat(64)}`);
  });

  test("is not waited for longer than its deadline when it stalls after it has the bytes", async () => {
    let puts = 0;
    const KV = new Proxy(env.KV, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "put") return typeof member === "function" ? member.bind(target) : member;
        return async (...values: Parameters<KVNamespace["put"]>) => {
          puts += 1;
          return puts === 1 ? target.put(...values) : new Promise<never>(() => {});
        };
      },
    });
    expect((await post(segmentation(newJobId()), { ...bindings({ down: true }), KV })).status).toBe(200);
    await cron();
  });

  test("is tried again where KV answers 500", async () => {
    let puts = 0;
    const KV = new Proxy(env.KV, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "put") return typeof member === "function" ? member.bind(target) : member;
        return async (...values: Parameters<KVNamespace["put"]>) => {
          puts += 1;
          if (puts < 3) throw new Error("KV PUT failed: 500 Internal Server Error");
          return target.put(...values);
        };
      },
    });
    expect((await post(segmentation(newJobId()), { ...bindings({ down: true }), KV })).status).toBe(200);
    await cron();
  });

  test("is asked for a job that D1 cannot be asked for, and reparse says that the store is away", async () => {
    const again = await send(
      `/deliveries/${"0".repeat(64)}/reparse`,
      { method: "POST", headers },
      bindings({ down: true }),
    );
    expect(again.status).toBe(503);
  });
});

describe("with a store that never answers", () => {
  test("a callback is stored in the second place within the deadline", async () => {
    const jobId = newJobId();
    const response = await post(segmentation(jobId), bindings({ stall: 1 }));
    expect(response.status).toBe(200);
  });
});

describe("with a schema that is missing", () => {
  test("a callback is stored in the second place, and readiness says what is wrong", async () => {
    const DB = {
      prepare: (sql: string) => env.DB.prepare(sql.replaceAll(/\b(jobs|deliveries)\b/g, "missing_$1")),
      batch: env.DB.batch.bind(env.DB),
      withSession: () => DB,
    };
    expect((await post(segmentation(newJobId()), { DB })).status).toBe(200);
    const ready = await get("/readyz", {}, { DB });
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      type: "/problems/not-ready",
      checks: { store: "migrations are not applied", missingSecrets: [] },
    });
    await cron();
  });
});
