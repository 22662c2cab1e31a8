/** What an operator sees: the lines of the log, the points of Analytics Engine, /metrics, /readyz and /livez. */
import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import worker from "../../src/index.ts";
import { logger } from "../../src/log.ts";
import type { Queued } from "../../src/queue.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { faultyD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { cron, get, KEY, post, read, send, sha256, TOKEN } from "./receiver.ts";

const downD1 = () => ({
  STORE_DEADLINE_MILLISECONDS: "100",
  DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)),
});
const down = () => ({ ...downD1(), KV: faultyKv(env.KV, { ...NO_FAULTS, down: true }, seeded(1)) });

let written: string[] = [];

beforeEach(() => {
  written = [];
  for (const level of ["debug", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation((line: string) => void written.push(line));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);

describe("the log", () => {
  test("has one line for a callback, with ids and sizes, and nothing of the body but what names the job", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: ["秘密"], UserData: "private-note" });
    await post(body, {}, { "cf-ray": "8f00-HKG" });
    expect(lines()).toEqual([
      {
        level: "info",
        event: "callback",
        outcome: "stored",
        problem: null,
        delivery: await sha256(body),
        jobs: [jobId],
        jobCount: 1,
        bytes: new TextEncoder().encode(body).length,
        format: "xml",
        eventName: "TaskFinish",
        tag: "WordsGeneralize",
        state: "Success",
        ageSeconds: expect.any(Number),
        milliseconds: expect.any(Number),
        ray: "8f00-HKG",
      },
    ]);
    expect(written.join()).not.toMatch(/秘密|private-note|test-callback-key/);
  });

  const whatBefell: [name: string, answer: () => Promise<Response>, line: Record<string, unknown>][] = [
    [
      "cannot be read",
      () => post('{"Key": secret-word'),
      { level: "warn", event: "callback", outcome: "quarantined", problem: "malformed-body", jobCount: 0 },
    ],
    [
      "is too large",
      () => post("{}{}", { MAX_BODY_BYTES: "3" }),
      {
        level: "error",
        event: "callback",
        outcome: "body-too-large",
        problem: "body-too-large",
        bytes: 4,
        delivery: null,
      },
    ],
    [
      "is in the second place",
      () => post(segmentation(newJobId()), downD1()),
      { level: "warn", event: "callback", outcome: "spilled", fault: "D1_ERROR: Network connection lost." },
    ],
    [
      "is nowhere",
      () => post(segmentation(newJobId()), down()),
      {
        level: "error",
        event: "callback",
        outcome: "store-unavailable",
        problem: "store-unavailable",
        fault: expect.stringContaining("500"),
      },
    ],
  ];

  test.each(whatBefell)("says of a callback that it %s, once", async (_, answer, line) => {
    await answer();
    expect(lines()).toEqual([expect.objectContaining(line)]);
    expect(written.join()).not.toMatch(/secret-word|test-callback-key/);
  });

  test("has a line for a wrong key, without the key", async () => {
    await send("/callbacks/old-callback-key", { method: "POST", body: "{}" });
    expect(lines()).toEqual([
      {
        level: "warn",
        event: "wrong key",
        problem: "not-found",
        status: 404,
        method: "POST",
        milliseconds: expect.any(Number),
        ray: null,
      },
    ]);
  });

  test.each([
    ["a job that nobody has named", "/jobs/none", {}, { level: "info", problem: "job-not-found", status: 404 }],
    [
      "a wrong token",
      "/jobs/none",
      { authorization: "Bearer wrong" },
      { level: "warn", problem: "unauthorized", status: 401 },
    ],
  ])("has a line for a look-up that failed: %s", async (_, path, headers, line) => {
    await get(path, headers);
    expect(lines()).toEqual([
      { event: "look-up", path, method: "GET", milliseconds: expect.any(Number), ray: null, ...line },
    ]);
  });

  test("says why the store failed a look-up", async () => {
    await get("/jobs/none", {}, downD1());
    expect(lines()).toEqual([
      expect.objectContaining({
        level: "error",
        event: "look-up",
        problem: "store-unavailable",
        fault: "D1_ERROR: Network connection lost.",
      }),
    ]);
  });

  test("has no line for what is answered well, nor for a stranger's wrong path", async () => {
    await cron();
    written = [];
    await get("/deliveries");
    await send("/wp-login.php");
    await cron();
    expect(lines()).toEqual([]);
  });

  test("has a line for a batch of the queue of which some has to come again", async () => {
    const arrival = { bytes: new TextEncoder().encode("{}"), contentType: null, receivedAt: 0 };
    const batch = createMessageBatch<Queued>("ci-callbacks", [
      { id: "0", timestamp: new Date(), attempts: 1, body: arrival },
    ]);
    await worker.queue(batch, { ...env, ...downD1() });
    expect(lines()).toEqual([
      {
        level: "warn",
        event: "queue",
        queue: "ci-callbacks",
        messages: 1,
        retried: 1,
        fault: "StoreError: D1_ERROR: Network connection lost.",
      },
    ]);
  });

  test("has only lines of LOG_LEVEL and above", async () => {
    await send("/wp-login.php", {}, { LOG_LEVEL: "debug" });
    expect(lines()).toEqual([expect.objectContaining({ level: "debug", event: "request", problem: "not-found" })]);
    written = [];
    await post(segmentation(newJobId()), { LOG_LEVEL: "warn" });
    expect(lines()).toEqual([]);
  });

  test("names ten jobs of a delivery that names more, and counts all", async () => {
    const details = Array.from({ length: 25 }, () => `{"JobId":"${newJobId()}","Code":"Success"}`);
    await post(`{"EventName":"TaskFinish","JobsDetail":[${details.join(",")}]}`);
    const [line] = lines();
    expect(line).toMatchObject({ jobs: Array.from({ length: 10 }, () => expect.any(String) as string), jobCount: 25 });
  });

  test("stays short whatever a callback calls its job", async () => {
    await post(
      segmentation(`${newJobId()}${"x".repeat(50_000)}`, { Tag: "T".repeat(50_000), State: "S".repeat(50_000) }),
    );
    expect(written[0]?.length).toBeLessThan(1_500);
  });

  test("that fails makes no request fail", async () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    expect(() => logger("info")("info", "callback", circular)).not.toThrow();
    expect(lines()).toEqual([{ level: "error", event: "log failed", about: "callback", message: expect.any(String) }]);
  });
});

