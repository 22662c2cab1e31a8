/** Jobs that are only expected, what is overdue, what CI said of jobs, and the event that tells of it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { DeliveryRecord, Job, ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, telling } from "./endpoint.ts";
import { downD1 } from "./faults.ts";
import { cron, get, post, read } from "./receiver.ts";
import { running, put, storeWith, expectDue, take, type List } from "./announced.ts";

beforeEach(async () => {
  await env.DB.batch(["expectations", "verdicts", "sweeps"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

afterEach(() => void vi.useRealTimers());

describe("a job that is only expected", () => {
  test("has an ETag that changes when it is renewed, when it becomes overdue and when a callback comes", async () => {
    const jobId = newJobId();
    const etag = async () => (await get(`/jobs/${jobId}`)).headers.get("etag") ?? "";
    const seen = async (tag: string) => (await get(`/jobs/${jobId}`, { "if-none-match": tag })).status;
    await put(jobId, { within: 60 });
    const first = await etag();
    expect([first === "", await seen(first)]).toEqual([false, 304]);
    await put(jobId, { within: 60 });
    const renewed = await etag();
    expect([await seen(first), await seen(renewed)]).toEqual([200, 304]);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 60_000 });
    expect(await seen(renewed)).toBe(200);
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ expectation: { overdue: true } });
    const overdue = await etag();
    expect(await seen(overdue)).toBe(304);
    vi.useRealTimers();
    await post(segmentation(jobId));
    expect(await seen(overdue)).toBe(200);
  });

  test("has no bytes, no deliveries, and waits to be terminal", async () => {
    const jobId = newJobId();
    await put(jobId, { within: 60 });
    const raw = await get(`/jobs/${jobId}/raw`);
    expect([raw.status, await raw.json()]).toMatchObject([
      404,
      { type: "/problems/job-not-found", detail: `Job ${jobId} is expected, and no callback has come yet.` },
    ]);
    expect(await read(`/jobs/${jobId}/deliveries`)).toEqual({ deliveries: [], next: null });
    const waiting = read<Job>(`/jobs/${jobId}?wait=60`);
    await post(segmentation(jobId));
    expect(await waiting).toMatchObject({ terminal: true, source: "callback" });
  });

  test("is in no list of jobs, and in the feed of changes", async () => {
    const jobId = newJobId();
    const { next } = await read<{ next: string }>("/changes");
    await put(jobId, { within: 60, bucket: "b" });
    const { changes } = await read<{ changes: ListedJob[] }>(`/changes?after=${next}`);
    expect(changes).toMatchObject([{ jobId, source: "expectation", bucket: "b", delivery: null }]);
    const { jobs } = await read<List>("/jobs?limit=100");
    expect(jobs.map((job) => job.jobId)).not.toContain(jobId);
  });

  test("is told of where its callback waits in the spill, with what was announced", async () => {
    const jobId = newJobId();
    await expectDue(jobId);
    await post(running(jobId), downD1());
    const job = await read<Job>(`/jobs/${jobId}`);
    expect(job).toMatchObject({ state: "Running", source: "callback", expectation: { overdue: true } });
    const ended = newJobId();
    await expectDue(ended);
    await post(running(ended));
    await post(segmentation(ended), downD1());
    expect(await read<Job>(`/jobs/${ended}`)).toMatchObject({ state: "Success", expectation: { overdue: false } });
    // With D1 away nobody can tell what was announced, and the end is told all the same.
    expect(await (await get(`/jobs/${ended}`, {}, downD1())).json()).toMatchObject({ state: "Success" });
  });

  test("changes its ETag no sooner than the spill does: a beginning in the store hides no end there", async () => {
    const jobId = newJobId();
    await post(running(jobId));
    const etag = (await get(`/jobs/${jobId}`)).headers.get("etag") ?? "";
    expect((await get(`/jobs/${jobId}`, { "if-none-match": etag })).status).toBe(304);
    await post(segmentation(jobId), downD1());
    const told = await get(`/jobs/${jobId}`, { "if-none-match": etag });
    expect([told.status, await told.json()]).toMatchObject([200, { state: "Success" }]);
  });
});

describe("GET /jobs?overdue=true", () => {
  test("lists what is due and has not ended, the longest due first, page after page", async () => {
    const ids = [newJobId(), newJobId(), newJobId()];
    for (const [index, jobId] of ids.entries()) await expectDue(jobId, Date.now() - 1000 * (index + 1));
    await post(running(ids[1] as string));
    const ended = newJobId();
    await expectDue(ended);
    await post(segmentation(ended));
    await put(newJobId(), { within: 60 });
    const found: ListedJob[] = [];
    let path = "/jobs?overdue=true&limit=1";
    for (let pages = 0; path !== "" && pages < 10; pages += 1) {
      const response = await get(path);
      const { jobs, next } = await response.json<List>();
      found.push(...jobs);
      path = next === null ? "" : `/jobs?overdue=true&limit=1&cursor=${next}`;
      expect(response.headers.get("link") === null).toBe(next === null);
    }
    expect(found.map(({ jobId, source }) => [jobId, source])).toEqual([
      [ids[2], "expectation"],
      [ids[1], "callback"],
      [ids[0], "expectation"],
    ]);
    expect(found.every(({ expectation }) => expectation?.overdue === true)).toBe(true);
    const lines = await get("/jobs?overdue=true", { accept: "application/x-ndjson" });
    const told = new TextDecoder()
      .decode(await lines.arrayBuffer())
      .trimEnd()
      .split("\n");
    expect(told.map((line) => (JSON.parse(line) as ListedJob).jobId)).toEqual([ids[2], ids[1], ids[0]]);
  });

  test.each([
    ["overdue=false", "overdue must be true."],
    ["overdue=true&state=Failed", "overdue and state cannot be given together."],
    ["verified=maybe", "verified must be true or false."],
  ])("is refused: %s", async (query, detail) => {
    const response = await get(`/jobs?${query}`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: "/problems/invalid-request", detail },
    ]);
  });
});

describe("what CI said", () => {
  test("is told by source and verified, of jobs and of deliveries, and is a filter", async () => {
    const [answered, disputed, plain] = [newJobId(), newJobId(), newJobId()];
    await take(segmentation(answered, { State: "Failed", Code: "InvalidText" }), "reconcile");
    await post(segmentation(answered));
    await take(segmentation(disputed), "callback", { VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" });
    await post(segmentation(plain));
    const before = await get(`/jobs/${disputed}`);
    const verdicts = storeWith().verdicts as Verdicts;
    const asks = await verdicts.claim([disputed], 1, Date.now());
    await verdicts.settle(
      asks.map(({ jobId, delivery, asks }) => ({ jobId, delivery, asks, verified: false, askAt: null })),
      Date.now(),
    );
    expect(await read<Job>(`/jobs/${answered}`)).toMatchObject({
      state: "Failed",
      source: "reconcile",
      verified: true,
    });
    const after = await get(`/jobs/${disputed}`, { "if-none-match": before.headers.get("etag") ?? "" });
    expect([after.status, await after.json()]).toMatchObject([200, { source: "callback", verified: false }]);
    expect(await read<Job>(`/jobs/${plain}`)).toMatchObject({ source: "callback", verified: null });
    const idsOf = async (query: string) =>
      (await read<List>(`/jobs?limit=100&${query}`)).jobs.map(({ jobId }) => jobId);
    expect(await idsOf("verified=false")).toEqual([disputed]);
    expect(await idsOf("verified=true")).toContain(answered);
    expect(await idsOf("verified=true")).not.toContain(plain);
    const { deliveries } = await read<{ deliveries: DeliveryRecord[] }>(`/jobs/${answered}/deliveries`);
    expect(deliveries.map(({ source }) => source).toSorted()).toEqual(["callback", "reconcile"]);
  });
});

describe("the event job.overdue", () => {
  test("of a job that is only expected has it as a look-up gives it", async () => {
    const hook = newHook();
    const on = { ...telling(hook), FORWARD_EVENTS: "job.overdue" };
    const jobId = newJobId();
    await expectDue(jobId);
    await cron(on);
    await cron(on);
    const [event] = await hook.seen();
    const { type, data } = JSON.parse(event?.body ?? "{}") as { type: string; data: Job };
    expect(type).toBe("job.overdue");
    expect(data).toEqual(await read<Job>(`/jobs/${jobId}`));
    expect(data).toMatchObject({ source: "expectation", expectation: { overdue: true } });
    expect(await hook.ids()).toHaveLength(1);
  });

  test("of a job that runs has the job", async () => {
    const hook = newHook();
    const on = { ...telling(hook), FORWARD_EVENTS: "job.overdue" };
    const jobId = newJobId();
    await expectDue(jobId);
    await post(running(jobId));
    await cron(on);
    await cron(on);
    const [event] = await hook.seen();
    expect(JSON.parse(event?.body ?? "{}")).toMatchObject({ data: { jobId, state: "Running", source: "callback" } });
  });
});
