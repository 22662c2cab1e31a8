/** What is overdue, as callers see it: in the list, and by the event; and what a receiver with KV says of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Job, ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, telling } from "./endpoint.ts";
import { cron, get, post, read, send } from "./receiver.ts";
import { announce, bearer, expectDue, forgetAsking, type JobList, running } from "./expected.ts";

beforeEach(async () => {
  await forgetAsking();
});

afterEach(() => void vi.useRealTimers());

describe("GET /jobs?overdue=true", () => {
  test("lists what is due and has not ended, the longest due first, page after page", async () => {
    const ids = [newJobId(), newJobId(), newJobId()];
    for (const [index, jobId] of ids.entries()) await expectDue(jobId, Date.now() - 1000 * (index + 1));
    await post(running(ids[1] as string));
    const ended = newJobId();
    await expectDue(ended);
    await post(segmentation(ended));
    await announce(newJobId(), { within: 60 });
    const found: ListedJob[] = [];
    let path = "/jobs?overdue=true&limit=1";
    for (let pages = 0; path !== "" && pages < 10; pages += 1) {
      const response = await get(path);
      const { jobs, next } = await response.json<JobList>();
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

describe("with STORE=kv", () => {
  const kv = { STORE: "kv" };

  test("there are no expectations, and a look-up says so nowhere", async () => {
    const jobId = newJobId();
    const detail = "STORE=kv has no expectations.";
    const answers = [
      await announce(jobId, { within: 60 }, kv),
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
