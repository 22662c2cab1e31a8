/** Following along: the feed of changes, the history of a job, and lists of runs and deliveries. */
import { createExecutionContext, createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import type { DeliveryRecord, Job, JobDeliveryRecord, ListedJob, ListedRun } from "../../src/wire.ts";
import { segmentations, newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { cron, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

interface Feed {
  changes: ListedJob[];
  next: string;
}

const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });
const changesAfter = (after: string, more = "") => read<Feed>(`/changes?after=${after}${more}`);
const idsOf = ({ changes }: Feed) => changes.map(({ jobId }) => jobId);

beforeEach(async () => {
  const tables = ["deliveries", "delivery_parts", "jobs", "runs", "marks", "job_deliveries"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

describe("the feed of changes", () => {
  test("starts now, or at the beginning, and always says where to go on", async () => {
    const now = await read<Feed>("/changes");
    expect(now).toEqual({ changes: [], next: expect.any(String) });
    const jobId = newJobId();
    await post(segmentation(jobId));
    expect(idsOf(await changesAfter(now.next))).toEqual([jobId]);
    const start = await changesAfter("start");
    expect(idsOf(start)).toEqual([jobId]);
    expect(await changesAfter(start.next)).toEqual({ changes: [], next: start.next });
  });

  test("tells the oldest change first, each job once and as it is now", async () => {
    const [first, second] = [newJobId(), newJobId()];
    const { next } = await read<Feed>("/changes");
    await post(running(first));
    await post(segmentation(second));
    await post(segmentation(first));
    const feed = await changesAfter(next);
    expect(idsOf(feed)).toEqual([second, first]);
    expect(feed.changes[1]).toMatchObject({ state: "Success" });
    expect(feed.changes[0]).not.toHaveProperty("detail");
  });

  test("tells of a new record and of a workflow, and not of repeats, lesser notices, reparse or counts", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    let { next } = await read<Feed>("/changes");
    await post(segmentation(jobId));
    await post(running(jobId));
    const headers = { authorization: `Bearer ${TOKEN}` };
    await send("/deliveries/reparse?status=stored", { method: "POST", headers });
    await cron();
    expect(await changesAfter(next)).toEqual({ changes: [], next });
    await post(workflowFinish(`i${jobId}`, [jobId]));
    const told = await changesAfter(next);
    expect(told.changes).toMatchObject([{ jobId, workflow: { runId: `i${jobId}` } }]);
    ({ next } = told);
    await post(segmentation(jobId, { EndTime: "2026-03-01T08:00:09+0800" }));
    expect(idsOf(await changesAfter(next))).toEqual([jobId]);
  });

  test("comes to every job of a body of many by pages, none twice", async () => {
    const ids = Array.from({ length: 230 }, newJobId);
    const { next } = await read<Feed>("/changes");
    await post(segmentations(ids));
    const seen: string[] = [];
    for (let feed = await changesAfter(next, "&limit=37"); feed.changes.length > 0;) {
      seen.push(...idsOf(feed));
      feed = await changesAfter(feed.next, "&limit=37");
    }
    expect(seen.toSorted()).toEqual(ids.toSorted());
  });

  test("misses nothing under writers whose clocks differ, where a smaller time is written later", async () => {
    const writers = 6;
    const each = 8;
    const wanted = new Set<string>();
    const seen = new Set<string>();
    const realNow = Date.now;
    let { next } = await read<Feed>("/changes");
    let isDone = false;
    const follow = (async () => {
      for (;;) {
        const last = isDone;
        const feed = await changesAfter(next, "&limit=5");
        for (const { jobId, state } of feed.changes) seen.add(`${jobId} ${state}`);
        if (feed.changes.length === 0 && last) return;
        ({ next } = feed);
      }
    })();
    try {
      await Promise.all(
        Array.from({ length: writers }, async (_, writer) => {
          for (let at = 0; at < each; at += 1) {
            const jobId = newJobId();
            wanted.add(`${jobId} Success`);
            for (const body of [running(jobId), segmentation(jobId)]) {
              // Each writer's clock is off by up to a minute, in either direction.
              Date.now = () => realNow() + (writer - writers / 2) * 20_000;
              await post(body);
            }
          }
        }),
      );
    } finally {
      Date.now = realNow;
    }
    isDone = true;
    await follow;
    expect([...wanted].filter((end) => !seen.has(end))).toEqual([]);
  });

  test("tells of a job that changes between two pages again", async () => {
    const [first, second] = [newJobId(), newJobId()];
    const { next } = await read<Feed>("/changes");
    await post(running(first));
    await post(running(second));
    const page = await changesAfter(next, "&limit=1");
    expect(idsOf(page)).toEqual([first]);
    await post(segmentation(first));
    expect(idsOf(await changesAfter(page.next))).toEqual([second, first]);
  });

  test("waits for a change", async () => {
    const { next } = await read<Feed>("/changes");
    const jobId = newJobId();
    const [feed] = await Promise.all([changesAfter(next, "&wait=30"), post(segmentation(jobId))]);
    expect(idsOf(feed)).toEqual([jobId]);
    expect(await changesAfter(feed.next, "&wait=1")).toEqual({ changes: [], next: feed.next });
  });

  test("is told of a job that the version before wrote during an upgrade", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    await env.DB.prepare("UPDATE jobs SET place = 0, changed = NULL").run();
    const { next } = await read<Feed>("/changes");
    await cron();
    expect(idsOf(await changesAfter(next))).toEqual([jobId]);
  });

  test.each(["after=x", "after=", "wait=61", "limit=0", "more=1"])("refuses ?%s", async (query) => {
    expect((await get(`/changes?${query}`)).status).toBe(400);
  });

  test("is not there with STORE=kv, and says so", async () => {
    const response = await get("/changes", {}, { STORE: "kv" });
    expect([response.status, await response.json()]).toMatchObject([501, { type: "/problems/not-supported-by-store" }]);
  });
});

describe("a job's times", () => {
  test("are its first change's and its last", async () => {
    const jobId = newJobId();
    await post(running(jobId));
    const first = await read<Job>(`/jobs/${jobId}`);
    expect(first.updatedAt).toBe(first.firstReceivedAt);
    await post(segmentation(jobId));
    const last = await read<Job>(`/jobs/${jobId}`);
    expect(last.firstReceivedAt).toBe(first.firstReceivedAt);
    expect(last.updatedAt > last.firstReceivedAt).toBe(true);
    await post(segmentation(jobId));
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ updatedAt: last.updatedAt, delivery: { count: 2 } });
  });

  test("are what lists and their filters go by", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const { firstReceivedAt } = await read<Job>(`/jobs/${jobId}`);
    const list = async (query: string) =>
      (await read<{ jobs: ListedJob[] }>(`/jobs?${query}`)).jobs.map((job) => job.jobId);
    const [earlier, later] = [-1, 1].map((by) => new Date(Date.parse(firstReceivedAt) + by).toISOString());
    expect(await list(`receivedAfter=${earlier}&receivedBefore=${later}`)).toEqual([jobId]);
    expect(await list(`receivedAfter=${firstReceivedAt}`)).toEqual([]);
    expect(await list(`receivedBefore=${firstReceivedAt}`)).toEqual([]);
  });
});

