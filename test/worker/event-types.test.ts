/** Events of the types that are not wanted by default: job.updated, run.finished, delivery.quarantined. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import { type Changes, cron, post, read, send, sha256, TOKEN } from "./receiver.ts";

const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });

const bearer = { authorization: `Bearer ${TOKEN}` };

const reparse = (id: string, changes: Changes) =>
  send(`/deliveries/${id}/reparse`, { method: "POST", headers: bearer }, changes);

const typesOf = async (subject: string) => (await rowsOf(subject)).map(({ type }) => type);

describe("job.updated", () => {
  const UPDATED = { FORWARD_EVENTS: "job.updated" };

  test("is for every change of the record, under an id for each, and for no repeat", async () => {
    const hook = newHook();
    const jobId = newJobId();
    for (const body of [running(jobId), running(jobId), segmentation(jobId), running(jobId)])
      await post(body, { ...telling(hook), ...UPDATED });
    expect(await typesOf(jobId)).toEqual(["job.updated", "job.updated"]);
    expect(new Set(await hook.ids()).size).toBe(2);
  });

  test("is for a workflow that becomes known, though the record stays", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId));
    await post(workflowFinish(`i${jobId}`, [jobId]), { ...telling(hook), ...UPDATED });
    const [seen] = await hook.seen();
    expect(JSON.parse(seen?.body ?? "")).toMatchObject({ data: { jobId, workflow: { runId: `i${jobId}` } } });
  });

  test("comes beside job.finished where both are wanted", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), { ...telling(hook), FORWARD_EVENTS: "job.updated, job.finished" });
    expect((await typesOf(jobId)).toSorted()).toEqual(["job.finished", "job.updated"]);
  });
});

describe("run.finished", () => {
  test("is told once, with what the look-up of the run answers", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const changes = { ...telling(hook), FORWARD_EVENTS: "run.finished" };
    const body = workflowFinish(`i${jobId}`, [jobId]);
    await post(workflowFinish(`i${jobId}`, [jobId], "Running"), changes);
    await post(body, changes);
    const run = await read<{ terminal: boolean }>(`/runs/i${jobId}`);
    expect(run.terminal).toBe(true);
    await post(body, changes);
    const seen = await hook.seen();
    expect(seen.map((one) => JSON.parse(one.body) as unknown)).toEqual([
      { type: "run.finished", timestamp: expect.any(String), data: run },
    ]);
    expect(await typesOf(jobId)).toEqual([]);
  });

  test("lists at most 100 jobs", async () => {
    const hook = newHook();
    const jobIds = Array.from({ length: 120 }, newJobId);
    await post(workflowFinish(`i${jobIds[0]}`, jobIds), { ...telling(hook), FORWARD_EVENTS: "run.finished" });
    const [seen] = await hook.seen();
    expect((JSON.parse(seen?.body ?? "") as { data: { jobs: unknown[] } }).data.jobs).toHaveLength(100);
  });
});

describe("delivery.quarantined", () => {
  const QUARANTINED = { FORWARD_EVENTS: "delivery.quarantined" };

  test("is told once, with the record of the delivery", async () => {
    const hook = newHook();
    const body = `{"broken": ${newJobId()}`;
    for (let times = 0; times < 2; times += 1) await post(body, { ...telling(hook), ...QUARANTINED });
    const id = await sha256(body);
    await reparse(id, { ...telling(hook), ...QUARANTINED });
    const seen = await hook.seen();
    expect(seen.map((one) => JSON.parse(one.body) as unknown)).toEqual([
      {
        type: "delivery.quarantined",
        timestamp: expect.any(String),
        data: expect.objectContaining({ id, status: "quarantined", reason: expect.any(String) }),
      },
    ]);
  });

  test("is told of a delivery whose reading never ends", async () => {
    const hook = newHook();
    const body = segmentation(newJobId());
    const id = await sha256(body);
    await post(body);
    await env.DB.prepare("UPDATE deliveries SET status = 'pending', reader = 0, attempts = 5 WHERE id = ?")
      .bind(id)
      .run();
    await cron({ ...telling(hook), ...QUARANTINED });
    await cron({ ...telling(hook), ...QUARANTINED });
    expect(await hook.ids()).toHaveLength(1);
  });
});
