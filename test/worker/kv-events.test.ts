/** Events with `STORE=kv`: which come about, that each acknowledged end is told wherever a write is cut off, and what it costs. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { beforeEach, describe, expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Hook, newHook, SECRET, telling } from "./endpoint.ts";
import { seeded } from "./faults.ts";
import { eventsOf, forgetEvents, kvTelling, letPassKv } from "./kv-endpoint.ts";
import { countedKv, cutKv, staleKv } from "./kv-layers.ts";
import { arrivalOf } from "./kv-store.ts";
import { type Changes, cron, post, read, send, sha256, TOKEN } from "./receiver.ts";
import { keepWritten } from "./written.ts";

keepWritten();
beforeEach(forgetEvents);

const KV = { STORE: "kv" };
const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });
const typesOf = async (subject: string) => (await eventsOf(subject)).map(({ type }) => type);
const statesOf = async (hook: Hook) =>
  (await hook.seen()).map(({ body }) => (JSON.parse(body) as { data: { state: string } }).data.state);

/** Takes a body in, and dies before any attempt. */
async function takeInAndDie(body: string, changes: Changes): Promise<void> {
  const { settings } = readSettings({ ...env, ...changes });
  await intake(placesOf({ ...env, ...changes }, settings), [await arrivalOf(body, Date.now())]);
}

describe("a job that has ended", () => {
  test("is told at once, signed, with what its look-up answers, under the id that D1 gives", async () => {
    const [hook, other] = [newHook(), newHook()];
    const jobId = newJobId();
    await post(segmentation(jobId), kvTelling(hook));
    const [seen] = await hook.seen();
    expect(new Webhook(SECRET).verify(seen?.body ?? "", seen?.headers ?? {})).toEqual({
      type: "job.finished",
      timestamp: expect.stringMatching(/Z$/),
      data: await read(`/jobs/${jobId}`, KV),
    });
    expect(await eventsOf(jobId)).toMatchObject([
      { id: seen?.headers["webhook-id"], status: "delivered", attempts: 1, dueAt: null, lastStatus: 200 },
    ]);
    await post(segmentation(jobId), telling({ url: hook.url }));
    await post(segmentation(jobId), kvTelling(other));
    expect(new Set(await hook.ids()).size).toBe(1);
    expect(await other.ids()).toEqual([]);
  });

  test("is told to every endpoint, and once: not by the same bytes, a lesser notice or a late one", async () => {
    const hooks = [newHook(), newHook()] as const;
    const jobId = newJobId();
    const body = segmentation(jobId);
    const earlier = segmentation(jobId, { EndTime: "2026-03-01T07:00:00+0800" });
    for (const one of [running(jobId), body, body, earlier, running(jobId), body]) await post(one, kvTelling(...hooks));
    expect(await Promise.all(hooks.map(statesOf))).toEqual([["Success"], ["Success"]]);
  });

  test("is told again when a greater delivery gives it another end, and when its own callback follows a workflow's line", async () => {
    const hook = newHook();
    const [jobId, ofRun] = [newJobId(), newJobId()];
    await post(segmentation(jobId), kvTelling(hook));
    await post(segmentation(jobId, { Code: "Failed", EndTime: "2026-03-01T09:00:00+0800" }), kvTelling(hook));
    expect(await statesOf(hook)).toEqual(["Success", "Failed"]);
    await post(workflowFinish(`i${ofRun}`, [ofRun]), kvTelling(hook));
    await post(segmentation(ofRun), kvTelling(hook));
    expect(new Set(await hook.ids()).size).toBe(4);
  });

  test("is not told where it comes from an export, nor where FORWARD_URLS is not set", async () => {
    const hook = newHook();
    const [imported, silent] = [newJobId(), newJobId()];
    const { settings } = readSettings({ ...env, ...kvTelling(hook) });
    const arrival = { ...(await arrivalOf(segmentation(imported))), nonce: null, isRestored: true };
    const [outcome] = await intake(placesOf(env, settings), [arrival]);
    expect(outcome).toMatchObject({ status: "stored", events: [] });
    await post(segmentation(silent), { ...KV, FORWARD_SECRETS: SECRET });
    expect([...(await eventsOf(imported)), ...(await eventsOf(silent))]).toEqual([]);
  });
});

describe("the other types", () => {
  test("job.updated is for every change, job.finished beside it, and a workflow that becomes known is one", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const changes = { ...kvTelling(hook), FORWARD_EVENTS: "job.updated,job.finished" };
    for (const body of [running(jobId), running(jobId), segmentation(jobId)]) await post(body, changes);
    expect((await typesOf(jobId)).toSorted()).toEqual(["job.finished", "job.updated", "job.updated"]);
    await post(workflowFinish(`i${jobId}`, [jobId]), changes);
    expect((await typesOf(jobId)).filter((type) => type === "job.updated")).toHaveLength(3);
    expect(new Set(await hook.ids()).size).toBe(4);
  });

  test("run.finished is told once, with what the look-up of the run answers", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const changes = { ...kvTelling(hook), FORWARD_EVENTS: "run.finished" };
    await post(workflowFinish(`i${jobId}`, [jobId], "Running"), changes);
    await post(workflowFinish(`i${jobId}`, [jobId]), changes);
    const run = await read(`/runs/i${jobId}`, KV);
    await post(workflowFinish(`i${jobId}`, [jobId]), changes);
    const seen = await hook.seen();
    expect(seen.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { type: "run.finished", timestamp: expect.any(String), data: run },
    ]);
  });

  test("delivery.quarantined is told once, and the end of its job when a newer reader can read it", async () => {
    const hook = newHook();
    const body = `{"broken": ${newJobId()}`;
    const changes = { ...kvTelling(hook), FORWARD_EVENTS: "delivery.quarantined,job.finished" };
    for (let times = 0; times < 2; times += 1) await post(body, changes);
    const id = await sha256(body);
    await send(`/deliveries/${id}/reparse`, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } }, changes);
    expect((await hook.seen()).map((one) => JSON.parse(one.body) as unknown)).toEqual([
      {
        type: "delivery.quarantined",
        timestamp: expect.any(String),
        data: expect.objectContaining({ id, status: "quarantined", reason: expect.any(String) }),
      },
    ]);
  });

  test("a body that is stored before it is read causes its event all the same", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId, { words: Array.from({ length: 3_000 }, (_, at) => `词${at}`) }), kvTelling(hook));
    expect(await statesOf(hook)).toEqual(["Success"]);
  });
});

