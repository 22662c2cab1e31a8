import { describe, expect, test } from "vitest";
import { segmentations, newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { flood, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

const LIMIT = { MAX_BODY_BYTES: "100" };

describe("a callback that can be read", () => {
  test("is stored, and the answer names the delivery and the jobs", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const response = await post(body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ delivery: await sha256(body), status: "stored", jobs: [jobId] });
  });

  test("is a duplicate when the same bytes come again", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const again = await post(body);
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ delivery: await sha256(body), status: "duplicate", jobs: [jobId] });
    expect(await read(`/deliveries/${await sha256(body)}`)).toMatchObject({ count: 2, status: "stored" });
  });

  test("may name several jobs", async () => {
    const jobIds = [newJobId(), newJobId(), newJobId()];
    const response = await post(segmentations(jobIds));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: jobIds });
    for (const jobId of jobIds) expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success" });
  });

  test("may be the end of a workflow run, of which each task with a JobId is a job", async () => {
    const jobId = newJobId();
    const runId = `i${newJobId()}`;
    const response = await post(workflowFinish(runId, [jobId]));
    expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
    expect(await read(`/runs/${runId}`)).toMatchObject({ runId, state: "Success", terminal: true, jobs: [{ jobId }] });
  });

  test.each([
    ["an empty body", ""],
    ["white space", " \r\n"],
    ["a byte order mark and nothing else", "\ufeff"],
    [
      "the console's test",
      '{"code":0,"data":{"event":"ReviewText","trace_id":"test_trace_id"},"message":"Test request when setting callback url"}',
    ],
    ["XML of an unknown shape", "<Notice><Id>1</Id></Notice>"],
    ["JSON of an unknown shape", '{"hello":["world"]}'],
    ["a list at the top of JSON", "[1,2]"],
    ["a job without a JobId", "<Response><JobsDetail><Code>Success</Code></JobsDetail></Response>"],
    ["a job with two JobIds", "<Response><JobsDetail><JobId>a</JobId><JobId>b</JobId></JobsDetail></Response>"],
  ])("names no job and is kept: %s", async (_, body) => {
    const response = await post(body);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ delivery: await sha256(body), status: "no-job", jobs: [] });
    expect(await (await get(`/deliveries/${await sha256(body)}/raw`)).text()).toBe(body.replace(/^\ufeff/, ""));
  });

  test("is told apart by its first character, whatever its header says", async () => {
    const jobId = newJobId();
    const json = JSON.stringify({
      EventName: "TaskFinish",
      JobsDetail: { JobId: jobId, Code: "Success", Tag: "Translation" },
    });
    await post(`\ufeff\n${json}`, {}, { "content-type": "application/xml; charset=GBK" });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, tag: "Translation", delivery: { format: "json" } });
  });
});

describe("a callback that cannot be read", () => {
  test.each([
    ["JSON that does not close", '{"a":\n [1', "malformed-body", 2, 4],
    ["XML that does not close", "<Response>\n <A>1</B></Response>", "malformed-body", 2, 6],
    ["a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]><Response/>", "malformed-body", 1, 1],
    ["two roots", "<a>1</a><b>2</b>", "malformed-body", 1, 9],
    ["text", "hello", "unsupported-media-type", null, null],
    ["a form", "a=1&b=2", "unsupported-media-type", null, null],
  ])("is quarantined with its reason and place: %s", async (_, body, code, line, column) => {
    const response = await post(body);
    const delivery = await sha256(body);
    const problem = await response.json<Record<string, unknown>>();
    expect(response.status).toBe(code === "malformed-body" ? 400 : 415);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(problem).toMatchObject({ type: `/problems/${code}`, status: response.status, delivery, line, column });
    expect(await read(`/deliveries/${delivery}`)).toMatchObject({
      id: delivery,
      status: "quarantined",
      line,
      column,
      reason: problem["reason"],
    });
    expect(await (await get(`/deliveries/${delivery}/raw`)).text()).toBe(body);
  });

  test("is kept to the byte when it is not UTF-8", async () => {
    const body = new Uint8Array([0x3c, 0x61, 0x3e, 0xff, 0xfe, 0x3c, 0x2f, 0x61, 0x3e]);
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ reason: "The body is not valid UTF-8.", line: 1, column: 4 });
    expect(new Uint8Array(await (await get(`/deliveries/${await sha256(body)}/raw`)).arrayBuffer())).toEqual(body);
  });

  test("is stored when it says its length", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const response = await post(body, {}, { "content-length": String(new TextEncoder().encode(body).length) });
    expect(await response.json()).toEqual({ delivery: await sha256(body), status: "stored", jobs: [jobId] });
  });

  test.each([
    ["that says so", (body: string) => post(body, LIMIT, { "content-length": String(body.length) })],
    ["that says less", (body: string) => post(body, LIMIT, { "content-length": "1" })],
    ["that does not say its length", (body: string) => post(new Response(body).body, LIMIT)],
  ])("is refused when it is larger than MAX_BODY_BYTES, and not kept: one %s", async (_, posted) => {
    const body = segmentation(newJobId());
    const response = await posted(body);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({
      type: "/problems/body-too-large",
      detail: "The body is larger than MAX_BODY_BYTES, 100 bytes.",
    });
    expect((await get(`/deliveries/${await sha256(body)}`)).status).toBe(404);
  });

  test.each([
    ["that says its length", { "content-length": "1000" }, "before the end"],
    ["that does not", {}, "after 5 bytes"],
  ])("is refused when the connection breaks half way: one %s", async (_, headers, where) => {
    const chunks = [new TextEncoder().encode("<Resp")];
    const broken = new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.error(new Error("gone"));
        else controller.enqueue(chunk);
      },
    });
    const response = await post(broken, {}, headers);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: "/problems/incomplete-body",
      detail: `The connection failed ${where}.`,
    });
  });
});

