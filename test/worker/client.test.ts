/** The client and the receiver, held to each other: in workerd, on real bindings, with no network between them. */
import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { createClient, type Job, readSegmentation, textOf } from "../../src/client/client.ts";

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

test("what is not there is null", async () => {
  const none = await Promise.all([
    client.getJob("none"),
    client.getRaw("none"),
    client.getRun("none"),
    client.getDelivery("0".repeat(64)),
  ]);
  expect(none).toEqual([null, null, null, null]);
});

test.each([
  ["a wrong token", "unauthorized", () => clientWith("wrong").getJob("x")],
  ["a wait that is too long", "invalid-request", () => client.getJob("x", { wait: 61 })],
  ["a cursor that is none", "invalid-request", () => client.listJobsPage({}, { cursor: "none" })],
])("%s is a typed error", async (_, code, call) => {
  await expect(call()).rejects.toMatchObject({ name: "ReceiverError", code });
});
