/** Jobs that are announced, as callers see them: by PUT and DELETE, and looked up while nothing has come. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Job, ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { downD1 } from "./faults.ts";
import { get, post, read, send } from "./receiver.ts";
import { announce, bearer, expectDue, forgetAsking, running } from "./expected.ts";

const DAY = 86_400_000;

const remove = (jobId: string) => send(`/jobs/${jobId}/expectation`, { method: "DELETE", headers: bearer });

beforeEach(async () => {
  await forgetAsking();
});

afterEach(() => void vi.useRealTimers());

describe("PUT /jobs/{jobId}/expectation", () => {
  test("announces a job: new with 201, again with 200, and the job as it is answered from then on", async () => {
    const jobId = newJobId();
    const announced = { bucket: "b-1250000000", region: "ap-x", queueId: "p1", tag: "Transcode", userData: "mine" };
    const before = Date.now();
    const made = await announce(jobId, { within: 60, ...announced });
    const after = Date.now();
    const job = await made.json<Job>();
    expect([made.status, made.headers.get("cache-control")]).toEqual([201, "no-store"]);
    const registeredAt = job.expectation?.registeredAt ?? "";
    expect(Date.parse(registeredAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(registeredAt)).toBeLessThanOrEqual(after);
    expect(job).toEqual({
      jobId,
      event: null,
      state: null,
      stateSource: "derived",
      terminal: false,
      code: null,
      message: null,
      ...announced,
      object: null,
      createdAt: null,
      startedAt: null,
      endedAt: null,
      workflow: null,
      source: "expectation",
      delivery: null,
      firstReceivedAt: registeredAt,
      updatedAt: expect.stringMatching(/Z$/),
      expectation: {
        registeredAt,
        dueAt: new Date(Date.parse(registeredAt) + 60_000).toISOString(),
        overdue: false,
      },
      verified: null,
      detail: null,
    });
    expect(await read<Job>(`/jobs/${jobId}`)).toEqual(job);

    const renewed = await announce(jobId, { within: 2_592_000 });
    expect(renewed.status).toBe(200);
    const again = await renewed.json<Job>();
    expect(again).toMatchObject({ tag: null, userData: null });
    const { registeredAt: from, dueAt: to } = again.expectation ?? expect.fail("not expected");
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * DAY);
  });

  test("takes a job of which a callback has told, and the callback of one that is expected: the order does not matter", async () => {
    const [first, second] = [newJobId(), newJobId()];
    await post(segmentation(first));
    const late = await announce(first, { within: 1, tag: "other" });
    await expectDue(second);
    expect(await read<Job>(`/jobs/${second}`)).toMatchObject({ source: "expectation", expectation: { overdue: true } });
    await post(segmentation(second));
    expect(late.status).toBe(201);
    const jobs = [await late.json<Job>(), await read<Job>(`/jobs/${second}`)];
    for (const job of jobs) {
      expect(job).toMatchObject({ source: "callback", state: "Success", tag: "WordsGeneralize" });
      expect(job.expectation).toMatchObject({ overdue: false });
      expect(job.detail).not.toBeNull();
    }
  });

  test.each([
    [{}, "within is missing."],
    [{ within: "60" }, "within must be a whole number of seconds from 1 to 2592000."],
    [{ within: 0 }, "within must be a whole number of seconds from 1 to 2592000."],
    [{ within: 2_592_001 }, "within must be a whole number of seconds from 1 to 2592000."],
    [{ within: 1.5 }, "within must be a whole number of seconds from 1 to 2592000."],
    [{ within: null }, "within must be a whole number of seconds from 1 to 2592000."],
    [{ within: 60, bucket: 7 }, "bucket must be text."],
    [{ within: 60, tag: "" }, "tag must not be empty."],
    [{ within: 60, region: "a\nb" }, "region must not have a control character."],
    [{ within: 60, userData: "x".repeat(1_025) }, "userData must have at most 1024 characters."],
    [{ within: 60, object: "a.txt" }, "object is not a member of it."],
    [7, "The body must be a JSON object."],
    ["within=60", "The body must be a JSON object."],
    ["", "The body must be a JSON object."],
  ])("refuses %j", async (body, detail) => {
    const jobId = newJobId();
    const response = await announce(jobId, body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: "/problems/invalid-request", detail },
    ]);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
  });

  test("takes texts of the longest kind and null for none, and refuses what no JobId can be", async () => {
    const longest = { bucket: null, userData: "今".repeat(1_024), tag: "\\".repeat(1_024), region: "é".repeat(1_024) };
    expect((await announce(newJobId(), { within: 60, ...longest })).status).toBe(201);
    for (const jobId of ["x".repeat(1_025), "a\u0007b", " "])
      expect((await announce(jobId, { within: 60 })).status).toBe(400);
    const large = await announce(newJobId(), { within: 60, userData: "x".repeat(70_000) });
    expect([large.status, await large.json()]).toMatchObject([413, { detail: "The body is larger than 65536 bytes." }]);
  });

  test("is guarded against pages of other sites, and needs a token", async () => {
    const jobId = newJobId();
    const body = { within: 60 };
    expect((await announce(jobId, body, {}, { ...bearer, "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await announce(jobId, body, {}, { ...bearer, origin: "https://elsewhere.example" })).status).toBe(403);
    expect((await announce(jobId, body, {}, {})).status).toBe(401);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
  });

  test("finds ids that a URL takes for directories, and ids with a slash", async () => {
    for (const jobId of ["a/b", "100%"]) {
      expect((await announce(jobId, { within: 60 })).status).toBe(201);
      expect(await read<Job>(`/jobs/${encodeURIComponent(jobId)}`)).toMatchObject({ jobId, source: "expectation" });
    }
    const dots = await send("/jobs/%252E%252E/expectation", { method: "PUT", headers: bearer, body: '{"within":60}' });
    expect([dots.status, await dots.json()]).toMatchObject([201, { jobId: ".." }]);
  });
});

describe("DELETE /jobs/{jobId}/expectation", () => {
  test("takes the announcement back, and says the same where there was none", async () => {
    const jobId = newJobId();
    await announce(jobId, { within: 60 });
    const removed = await remove(jobId);
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
    expect((await remove(jobId)).status).toBe(204);
  });

  test("leaves what callbacks have told", async () => {
    const jobId = newJobId();
    await announce(jobId, { within: 60 });
    await post(segmentation(jobId));
    await remove(jobId);
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ state: "Success", expectation: null });
  });
});

describe("a job that is only expected", () => {
  test("has an ETag that changes when it is renewed, when it becomes overdue and when a callback comes", async () => {
    const jobId = newJobId();
    const etag = async () => (await get(`/jobs/${jobId}`)).headers.get("etag") ?? "";
    const seen = async (tag: string) => (await get(`/jobs/${jobId}`, { "if-none-match": tag })).status;
    await announce(jobId, { within: 60 });
    const first = await etag();
    expect([first === "", await seen(first)]).toEqual([false, 304]);
    await announce(jobId, { within: 60 });
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
    await announce(jobId, { within: 60 });
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
    await announce(jobId, { within: 60, bucket: "b" });
    const { changes } = await read<{ changes: ListedJob[] }>(`/changes?after=${next}`);
    expect(changes).toMatchObject([{ jobId, source: "expectation", bucket: "b", delivery: null }]);
    const { jobs } = await read<{ jobs: ListedJob[] }>("/jobs?limit=100");
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