describe("the key", () => {
  const alike = async (path: string, init: RequestInit, changes = {}) => {
    const response = await send(path, init, changes);
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };

  test("that is wrong or missing looks like a wrong path, whatever the method", async () => {
    for (const method of ["POST", "GET", "PUT"]) {
      const init = { method };
      const unknown = await alike("/nothing/here", init);
      expect(unknown.status).toBe(404);
      expect(await alike("/callbacks/wrong", init)).toEqual(unknown);
      expect(await alike("/callbacks/", init)).toEqual(unknown);
      expect(await alike("/callbacks", init)).toEqual(unknown);
      expect(await alike("/callbacks/test-callback-key/more", init)).toEqual(unknown);
    }
  });

  test("may be any of several, for rotation", async () => {
    const response = await send("/callbacks/next-callback-key", { method: "POST", body: segmentation(newJobId()) });
    expect(response.status).toBe(200);
  });

  test("may be followed by a slash", async () => {
    const response = await send("/callbacks/test-callback-key/", { method: "POST", body: segmentation(newJobId()) });
    expect(response.status).toBe(200);
  });

  test("is taken whatever settings are wrong", async () => {
    const wrong = {
      STORE: "redis",
      INTAKE: "kafka",
      MAX_BODY_BYTES: "8MB",
      STORE_DEADLINE_MILLISECONDS: "-1",
      UPKEEP_OPERATIONS: "few",
      RETENTION_DAYS_JOBS: "soon",
      LOG_LEVEL: "verbose",
    };
    expect((await post(segmentation(newJobId()), wrong)).status).toBe(200);
    const ready = await send("/readyz", {}, wrong);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ type: "/problems/not-ready" });
  });

  test("is never right when none is set, and nothing is looked up either", async () => {
    for (const CALLBACK_KEYS of [undefined, "", " , "]) {
      for (const path of ["/callbacks/", "/callbacks/undefined", "/callbacks/%20"]) {
        expect((await alike(path, { method: "POST", body: "{}" }, { CALLBACK_KEYS })).status).toBe(404);
      }
    }
    for (const LOOKUP_TOKENS of [undefined, ""]) {
      for (const authorization of [`Bearer ${TOKEN}`, "Bearer undefined", `Basic ${btoa("x:")}`]) {
        expect((await alike("/jobs/x", { headers: { authorization } }, { LOOKUP_TOKENS })).status).toBe(401);
      }
    }
  });

  test("of a right URL takes POST alone", async () => {
    const response = await send("/callbacks/test-callback-key");
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  });

  test("is limited when it is wrong again and again, and a right one never", async () => {
    const address = "192.0.2.7";
    expect([...(await flood(address))]).toEqual([404, 429]);
    expect((await post(segmentation(newJobId()), {}, { "cf-connecting-ip": address })).status).toBe(200);
  });
});
