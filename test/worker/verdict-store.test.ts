/** CI's own answers, verdicts on callbacks and the place of sweeps, as D1 keeps them. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { DeliverySource } from "../../src/store/store.ts";
import type { Sweeps } from "../../src/store/sweeps.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import type { Changes } from "./receiver.ts";
import { forgetAsking, storeWith, take, verdicts, recordOf } from "./expected.ts";

const VERIFYING = { VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" };

const HOUR = 3_600_000;

const sweeps = () => storeWith().sweeps as Sweeps;

beforeEach(async () => {
  await forgetAsking();
});

describe("CI's own answer", () => {
  const ends = { Failed: { State: "Failed", Code: "Broken" }, Success: {} };

  test("with a terminal state outranks every callback, whichever comes first", async () => {
    for (let round = 0; round < 12; round += 1) {
      const jobId = newJobId();
      const bodies: [string, DeliverySource][] = [
        [segmentation(jobId, { ...ends.Success, UserData: `${round}` }), "callback"],
        [segmentation(jobId, { ...ends.Failed, UserData: `${round}` }), "reconcile"],
        [segmentation(jobId, { ...ends.Success, EndTime: "2027-01-01T00:00:00+0800" }), "callback"],
      ];
      if (round % 2 === 0) bodies.reverse();
      for (const [body, source] of bodies) await take(body, source);
      expect(await recordOf(jobId)).toMatchObject({
        summary: { state: "Failed" },
        delivery: { source: "reconcile" },
        verified: true,
      });
    }
  });

  test("that still runs is a word like any other", async () => {
    const jobId = newJobId();
    await take(segmentation(jobId));
    await take(segmentation(jobId, { State: "Running", EndTime: "-" }), "reconcile");
    expect(await recordOf(jobId)).toMatchObject({ summary: { state: "Success" }, delivery: { source: "callback" } });
  });

  test.each([
    ["before", ["callback", "reconcile", "callback"]],
    ["after", ["reconcile", "callback"]],
  ] as const)("in the bytes of a callback that came %s it stays CI's", async (_, sources) => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    for (const source of sources) await take(body, source);
    const kept = await recordOf(jobId);
    expect(kept).toMatchObject({ delivery: { source: "reconcile", count: sources.length }, verified: true });
    expect(kept.rank.startsWith("21")).toBe(true);
  });

  test("causes an event of its own, and a later callback none", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await take(segmentation(jobId), "reconcile", telling(hook));
    await take(segmentation(jobId, { UserData: "late" }), "callback", telling(hook));
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.finished" }]);
  });
});

describe("a verdict", () => {
  const taken = async (changes: Changes = {}, said = {}) => {
    const jobId = newJobId();
    const delivery = await take(segmentation(jobId, said), "callback", { ...VERIFYING, ...changes });
    return { jobId, delivery };
  };
  const claimed = async () => (await verdicts().claim(null, 100, Date.now())).map(({ jobId }) => jobId);

  test("is not asked for where VERIFY is off, nor for CI's own answer", async () => {
    await take(segmentation(newJobId()));
    await take(segmentation(newJobId()), "reconcile", VERIFYING);
    expect(await claimed()).toEqual([]);
  });

  test("is asked for once, and not before its pause is over", async () => {
    const { jobId, delivery } = await taken();
    const now = Date.now();
    expect(await verdicts().claim([newJobId()], 10, now)).toEqual([]);
    expect(await verdicts().claim([jobId], 10, now)).toMatchObject([
      { jobId, delivery, bucket: "texts-1250000000", region: "ap-chongqing", tag: "WordsGeneralize", asks: 1 },
    ]);
    expect(await verdicts().claim(null, 10, now + 29_000)).toEqual([]);
    expect(await verdicts().claim(null, 10, now + 30_000)).toMatchObject([{ jobId, asks: 2 }]);
  });

  test.each([true, false])("of %s is the job's, and a change once", async (verified) => {
    const { jobId, delivery } = await taken();
    await verdicts().claim([jobId], 10, Date.now());
    const after = await storeWith().newestChange();
    const verdict = { jobId, delivery, asks: 1, verified, askAt: null };
    await verdicts().settle([verdict], Date.now());
    expect((await recordOf(jobId)).verified).toBe(verified);
    const { items, next } = await storeWith().listChanges(after, 10);
    expect(items).toMatchObject([{ summary: { jobId }, verified }]);
    await verdicts().settle([verdict], Date.now());
    expect((await storeWith().listChanges(next, 10)).items).toEqual([]);
    expect((await storeWith().listJobs({ verified }, 100, null)).items).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ verified })]),
    );
  });

  test("of an asking that another has overtaken changes nothing", async () => {
    const { jobId, delivery } = await taken();
    await verdicts().claim([jobId], 10, Date.now());
    await verdicts().claim([jobId], 10, Date.now() + HOUR);
    await verdicts().settle([{ jobId, delivery, asks: 1, verified: false, askAt: null }], Date.now());
    expect((await recordOf(jobId)).verified).toBeNull();
  });

  test("is about the delivery behind the record: another one is asked about anew", async () => {
    const { jobId, delivery } = await taken();
    await verdicts().claim([jobId], 10, Date.now());
    await verdicts().settle([{ jobId, delivery, asks: 1, verified: true, askAt: null }], Date.now());
    const later = await take(
      segmentation(jobId, { State: "Failed", EndTime: "2027-01-01T00:00:00+0800" }),
      "callback",
      VERIFYING,
    );
    expect((await recordOf(jobId)).verified).toBeNull();
    expect(await verdicts().claim(null, 10, Date.now())).toMatchObject([{ jobId, delivery: later }]);
  });

  test("holds the event back, and `true` lets it go", async () => {
    const hook = newHook();
    const { jobId, delivery } = await taken(telling(hook));
    const [held] = await rowsOf(jobId);
    expect(held).toMatchObject({ type: "job.finished", attempts: 0 });
    expect(held?.due_at).toBe((held?.created_at ?? 0) + 900_000);
    await verdicts().claim([jobId], 10, Date.now());
    const due = await verdicts().settle([{ jobId, delivery, asks: 1, verified: true, askAt: null }], Date.now());
    expect(due).toEqual([held?.id]);
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.finished", id: held?.id }]);
  });

  test("of false turns the event into job.disputed, and of true back", async () => {
    const hook = newHook();
    const { jobId, delivery } = await taken(telling(hook));
    const [held] = await rowsOf(jobId);
    await verdicts().claim([jobId], 10, Date.now());
    const settle = (verified: boolean) =>
      verdicts().settle([{ jobId, delivery, asks: 1, verified, askAt: null }], Date.now());
    const due = await settle(false);
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.disputed", id: due[0], attempts: 0 }]);
    expect(due[0]).not.toBe(held?.id);
    expect(await settle(true)).toEqual([held?.id]);
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.finished", id: held?.id }]);
  });

  test("of false after the event was told is told as a second one", async () => {
    const hook = newHook();
    const { jobId, delivery } = await taken(telling(hook));
    await env.DB.prepare("UPDATE events SET status = 'delivered', attempts = 1, due_at = NULL").run();
    await verdicts().claim([jobId], 10, Date.now());
    await verdicts().settle([{ jobId, delivery, asks: 1, verified: false, askAt: null }], Date.now());
    expect(await rowsOf(jobId)).toMatchObject([
      { type: "job.finished", status: "delivered" },
      { type: "job.disputed", status: "pending" },
    ]);
  });

  test("of true, where CI's answer is the record by then, leaves the event of that", async () => {
    const hook = newHook();
    const { jobId, delivery } = await taken(telling(hook));
    await verdicts().claim([jobId], 10, Date.now());
    const answer = await take(segmentation(jobId, { UserData: "another result" }), "reconcile", {
      ...VERIFYING,
      ...telling(hook),
    });
    await verdicts().settle([{ jobId, delivery, asks: 1, verified: true, askAt: null }], Date.now());
    const rows = await env.DB.prepare("SELECT type, delivery_id FROM events WHERE subject = ?1").bind(jobId).all();
    expect(rows.results).toEqual([{ type: "job.finished", delivery_id: answer }]);
  });
});

describe("a sweep's place", () => {
  test("is written only on the version that was read", async () => {
    const name = newJobId();
    expect(await sweeps().read([name])).toEqual(new Map());
    expect(await sweeps().write(name, 0, { mark: 1 })).toBe(true);
    expect(await sweeps().write(name, 0, { mark: 2 })).toBe(false);
    expect(await sweeps().write(name, 1, { mark: 3 })).toBe(true);
    expect(await sweeps().read([name])).toEqual(new Map([[name, { version: 2, state: { mark: 3 } }]]));
  });
});
