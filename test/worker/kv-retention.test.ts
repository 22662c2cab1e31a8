/** How long `STORE=kv` keeps what: by the time at which each entry expires. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { DAY, DAY_SECONDS, storeOn, store, takeIn, keysOf } from "./kv-store.ts";

describe("retention", () => {
  const RETENTION = { jobs: 30 * DAY_SECONDS, bytes: 7 * DAY_SECONDS, quarantined: 3 * DAY_SECONDS };

  test("gives every entry of a job its time and a day, its bytes their own, and what is quarantined its own", async () => {
    const jobId = newJobId();
    const runId = `i${jobId}`;
    const { id, receivedAt } = await takeIn(
      segmentation(jobId, { Workflow: { RunId: runId } }),
      storeOn(env.KV, RETENTION),
    );
    const seconds = Math.ceil(receivedAt / 1000);
    const ofJob = [...(await keysOf(jobId)), ...(await keysOf(id))];
    const lives = new Map(ofJob.map(({ name, expiration }) => [name.split(":", 1)[0], (expiration ?? 0) - seconds]));
    const life = RETENTION.jobs + DAY_SECONDS;
    expect(Object.fromEntries(lives)).toEqual({
      arrived: life,
      bytes: RETENTION.bytes,
      delivery: life,
      "job-claim": life,
      member: life,
    });
    const broken = await takeIn(`<broken>${jobId}`, storeOn(env.KV, RETENTION));
    const quarantined = await keysOf(broken.id);
    expect(quarantined).toHaveLength(4);
    const since = Math.ceil(broken.receivedAt / 1000);
    expect(new Set(quarantined.map(({ expiration = 0 }) => expiration - since))).toEqual(
      new Set([RETENTION.quarantined]),
    );
  });

  test("without a time keeps for ever, also what is quarantined", async () => {
    const jobId = newJobId();
    await takeIn(segmentation(jobId));
    const broken = await takeIn(`<broken>${jobId}`, storeOn(env.KV, { jobs: 30 * DAY_SECONDS }));
    const keys = [...(await keysOf(jobId)), ...(await keysOf(broken.id))];
    expect(keys).toHaveLength(4);
    expect(keys.map(({ expiration }) => expiration)).toEqual(keys.map(() => undefined));
  });

  test("of bytes leaves the job and the delivery without them", async () => {
    const kept = storeOn(env.KV, { bytes: 7 * DAY_SECONDS });
    const jobId = newJobId();
    const { id } = await takeIn(segmentation(jobId), kept, Date.now() - 8 * DAY);
    await env.KV.delete(`bytes:${id}`);
    expect((await kept.getJob(jobId))?.delivery.hasBytes).toBe(false);
    expect(await kept.getJobWithBody(jobId)).toMatchObject({ delivery: { hasBytes: false }, body: null });
    expect(await kept.getBody(id)).toMatchObject({ delivery: { id, hasBytes: false }, body: null });
    await takeIn(segmentation(jobId), kept, Date.now());
    expect(await kept.getJobWithBody(jobId)).toMatchObject({ delivery: { hasBytes: true }, body: segmentation(jobId) });
  });

  test("counts from the last word on a job: a late notice keeps the end, its bytes and the job's place", async () => {
    const kept = storeOn(env.KV, { jobs: 30 * DAY_SECONDS });
    const [jobId, runId] = [newJobId(), `i${newJobId()}`];
    const before = Date.now() - 20 * DAY;
    const ended = await takeIn(segmentation(jobId, { Workflow: { RunId: runId } }), kept, before);
    const now = Date.now();
    const notice = await takeIn(segmentation(jobId, { State: "Running", EndTime: "-" }), kept, now);
    const expected = Math.ceil(now / 1000) + 31 * DAY_SECONDS;
    const keys = [...(await keysOf(jobId)), ...(await keysOf(ended.id)), ...(await keysOf(notice.id))];
    expect(new Set(keys.map(({ name }) => name)).size).toBe(7);
    expect(new Set(keys.map(({ expiration }) => expiration))).toEqual(new Set([expected]));
    expect(await kept.getJob(jobId)).toMatchObject({
      summary: { state: "Success" },
      delivery: { lastReceivedAt: before },
    });
  });

  test("hides a job whose time is over before KV deletes it", async () => {
    const jobId = newJobId();
    await takeIn(segmentation(jobId), storeOn(env.KV, { jobs: 30 * DAY_SECONDS }), Date.now() - 30.5 * DAY);
    expect(await storeOn(env.KV, { jobs: 30 * DAY_SECONDS }).getJob(jobId)).toBeNull();
    expect(await store.getJob(jobId)).not.toBeNull();
  });
});
