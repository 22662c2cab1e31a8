/** One record of a job, whatever the order and number of the deliveries that tell of it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Job, Run } from "../../src/wire.ts";
import { newJobId, type Said, segmentation, workflowFinish } from "./bodies.ts";
import { post, read, sha256 } from "./receiver.ts";

/** The record without what must differ: when a delivery came, and how often. */
const recordOf = async (jobId: string) => {
  const job = await read<Job>(`/jobs/${jobId}`);
  return { ...job, delivery: { ...job.delivery, receivedAt: "", count: 0 } };
};

const renamed = (text: string, from: string, to: string) => text.replaceAll(from, to);

describe("deliveries of one job", () => {
  test("give one record in any order, with any repeats", async () => {
    const says: Said[] = [
      { State: "Submitted", EndTime: "-", Workflow: { RunId: "r1" } },
      { State: "Running", EndTime: "-" },
      { State: "Success", EndTime: "2026-03-01T08:00:05+0800" },
      { State: "Failed", Code: "Oops", EndTime: "2026-03-01T08:00:09+0800" },
      { State: "Success", EndTime: "2026-03-01T08:00:09+0800", words: ["x"] },
    ];
    // The same deliveries for each order, but for the JobId: the ids of deliveries, which break ties, must be comparable.
    const order = fc.array(fc.nat(says.length), { minLength: 1, maxLength: 9 });
    const seen = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(order, async (indexes) => {
        const job = newJobId();
        const bodies = [...says.map((said) => segmentation("JOB", said)), workflowFinish("r1", ["JOB"])];
        for (const index of indexes) await post(renamed(bodies[index] as string, "JOB", job));
        const { state, endedAt, workflow, event } = await recordOf(job);
        const set = [...new Set(indexes)].toSorted().join();
        const record = JSON.stringify({
          state: set.includes("3") && set.includes("4") ? "by delivery id" : state,
          endedAt,
          event,
          run: workflow?.runId,
        });
        expect(seen.get(set) ?? record).toBe(record);
        seen.set(set, record);
      }),
      { numRuns: 60, seed: 1 },
    );
    expect(seen.size).toBeGreaterThan(15);
  });

  test("give the very same record in every order of three", async () => {
    const job = newJobId();
    const bodies = [
      segmentation(job, { State: "Running", EndTime: "-" }),
      segmentation(job),
      workflowFinish(`i${job}`, [job]),
    ];
    const records: unknown[] = [];
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const id = newJobId();
      for (const at of order) await post(renamed(renamed(bodies[at] as string, `i${job}`, "RUN"), job, id));
      const { delivery: _, firstReceivedAt: __, updatedAt: ___, ...record } = await recordOf(id);
      records.push(JSON.parse(renamed(JSON.stringify(record), id, "JOB")));
    }
    for (const record of records) expect(record).toEqual(records[0]);
    expect(records[0]).toMatchObject({
      state: "Success",
      event: "TaskFinish",
      workflow: { runId: "RUN", name: "Step_0" },
    });
  });

  test("never take a terminal state back", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Cancel" }));
    await post(segmentation(jobId, { State: "Running", EndTime: "2027-01-01T00:00:00+0800" }));
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Cancel", terminal: true });
  });

  test("of two terminal states keep the one with the later EndTime, then the one with the greater delivery id", async () => {
    const jobId = newJobId();
    const early = segmentation(jobId, { State: "Success", EndTime: "2026-03-01T08:00:01+0800" });
    const late = segmentation(jobId, { State: "Failed", EndTime: "2026-03-01T08:00:02+0800" });
    await post(late);
    await post(early);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Failed" });
    const other = newJobId();
    const bodies = [segmentation(other, { words: ["a"] }), segmentation(other, { words: ["b"] })];
    for (const body of bodies) await post(body);
    const ids = await Promise.all(bodies.map(sha256));
    expect(await read(`/jobs/${other}`)).toMatchObject({ delivery: { id: ids.toSorted().at(-1) } });
  });

  test("let the job's own callback stand over a line in its workflow's end, in either order", async () => {
    for (const ownFirst of [true, false]) {
      const jobId = newJobId();
      const runId = `i${jobId}`;
      const bodies = [segmentation(jobId, { UserData: "mine" }), workflowFinish(runId, [jobId])];
      for (const body of ownFirst ? bodies : bodies.toReversed()) await post(body);
      expect(await read(`/jobs/${jobId}`)).toMatchObject({
        event: "TaskFinish",
        userData: "mine",
        workflow: { runId, workflowId: "w1", workflowName: "nightly", name: "Step_0" },
      });
    }
  });

  test("keep a job in its run, even where its own callback names a workflow without saying which run", async () => {
    for (const ownFirst of [true, false]) {
      const jobId = newJobId();
      const runId = `i${jobId}`;
      const own = segmentation(jobId).replace(
        "</JobsDetail>",
        "<Workflow><Name>only a name</Name></Workflow></JobsDetail>",
      );
      const bodies = [own, workflowFinish(runId, [jobId])];
      for (const body of ownFirst ? bodies : bodies.toReversed()) await post(body);
      expect(await read(`/jobs/${jobId}`)).toMatchObject({ event: "TaskFinish", workflow: { runId } });
      expect(await read(`/runs/${runId}`)).toMatchObject({ jobs: [{ jobId }] });
    }
  });

  test("of the same bytes at once are one job and counted every one", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => (await post(body)).json<{ status: string }>()),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([...Array<string>(49).fill("duplicate"), "stored"]);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ delivery: { count: 50 } });
  });
});

describe("a workflow run", () => {
  test("is known from its jobs until its own end comes, and agrees with them in any order", async () => {
    const jobId = newJobId();
    const runId = `i${jobId}`;
    await post(
      segmentation(jobId, { Workflow: { RunId: runId, WorkflowId: "w1", WorkflowName: "nightly", Name: "Step_0" } }),
    );
    const early = await read<Run>(`/runs/${runId}`);
    expect(early).toMatchObject({
      runId,
      workflowId: "w1",
      state: null,
      terminal: false,
      tasks: [],
      jobs: [{ jobId }],
    });
    const second = newJobId();
    await post(workflowFinish(runId, [jobId, second]));
    const run = await read<Run>(`/runs/${runId}`);
    expect(run).toMatchObject({
      runId,
      workflowId: "w1",
      workflowName: "nightly",
      state: "Success",
      terminal: true,
      bucket: "texts-1250000000",
      object: "notes/a.txt",
      createdAt: "2026-03-01T00:00:00Z",
      tasks: [{ type: "WordsGeneralize", jobId, state: "Success", endedAt: "2026-03-01T00:00:09Z" }, { jobId: second }],
    });
    expect(run.jobs.map((job) => job.jobId).toSorted()).toEqual([jobId, second].toSorted());
  });

  test("that nobody has named is a 404", async () => {
    const { status, headers } = await (await import("./receiver.ts")).get("/runs/none");
    expect([status, headers.get("cache-control")]).toEqual([404, "no-store"]);
  });
});
