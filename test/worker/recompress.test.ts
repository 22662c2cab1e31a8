/** Bodies that an older version has written as they came take less room with time, and are never other bytes. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { LOOKED_AT_ROWS, REWRITTEN_ROWS } from "../../src/store/d1/recompress.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { before } from "./interleave.ts";
import { cron, get, post, sha256 } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

keepWritten();

beforeEach(async () => {
  await env.DB.batch(["deliveries", "jobs", "marks"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

/** A callback as the version before this one has kept it. */
async function kept(body = segmentation(newJobId())): Promise<{ id: string; body: string }> {
  await post(body);
  const id = await sha256(body);
  await env.DB.prepare("UPDATE deliveries SET encoding = 'utf-8', body = ? WHERE id = ?").bind(body, id).run();
  return { id, body };
}

const encodingOf = (id: string) =>
  env.DB.prepare("SELECT encoding FROM deliveries WHERE id = ?").bind(id).first<string>("encoding");

const plainRows = () =>
  env.DB.prepare("SELECT count(*) AS n FROM deliveries WHERE encoding = 'utf-8'").first<number>("n");

const mark = () => env.DB.prepare("SELECT seq FROM marks WHERE name = 'recompressed'").first<number>("seq");

const rawOf = async (id: string) => (await get(`/deliveries/${id}/raw`)).text();

const isRewrite = (sql: string) => sql.includes("UPDATE deliveries SET encoding");

test("the cron rewrites what lies as text and looks like a callback", async () => {
  const { id, body } = await kept();
  const plain = await kept(`no callback ${newJobId()}`);
  const row =
    "SELECT seq, id, status, size, received_at, heard_at, count, receipts, job_ids FROM deliveries ORDER BY seq";
  const { results } = await env.DB.prepare(row).all();
  await cron();
  expect([await encodingOf(id), await encodingOf(plain.id)]).toEqual(["xml1c", "utf-8"]);
  expect([await rawOf(id), await rawOf(plain.id)]).toEqual([body, plain.body]);
  expect((await env.DB.prepare(row).all()).results).toEqual(results);
  expect(lines().find(({ event }) => event === "upkeep")).toMatchObject({ recompressed: 1, failures: [] });
});

test("a run rewrites a bounded number, the next one goes on, and the last one leaves nothing to do", async () => {
  const count = 2 * REWRITTEN_ROWS + 1;
  for (let at = 0; at < count; at += 1) await kept();
  await cron();
  expect(await plainRows()).toBe(count - REWRITTEN_ROWS);
  for (let run = 0; run < 2; run += 1) await cron();
  expect(await plainRows()).toBe(0);
  let isRewritten = false;
  await cron({
    DB: before(isRewrite, async () => {
      isRewritten = true;
    }),
  });
  expect(isRewritten).toBe(false);
});

test("with many operations a run does more", async () => {
  for (let at = 0; at < REWRITTEN_ROWS + 1; at += 1) await kept();
  await cron({ UPKEEP_OPERATIONS: "900" });
  expect(await plainRows()).toBe(0);
});

test("more rows than one slice, of which none is to be rewritten, are passed", async () => {
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LOOKED_AT_ROWS})
     INSERT INTO deliveries (id, status, size, received_at, count, receipts, encoding, parts, body)
     SELECT 'passed' || i, 'no-job', 1, 1, 1, '', 'gzip', 0, '' FROM n`,
  ).run();
  const { id } = await kept();
  await cron();
  expect([await mark(), await encodingOf(id)]).toEqual([LOOKED_AT_ROWS, "utf-8"]);
  await cron();
  expect(await encodingOf(id)).toBe("xml1c");
});

test("where nothing is to be done no row is written", async () => {
  await post(segmentation(newJobId()));
  await cron();
  expect(await mark()).toBeNull();
});

test("bytes that retention takes meanwhile stay away", async () => {
  const { id } = await kept();
  const empty = () => env.DB.prepare("UPDATE deliveries SET body = NULL, parts = 0 WHERE id = ?").bind(id).run();
  await cron({ DB: before(isRewrite, empty) });
  expect((await get(`/deliveries/${id}/raw`)).status).toBe(410);
});

test("a place that is given to another delivery meanwhile keeps the other's bytes", async () => {
  const { id } = await kept();
  const other = segmentation(newJobId());
  await cron({
    DB: before(isRewrite, async () => {
      await env.DB.prepare("DELETE FROM deliveries WHERE id = ?").bind(id).run();
      await kept(other);
    }),
  });
  expect(await rawOf(await sha256(other))).toBe(other);
});

test("twice at once is as once", async () => {
  const { id, body } = await kept();
  await cron({ DB: before(isRewrite, () => cron()) });
  expect([await encodingOf(id), await rawOf(id)]).toEqual(["xml1c", body]);
});

test("a corrupt body is told of and left as it is, and holds up no other", async () => {
  const damaged = await kept();
  const next = await kept();
  await env.DB.prepare("UPDATE deliveries SET body = replace(body, '60', '61') WHERE id = ?").bind(damaged.id).run();
  await cron();
  expect([await encodingOf(damaged.id), await encodingOf(next.id)]).toEqual(["utf-8", "xml1c"]);
  const { failures } = lines().find(({ event }) => event === "upkeep") as { failures: string[] };
  expect(failures).toEqual([expect.stringContaining(damaged.id)]);
  expect((await get(`/deliveries/${damaged.id}/raw`)).status).toBe(500);
});