describe("what was acknowledged is told", () => {
  async function expectTold(hook: Hook, count = 1): Promise<void> {
    for (let runs = 0; runs < 2; runs += 1) {
      await letPassKv();
      await cron(kvTelling(hook));
    }
    expect(new Set(await hook.ids()).size).toBe(count);
  }

  test.each([
    ["a job", () => segmentation(newJobId()), {}],
    ["a job of a run", () => segmentation(newJobId(), { Workflow: { RunId: `i${newJobId()}` } }), {}],
    ["a run", () => workflowFinish(newJobId(), []), { FORWARD_EVENTS: "run.finished" }],
    ["a body that cannot be read", () => `{"broken": ${newJobId()}`, { FORWARD_EVENTS: "delivery.quarantined" }],
  ])("wherever the writing of %s is cut off, when its repeat is acknowledged", async (_, bodyOf, types) => {
    let cuts = 0;
    for (let writes = 0; cuts === writes; writes += 1) {
      const hook = newHook();
      const body = bodyOf();
      const changes = { ...kvTelling(hook), ...types };
      const cut = await post(body, { ...changes, KV: cutKv(writes) });
      if (cut.status === 503) cuts += 1;
      else await expectTold(hook);
      expect((await post(body, changes)).status).toBeLessThan(500);
      await expectTold(hook);
      await forgetEvents();
    }
    // An event, the head, the claim or the run's places: each was cut off once.
    expect(cuts).toBeGreaterThanOrEqual(4);
  });

  test("when the Worker dies between the write and the attempt: by the next look, an hour later at most", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await cron(kvTelling(hook));
    const mark = Number(await env.KV.get("mark:events"));
    expect(Math.round((mark - Date.now()) / 60_000)).toBe(60);
    await takeInAndDie(segmentation(jobId), kvTelling(hook));
    expect(await eventsOf(jobId)).toMatchObject([{ status: "pending", attempts: 1 }]);
    await cron(kvTelling(hook));
    expect(await hook.ids()).toEqual([]);
    await expectTold(hook);
    expect(await eventsOf(jobId)).toMatchObject([{ status: "delivered", attempts: 2 }]);
  });

  test("when KV is late: an attempt that does not see the record yet is made again", async () => {
    const hook = newHook();
    const { KV, staleness } = staleKv(seeded(7));
    const jobId = newJobId();
    await post(running(jobId), { ...kvTelling(hook), KV });
    staleness.share = 1;
    await post(segmentation(jobId), { ...kvTelling(hook), KV });
    expect(await hook.ids()).toEqual([]);
    expect(await eventsOf(jobId)).toMatchObject([{ status: "pending", lastError: "record-late", attempts: 1 }]);
    await expectTold(hook);
    expect(await statesOf(hook)).toEqual(["Success"]);
  });

  test("by some event at least for the record that stands, whatever each writer saw of the others", async () => {
    const random = seeded(11);
    for (let round = 0; round < 15; round += 1) {
      const hook = newHook();
      const { KV, staleness } = staleKv(random);
      const jobId = newJobId();
      const bodies = [3, 9, 5].map((hour) => segmentation(jobId, { EndTime: `2026-03-01T0${hour}:00:00+0800` }));
      staleness.share = 0.7;
      for (const body of [...bodies, ...bodies].toSorted(() => random() - 0.5))
        await post(body, { ...kvTelling(hook), KV });
      const hasRecord = async () => {
        const told = await hook.seen();
        return told.some(({ body }) => JSON.parse(body).data.endedAt === "2026-03-01T01:00:00Z");
      };
      for (let runs = 0; runs < 6 && !(await hasRecord()); runs += 1) {
        await letPassKv();
        await cron({ ...kvTelling(hook), UPKEEP_OPERATIONS: "900" });
      }
      expect(await hasRecord()).toBe(true);
      await forgetEvents();
    }
  });
});

test("an event costs one write, and when it is told one more and a deletion", async () => {
  const hook = newHook();
  const counted = countedKv();
  await takeInAndDie(segmentation(newJobId()), { ...KV, KV: counted.KV });
  const without = { ...counted.counts };
  counted.reset();
  await takeInAndDie(segmentation(newJobId()), { ...kvTelling(hook), KV: counted.KV });
  expect(counted.counts).toEqual({ ...without, put: without.put + 1, list: without.list + 1, get: without.get + 2 });
  counted.reset();
  await post(segmentation(newJobId()), { ...kvTelling(hook), KV: counted.KV });
  expect(counted.counts).toMatchObject({ put: without.put + 2, delete: 1, list: without.list + 2 });
  expect(counted.total()).toBeLessThanOrEqual(20);
});
