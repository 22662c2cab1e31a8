/** What an operator asks: /metrics, /readyz and /livez. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../src/store/d1/status.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { downD1 } from "./faults.ts";
import { cron, get, KEY, post, readiness, send, TOKEN } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

keepWritten();

const sample = (text: string, name: string): string | undefined =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);

describe("/metrics", () => {
  test.each(["d1", "kv"])("tells quarantine, statuses and the last callback, with STORE=%s", async (STORE) => {
    const before = await (await get("/metrics", {}, { STORE })).text();
    await post(`{"broken": ${newJobId()}`, { STORE });
    await post(`{"message":"${newJobId()}"}`, { STORE });
    const response = await get("/metrics", {}, { STORE });
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    for (const name of ['ci_deliveries{status="quarantined"}', 'ci_deliveries{status="no-job"}']) {
      expect([name, Number(sample(text, name))]).toEqual([name, Number(sample(before, name) ?? 0) + 1]);
    }
    expect(sample(text, `ci_store_up{store="${STORE}"}`)).toBe("1");
    expect(Number(sample(text, "ci_last_callback_age_seconds"))).toBeLessThan(60);
  });

  test("counts jobs of each state but Success, and every delivery once, with D1", async () => {
    const before = Number(sample(await (await get("/metrics")).text(), "ci_deliveries_total") ?? 0);
    const State = `Odd"${newJobId()}`;
    const body = segmentation(newJobId(), { State });
    await post(body);
    await post(body);
    await post(segmentation(newJobId(), { State, Code: "Failed" }));
    const text = await (await get("/metrics")).text();
    expect(sample(text, `ci_jobs{state="${State.replace('"', '\\"')}"}`)).toBe("2");
    expect(sample(text, 'ci_jobs{state="Success"}')).toBeUndefined();
    expect(Number(sample(text, "ci_deliveries_total"))).toBe(before + 2);
    expect(sample(text, "ci_schema_version")).toBe(sample(text, "ci_schema_version_needed"));
    expect(Number(sample(text, "ci_database_bytes"))).toBeGreaterThan(4096);
  });

  test("answers with D1 down too: that it is, and how much waits in the second place", async () => {
    await post(segmentation(newJobId()), downD1());
    const text = await (await get("/metrics", {}, downD1())).text();
    expect([sample(text, 'ci_store_up{store="d1"}'), sample(text, "ci_spill_depth")]).toEqual(["0", "1"]);
    await cron();
    const after = await (await get("/metrics")).text();
    expect([sample(after, 'ci_store_up{store="d1"}'), sample(after, "ci_spill_depth")]).toEqual(["1", "0"]);
    expect(Number(sample(after, "ci_last_upkeep_age_seconds"))).toBeLessThan(60);
  });

  test("reads a bounded number of rows, however many there are", async () => {
    const fill = (table: string, columns: string, values: string) =>
      env.DB.prepare(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO ${table} (${columns}) SELECT ${values} FROM n`,
      ).run();
    const deliveryColumns = "id, status, size, received_at, count, receipts, encoding, parts";
    await fill("deliveries", deliveryColumns, "'q' || i, 'quarantined', 1, i, 1, '', 'utf-8', 0");
    await fill("deliveries", deliveryColumns, "'s' || i, 'stored', 1, i, 1, '', 'utf-8', 0");
    const jobColumns = "job_id, received_at, delivery_id, rank, state, state_source, terminal";
    await fill("jobs", jobColumns, "'f' || i, i, 's1', '1', iif(i % 2, 'Failed', 'Running'), 'reported', 1");
    await fill("jobs", jobColumns, "'g' || i, i, 's1', '1', 'Success', 'reported', 1");

    let rowsRead = 0;
    const counted = new Proxy(env.DB, {
      get(target, name) {
        if (name !== "batch") return Reflect.get(target, name).bind(target) as unknown;
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements);
          for (const { meta } of results) rowsRead += meta.rows_read;
          return results;
        };
      },
    });
    const text = await (await get("/metrics", {}, { DB: counted })).text();
    expect(sample(text, 'ci_deliveries{status="quarantined"}')).toBe("500");
    expect(sample(text, 'ci_jobs{state="Running"}')).toBe("500");
    expect(rowsRead).toBeGreaterThan(1_000);
    expect(rowsRead).toBeLessThan(4_000);
    await env.DB.batch(["deliveries", "jobs"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  });
});

describe("/readyz", () => {
  test("says where the store stands, and when it was last given anything", async () => {
    const before = Date.now();
    await post(`{"broken": ${newJobId()}`);
    await cron();
    const ready = await readiness<{ lastReceivedAt: string; lastUpkeepAt: string; quarantined: number }>();
    expect(ready).toEqual({
      status: "ready",
      checks: {
        store: "ok",
        schema: { found: SCHEMA_VERSION, needed: SCHEMA_VERSION },
        missingSecrets: [],
        wrongSettings: [],
      },
      store: { name: "d1", region: null },
      quarantined: expect.any(Number),
      spilled: 0,
      lastUpkeepAt: expect.any(String),
      lastReceivedAt: expect.any(String),
      sweep: null,
      at: expect.any(String),
    });
    expect(ready.quarantined).toBeGreaterThan(0);
    expect(Date.parse(ready.lastReceivedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(ready.lastUpkeepAt)).toBeGreaterThanOrEqual(before);
  });

  test("says what was left in the spill", async () => {
    const jobIds = Array.from({ length: 25 }, newJobId);
    for (const jobId of jobIds) await post(segmentation(jobId), downD1());
    await cron();
    const { level, drained, waiting } = lines().at(-1) as { level: string; drained: number; waiting: number };
    expect([level, drained + waiting]).toEqual(["warn", jobIds.length]);
    expect(waiting).toBeGreaterThan(0);
    expect(await readiness()).toMatchObject({ status: "ready", spilled: waiting });
    await cron();
    expect(await readiness()).toMatchObject({ spilled: 0 });
  });

  test("needs no token, has no secret, and costs KV no list", async () => {
    const KV = new Proxy(env.KV, {
      get(target, name) {
        if (name === "list") throw new Error("A free plan has 1,000 lists a day.");
        return Reflect.get(target, name).bind(target) as unknown;
      },
    });
    for (const STORE of ["d1", "kv"]) {
      const response = await send("/readyz", {}, { STORE, KV });
      expect(response.status).toBe(200);
      expect(await response.text()).not.toMatch(new RegExp(`${KEY}|${TOKEN}`));
    }
  });

  test("names the secrets that are not set, and those alone", async () => {
    const response = await send("/readyz", {}, { CALLBACK_KEYS: " , ", LOOKUP_TOKENS: "" });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: "/problems/not-ready",
      detail: "The secret CALLBACK_KEYS is not set. The secret LOOKUP_TOKENS is not set.",
      checks: { store: "ok", missingSecrets: ["CALLBACK_KEYS", "LOOKUP_TOKENS"] },
    });
  });

  test("tells a store that cannot be reached from one that lacks its migrations", async () => {
    const response = await send("/readyz", {}, downD1());
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ checks: { store: "cannot be reached", schema: null } });
  });
});

describe("with a setting that is wrong", () => {
  const changes = { MAX_BODY_BYTES: "8 MiB" };

  test.each(["/livez", "/openapi.json", "/problems/not-ready"])("%s answers all the same", async (path) => {
    expect((await send(path, {}, changes)).status).toBe(200);
  });

  test("readiness, metrics and the log tell of it, each once", async () => {
    const response = await send("/readyz", {}, changes);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: "/problems/not-ready",
      detail:
        'MAX_BODY_BYTES is "8 MiB". Allowed: a whole number of bytes, 1 to 24000000. The default is used instead.',
      checks: { store: "ok", wrongSettings: ["MAX_BODY_BYTES"] },
    });
    expect(sample(await (await get("/metrics", {}, changes)).text(), "ci_wrong_settings")).toBe("1");
    expect(lines().filter(({ event }) => event === "wrong setting")).toEqual([
      {
        level: "error",
        event: "wrong setting",
        name: "MAX_BODY_BYTES",
        value: "8 MiB",
        allowed: "a whole number of bytes, 1 to 24000000",
        message:
          'MAX_BODY_BYTES is "8 MiB". Allowed: a whole number of bytes, 1 to 24000000. The default is used instead.',
      },
    ]);
  });

  test("everything works with the default", async () => {
    const jobId = newJobId();
    expect(await (await post(segmentation(jobId), changes)).json()).toMatchObject({ status: "stored" });
    expect((await get(`/jobs/${jobId}`, {}, changes)).status).toBe(200);
    await cron({ RETENTION_DAYS_JOBS: "soon", LOG_LEVEL: "debug" });
    expect(lines().find(({ event }) => event === "upkeep")).toMatchObject({ failures: [] });
  });
});

describe("/livez", () => {
  test("touches no binding", async () => {
    const untouchable = new Proxy(
      {},
      {
        get() {
          throw new Error("touched");
        },
      },
    );
    const response = await send("/livez", {}, { DB: untouchable, KV: untouchable, REFUSALS: untouchable });
    expect([response.status, await response.text()]).toEqual([200, "ok\n"]);
  });
});
