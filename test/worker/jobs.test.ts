import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import type { Job } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { get, post, read, send, sha256, TOKEN } from "./receiver.ts";

describe("a job", () => {
  test("is looked up as the contract gives it", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { UserData: "my handle", words: ["花", "60"] });
    await post(body, {}, { "content-type": "application/xml" });
    const job = await read<Job>(`/jobs/${jobId}`);
    expect(job.delivery?.receivedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(job).toEqual({
      jobId,
      event: "TaskFinish",
      tag: "WordsGeneralize",
      state: "Success",
      stateSource: "derived",
      terminal: true,
      code: "Success",
      message: "Success",
      queueId: null,
      userData: "my handle",
      bucket: "texts-1250000000",
      region: "ap-chongqing",
      object: "notes/a.txt",
      createdAt: "2026-03-01T00:00:00Z",
      startedAt: null,
      endedAt: "2026-03-01T00:00:05Z",
      workflow: null,
      source: "callback",
      delivery: { id: await sha256(body), format: "xml", receivedAt: job.delivery?.receivedAt, count: 1 },
      firstReceivedAt: job.delivery?.receivedAt,
      updatedAt: job.delivery?.receivedAt,
      expectation: null,
      verified: null,
      detail: {
        Tag: "WordsGeneralize",
        Code: "Success",
        CreationTime: "2026-03-01T08:00:00+0800",
        EndTime: "2026-03-01T08:00:05+0800",
        JobId: jobId,
        Message: "Success",
        Input: { BucketId: "texts-1250000000", Region: "ap-chongqing", Object: "notes/a.txt" },
        Operation: {
          UserData: "my handle",
          WordsGeneralize: { NerMethod: "DL", SegMethod: "MIX" },
          WordsGeneralizeResult: {
            WordsGeneralizeToken: [
              { Length: 1, Offset: 0, Pos: "n", Word: "花" },
              { Length: 2, Offset: 1, Pos: "n", Word: "60" },
            ],
          },
        },
      },
    });
  });

  test("has the exact bytes behind it, as the media type they came with, and nothing runs in them", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: ["<script>", "\u00a0", "😀"] });
    await post(body, {}, { "content-type": "text/html; charset=utf-8" });
    const raw = await get(`/jobs/${jobId}/raw`);
    expect(await raw.text()).toBe(body);
    expect(raw.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(raw.headers.get("x-content-type-options")).toBe("nosniff");
    expect(raw.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
  });

  test.each(["a/b", "100%", "job?x=1#y", "作业", "__proto__", "a b", "\ud800"])(
    "may have any JobId: %j",
    async (id) => {
      const jobId = `${id}-${newJobId()}`;
      const answer = await (await post(JSON.stringify({ JobsDetail: { JobId: jobId, Code: "Success" } }))).json();
      expect(answer).toMatchObject({ status: "stored" });
      const path = `/jobs/${encodeURIComponent(jobId.toWellFormed())}`;
      expect(await read(path)).toMatchObject({ state: "Success", detail: { Code: "Success" } });
    },
  );

  test("that nobody has named is a 404 that no cache may keep", async () => {
    for (const path of ["/jobs/none", "/jobs/none/raw"]) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(await response.json()).toEqual({
        type: "/problems/job-not-found",
        title: "No callback has named this job",
        status: 404,
        detail: "No callback has named job none.",
      });
    }
  });

  test("needs a token, as Bearer or as the password of Basic", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const status = async (authorization?: string) =>
      (await send(`/jobs/${jobId}`, { headers: authorization === undefined ? {} : { authorization } })).status;
    expect(await status(`Bearer ${TOKEN}`)).toBe(200);
    expect(await status(`bearer ${TOKEN}`)).toBe(200);
    expect(await status(`Basic ${btoa(`anyone:${TOKEN}`)}`)).toBe(200);
    for (const wrong of [
      undefined,
      "Bearer",
      "Bearer wrong",
      `Basic ${btoa(TOKEN)}`,
      "Basic %%%",
      `Digest ${TOKEN}`,
      TOKEN,
    ]) {
      expect(await status(wrong)).toBe(401);
    }
  });

  test("answers HEAD as GET, without the body", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const head = await send(`/jobs/${jobId}`, { method: "HEAD", headers: { authorization: `Bearer ${TOKEN}` } });
    expect(head.status).toBe(200);
    expect(head.headers.get("etag")).toBe((await get(`/jobs/${jobId}`)).headers.get("etag"));
    expect(await head.text()).toBe("");
  });
});

describe("the ETag of a job", () => {
  test("answers 304 while nothing has changed, and changes when anything does", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const etag = (await get(`/jobs/${jobId}`)).headers.get("etag") ?? "";
    for (const noneMatch of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const response = await get(`/jobs/${jobId}`, { "if-none-match": noneMatch });
      expect([response.status, await response.text(), response.headers.get("etag")]).toEqual([304, "", etag]);
    }
    await post(body);
    const changed = await get(`/jobs/${jobId}`, { "if-none-match": etag });
    expect(changed.status).toBe(200);
    expect(await changed.json()).toMatchObject({ delivery: { count: 2 } });
    const now = changed.headers.get("etag");
    await post(workflowFinish(`i${jobId}`, [jobId]));
    expect((await get(`/jobs/${jobId}`)).headers.get("etag")).not.toBe(now);
  });

  test("comes with leave to store only what is terminal, and that only to be validated", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running" }));
    expect((await get(`/jobs/${jobId}`)).headers.get("cache-control")).toBe("no-store");
    await post(segmentation(jobId, { State: "Success" }));
    expect((await get(`/jobs/${jobId}`)).headers.get("cache-control")).toBe("private, no-cache");
  });
});

describe("waiting for a job", () => {
  test("answers when the callback comes, for a job that nobody has heard of yet", async () => {
    const jobId = newJobId();
    const waiting = get(`/jobs/${jobId}?wait=20`);
    await scheduler.wait(300);
    await post(segmentation(jobId));
    const response = await waiting;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ jobId, state: "Success" });
  });

  test("goes on while the job is not terminal, and answers with what there is when the time is up", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running" }));
    expect(await read(`/jobs/${jobId}?wait=1`)).toMatchObject({ state: "Running", terminal: false });
    expect((await get("/jobs/none?wait=1")).status).toBe(404);
  });

  test("answers every one of many that wait", async () => {
    const jobIds = Array.from({ length: 30 }, newJobId);
    const waiting = jobIds.map((jobId) => read<Job>(`/jobs/${jobId}?wait=20`));
    await scheduler.wait(300);
    await Promise.all(jobIds.map((jobId) => post(segmentation(jobId))));
    expect((await Promise.all(waiting)).map((job) => job.jobId)).toEqual(jobIds);
  });

  test("asks no more once the client has gone", async () => {
    let queries = 0;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "prepare") queries += 1;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const gone = new AbortController();
    const waiting = send(
      "/jobs/none?wait=30",
      { headers: { authorization: `Bearer ${TOKEN}` }, signal: gone.signal },
      { DB },
    ).catch(() => null);
    await vi.waitFor(() => expect(queries).toBeGreaterThan(0));
    const before = queries;
    gone.abort();
    await waiting;
    // One look may have been under way: what changed of late, whether there is such a job, and whether it is expected.
    expect(queries - before).toBeLessThanOrEqual(4);
  });

  test.each(["-1", "61", "1.5", "soon", ""])("refuses ?wait=%s", async (wait) => {
    const response = await get(`/jobs/x?wait=${wait}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: "/problems/invalid-request",
      detail: "wait must be whole seconds from 0 to 60.",
    });
  });
});
