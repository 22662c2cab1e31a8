/** Export, empty, import: every byte, count, time and record is what it was, whatever happens meanwhile. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { EXPORT_PAGE_BYTES } from "../../src/api/export.ts";
import { placesOf } from "../../src/bindings.ts";
import { readSettings } from "../../src/settings.ts";
import type { ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { empty } from "./empty.ts";
import { byId, everything, exportAll, exportPage, importLines, lineOf, noise } from "./exported.ts";
import { downD1 } from "./faults.ts";
import { cron, get, post, read, send, sha256 } from "./receiver.ts";

const KV_RUNS = "listOldestDeliveries" in placesOf(env, readSettings({ ...env, STORE: "kv" }).settings).store;

beforeEach(empty);

// A store that cannot list its oldest deliveries cannot be exported.
describe.each(["d1", ...(KV_RUNS ? ["kv"] : [])])("with STORE=%s, export, empty, import", (STORE) => {
  const changes = { STORE, MAX_BODY_BYTES: "24000000" };

  const JOBS = Array.from({ length: 4 }, newJobId);
  const text = fc.string({
    unit: fc.constantFrom("a", "\n", "\\n", "\\", '"', "\u0000", "\r", "今", "\u{1f600}", "'"),
  });
  const state = fc.constantFrom("Success", "Failed", "Running");
  const body = fc.oneof(
    fc
      .tuple(fc.constantFrom(...JOBS), text, state)
      .map(([jobId, UserData, State]) =>
        segmentation(jobId, { UserData: UserData.replaceAll("\u0000", ""), State, Workflow: { RunId: `i${jobId}` } }),
      ),
    fc.subarray(JOBS, { minLength: 1 }).map((jobIds) => workflowFinish(`i${JOBS[0]}`, jobIds)),
    text,
    text.map((value) => JSON.stringify({ EventName: value })),
    fc.uint8Array({ maxLength: 300 }),
    fc.constant(""),
  );
  const arrivals = fc.array(
    fc.tuple(body, fc.constantFrom("text/xml", "a; b\tc", null), fc.integer({ min: 1, max: 3 })),
    {
      minLength: 1,
      maxLength: 12,
    },
  );

  test("keeps any bytes, counts, times and records", async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 5 }), async (all, limit) => {
        await empty();
        for (const [bytes, type, times] of all) {
          for (let time = 0; time < times; time += 1) {
            const body = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
            await post(body, changes, type === null ? {} : { "content-type": type });
          }
        }
        const before = await everything(changes);
        const lines = await exportAll(changes, limit);
        expect(lines.length).toBe(before.deliveries.length);
        expect(lines.length).toBeGreaterThan(0);
        await empty();
        expect((await everything(changes)).deliveries).toEqual([]);
        await importLines(lines, changes);
        expect(await everything(changes)).toEqual(before);
        expect(byId(await exportAll(changes))).toEqual(byId(lines));
      }),
      { numRuns: STORE === "d1" ? 10 : 4, seed: 7 },
    );
  });

  test("keeps bodies that one row does not hold, and those that are costly to read", async () => {
    const jobId = newJobId();
    const large = segmentation(jobId, { UserData: "\\n\n".repeat(400_000) });
    const bodies = [noise(2_000_000), noise(3_500_000), new TextEncoder().encode(large)];
    for (const bytes of bodies) await post(bytes, changes);
    const before = await everything(changes);
    const lines = await exportAll(changes);
    await empty();
    const statuses: string[] = [];
    for (const line of lines) statuses.push(...(await importLines([line], changes)).map(({ status }) => status));
    expect(statuses.toSorted()).toEqual(["quarantined", "quarantined", "stored"]);
    expect(await everything(changes)).toEqual(before);
  });

  test("twice is as once, and a receiver that has newer deliveries of the same jobs keeps both", async () => {
    const [jobId, other] = [newJobId(), newJobId()];
    const early = segmentation(jobId, { State: "Running", EndTime: "-" });
    const costly = segmentation(other, { State: "Running", EndTime: "-", UserData: "x".repeat(300_000) });
    const lines = [
      await lineOf(early, { count: 5, lastReceivedAt: "2026-03-02T08:00:00.000Z" }),
      await lineOf(costly, { receivedAt: "2026-02-28T00:00:00.000Z" }),
    ];
    await post(segmentation(jobId), changes);
    await post(segmentation(other), changes);
    await post(early, changes);
    await importLines(lines, changes);
    const once = await everything(changes);
    await importLines(lines, changes);
    expect(await everything(changes)).toEqual(once);
    const exported = await exportAll(changes);
    expect(exported.find(({ id }) => id === lines[0]?.id)).toMatchObject({
      count: 5,
      receivedAt: "2026-03-01T08:00:00.123Z",
    });
    const last = exported.find(({ id }) => id === lines[0]?.id)?.lastReceivedAt ?? "";
    expect(last > "2026-03-02T08:00:00.000Z").toBe(true);
    expect(once.jobs.map((job) => [job.jobId, job.state])).toEqual(
      expect.arrayContaining([
        [jobId, "Success"],
        [other, "Success"],
      ]),
    );
  });

  test("a callback that comes again after the import is counted on", async () => {
    const body = segmentation(newJobId());
    const line = await lineOf(body, { count: 7 });
    await importLines([line], changes);
    expect(await (await post(body, changes)).json()).toMatchObject({ status: "duplicate" });
    expect(await exportAll(changes)).toMatchObject([{ id: line.id, count: 8, receivedAt: line.receivedAt }]);
  });
});

describe("in D1, the place of a job in lists", () => {
  test("is that of its first delivery, also when that is imported after newer ones", async () => {
    const [imported, costly, between] = [newJobId(), newJobId(), newJobId()];
    for (const jobId of [between, imported, costly]) await post(segmentation(jobId));
    const padding = "x".repeat(300_000);
    await importLines([
      await lineOf(segmentation(imported, { State: "Running" })),
      await lineOf(segmentation(costly, { State: "Running", UserData: padding }), {
        receivedAt: "2026-02-01T00:00:00.000Z",
      }),
    ]);
    const { jobs } = await read<{ jobs: ListedJob[] }>("/jobs");
    expect(jobs.map(({ jobId }) => jobId)).toEqual([between, imported, costly]);
  });
});

describe("an export", () => {
  test("comes in pages, oldest first, each no larger than one request does with ease", async () => {
    const small = [segmentation(newJobId()), segmentation(newJobId())];
    const large = new Uint8Array(EXPORT_PAGE_BYTES - 100).fill(0x61);
    for (const body of [...small, large, "last"]) await post(body);
    const ids = await Promise.all([...small, large, "last"].map(sha256));
    const pages: string[][] = [];
    let next: string | null = "";
    while (next !== null) {
      const page: Awaited<ReturnType<typeof exportPage>> = await exportPage(next && `cursor=${next}`);
      pages.push(page.lines.map(({ id }) => id));
      next = page.next;
    }
    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2)]);
    expect((await exportPage("limit=1")).lines.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  });

  test("asks D1 at most 50 times for a page by default, however the bodies are kept", async () => {
    for (let at = 0; at < 25; at += 1) await post(segmentation(newJobId()));
    // As though each body were in parts, which takes a second question.
    await env.DB.prepare(
      "INSERT INTO delivery_parts (delivery_id, part, body) SELECT id, 0, body FROM deliveries",
    ).run();
    await env.DB.prepare("UPDATE deliveries SET body = NULL, parts = 1").run();
    let questions = 0;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "prepare") questions += 1;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const { lines } = await exportPage("", { DB });
    expect(lines.length).toBe(20);
    expect(questions).toBeGreaterThan(20);
    expect(questions).toBeLessThanOrEqual(50);
  });

  test("does not stop at a delivery whose bytes are corrupt, nor at one whose bytes have passed retention", async () => {
    const [gone, first, corrupt, last] = ["{}", "first", "corrupt", "last"];
    await post(gone);
    await cron({ RETENTION_DAYS_BYTES: "1" }, Date.now() + 2 * 86_400_000);
    for (const body of [first, corrupt, last]) await post(body);
    const id = await sha256(corrupt);
    await env.DB.prepare("UPDATE deliveries SET body = 'other' WHERE id = ?").bind(id).run();
    const lines = await exportAll();
    expect(lines.map(({ missing, bytes }) => [missing, bytes && atob(bytes)])).toEqual([
      ["retention", null],
      [null, first],
      ["corrupt", null],
      [null, last],
    ]);
    expect(lines[2]).toMatchObject({ id, count: 1, status: "quarantined" });
  });

  test("has what waits in the spill, and loses nothing that is drained between two pages", async () => {
    const stored = segmentation(newJobId());
    await post(stored);
    const bodies = [segmentation(newJobId()), "text", new Uint8Array([0xff, 0, 10]), segmentation(newJobId())];
    for (const body of bodies) await post(body, { ...downD1(), KV: env.KV });
    const expected = new Set(await Promise.all([stored, ...bodies].map(sha256)));
    expect(new Set((await exportAll()).map(({ id }) => id))).toEqual(expected);

    const first = await exportPage("limit=2");
    expect(first.lines.map(({ status }) => status)).toEqual(["pending", "pending"]);
    await cron();
    expect((await env.KV.list({ prefix: "spill:" })).keys).toEqual([]);
    const found = [...first.lines];
    for (let { next } = first; next !== null;) {
      const page = await exportPage(`limit=2&cursor=${next}`);
      found.push(...page.lines);
      next = page.next;
    }
    expect(new Set(found.map(({ id }) => id))).toEqual(expected);
  });

  test("tells of a delivery that is drained while it is being exported, and of one corrupt in the spill", async () => {
    const body = segmentation(newJobId());
    await post(body, { ...downD1(), KV: env.KV });
    await post("damaged", { ...downD1(), KV: env.KV });
    const damaged = await sha256("damaged");
    const { metadata } = await env.KV.getWithMetadata(`spill:${damaged}`);
    await env.KV.put(`spill:${damaged}`, '{"contentType":null,"receivedAt":1,"receipt":"x"}\nother', { metadata });
    let drains = 1;
    const KV = new Proxy(env.KV, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "list") return typeof member === "function" ? member.bind(target) : member;
        return async (options: KVNamespaceListOptions) => {
          const listed = await target.list(options);
          for (; drains > 0; drains -= 1) await cron();
          return listed;
        };
      },
    });
    const lines = await exportAll({ KV });
    expect(lines).toMatchObject([
      { id: damaged, missing: "corrupt", bytes: null, receivedAt: null, status: "pending" },
      { id: await sha256(body), missing: null, status: "stored" },
    ]);
  });

  test("asks for patience where KV lists a delivery that neither it nor the store has", async () => {
    const body = segmentation(newJobId());
    await post(body, { ...downD1(), KV: env.KV });
    let isLate = true;
    const KV = new Proxy(env.KV, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "get" || !isLate) return typeof member === "function" ? member.bind(target) : member;
        return async (key: string | string[]) => (Array.isArray(key) ? new Map() : null);
      },
    });
    expect((await get("/deliveries/export", {}, { KV })).status).toBe(503);
    isLate = false;
    expect(await exportAll({ KV })).toMatchObject([{ id: await sha256(body) }]);
  });

  test("misses nothing that was acknowledged before it began, whatever comes meanwhile", async () => {
    const before = Array.from({ length: 6 }, () => segmentation(newJobId()));
    for (const body of before) await post(body);
    const found = new Set<string>();
    let next: string | null = "";
    while (next !== null && found.size < 1_000) {
      const page: Awaited<ReturnType<typeof exportPage>> = await exportPage(`limit=2${next && `&cursor=${next}`}`);
      for (const { id } of page.lines) found.add(id);
      next = page.next;
      if (found.size < 9) await post(segmentation(newJobId()));
      await post(before[5] as string);
    }
    for (const id of await Promise.all(before.map(sha256))) expect(found).toContain(id);
  });

  test.each([
    "limit=0",
    "limit=101",
    "cursor=x",
    "cursor=WyJkMTpleHBvcnQiLCJ4Il0",
    "cursor=WyJkMTpleHBvcnQiLCJzcGlsbCIsMV0",
    "page=2",
  ])("refuses %s", async (query) => {
    const response = await get(`/deliveries/export?${query}`);
    expect([response.status, (await response.json<{ type: string }>()).type]).toEqual([
      400,
      "/problems/invalid-request",
    ]);
  });

  test("needs a token, as an import does", async () => {
    expect((await send("/deliveries/export")).status).toBe(401);
    expect((await send("/deliveries/import", { method: "POST", body: "" })).status).toBe(401);
  });
});
