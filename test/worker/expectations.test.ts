/** Expectations as callers make them, take them back and find them: over HTTP. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Job } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { get, post, read, send } from "./receiver.ts";
import { bearer, DAY, put, remove, expectDue } from "./announced.ts";

beforeEach(async () => {
  await env.DB.batch(["expectations", "verdicts", "sweeps"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

afterEach(() => void vi.useRealTimers());

describe("PUT /jobs/{jobId}/expectation", () => {
  test("announces a job: new with 201, again with 200, and the job as it is answered from then on", async () => {
    const jobId = newJobId();
    const announced = { bucket: "b-1250000000", region: "ap-x", queueId: "p1", tag: "Transcode", userData: "mine" };
    const before = Date.now();
    const made = await put(jobId, { within: 60, ...announced });
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

    const renewed = await put(jobId, { within: 2_592_000 });
    expect(renewed.status).toBe(200);
    const again = await renewed.json<Job>();
    expect(again).toMatchObject({ tag: null, userData: null });
    const { registeredAt: from, dueAt: to } = again.expectation ?? expect.fail("not expected");
    expect(Date.parse(to) - Date.parse(from)).toBe(30 * DAY);
  });

  test("takes a job of which a callback has told, and the callback of one that is expected: the order does not matter", async () => {
    const [first, second] = [newJobId(), newJobId()];
    await post(segmentation(first));
    const late = await put(first, { within: 1, tag: "other" });
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
    const response = await put(jobId, body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { type: "/problems/invalid-request", detail },
    ]);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
  });

  test("takes texts of the longest kind and null for none, and refuses what no JobId can be", async () => {
    const longest = { bucket: null, userData: "今".repeat(1_024), tag: "\\".repeat(1_024), region: "é".repeat(1_024) };
    expect((await put(newJobId(), { within: 60, ...longest })).status).toBe(201);
    for (const jobId of ["x".repeat(1_025), "a\u0007b", " "])
      expect((await put(jobId, { within: 60 })).status).toBe(400);
    const large = await put(newJobId(), { within: 60, userData: "x".repeat(70_000) });
    expect([large.status, await large.json()]).toMatchObject([413, { detail: "The body is larger than 65536 bytes." }]);
  });

  test("is guarded against pages of other sites, and needs a token", async () => {
    const jobId = newJobId();
    const body = { within: 60 };
    expect((await put(jobId, body, {}, { ...bearer, "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await put(jobId, body, {}, { ...bearer, origin: "https://elsewhere.example" })).status).toBe(403);
    expect((await put(jobId, body, {}, {})).status).toBe(401);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
  });

  test("finds ids that a URL takes for directories, and ids with a slash", async () => {
    for (const jobId of ["a/b", "100%"]) {
      expect((await put(jobId, { within: 60 })).status).toBe(201);
      expect(await read<Job>(`/jobs/${encodeURIComponent(jobId)}`)).toMatchObject({ jobId, source: "expectation" });
    }
    const dots = await send("/jobs/%252E%252E/expectation", { method: "PUT", headers: bearer, body: '{"within":60}' });
    expect([dots.status, await dots.json()]).toMatchObject([201, { jobId: ".." }]);
  });
});

describe("DELETE /jobs/{jobId}/expectation", () => {
  test("takes the announcement back, and says the same where there was none", async () => {
    const jobId = newJobId();
    await put(jobId, { within: 60 });
    const removed = await remove(jobId);
    expect([removed.status, await removed.text()]).toEqual([204, ""]);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
    expect((await remove(jobId)).status).toBe(204);
  });

  test("leaves what callbacks have told", async () => {
    const jobId = newJobId();
    await put(jobId, { within: 60 });
    await post(segmentation(jobId));
    await remove(jobId);
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ state: "Success", expectation: null });
  });
});

describe("with STORE=kv", () => {
  const kv = { STORE: "kv" };

  test("there are no expectations, and a look-up says so nowhere", async () => {
    const jobId = newJobId();
    const detail = "STORE=kv has no expectations.";
    const answers = [
      await put(jobId, { within: 60 }, kv),
      await send(`/jobs/${jobId}/expectation`, { method: "DELETE", headers: bearer }, kv),
      await get("/jobs?overdue=true", {}, kv),
    ];
    for (const answer of answers)
      expect([answer.status, await answer.json()]).toMatchObject([
        501,
        { type: "/problems/not-supported-by-store", detail },
      ]);
    await post(segmentation(jobId), kv);
    expect(await read<Job>(`/jobs/${jobId}`, kv)).toMatchObject({ expectation: null, verified: null });
  });
});
