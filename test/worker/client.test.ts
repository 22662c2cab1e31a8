/** The client and the receiver, held to each other: in workerd, on real bindings, with no network between them. */
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createClient, type Job, readSegmentation, textOf, verifyEvent } from "../../src/client/client.ts";
import { newJobId } from "./bodies.ts";
import { letPass, newHook, SECRET, telling } from "./endpoint.ts";
import { cron, post, send as sendTo, TOKEN } from "./receiver.ts";

const BASE = "https://callbacks.example.com";

const clientWith = (token: string) =>
  createClient({ baseUrl: BASE, token, fetch: (url, init) => exports.default.fetch(url, init) });

const client = clientWith("test-lookup-token");

interface Sent {
  Tag?: string;
  State?: string;
  Code?: string;
  Workflow?: object;
  Operation?: object;
}

/** Posts the callback of a job; gives the delivery's id. */
async function send(jobId: string, detail: Sent): Promise<string> {
  const body = JSON.stringify({ EventName: "TaskFinish", JobsDetail: { JobId: jobId, ...detail } });
  const answer = await exports.default.fetch(`${BASE}/callbacks/test-callback-key`, { method: "POST", body });
  const { delivery } = await answer.json<{ delivery: string }>();
  return delivery;
}

const segmentation = {
  Code: "Success",
  Operation: {
    WordsGeneralizeResult: {
      WordsGeneralizeToken: [
        { Length: "2", Offset: "0", Pos: "t", Word: "今天" },
        { Length: "2", Offset: "2", Pos: "v", Word: "打车" },
      ],
    },
  },
};

test("a segmentation is waited for and read", async () => {
  const waiting = client.waitForJob("wait-1", { timeoutSeconds: 30 });
  await send("wait-1", segmentation);
  const job = await waiting;
  expect(job.tag).toBe("WordsGeneralize");
  expect(textOf(readSegmentation(job)?.tokens ?? [])).toBe("今天打车");
});

test("each new record is told of once", async () => {
  await send("wait-2", { State: "Running" });
  const states: (string | null)[] = [];
  const { promise: running, resolve } = Promise.withResolvers<void>();
  const onUpdate = (job: Job) => {
    states.push(job.state);
    resolve();
  };
  const waiting = client.waitForJob("wait-2", { timeoutSeconds: 30, onUpdate });
  await running;
  await send("wait-2", { State: "Success" });
  await waiting;
  expect(states).toEqual(["Running", "Success"]);
});

test("a list goes on over pages, under every filter", async () => {
  for (const n of [1, 2, 3]) await send(`list-${n}`, { Tag: "Tts", State: "Failed", Code: "E" });
  const found = [];
  for await (const job of client.listJobs({ tag: "Tts", state: "Failed", receivedAfter: new Date(0) }))
    found.push(job.jobId);
  expect(found.toSorted()).toEqual(["list-1", "list-2", "list-3"]);

  const first = await client.listJobsPage({ tag: "Tts" }, { limit: 2 });
  const rest = await client.listJobsPage({ tag: "Tts" }, { limit: 2, cursor: first.next });
  expect([...first.jobs, ...rest.jobs].map((job) => job.jobId)).toEqual(found);
  expect(rest.next).toBeNull();
});

test("a delivery, its bytes and a run are found", async () => {
  const id = await send("found-1", { Code: "Success", Workflow: { RunId: "run-1" } });
  expect(await client.getDelivery(id)).toMatchObject({ id, status: "stored", count: 1 });
  expect(new TextDecoder().decode((await client.getRaw("found-1")) ?? undefined)).toMatch(/"JobId":"found-1"/);
  expect((await client.getRun("run-1"))?.jobs.map((job) => job.jobId)).toEqual(["found-1"]);
});