describe("the history of a job", () => {
  const historyOf = async (jobId: string) =>
    (await read<{ deliveries: JobDeliveryRecord[] }>(`/jobs/${jobId}/deliveries`)).deliveries.map(
      ({ id, isRecord, count }) => [id, isRecord, count],
    );
  const rows = () => env.DB.prepare("SELECT count(*) AS n FROM job_deliveries").first("n");

  test("of a job told of once is that delivery, and costs no row", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    for (let times = 0; times < 2; times += 1) await post(body);
    expect(await historyOf(jobId)).toEqual([[await sha256(body), true, 2]]);
    expect(await rows()).toBe(0);
  });

  test("has every delivery that named it, last first, and marks the record's", async () => {
    const jobId = newJobId();
    const bodies = [running(jobId), segmentation(jobId), workflowFinish(`i${jobId}`, [jobId])];
    for (const body of bodies) await post(body);
    const [begun, ended, line] = await Promise.all(bodies.map(sha256));
    expect(await historyOf(jobId)).toEqual([
      [line, false, 1],
      [ended, true, 1],
      [begun, false, 1],
    ]);
  });

  test("has those of one batch of the queue too", async () => {
    const jobId = newJobId();
    const bodies = [running(jobId), segmentation(jobId), workflowFinish(`i${jobId}`, [jobId])];
    const messages = bodies.map((body, at) => ({
      id: String(at),
      timestamp: new Date(),
      attempts: 1,
      body: { bytes: new TextEncoder().encode(body), contentType: null, receivedAt: Date.now() },
    }));
    await worker.queue(createMessageBatch<Queued>("ci-callbacks", messages), env as never, createExecutionContext());
    expect((await historyOf(jobId)).map(([id]) => id).toSorted()).toEqual(
      (await Promise.all(bodies.map(sha256))).toSorted(),
    );
  });

  test("comes page by page, and goes with its deliveries", async () => {
    const jobId = newJobId();
    for (let at = 0; at < 5; at += 1)
      await post(segmentation(jobId, { State: "Running", EndTime: null, Tag: `T${at}` }));
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { deliveries: DeliveryRecord[]; next: string | null } = await read(
        `/jobs/${jobId}/deliveries?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      ids.push(...page.deliveries.map(({ id }) => id));
      cursor = page.next;
    }
    expect(new Set(ids).size).toBe(5);
    await cron({ RETENTION_DAYS_JOBS: "1" }, Date.now() + 2 * 86_400_000);
    expect(await rows()).toBe(0);
  });

  test("of a job that nobody has named is 404", async () => {
    expect((await get(`/jobs/${newJobId()}/deliveries`)).status).toBe(404);
  });
});

describe("lists", () => {
  test("of runs are last received first, by state and workflow, page by page", async () => {
    const runIds = Array.from({ length: 3 }, () => `i${newJobId()}`);
    for (const [at, runId] of runIds.entries())
      await post(workflowFinish(runId, [newJobId()], at === 1 ? "Failed" : "Success"));
    const list = (query = "") => read<{ runs: ListedRun[]; next: string | null }>(`/runs?${query}`);
    expect((await list()).runs.map(({ runId }) => runId)).toEqual(runIds.toReversed());
    expect((await list("state=Failed")).runs).toMatchObject([{ runId: runIds[1], workflowId: "w1", terminal: true }]);
    expect((await list("workflowId=none")).runs).toEqual([]);
    const { runs, next } = await list("limit=2");
    expect(runs).toHaveLength(2);
    expect((await list(`limit=2&cursor=${next}`)).runs.map(({ runId }) => runId)).toEqual([runIds[0]]);
  });

  test("of deliveries say which jobs each named, and what the first is about", async () => {
    const ids = Array.from({ length: 12 }, newJobId);
    const body = segmentations(ids);
    await post(body);
    const [delivery] = (await read<{ deliveries: DeliveryRecord[] }>("/deliveries")).deliveries;
    const expected = { jobs: ids.slice(0, 10), jobCount: 12, tag: "WordsGeneralize", object: "notes/a.txt" };
    expect(delivery).toMatchObject(expected);
    expect(await read(`/deliveries/${await sha256(body)}`)).toMatchObject(expected);
    await post("{");
    expect(await read(`/deliveries/${await sha256("{")}`)).toMatchObject({
      jobs: [],
      jobCount: 0,
      tag: null,
      object: null,
    });
  });
});
