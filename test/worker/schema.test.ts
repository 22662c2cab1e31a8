/** A Worker before its migrations: it says so, and loses nothing. A database of its own, so in a file of its own. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { SCHEMA_VERSION } from "../../src/store/d1/status.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { cron, freshDb, get, post, read, readiness } from "./receiver.ts";

const TABLES = [
  "deliveries",
  "delivery_parts",
  "jobs",
  "runs",
  "marks",
  "job_deliveries",
  "events",
  "endpoints",
  "expectations",
  "verdicts",
  "sweeps",
];

async function unapply(version: number): Promise<void> {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DROP TABLE ${table}`)));
  await env.DB.prepare("DELETE FROM d1_migrations WHERE CAST(name AS INTEGER) > ?1").bind(version).run();
}

afterEach(async () => {
  await applyD1Migrations(env.DB, env.MIGRATIONS);
});

test("the schema that the receiver needs is the last migration there is", () => {
  expect(SCHEMA_VERSION).toBe(env.MIGRATIONS.length);
  expect(Number.parseInt(env.MIGRATIONS.at(-1)?.name ?? "", 10)).toBe(SCHEMA_VERSION);
});

describe("with an older schema", () => {
  test("a callback waits in the second place, and comes home once the migrations are applied", async () => {
    await unapply(0);
    const jobId = newJobId();
    expect((await post(segmentation(jobId))).status).toBe(200);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success" });
    await cron();
    await applyD1Migrations(env.DB, env.MIGRATIONS);
    await cron();
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success", delivery: { count: 1 } });
  });

  test("and no second place, a callback is refused so that the sender may try again", async () => {
    await unapply(0);
    const KV = { put: () => Promise.reject(new Error("KV PUT failed: 403 Forbidden")) };
    const response = await post(segmentation(newJobId()), { KV });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "10"]);
  });

  test("a look-up says what is wrong", async () => {
    await unapply(0);
    const response = await get("/deliveries");
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: "/problems/store-unavailable",
      detail: "The database's schema is older than this version of the receiver: its migrations are not applied.",
    });
  });

  test("readiness says which is there and which is needed", async () => {
    await unapply(0);
    const response = await get("/readyz", {}, { DB: freshDb() });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      type: "/problems/not-ready",
      detail: "The migrations of the database are not applied.",
      checks: { store: "migrations are not applied", schema: { found: 0, needed: SCHEMA_VERSION } },
    });
  });

  test("so does a database in which no migration was ever applied", async () => {
    await unapply(0);
    await env.DB.prepare("DROP TABLE d1_migrations").run();
    expect(await readiness()).toMatchObject({ checks: { schema: { found: 0 } } });
  });

  test("whose tables still do, a receiver works and is not ready", async () => {
    await env.DB.prepare("DELETE FROM d1_migrations").run();
    expect((await post(segmentation(newJobId()))).status).toBe(200);
    expect(await readiness()).toMatchObject({
      checks: { store: "migrations are not applied", schema: { found: 0, needed: SCHEMA_VERSION } },
    });
    await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DROP TABLE ${table}`)));
  });
});

describe("with a newer schema", () => {
  test("as after a rollback, the receiver is ready", async () => {
    await env.DB.prepare("INSERT INTO d1_migrations (name) VALUES ('9999_later.sql')").run();
    expect(await readiness()).toMatchObject({
      status: "ready",
      checks: { schema: { found: 9999, needed: SCHEMA_VERSION } },
    });
    await env.DB.prepare("DELETE FROM d1_migrations WHERE name = '9999_later.sql'").run();
  });
});
