/** What an operator is told: the lines of the log, and the points of Analytics Engine. */
import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import { logger } from "../../src/telemetry/log.ts";
import type { Queued } from "../../src/queue.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { downD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { cron, get, post, send, sha256 } from "./receiver.ts";
import { keepWritten, lines, written } from "./written.ts";

const down = () => ({ ...downD1(), KV: faultyKv(env.KV, { ...NO_FAULTS, down: true }, seeded(1)) });

keepWritten();

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
    written.length = 0;
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
    await worker.queue(batch, { ...env, ...downD1() }, createExecutionContext());
    expect(lines()).toEqual([
      {
        level: "warn",
        event: "queue",
        queue: "ci-callbacks",
        messages: 1,
        retried: 1,
        fault: "D1_ERROR: Network connection lost.",
      },
    ]);
  });

  test("has only lines of LOG_LEVEL and above", async () => {
    await send("/wp-login.php", {}, { LOG_LEVEL: "debug" });
    expect(lines()).toEqual([expect.objectContaining({ level: "debug", event: "request", problem: "not-found" })]);
    written.length = 0;
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
