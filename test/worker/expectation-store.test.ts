/** Expectations as D1 keeps them: when one is overdue, noted, asked about, met and deleted. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import { expectations, expectDue, forgetAsking, NOTHING, storeWith, take, recordOf } from "./expected.ts";

const HOUR = 3_600_000;

const overdue = async (now = Date.now()) =>
  (await expectations().listOverdue(100, null, now)).items.map((item) =>
    "summary" in item ? item.summary.jobId : item.jobId,
  );

beforeEach(async () => {
  await forgetAsking();
});

describe("an expectation", () => {
  test("is new once, and then renewed", async () => {
    const jobId = newJobId();
    expect(await expectDue(jobId)).toBe("new");
    expect(await expectDue(jobId, Date.now() + HOUR)).toBe("renewed");
    expect((await expectations().get(jobId))?.expectation.dueAt).toBeGreaterThan(Date.now());
  });

  test("is overdue when its time has come, and not before", async () => {
    const [late, early] = [newJobId(), newJobId()];
    await expectDue(late);
    await expectDue(early, Date.now() + HOUR);
    expect(await overdue()).toEqual([late]);
    expect(await overdue(Date.now() + 2 * HOUR)).toEqual([late, early]);
  });

  test.each(["before", "after"])("made %s the end of its job is not overdue", async (order) => {
    const jobId = newJobId();
    if (order === "before") await expectDue(jobId);
    await take(segmentation(jobId));
    if (order === "after") await expectDue(jobId);
    expect(await overdue()).toEqual([]);
    expect((await recordOf(jobId)).expectation).not.toBeNull();
  });

  test("of a job that runs is overdue until it ends", async () => {
    const jobId = newJobId();
    await expectDue(jobId);
    await take(segmentation(jobId, { State: "Running", EndTime: "-" }));
    expect(await overdue()).toEqual([jobId]);
    await take(segmentation(jobId));
    expect(await overdue()).toEqual([]);
  });

  test("is noted once, as a change and as an event", async () => {
    const hook = newHook();
    const telling_ = { ...telling(hook), FORWARD_EVENTS: "job.overdue" };
    const jobId = newJobId();
    await expectDue(jobId);
    const after = await storeWith().newestChange();
    expect(await expectations(telling_).note(Date.now())).toMatchObject({ overdue: 1, isDone: true });
    expect(await expectations(telling_).note(Date.now())).toMatchObject({ overdue: 0 });
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.overdue", status: "pending" }]);
    const { items } = await storeWith().listChanges(after, 10);
    expect(items).toMatchObject([{ jobId }]);
  });

  test.each<[string, (jobId: string, dueAt: number) => Promise<unknown>]>([
    ["taken back", (jobId) => expectations().remove(jobId)],
    ["deleted, its time long past", (_, dueAt) => expectations().purge(dueAt + 1)],
  ])("that is %s does not let the numbers of changes run back", async (_, forget) => {
    const [jobId, slow] = [newJobId(), newJobId()];
    // The slow callback begins to come first, and is written last.
    const now = Date.now() + HOUR;
    await expectations().put(jobId, NOTHING, now, now);
    const after = [await storeWith().newestChange(), [now * 1000, jobId]];
    await forget(jobId, now);
    expect(await expectations().get(jobId)).toBeNull();
    await take(segmentation(slow), "callback", {}, now - 2_000);
    for (const position of after)
      expect((await storeWith().listChanges(position, 10)).items).toMatchObject([{ summary: { jobId: slow } }]);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM marks WHERE name = 'changes'"),
      env.DB.prepare("DELETE FROM jobs WHERE job_id = ?1").bind(slow),
    ]);
  });

  test("is asked about after it was noted, and then not before its pause is over", async () => {
    const jobId = newJobId();
    await expectDue(jobId, Date.now() - 1, { bucket: "b-1", region: "ap-x" });
    const now = Date.now();
    expect(await expectations().claim(10, now)).toEqual([]);
    await expectations().note(now);
    const pauses: number[] = [];
    let at = now;
    for (let asks = 1; asks <= 9; asks += 1) {
      expect(await expectations().claim(10, at)).toMatchObject([{ jobId, bucket: "b-1", region: "ap-x", asks }]);
      const next = await env.DB.prepare("SELECT ask_at FROM expectations").first<number>("ask_at");
      pauses.push(((next as number) - at) / 1000);
      expect(await expectations().claim(10, (next as number) - 1)).toEqual([]);
      at = next as number;
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  });

  test("says that CI does not know its job, until it does", async () => {
    const jobId = newJobId();
    await expectDue(jobId);
    const told = { jobId, asks: 0, askAt: null };
    const known = async () => (await expectations().get(jobId))?.expectation.knownToCi;
    await expectations().settle([{ ...told, isKnown: false }], Date.now());
    expect(await known()).toBe(false);
    const after = await storeWith().newestChange();
    await expectations().settle([{ ...told, isKnown: null, askAt: Date.now() + HOUR }], Date.now());
    await expectations().settle([{ ...told, isKnown: false }], Date.now());
    expect(await known()).toBe(false);
    expect((await storeWith().listChanges(after, 10)).items).toEqual([]);
    await expectations().settle([{ ...told, isKnown: true }], Date.now());
    expect(await known()).toBeNull();
    expect((await storeWith().listChanges(after, 10)).items).toMatchObject([{ jobId }]);
    await expectations().settle([{ ...told, asks: 7, isKnown: false }], Date.now());
    expect(await known()).toBeNull();
  });

  test("of a listed job is made where none is and the job has not ended", async () => {
    const [listed, ended, announced] = [newJobId(), newJobId(), newJobId()];
    await take(segmentation(ended));
    await expectDue(announced, Date.now() + HOUR);
    const jobs = [listed, ended, announced].map((jobId) => ({ ...NOTHING, jobId, tag: "Transcode" }));
    expect(await expectations().adopt(jobs, Date.now())).toBe(1);
    expect(await expectations().get(listed)).toMatchObject({ tag: "Transcode" });
    expect((await expectations().get(announced))?.tag).toBeNull();
  });

  test("is exported, and restored only over an earlier one", async () => {
    const jobId = newJobId();
    await expectDue(jobId, 5_000, { userData: "u" });
    const { items } = await expectations().listAll(10, null);
    expect(items).toMatchObject([{ jobId, dueAt: 5_000, userData: "u" }]);
    const [item] = items as [(typeof items)[number]];
    await expectations().restore([{ ...item, registeredAt: item.registeredAt - 1, dueAt: 1 }]);
    expect((await expectations().listAll(10, null)).items).toEqual(items);
    await expectations().restore([{ ...item, registeredAt: item.registeredAt + 1, dueAt: 1 }]);
    expect((await expectations().listAll(10, null)).items).toMatchObject([{ dueAt: 1 }]);
  });

  test("is deleted when its time is long past, met or not", async () => {
    const [open, met, later] = [newJobId(), newJobId(), newJobId()];
    await expectDue(open, 1_000);
    await expectDue(met, 1_000);
    await take(segmentation(met));
    await expectDue(later);
    expect(await expectations().purge(2_000)).toEqual({ rows: 2, isDone: true });
    expect((await expectations().listAll(10, null)).items).toMatchObject([{ jobId: later }]);
  });

  test("is found in the feed once a page, with or without a record", async () => {
    const after = await storeWith().newestChange();
    const [both, alone] = [newJobId(), newJobId()];
    await take(segmentation(both));
    await expectDue(both);
    await expectDue(alone);
    const { items, next } = await storeWith().listChanges(after, 10);
    expect(items).toMatchObject([{ summary: { jobId: both } }, { jobId: alone }]);
    expect((await storeWith().listChanges(next, 10)).items).toEqual([]);
    const walked: unknown[] = [];
    for (let at = after; walked.length < 5;) {
      const page = await storeWith().listChanges(at, 1);
      if (page.items.length === 0) break;
      walked.push(...page.items.map((item) => ("summary" in item ? item.summary.jobId : item.jobId)));
      at = page.next;
    }
    expect(walked).toEqual([both, both, alone]);
  });
});