test("changes are followed from a cursor, and each job comes after its change", async () => {
  const cursors: string[] = [];
  for await (const { cursor } of client.changes()) {
    cursors.push(cursor);
    break;
  }
  await send("change-1", { State: "Running" });
  await send("change-2", segmentation);
  const seen: string[] = [];
  for await (const { jobs, cursor } of client.changes({ after: cursors[0], limit: 1 })) {
    seen.push(...jobs.map(({ jobId, state }) => `${jobId} ${state}`));
    cursors.push(cursor);
    if (seen.length === 2) void send("change-1", { State: "Success" });
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(["change-1 Running", "change-2 Success", "change-1 Success"]);
  const [again] = await Array.fromAsync(first(client.changes({ after: cursors[1] })));
  expect(again?.jobs.map(({ jobId }) => jobId)).toEqual(["change-2", "change-1"]);
});

async function* first<T>(items: AsyncIterable<T>) {
  for await (const item of items) {
    yield item;
    return;
  }
}

test.each([".", ".."])("a job and a run named %j are found", async (id) => {
  await send(id, { Code: "Success", Workflow: { RunId: id } });
  expect(await client.getJob(id)).toMatchObject({ jobId: id, state: "Success" });
  expect(new TextDecoder().decode((await client.getRaw(id)) ?? undefined)).toContain(`"JobId":"${id}"`);
  expect(await client.getRun(id)).toMatchObject({ runId: id });
});

test("the deliveries of a job, and those of one status, are listed; one is read again", async () => {
  const ids = [await send("history-1", { State: "Running" }), await send("history-1", { State: "Success" })];
  const history = await Array.fromAsync(client.listJobDeliveries("history-1"));
  expect(history.map(({ id, isRecord }) => [id, isRecord])).toEqual([
    [ids[1], true],
    [ids[0], false],
  ]);
  await exports.default.fetch(`${BASE}/callbacks/test-callback-key`, { method: "POST", body: "<a>AT&T</a>" });
  const [broken, ...others] = await Array.fromAsync(client.listDeliveries({ status: "quarantined" }));
  expect([broken?.status, others]).toEqual(["quarantined", []]);
  expect(await client.reparse(broken?.id ?? "")).toEqual({
    delivery: broken?.id,
    status: "quarantined",
    jobs: [],
    reason: broken?.reason,
    line: broken?.line,
    column: broken?.column,
  });
  expect(new TextDecoder().decode((await client.getDeliveryRaw(broken?.id ?? "")) ?? undefined)).toBe("<a>AT&T</a>");
});

test("runs that have ended are listed", async () => {
  const execution = {
    WorkflowId: "w1",
    RunId: "run-2",
    State: "Failed",
    Tasks: [{ JobId: "run-2-job", State: "Failed" }],
  };
  const body = JSON.stringify({ EventName: "WorkflowFinish", WorkflowExecution: execution });
  await exports.default.fetch(`${BASE}/callbacks/test-callback-key`, { method: "POST", body });
  const runs = await Array.fromAsync(client.listRuns({ state: "Failed", workflowId: "w1" }));
  expect(runs.map(({ runId, state }) => [runId, state])).toEqual([["run-2", "Failed"]]);
});

test("events are listed; telling again needs somebody to tell", async () => {
  expect(await Array.fromAsync(client.listEvents({ status: "failed", type: "job.finished" }))).toEqual([]);
  await expect(client.resend("evt_1")).rejects.toMatchObject({ code: "forwarding-off" });
  await expect(client.resendJob("j1")).rejects.toMatchObject({ code: "forwarding-off" });
});

test("an event that the receiver sends is verified, listed, and told again under its id", async () => {
  const hook = newHook();
  const settings = telling(hook);
  const told = createClient({
    baseUrl: BASE,
    token: TOKEN,
    fetch: (url, { method, headers }) => sendTo(url.slice(BASE.length), { method, headers }, settings),
  });
  const jobId = newJobId();
  await hook.plan({ status: 500 });
  await post(JSON.stringify({ JobsDetail: { JobId: jobId, ...segmentation } }), settings);
  const [event] = await Array.fromAsync(told.listEvents({ jobId }));
  expect(event).toMatchObject({ type: "job.finished", status: "pending", attempts: 1, lastStatus: 500, jobId });
  expect(await told.resendJob(jobId)).toMatchObject([{ id: event?.id }]);
  await letPass();
  await cron(settings);
  expect(await told.resend(event?.id ?? "")).toMatchObject({ id: event?.id, jobId });
  const seen = await hook.seen();
  expect(seen.length).toBeGreaterThanOrEqual(3);
  for (const { headers, body } of seen) {
    const verified = await verifyEvent({ headers, body }, [SECRET]);
    expect(verified).toMatchObject({ id: event?.id, type: "job.finished", data: { jobId, state: "Success" } });
  }
  expect(await told.resend("evt_none")).toBeNull();
  expect(await told.resendJob("none")).toBeNull();
});

test("what is not there is null", async () => {
  const none = await Promise.all([
    client.getJob("none"),
    client.getRaw("none"),
    client.getRun("none"),
    client.getDelivery("0".repeat(64)),
    client.getDeliveryRaw("0".repeat(64)),
    client.reparse("0".repeat(64)),
  ]);
  expect(none).toEqual(none.map(() => null));
  expect(await Array.fromAsync(client.listJobDeliveries("none"))).toEqual([]);
});

test.each([
  ["a wrong token", "unauthorized", () => clientWith("wrong").getJob("x")],
  ["a wait that is too long", "invalid-request", () => client.getJob("x", { wait: 61 })],
  ["a cursor that is none", "invalid-request", () => client.listJobsPage({}, { cursor: "none" })],
])("%s is a typed error", async (_, code, call) => {
  await expect(call()).rejects.toMatchObject({ name: "ReceiverError", code });
});
