import { describe, expect, test } from "vitest";
import { type Client, createClient, ReceiverError } from "../../src/client/client.ts";
import { bytes, drop, html, json, problem, startReceiver, type Step } from "./scripted-receiver.ts";
import { done, failureOf, listed, notFound, receiverWith, TOKEN } from "./client-fixtures.ts";

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

  test.each([
    [".", "/jobs/%252E"],
    ["..", "/jobs/%252E%252E"],
    ["...", "/jobs/..."],
  ])("escapes the dots of the id %j twice where a URL takes it for a directory", async (id, path) => {
    await using receiver = await receiverWith(notFound);
    await receiver.client.getJob(id);
    expect(receiver.asked).toEqual([path]);
  });

  test("refuses an empty id", async () => {
    await using receiver = await receiverWith(notFound);
    expect(await failureOf(receiver.client.getJob(""))).toBeInstanceOf(TypeError);
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
    ["getDeliveryRaw", (client, signal) => client.getDeliveryRaw("d1", { signal })],
    ["changes", (client, signal) => Array.fromAsync(client.changes({ signal }))],
    ["listRuns", (client, signal) => Array.fromAsync(client.listRuns({}, { signal }))],
    ["listDeliveries", (client, signal) => Array.fromAsync(client.listDeliveries({}, { signal }))],
    ["listJobDeliveries", (client, signal) => Array.fromAsync(client.listJobDeliveries("j1", { signal }))],
    ["listEvents", (client, signal) => Array.fromAsync(client.listEvents({}, { signal }))],
    ["reparse", (client, signal) => client.reparse("d1", { signal })],
    ["resend", (client, signal) => client.resend("evt_1", { signal })],
    ["resendJob", (client, signal) => client.resendJob("j1", { signal })],
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
    ["the bytes of a delivery", "delivery-not-found", (client) => client.getDeliveryRaw("x")],
    ["a delivery to read again", "delivery-not-found", (client) => client.reparse("x")],
    ["an event to tell again", "event-not-found", (client) => client.resend("x")],
    ["a job to tell of again", "job-not-found", (client) => client.resendJob("x")],
  ])("%s", async (_, code, call) => {
    await using receiver = await receiverWith(problem(404, code));
    expect(await call(receiver.client)).toBeNull();
  });

  test("and no delivery has named a job that is not there", async () => {
    await using receiver = await receiverWith(problem(404, "job-not-found"));
    expect(await Array.fromAsync(receiver.client.listJobDeliveries("x"))).toEqual([]);
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

  test("getDeliveryRaw, byte for byte", async () => {
    const body = Uint8Array.of(0xef, 0xbb, 0xbf, 0x3c, 0xff, 0x00);
    await using receiver = await receiverWith(bytes(body));
    expect(await receiver.client.getDeliveryRaw("d1")).toEqual(body);
    expect(receiver.asked).toEqual(["/deliveries/d1/raw"]);
  });

  test("getDelivery", async () => {
    const delivery = { id: "d1", status: "stored", format: "xml", size: 2, count: 1 };
    await using receiver = await receiverWith(json(delivery));
    expect(await receiver.client.getDelivery("d1")).toEqual(delivery);
    expect(receiver.asked).toEqual(["/deliveries/d1"]);
  });
});

describe("what changes something is a POST:", () => {
  const event = { id: "evt_1", type: "job.finished", status: "pending", attempts: 0 };
  const reparsed = { delivery: "d1", status: "stored", jobs: ["j1"], reason: null, line: null, column: null };

  test.each<[string, string, unknown, unknown, (client: Client) => Promise<unknown>]>([
    ["reparse", "/deliveries/d1/reparse", reparsed, reparsed, (client) => client.reparse("d1")],
    ["resend", "/events/evt_1/resend", event, event, (client) => client.resend("evt_1")],
    ["resendJob", "/jobs/j1/resend", { events: [event] }, [event], (client) => client.resendJob("j1")],
  ])("%s", async (_, path, answered, given, call) => {
    await using receiver = await receiverWith(json(answered));
    expect(await call(receiver.client)).toEqual(given);
    expect([receiver.asked, receiver.methods]).toEqual([[path], ["POST"]]);
  });
});
