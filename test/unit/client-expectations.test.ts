/** Announcing jobs with the client, asking CI through it, and the example that does both. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { Job } from "../../src/client/client.ts";
import { done, failureOf, listed, notFound, receiverWith, TOKEN } from "./client-fixtures.ts";
import { json, problem, reading, type Step } from "./scripted-receiver.ts";

const NOBODY = {
  event: null,
  tag: null,
  state: null,
  code: null,
  message: null,
  bucket: null,
  region: null,
  object: null,
};
const NEVER = { createdAt: null, startedAt: null, endedAt: null };
const dueAt = "2022-07-25T09:35:44.000Z";
const expectation = { registeredAt: "2022-07-25T08:35:44.000Z", dueAt, overdue: false };
const expected: Job = {
  ...listed("j1"),
  ...NOBODY,
  ...NEVER,
  terminal: false,
  source: "expectation",
  delivery: null,
  expectation,
  detail: null,
};

const gone: Step = (response) => response.writeHead(204).end();

describe("expect", () => {
  test("announces a job with what is said of it, and gives the job", async () => {
    const bodies: string[] = [];
    await using receiver = await receiverWith(reading(bodies, json(expected)));
    const said = { withinSeconds: 60, bucket: "b-1", region: "ap-x", queueId: "q", tag: "Tts", userData: "order 7" };
    expect(await receiver.client.expect("a/1", said)).toEqual(expected);
    expect(await receiver.client.expect("..", { withinSeconds: 1 })).toEqual(expected);
    expect([receiver.methods, receiver.asked]).toEqual([
      ["PUT", "PUT"],
      ["/jobs/a%2F1/expectation", "/jobs/%252E%252E/expectation"],
    ]);
    expect(receiver.headers[0]).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
    });
    const { withinSeconds: within, ...announced } = said;
    expect(bodies.map((body) => JSON.parse(body))).toEqual([{ within, ...announced }, { within: 1 }]);
  });

  test("rejects with what the receiver says is wrong", async () => {
    await using receiver = await receiverWith(problem(400, "invalid-request"), problem(501, "not-supported-by-store"));
    expect(await failureOf(receiver.client.expect("j1", { withinSeconds: 0 }))).toMatchObject({
      code: "invalid-request",
    });
    expect(await failureOf(receiver.client.expect("j1", { withinSeconds: 1 }))).toMatchObject({ status: 501 });
  });
});

test("cancelExpectation takes an announcement back", async () => {
  await using receiver = await receiverWith(gone);
  expect(await receiver.client.cancelExpectation("j 1")).toBeUndefined();
  expect([receiver.methods, receiver.asked]).toEqual([["DELETE"], ["/jobs/j%201/expectation"]]);
});

describe("reconcile", () => {
  test("has CI asked, and gives the job as it is then, or null where nobody knows it", async () => {
    await using receiver = await receiverWith(json({ ...done, source: "reconcile", verified: true }), notFound);
    expect(await receiver.client.reconcile("j1")).toMatchObject({ source: "reconcile", verified: true });
    expect(await receiver.client.reconcile("j2")).toBeNull();
    expect([receiver.methods, receiver.asked]).toEqual([
      ["POST", "POST"],
      ["/jobs/j1/reconcile", "/jobs/j2/reconcile"],
    ]);
  });

  test("rejects where CI cannot be asked, and tells when to ask again", async () => {
    await using receiver = await receiverWith(
      problem(501, "ci-not-configured"),
      problem(503, "ci-unavailable", {}, { "retry-after": "30" }),
    );
    expect(await failureOf(receiver.client.reconcile("j1"))).toMatchObject({ code: "ci-not-configured" });
    expect(await failureOf(receiver.client.reconcile("j1"))).toMatchObject({
      code: "ci-unavailable",
      retryAfterSeconds: 30,
    });
  });
});

test("lists of jobs are asked for what is overdue, and for what CI disputes", async () => {
  await using receiver = await receiverWith(json({ jobs: [expected], next: null }));
  expect(await Array.fromAsync(receiver.client.listJobs({ overdue: true }))).toEqual([expected]);
  await receiver.client.listJobsPage({ verified: false });
  expect(receiver.asked).toEqual(["/jobs?overdue=true&limit=100", "/jobs?verified=false"]);
});

test("waitForJob waits for a job that is only expected, and tells of each change", async () => {
  const overdue: Job = { ...expected, expectation: { ...expectation, overdue: true } };
  const told: Job[] = [];
  await using receiver = await receiverWith(
    json(expected, { etag: '"1"' }),
    json(overdue, { etag: '"2"' }),
    json({ ...done, expectation }, { etag: '"3"' }),
  );
  const job = await receiver.client.waitForJob("j1", { timeoutSeconds: 60, onUpdate: (job) => told.push(job) });
  expect(job).toMatchObject({ state: "Success", expectation: { overdue: false } });
  expect(told.map(({ source, expectation }) => [source, expectation?.overdue])).toEqual([
    ["expectation", false],
    ["expectation", true],
    ["callback", false],
  ]);
  expect(receiver.headers.map((headers) => headers["if-none-match"])).toEqual([undefined, '"1"', '"2"']);
});

describe("examples/expect-and-wait.ts", () => {
  const run = promisify(execFile);
  const program = new URL("../../examples/expect-and-wait.ts", import.meta.url).pathname;
  const start = async (baseUrl: string, timeoutSeconds: number) => {
    const env = { RECEIVER_URL: baseUrl, LOOKUP_TOKEN: TOKEN, TIMEOUT_SECONDS: String(timeoutSeconds) };
    return (await run(process.execPath, [program, "j1", "b-1", "ap-x"], { env: { ...process.env, ...env } })).stdout;
  };

  test("announces the job, and says how it ended", async () => {
    const bodies: string[] = [];
    await using receiver = await receiverWith(
      reading(bodies, json(expected)),
      json({ ...done, verified: true, expectation }),
    );
    expect(await start(receiver.baseUrl, 60)).toBe("j1 Success from a callback, verified: true\n");
    expect(JSON.parse(bodies[0] ?? "")).toEqual({ within: 3600, bucket: "b-1", region: "ap-x" });
  });

  test("says what is overdue where it has not ended", async () => {
    const overdue: Job = { ...expected, expectation: { ...expectation, overdue: true, knownToCi: false } };
    await using receiver = await receiverWith((response, request) =>
      json(request.url?.startsWith("/jobs?") === true ? { jobs: [overdue], next: null } : expected)(response, request),
    );
    expect(await start(receiver.baseUrl, 0.5)).toBe(`j1 has not ended.\noverdue since ${dueAt}: j1, unknown to CI\n`);
  });
});
