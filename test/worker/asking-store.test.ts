/** What D1 keeps for asking CI: expectations, CI's own answers, verdicts, and how far a sweep has come. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource, KeptJob, Store } from "../../src/store/store.ts";
import type { Sweeps } from "../../src/store/sweeps.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import type { Changes } from "./receiver.ts";

const VERIFYING = { VERIFY: "on", CI_SECRET_ID: "id", CI_SECRET_KEY: "key" };
const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };
const HOUR = 3_600_000;

const placesWith = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings, 0);
const store = (changes: Changes = {}): Store => placesWith(changes).store;
const expectations = (changes: Changes = {}) => store(changes).expectations as Expectations;
const verdicts = (changes: Changes = {}) => store(changes).verdicts as Verdicts;
const sweeps = () => store().sweeps as Sweeps;
const job = async (jobId: string) => (await store().getJob(jobId)) as KeptJob;

/** Takes a body in, as a callback or as CI's answer. */
async function take(
  body: string,
  source: DeliverySource = "callback",
  changes: Changes = {},
  receivedAt = Date.now(),
): Promise<string> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: "application/xml", receivedAt, source });
  const [outcome] = await intake(placesWith(changes), [arrival]);
  return outcome?.delivery ?? "";
}

const expected = async (jobId: string, dueAt = Date.now() - 1, announced = {}) =>
  expectations().put(jobId, { ...NOTHING, ...announced }, dueAt, Date.now());
const overdue = async (now = Date.now()) =>
  (await expectations().listOverdue(100, null, now)).items.map((item) =>
    "summary" in item ? item.summary.jobId : item.jobId,
  );

