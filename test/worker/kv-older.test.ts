/** `STORE=kv` after an upgrade: what the first version has written stays readable. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { readArrival } from "../../src/intake.ts";
import { newestFirst } from "../../src/store/keys.ts";
import { jobRows, runRows } from "../../src/store/rows.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { store, arrivalOf, takeIn, all, listed } from "./kv-store.ts";

describe("what the first version has written", () => {
  /** A delivery as that version kept it, with the job's value, the run's, and their places. */
  async function keepAsBefore(body: string, receivedAt: number) {
    const arrival = readArrival(await arrivalOf(body, receivedAt));
    const { id, size } = arrival;
    const delivery = {
      id,
      status: "stored",
      format: "xml",
      content_type: null,
      size,
      received_at: receivedAt,
      count: 1,
      reason_code: null,
      reason: null,
      line: null,
      column_number: null,
      has_bytes: 1,
    };
    const time = newestFirst(receivedAt);
    await env.KV.put(`delivery:${id}`, `${JSON.stringify({ ...delivery, receipts: [arrival.nonce] })}\n${body}`);
    await env.KV.put(`arrived:${time}:${id}`, "", { metadata: { status: "stored" } });
    for (const { heard_at: _, restored: __, ...row } of jobRows(arrival)) {
      const key = `job:${row.job_id}`;
      await env.KV.put(key, JSON.stringify({ row, delivery }));
      await env.KV.put(`received:${time}:${key}`, "", { metadata: { key } });
      if (row.run_id !== null) await env.KV.put(`run-job:${row.run_id}:${key}`, "", { metadata: { key } });
    }
    for (const { heard_at: _, ...row } of runRows(arrival)) await env.KV.put(`run:${row.run_id}`, JSON.stringify(row));
    return arrival;
  }

  test("is one claim more: looked up, listed once at its place, and not taken back", async () => {
    const [jobId, other] = [newJobId(), newJobId()];
    const runId = `i${jobId}:x`;
    const finish = await keepAsBefore(workflowFinish(runId, [jobId, other]), 1_700_000_000_000);
    expect(await store.getJobWithBody(jobId)).toMatchObject({
      summary: { state: "Success", workflow: { runId } },
      delivery: { id: finish.id, receivedAt: 1_700_000_000_000, count: 1 },
      body: finish.body,
    });
    expect(await store.getRun(runId)).toMatchObject({ summary: { runId, state: "Success" }, body: finish.body });
    await takeIn(workflowFinish(runId, [jobId], "Running"));
    await takeIn(segmentation(jobId, { UserData: "own" }));
    expect((await store.getRun(runId))?.summary.state).toBe("Success");
    expect((await store.getJob(jobId))?.summary).toMatchObject({
      event: "TaskFinish",
      userData: "own",
      workflow: { runId },
    });
    expect((await listed([jobId, other])).toSorted()).toEqual([jobId, other].toSorted());
    const members = await all((after) => store.listJobs({ runId }, 3, after));
    expect(members.map(({ summary }) => summary.jobId).toSorted()).toEqual([jobId, other].toSorted());
    expect(await all((after) => store.listJobs({ runId: `i${jobId}` }, 3, after))).toEqual([]);
  });

  test("is counted on, and listed once, when the same bytes come again", async () => {
    const jobId = newJobId();
    const arrival = await keepAsBefore(segmentation(jobId), 1_700_000_001_000);
    await takeIn(segmentation(jobId));
    expect(await store.getJob(jobId)).toMatchObject({ delivery: { id: arrival.id, count: 2 } });
    expect(await listed([jobId])).toEqual([jobId]);
    const deliveries = await all((after) => store.listDeliveries({}, 30, after));
    expect(deliveries.filter(({ id }) => id === arrival.id)).toHaveLength(1);
  });
});
