/** What did not come, as callers see it: expectations over HTTP, jobs that are only expected, what is overdue, and asking CI by hand. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource } from "../../src/store/store.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { DeliveryRecord, Job, ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { asking, ciJob, LOCAL_QUEUE, newCi, sweeping } from "./ci.ts";
import { newHook, telling } from "./endpoint.ts";
import { downD1 } from "./faults.ts";
import { type Changes, cron, get, post, read, send, TOKEN } from "./receiver.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };
const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });
const DAY = 86_400_000;

const put = (jobId: string, body: unknown, changes: Changes = {}, headers: Record<string, string> = bearer) =>
  send(
    `/jobs/${encodeURIComponent(jobId)}/expectation`,
    { method: "PUT", headers, body: typeof body === "string" ? body : JSON.stringify(body) },
    changes,
  );
const remove = (jobId: string) => send(`/jobs/${jobId}/expectation`, { method: "DELETE", headers: bearer });

const storeWith = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings).store;

/** An expectation whose time is up already. */
const expectDue = (jobId: string, dueAt = Date.now() - 1) =>
  (storeWith().expectations as Expectations).put(
    jobId,
    { bucket: null, region: null, queueId: null, tag: null, userData: null },
    dueAt,
    dueAt - 1000,
  );

/** Takes a body in as a callback, or as CI's own answer, without asking anybody. */
async function take(body: string, source: DeliverySource, changes: Changes = {}): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt: Date.now(), source });
  await intake({ store: storeWith(changes), spill: null }, [arrival]);
}

interface List {
  jobs: ListedJob[];
  next: string | null;
}

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

describe("POST /jobs/{jobId}/reconcile", () => {
  const reconcile = (jobId: string, changes: Changes) =>
    send(`/jobs/${jobId}/reconcile`, { method: "POST", headers: bearer }, changes);
  const { bucket, region } = LOCAL_QUEUE;

  test("takes what CI says in, and answers with the job", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await ci.know(ciJob({ jobId, state: "Failed" }));
    await put(jobId, { within: 60, bucket, region });
    const response = await reconcile(jobId, asking(ci));
    expect([response.status, await response.json()]).toMatchObject([
      200,
      { jobId, state: "Failed", source: "reconcile", verified: true, expectation: { overdue: false } },
    ]);
  });

  test("answers with the job as it was where CI does not know it, and 404 where nobody does", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    await put(jobId, { within: 60, bucket, region });
    const known = await reconcile(jobId, asking(ci));
    expect([known.status, await known.json()]).toMatchObject([200, { jobId, source: "expectation" }]);
    for (const settings of [asking(ci), sweeping(ci)]) {
      const unknown = await reconcile(newJobId(), settings);
      expect([unknown.status, await unknown.json()]).toMatchObject([404, { type: "/problems/job-not-found" }]);
    }
  });

  test("says that no keys are set, that CI does not tell, and when to ask again", async () => {
    const ci = await newCi();
    const jobId = newJobId();
    const without = await reconcile(jobId, {});
    expect([without.status, await without.json()]).toMatchObject([501, { type: "/problems/ci-not-configured" }]);
    await put(jobId, { within: 60, bucket, region });
    await ci.misbehave({ how: "slow-down", retryAfter: 77, times: 1 });
    const slow = await reconcile(jobId, asking(ci));
    expect([slow.status, slow.headers.get("retry-after"), await slow.json()]).toMatchObject([
      503,
      "77",
      { type: "/problems/ci-unavailable", detail: "CI says that it is asked too often." },
    ]);
    const nowhere = newJobId();
    await put(nowhere, { within: 60 });
    const placeless = await reconcile(nowhere, asking(ci));
    expect([placeless.status, placeless.headers.get("retry-after"), await placeless.json()]).toMatchObject([
      503,
      null,
      { detail: "Neither the job nor CI_QUEUES says in which bucket and region it is." },
    ]);
  });

  test("does not say when to ask again where no request may be made for the job's bucket", async () => {
    const ci = await newCi();
    for (const [announced, detail] of [
      [
        { bucket: "evil.example/x-1", region },
        "The bucket is not a name and an APPID, such as examplebucket-1250000000.",
      ],
      [{ bucket: "other-1250000000", region }, "CI_QUEUES does not name the bucket in this region."],
    ] as const) {
      const jobId = newJobId();
      await put(jobId, { within: 60, ...announced });
      const refused = await reconcile(jobId, sweeping(ci));
      expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toMatchObject([
        503,
        null,
        { type: "/problems/ci-unavailable", detail },
      ]);
    }
    expect(await ci.requests()).toEqual([]);
  });
});