// Files are isolated from one another, tests are not.
beforeEach(async () => {
  await env.DB.batch(["expectations", "verdicts", "events"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

describe("an expectation", () => {
  test("is new once, and then renewed", async () => {
    const jobId = newJobId();
    expect(await expected(jobId)).toBe("new");
    expect(await expected(jobId, Date.now() + HOUR)).toBe("renewed");
    expect((await expectations().get(jobId))?.expectation.dueAt).toBeGreaterThan(Date.now());
  });

  test("is overdue when its time has come, and not before", async () => {
    const [late, early] = [newJobId(), newJobId()];
    await expected(late);
    await expected(early, Date.now() + HOUR);
    expect(await overdue()).toEqual([late]);
    expect(await overdue(Date.now() + 2 * HOUR)).toEqual([late, early]);
  });

  test.each(["before", "after"])("made %s the end of its job is not overdue", async (order) => {
    const jobId = newJobId();
    if (order === "before") await expected(jobId);
    await take(segmentation(jobId));
    if (order === "after") await expected(jobId);
    expect(await overdue()).toEqual([]);
    expect((await job(jobId)).expectation).not.toBeNull();
  });

  test("of a job that runs is overdue until it ends", async () => {
    const jobId = newJobId();
    await expected(jobId);
    await take(segmentation(jobId, { State: "Running", EndTime: "-" }));
    expect(await overdue()).toEqual([jobId]);
    await take(segmentation(jobId));
    expect(await overdue()).toEqual([]);
  });

  test("is noted once, as a change and as an event", async () => {
    const hook = newHook();
    const telling_ = { ...telling(hook), FORWARD_EVENTS: "job.overdue" };
    const jobId = newJobId();
    await expected(jobId);
    const after = await store().newestChange();
    expect(await expectations(telling_).note(Date.now())).toMatchObject({ overdue: 1, isDone: true });
    expect(await expectations(telling_).note(Date.now())).toMatchObject({ overdue: 0 });
    expect(await rowsOf(jobId)).toMatchObject([{ type: "job.overdue", status: "pending" }]);
    const { items } = await store().listChanges(after, 10);
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
    const after = [await store().newestChange(), [now * 1000, jobId]];
    await forget(jobId, now);
    expect(await expectations().get(jobId)).toBeNull();
    await take(segmentation(slow), "callback", {}, now - 2_000);
    for (const position of after)
      expect((await store().listChanges(position, 10)).items).toMatchObject([{ summary: { jobId: slow } }]);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM marks WHERE name = 'changes'"),
      env.DB.prepare("DELETE FROM jobs WHERE job_id = ?1").bind(slow),
    ]);
  });

  test("is asked about after it was noted, and then not before its pause is over", async () => {
    const jobId = newJobId();
    await expected(jobId, Date.now() - 1, { bucket: "b-1", region: "ap-x" });
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
    await expected(jobId);
    const told = { jobId, asks: 0, askAt: null };
    const known = async () => (await expectations().get(jobId))?.expectation.knownToCi;
    await expectations().settle([{ ...told, isKnown: false }], Date.now());
    expect(await known()).toBe(false);
    const after = await store().newestChange();
    await expectations().settle([{ ...told, isKnown: null, askAt: Date.now() + HOUR }], Date.now());
    await expectations().settle([{ ...told, isKnown: false }], Date.now());
    expect(await known()).toBe(false);
    expect((await store().listChanges(after, 10)).items).toEqual([]);
    await expectations().settle([{ ...told, isKnown: true }], Date.now());
    expect(await known()).toBeNull();
    expect((await store().listChanges(after, 10)).items).toMatchObject([{ jobId }]);
    await expectations().settle([{ ...told, asks: 7, isKnown: false }], Date.now());
    expect(await known()).toBeNull();
  });

  test("of a listed job is made where none is and the job has not ended", async () => {
    const [listed, ended, announced] = [newJobId(), newJobId(), newJobId()];
    await take(segmentation(ended));
    await expected(announced, Date.now() + HOUR);
    const jobs = [listed, ended, announced].map((jobId) => ({ ...NOTHING, jobId, tag: "Transcode" }));
    expect(await expectations().adopt(jobs, Date.now())).toBe(1);
    expect(await expectations().get(listed)).toMatchObject({ tag: "Transcode" });
    expect((await expectations().get(announced))?.tag).toBeNull();
  });

  test("is exported, and restored only over an earlier one", async () => {
    const jobId = newJobId();
    await expected(jobId, 5_000, { userData: "u" });
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
    await expected(open, 1_000);
    await expected(met, 1_000);
    await take(segmentation(met));
    await expected(later);
    expect(await expectations().purge(2_000)).toEqual({ rows: 2, isDone: true });
    expect((await expectations().listAll(10, null)).items).toMatchObject([{ jobId: later }]);
  });

  test("is found in the feed once a page, with or without a record", async () => {
    const after = await store().newestChange();
    const [both, alone] = [newJobId(), newJobId()];
    await take(segmentation(both));
    await expected(both);
    await expected(alone);
    const { items, next } = await store().listChanges(after, 10);
    expect(items).toMatchObject([{ summary: { jobId: both } }, { jobId: alone }]);
    expect((await store().listChanges(next, 10)).items).toEqual([]);
    const walked: unknown[] = [];
    for (let at = after; walked.length < 5;) {
      const page = await store().listChanges(at, 1);
      if (page.items.length === 0) break;
      walked.push(...page.items.map((item) => ("summary" in item ? item.summary.jobId : item.jobId)));
      at = page.next;
    }
    expect(walked).toEqual([both, both, alone]);
  });
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
      expect(await job(jobId)).toMatchObject({
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
    expect(await job(jobId)).toMatchObject({ summary: { state: "Success" }, delivery: { source: "callback" } });
  });

  test.each([
    ["before", ["callback", "reconcile", "callback"]],
    ["after", ["reconcile", "callback"]],
  ] as const)("in the bytes of a callback that came %s it stays CI's", async (_, sources) => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    for (const source of sources) await take(body, source);
    const kept = await job(jobId);
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
    const after = await store().newestChange();
    const verdict = { jobId, delivery, asks: 1, verified, askAt: null };
    await verdicts().settle([verdict], Date.now());
    expect((await job(jobId)).verified).toBe(verified);
    const { items, next } = await store().listChanges(after, 10);
    expect(items).toMatchObject([{ summary: { jobId }, verified }]);
    await verdicts().settle([verdict], Date.now());
    expect((await store().listChanges(next, 10)).items).toEqual([]);
    expect((await store().listJobs({ verified }, 100, null)).items).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ verified })]),
    );
  });

  test("of an asking that another has overtaken changes nothing", async () => {
    const { jobId, delivery } = await taken();
    await verdicts().claim([jobId], 10, Date.now());
    await verdicts().claim([jobId], 10, Date.now() + HOUR);
    await verdicts().settle([{ jobId, delivery, asks: 1, verified: false, askAt: null }], Date.now());
    expect((await job(jobId)).verified).toBeNull();
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
    expect((await job(jobId)).verified).toBeNull();
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