describe("Analytics Engine", () => {
  const dataset = () => {
    const points: AnalyticsEngineDataPoint[] = [];
    return { points, ANALYTICS: { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) } };
  };

  test("gets one point for each callback, whatever became of it, and none for a look-up", async () => {
    const { points, ANALYTICS } = dataset();
    const body = segmentation(newJobId());
    await post(body, { ANALYTICS });
    await post("text", { ANALYTICS });
    await post("{}", { ...down(), ANALYTICS });
    await get("/jobs", {}, { ANALYTICS });
    const bytes = new TextEncoder().encode(body).length;
    const age = expect.any(Number);
    const milliseconds = expect.any(Number);
    expect(points).toEqual([
      {
        indexes: ["stored"],
        blobs: ["stored", "", "xml", "TaskFinish", "WordsGeneralize", "Success"],
        doubles: [bytes, 1, age, milliseconds],
      },
      {
        indexes: ["quarantined"],
        blobs: ["quarantined", "unsupported-media-type", "", "", "", ""],
        doubles: [4, 0, -1, milliseconds],
      },
      {
        indexes: ["store-unavailable"],
        blobs: ["store-unavailable", "store-unavailable", "", "", "", ""],
        doubles: [2, 0, -1, milliseconds],
      },
    ]);
  });

  test("that takes no point does not fail a callback", async () => {
    const ANALYTICS = {
      writeDataPoint() {
        throw new TypeError("Too many blobs");
      },
    };
    expect((await post(segmentation(newJobId()), { ANALYTICS })).status).toBe(200);
    expect(lines()).toContainEqual({ level: "warn", event: "point not written", message: "TypeError: Too many blobs" });
  });
});

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
    const ready = await read<{ lastReceivedAt: string; lastUpkeepAt: string; quarantined: number }>("/readyz");
    expect(ready).toEqual({
      status: "ready",
      checks: { store: "ok", schema: { found: 1, needed: 1 }, missingSecrets: [] },
      store: { name: "d1", region: null },
      quarantined: expect.any(Number),
      spilled: 0,
      lastUpkeepAt: expect.any(String),
      lastReceivedAt: expect.any(String),
      at: expect.any(String),
    });
    expect(ready.quarantined).toBeGreaterThan(0);
    expect(Date.parse(ready.lastReceivedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(ready.lastUpkeepAt)).toBeGreaterThanOrEqual(before);
  });

  test("says what was left in the second place", async () => {
    const jobIds = Array.from({ length: 12 }, newJobId);
    for (const jobId of jobIds) await post(segmentation(jobId), downD1());
    await cron();
    expect(await read("/readyz")).toMatchObject({ status: "ready", spilled: 2 });
    expect(lines().at(-1)).toMatchObject({ level: "warn", event: "upkeep", drained: 10, waiting: 2 });
    await cron();
    expect(await read("/readyz")).toMatchObject({ spilled: 0 });
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

  test.each(["/livez", "/openapi.json", "/problems/misconfigured"])("%s answers all the same", async (path) => {
    expect((await send(path, {}, changes)).status).toBe(200);
  });

  test("everything else names it", async () => {
    for (const path of ["/readyz", "/jobs/x", "/metrics"]) {
      const response = await get(path, {}, changes);
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        type: "/problems/misconfigured",
        detail: 'MAX_BODY_BYTES is "8 MiB". Allowed: a whole number of bytes, 1 to 24000000.',
      });
    }
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
