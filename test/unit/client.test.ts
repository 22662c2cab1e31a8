import { describe, expect, test } from "vitest";
import {
  type Client,
  createClient,
  type Job,
  JobTimeoutError,
  type ListedJob,
  ReceiverError,
} from "../../src/client.ts";
import {
  bytes,
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

const TOKEN = "test-lookup-token";

const listed = (jobId: string): ListedJob => ({
  jobId,
  event: "TaskFinish",
  tag: "WordsGeneralize",
  state: "Success",
  stateSource: "derived",
  terminal: true,
  code: "Success",
  message: "Success",
  queueId: null,
  userData: null,
  bucket: "test-123456789",
  region: "ap-chongqing",
  object: "text.txt",
  createdAt: "2022-07-25T08:35:39Z",
  startedAt: null,
  endedAt: "2022-07-25T08:35:43Z",
  workflow: null,
  source: "callback",
  delivery: { id: "d".repeat(64), format: "xml", receivedAt: "2022-07-25T08:35:44.000Z", count: 1 },
});

const done = { ...listed("j1"), detail: { JobId: "j1" } } as Job;
const running: Job = { ...done, state: "Running", terminal: false };

const notFound = problem(404, "job-not-found");

/** `paused` has the turns after which `waitForJob` paused. */
async function receiverWith(...steps: readonly [Step, ...Step[]]) {
  const receiver = await startReceiver(...steps);
  const paused: number[] = [];
  const backoff = (turns: number) => {
    paused.push(turns);
    return 0.001;
  };
  const client = createClient({ baseUrl: receiver.baseUrl, token: TOKEN, backoff });
  return { ...receiver, client, paused };
}

/** What a promise rejects with. */
const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => expect.fail(`resolved with ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );

describe("every call", () => {
  test("carries the token as a bearer token", async () => {
    await using receiver = await receiverWith(json(done));
    await receiver.client.getJob("j1");
    expect(receiver.headers[0]?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test.each(["", "/", "//"])("goes below the path of baseUrl, with %j at its end", async (end) => {
    await using receiver = await startReceiver(json(done));
    const client = createClient({ baseUrl: `${receiver.baseUrl}/ci${end}`, token: TOKEN });
    await client.getJob("j1");
    expect(receiver.asked).toEqual(["/ci/jobs/j1"]);
  });

  test("goes through the fetch that is given", async () => {
    const urls: string[] = [];
    const client = createClient({
      baseUrl: "https://callbacks.example.com",
      token: TOKEN,
      fetch: async (url) => {
        urls.push(url);
        return Response.json(done);
      },
    });
    expect(await client.getJob("j1")).toEqual(done);
    expect(urls).toEqual(["https://callbacks.example.com/jobs/j1"]);
  });

  test.each([
    ["a baseUrl that is no URL", { baseUrl: "callbacks.example.com", token: TOKEN }],
    ["an empty token", { baseUrl: "https://callbacks.example.com", token: "" }],
    ["a token with a line end", { baseUrl: "https://callbacks.example.com", token: `${TOKEN}\n` }],
  ])("is impossible with %s", (_, options) => {
    expect(() => createClient(options)).toThrow(TypeError);
  });

  test("takes an id for one segment of a path", async () => {
    await using receiver = await receiverWith(notFound);
    await receiver.client.getJob("a/../b?c#d 今");
    expect(receiver.asked).toEqual(["/jobs/a%2F..%2Fb%3Fc%23d%20%E4%BB%8A"]);
  });

  test.each(["", ".", ".."])("refuses %j for an id, which a URL takes for another path", async (id) => {
    await using receiver = await receiverWith(notFound);
    expect(await failureOf(receiver.client.getJob(id))).toBeInstanceOf(TypeError);
    expect(receiver.asked).toEqual([]);
  });

  const calls: [string, (client: Client, signal?: AbortSignal) => Promise<unknown>][] = [
    ["getJob", (client, signal) => client.getJob("j1", { signal })],
    ["waitForJob", (client, signal) => client.waitForJob("j1", { timeoutSeconds: 60, signal })],
    ["listJobs", (client, signal) => Array.fromAsync(client.listJobs({}, { signal }))],
    ["listJobsPage", (client, signal) => client.listJobsPage({}, { signal })],
    ["getRaw", (client, signal) => client.getRaw("j1", { signal })],
    ["getRun", (client, signal) => client.getRun("r1", { signal })],
    ["getDelivery", (client, signal) => client.getDelivery("d1", { signal })],
  ];

  test.each(calls)("%s rejects with the problem that is answered", async (_, call) => {
    await using receiver = await receiverWith(problem(401, "unauthorized", { hint: "LOOKUP_TOKENS" }));
    const error = await failureOf(call(receiver.client));
    expect(error).toBeInstanceOf(ReceiverError);
    expect({ ...(error as ReceiverError), message: (error as ReceiverError).message }).toEqual({
      name: "ReceiverError",
      message: "unauthorized (401): Detail of unauthorized.",
      status: 401,
      code: "unauthorized",
      type: "/problems/unauthorized",
      title: "Title of unauthorized",
      detail: "Detail of unauthorized.",
      extensions: { hint: "LOOKUP_TOKENS" },
      retryAfterSeconds: null,
    });
    expect(receiver.asked).toHaveLength(1);
  });

  test.each(calls)("%s rejects with the signal's reason when it aborts", async (_, call) => {
    const stop = new AbortController();
    await using receiver = await receiverWith(() => stop.abort("enough"));
    expect(await failureOf(call(receiver.client, stop.signal))).toBe("enough");
  });

  test.each(calls)(
    "%s rejects with the reason of a signal that has aborted before, and asks nothing",
    async (_, call) => {
      await using receiver = await receiverWith(json(done));
      expect(await failureOf(call(receiver.client, AbortSignal.abort("enough")))).toBe("enough");
      expect(receiver.asked).toEqual([]);
    },
  );
});

describe("an error", () => {
  const errorOf = async (step: Step) => {
    await using receiver = await receiverWith(step);
    const { status, code, type, detail, retryAfterSeconds } = (await failureOf(
      receiver.client.getJob("j1"),
    )) as ReceiverError;
    return { status, code, type, detail, retryAfterSeconds };
  };

  test("keeps the type of a problem this client does not know", async () => {
    expect(await errorOf(problem(418, "short-and-stout"))).toEqual({
      status: 418,
      code: "short-and-stout",
      type: "/problems/short-and-stout",
      detail: "Detail of short-and-stout.",
      retryAfterSeconds: null,
    });
  });

  test("has no code where a proxy answers in place of the receiver", async () => {
    expect(await errorOf(html(502))).toEqual({
      status: 502,
      code: null,
      type: "about:blank",
      detail: null,
      retryAfterSeconds: null,
    });
  });

  test("says so where an answer of 200 is not JSON", async () => {
    expect(await errorOf(html(200))).toEqual({
      status: 200,
      code: null,
      type: "about:blank",
      detail: "The answer is not JSON. Is there a receiver at baseUrl?",
      retryAfterSeconds: null,
    });
  });

  test.each([
    ["seconds", "7", 7],
    ["a date that has passed", "Mon, 25 Jul 2022 08:35:39 GMT", 0],
    ["neither", "soon", null],
  ])("reads a Retry-After in %s", async (_, header, seconds) => {
    const answered = await errorOf(problem(503, "store-unavailable", {}, { "retry-after": header }));
    expect(answered.retryAfterSeconds).toBe(seconds);
  });

  test("of a lost connection is the one fetch rejects with", async () => {
    await using receiver = await receiverWith(drop);
    expect(await failureOf(receiver.client.getJob("j1"))).toBeInstanceOf(TypeError);
    expect(receiver.asked).toHaveLength(1);
  });
});

describe("what is not there is null:", () => {
  test.each<[string, string, (client: Client) => Promise<unknown>]>([
    ["a job", "job-not-found", (client) => client.getJob("x")],
    ["the bytes of a job", "job-not-found", (client) => client.getRaw("x")],
    ["a run", "run-not-found", (client) => client.getRun("x")],
    ["a delivery", "delivery-not-found", (client) => client.getDelivery("x")],
  ])("%s", async (_, code, call) => {
    await using receiver = await receiverWith(problem(404, code));
    expect(await call(receiver.client)).toBeNull();
  });

  test("but a path that is not there is an error", async () => {
    await using receiver = await receiverWith(problem(404, "not-found"));
    expect(await failureOf(receiver.client.getJob("x"))).toMatchObject({ code: "not-found" });
  });

  test("and so are bytes that are no longer kept", async () => {
    await using receiver = await receiverWith(problem(410, "bytes-gone"));
    expect(await failureOf(receiver.client.getRaw("x"))).toMatchObject({ code: "bytes-gone", status: 410 });
  });
});

describe("look-ups give what is answered:", () => {
  test("getJob, at once", async () => {
    await using receiver = await receiverWith(json(done));
    expect(await receiver.client.getJob("j1")).toEqual(done);
    expect(receiver.asked).toEqual(["/jobs/j1"]);
  });

  test("getJob, waiting", async () => {
    await using receiver = await receiverWith(json(done));
    await receiver.client.getJob("j1", { wait: 30 });
    expect(receiver.asked).toEqual(["/jobs/j1?wait=30"]);
  });

  test("getRaw, byte for byte", async () => {
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, 0x3c, 0xff, 0x00);
    await using receiver = await receiverWith(bytes(body));
    expect(await receiver.client.getRaw("j1")).toEqual(body);
    expect(receiver.asked).toEqual(["/jobs/j1/raw"]);
  });

  test("getRun", async () => {
    const run = { runId: "r1", state: "Success", terminal: true, tasks: [], jobs: [listed("j1")] };
    await using receiver = await receiverWith(json(run));
    expect(await receiver.client.getRun("r1")).toEqual(run);
    expect(receiver.asked).toEqual(["/runs/r1"]);
  });

  test("getDelivery", async () => {
    const delivery = { id: "d1", status: "stored", format: "xml", size: 2, count: 1 };
    await using receiver = await receiverWith(json(delivery));
    expect(await receiver.client.getDelivery("d1")).toEqual(delivery);
    expect(receiver.asked).toEqual(["/deliveries/d1"]);
  });
});

describe("lists", () => {
  const pages = [
    json({ jobs: [listed("j3"), listed("j2")], next: "c/1=" }),
    json({ jobs: [], next: "c2" }),
    json({ jobs: [listed("j1")], next: null }),
  ] as const;

  test("go through all pages, an empty one among them", async () => {
    await using receiver = await receiverWith(...pages);
    const jobs = await Array.fromAsync(receiver.client.listJobs({ tag: "WordsGeneralize" }));
    expect(jobs.map((job) => job.jobId)).toEqual(["j3", "j2", "j1"]);
    expect(receiver.asked).toEqual([
      "/jobs?tag=WordsGeneralize&limit=100",
      "/jobs?tag=WordsGeneralize&limit=100&cursor=c%2F1%3D",
      "/jobs?tag=WordsGeneralize&limit=100&cursor=c2",
    ]);
  });

  test("ask for no page that nobody reads", async () => {
    await using receiver = await receiverWith(...pages);
    for await (const job of receiver.client.listJobs()) {
      expect(job.jobId).toBe("j3");
      break;
    }
    expect(receiver.asked).toEqual(["/jobs?limit=100"]);
  });

  test("give one page with its cursor", async () => {
    await using receiver = await receiverWith(...pages);
    const page = await receiver.client.listJobsPage({ state: "Failed" }, { limit: 2, cursor: "c0" });
    expect(page).toEqual({ jobs: [listed("j3"), listed("j2")], next: "c/1=" });
    expect(receiver.asked).toEqual(["/jobs?state=Failed&limit=2&cursor=c0"]);
  });

  test("take every filter, and dates as dates or text", async () => {
    await using receiver = await receiverWith(pages[2]);
    await receiver.client.listJobsPage({
      state: "Failed",
      tag: "Tts",
      bucket: "b-1",
      object: "今/天.txt",
      queueId: "q",
      runId: "r",
      userData: "order 7&8",
      receivedAfter: new Date("2022-07-25T08:35:39Z"),
      receivedBefore: "2022-07-26T00:00:00+08:00",
    });
    expect(receiver.asked).toEqual([
      "/jobs?state=Failed&tag=Tts&bucket=b-1&object=%E4%BB%8A%2F%E5%A4%A9.txt&queueId=q&runId=r&userData=order+7%268" +
        "&receivedAfter=2022-07-25T08%3A35%3A39.000Z&receivedBefore=2022-07-26T00%3A00%3A00%2B08%3A00",
    ]);
  });
});

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
    await using receiver = await receiverWith(
      problem(503, "store-unavailable", {}, { "retry-after": "3600" }),
      json(done),
    );
    const error = await failureOf(receiver.client.waitForJob("j1", { timeoutSeconds: 3 }));
    expect(error).toBeInstanceOf(JobTimeoutError);
    expect((error as JobTimeoutError).cause).toMatchObject({ code: "store-unavailable", retryAfterSeconds: 3600 });
    expect(receiver.asked).toEqual(["/jobs/j1?wait=0"]);
  });

  test("rejects at the deadline with the job as it was known last", async () => {
    await using receiver = await startReceiver(json(running), notFound);
    const backoff = (turns: number) => (turns === 1 ? 0 : 3600);
    const client = createClient({ baseUrl: receiver.baseUrl, token: TOKEN, backoff });
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
