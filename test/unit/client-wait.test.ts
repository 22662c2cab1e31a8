import { afterEach, describe, expect, test, vi } from "vitest";
import { createClient, type Job, JobTimeoutError } from "../../src/client/client.ts";
import {
  drop,
  dropHalfway,
  hang,
  html,
  json,
  problem,
  startReceiver,
  type Step,
  unlessMatch,
} from "./scripted-receiver.ts";
import { done, failureOf, notFound, receiverWith, running, TOKEN } from "./client-fixtures.ts";

afterEach(() => vi.useRealTimers());

/** A client on a clock of its own: a pause, however long, is over at once. */
function clientWithClock(baseUrl: string) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  const backoff = () => {
    queueMicrotask(() => vi.runOnlyPendingTimers());
    return 3600;
  };
  return createClient({ baseUrl, token: TOKEN, backoff });
}

describe("waiting for a job", () => {
  test("asks at once, then with ?wait=, until the job is terminal", async () => {
    await using receiver = await receiverWith(notFound, json(running), json(done));
    expect(await receiver.client.waitForJob("j1", { timeoutSeconds: 600 })).toEqual(done);
    expect(receiver.asked).toEqual(["/jobs/j1?wait=0", "/jobs/j1?wait=60", "/jobs/j1?wait=60"]);
  });

  test("gives a job that failed as well: its end is no error", async () => {
    const failed: Job = { ...done, state: "Failed", code: "InternalError" };
    await using receiver = await receiverWith(json(failed));
    expect(await receiver.client.waitForJob("j1", { timeoutSeconds: 60 })).toEqual(failed);
  });

  test("asks for a wait that ends before the deadline", async () => {
    await using receiver = await receiverWith(notFound, json(done));
    await receiver.client.waitForJob("j1", { deadline: new Date(Date.now() + 10_500) });
    expect(receiver.asked).toEqual(["/jobs/j1?wait=0", "/jobs/j1?wait=9"]);
  });

  test("tells of each new record once, and asks with the ETag of the last", async () => {
    await using receiver = await receiverWith(
      notFound,
      json(running, { etag: '"1"' }),
      unlessMatch('"1"', json("asked without the ETag")),
      json(done, { etag: '"2"' }),
    );
    const told: Job[] = [];
    await receiver.client.waitForJob("j1", { timeoutSeconds: 600, onUpdate: (job) => told.push(job) });
    expect(told).toEqual([running, done]);
    expect(receiver.headers.map((headers) => headers["if-none-match"])).toEqual([undefined, undefined, '"1"', '"1"']);
  });

  test("rejects with what onUpdate throws", async () => {
    await using receiver = await receiverWith(json(running));
    const onUpdate = () => {
      throw new Error("mine");
    };
    expect(await failureOf(receiver.client.waitForJob("j1", { timeoutSeconds: 60, onUpdate }))).toEqual(
      new Error("mine"),
    );
  });

  test.each<[string, Step]>([
    ["a connection dropped before the answer", drop],
    ["a connection dropped within the answer", dropHalfway],
    ["a store that cannot be reached", problem(503, "store-unavailable")],
    ["a receiver that failed", problem(500, "internal-error")],
    ["too many requests", problem(429, "too-many-requests")],
    ["a proxy that answers for it", html(502)],
  ])("goes on after %s", async (_, step) => {
    await using receiver = await receiverWith(step, step, json(done));
    expect(await receiver.client.waitForJob("j1", { timeoutSeconds: 600 })).toEqual(done);
    expect(receiver.paused).toEqual([1, 2]);
  });

  test.each<[string, Step, object]>([
    ["a wrong token", problem(401, "unauthorized"), { code: "unauthorized" }],
    ["a wrong parameter", problem(400, "invalid-request"), { code: "invalid-request" }],
    ["a wrong path", problem(404, "not-found"), { code: "not-found" }],
    ["a store that cannot do it", problem(501, "not-supported-by-store"), { code: "not-supported-by-store" }],
    ["an answer that is not the receiver's", html(200), { code: null, status: 200 }],
  ])("ends at once after %s", async (_, step, error) => {
    await using receiver = await receiverWith(drop, step);
    expect(await failureOf(receiver.client.waitForJob("j1", { timeoutSeconds: 600 }))).toMatchObject(error);
    expect(receiver.asked).toHaveLength(2);
  });

  test("does not ask again before Retry-After is over", async () => {
    await using receiver = await startReceiver(
      problem(503, "store-unavailable", {}, { "retry-after": "3600" }),
      json(done),
    );
    const client = clientWithClock(receiver.baseUrl);
    const error = await failureOf(client.waitForJob("j1", { timeoutSeconds: 3 }));
    expect(error).toBeInstanceOf(JobTimeoutError);
    expect((error as JobTimeoutError).cause).toMatchObject({ code: "store-unavailable", retryAfterSeconds: 3600 });
    expect(receiver.asked).toEqual(["/jobs/j1?wait=0"]);
  });

  test("rejects at the deadline with the job as it was known last", async () => {
    await using receiver = await startReceiver(json(running));
    const client = clientWithClock(receiver.baseUrl);
    const error = await failureOf(client.waitForJob("j1", { timeoutSeconds: 3 }));
    expect(error).toBeInstanceOf(JobTimeoutError);
    const { name, message, jobId, job, cause } = error as JobTimeoutError;
    expect({ name, message, jobId, job, cause }).toEqual({
      name: "JobTimeoutError",
      message: "Job j1 was not over in time.",
      jobId: "j1",
      job: running,
      cause: undefined,
    });
  });

  test("rejects at the deadline while a question is under way, and says that it was not answered", async () => {
    await using receiver = await receiverWith(hang);
    const error = await failureOf(receiver.client.waitForJob("j1", { timeoutSeconds: 0.1 }));
    expect(error).toBeInstanceOf(JobTimeoutError);
    expect(error).toMatchObject({ job: null, cause: new Error("The receiver did not answer in time.") });
  });

  test("asks nothing after a deadline that has passed", async () => {
    await using receiver = await receiverWith(json(done));
    expect(await failureOf(receiver.client.waitForJob("j1", { deadline: new Date(0) }))).toBeInstanceOf(
      JobTimeoutError,
    );
    expect(receiver.asked).toEqual([]);
  });

  test("ends with the signal's reason while it pauses", async () => {
    const stop = new AbortController();
    await using receiver = await startReceiver(notFound);
    const backoff = () => {
      setTimeout(() => stop.abort("enough"), 1);
      return 3600;
    };
    const client = createClient({ baseUrl: receiver.baseUrl, token: TOKEN, backoff });
    expect(await failureOf(client.waitForJob("j1", { timeoutSeconds: 7200, signal: stop.signal }))).toBe("enough");
  });

  test.each([{ timeoutSeconds: Number.NaN }, { deadline: new Date("never") }])(
    "needs an end: %o is none",
    async (options) => {
      await using receiver = await receiverWith(json(done));
      expect(await failureOf(receiver.client.waitForJob("j1", options))).toBeInstanceOf(TypeError);
    },
  );
});
