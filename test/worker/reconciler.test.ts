/** Asking CI by hand: about one job, and whether it can be asked at all. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { type Bindings, forwarderOf, placesOf, reconcilerOf } from "../../src/bindings.ts";
import type { Reconciler } from "../../src/reconcile/reconciler.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import { logger } from "../../src/telemetry/log.ts";
import { newJobId } from "./bodies.ts";
import { asking, callbackOf, type Ci, ciJob, LOCAL_QUEUE, newCi, storeOf, sweeping } from "./ci.ts";
import { newHook, telling } from "./endpoint.ts";
import { type Changes, post, send, TOKEN } from "./receiver.ts";
import { keepWritten } from "./written.ts";

let ci: Ci;
let changes: Changes;
const { bucket, region } = LOCAL_QUEUE;
const job = (jobId: string) => storeOf(changes).getJob(jobId);

/** As a request has it. */
function reconciler(more: Changes = {}): Reconciler {
  const given = { ...env, ...changes, ...more } as Bindings;
  const { settings } = readSettings(given);
  const places = placesOf(given, settings);
  const log = logger("info");
  return reconcilerOf(places, settings, forwarderOf(given as Bindings, places, settings, log), log) as Reconciler;
}
const outcomeOf = async (jobId: string, more: Changes = {}) => {
  const asked = await reconciler(more).askNow(jobId);
  return asked.ok ? asked.value.outcome : asked.error;
};

keepWritten();
beforeEach(async () => {
  await env.DB.batch(
    ["expectations", "sweeps", "jobs", "deliveries"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  ci = await newCi();
  changes = asking(ci);
});

describe("asking about a job now", () => {
  test("takes in what CI says of a job that a callback told of", async () => {
    const known = ciJob({ state: "Failed" });
    await ci.know(known);
    await post(callbackOf(known, { State: "Running" }), changes);
    expect(await outcomeOf(known.jobId)).toBe("taken-in");
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Failed" }, delivery: { source: "reconcile" } });
    expect(await outcomeOf(known.jobId)).toBe("unchanged");
  });

  test("keeps nothing where CI says that the job still runs, or what it has said before", async () => {
    const [ended, running] = [ciJob(), ciJob({ state: "Running" })];
    await ci.know(ended, running);
    const kept = async (jobId: string) => (await storeOf(changes).listDeliveriesOfJob(jobId, 10, null)).items.length;
    for (const known of [ended, running]) await post(callbackOf(known), changes);
    expect(await outcomeOf(running.jobId)).toBe("unchanged");
    expect(await kept(running.jobId)).toBe(1);
    for (const outcome of ["taken-in", "unchanged"]) {
      expect(await outcomeOf(ended.jobId)).toBe(outcome);
      expect(await kept(ended.jobId)).toBe(2);
    }
  });

  test.each(["before", "after"])(
    "makes CI's word the record where a callback says the same, and another callback that comes %s says otherwise",
    async (order) => {
      const known = ciJob();
      await ci.know(known);
      await post(callbackOf(known), changes);
      const forged = callbackOf(known, { State: "Failed", EndTime: "2099-01-01T00:00:00+0800" });
      if (order === "before") await post(forged, changes);
      expect(await outcomeOf(known.jobId)).toBe("taken-in");
      if (order === "after") await post(forged, changes);
      expect(await job(known.jobId)).toMatchObject({
        summary: { state: "Success" },
        delivery: { source: "reconcile" },
      });
    },
  );

  test("asks nothing for as long as CI has said that it is asked too often", async () => {
    changes = sweeping(ci);
    const known = ciJob();
    await ci.know(known);
    await ci.misbehave({ how: "slow-down", retryAfter: 600, times: 1 });
    expect(await outcomeOf(known.jobId)).toMatchObject({ kind: "slow-down", retryAfterSeconds: 600 });
    const again = await reconciler().askNow(known.jobId);
    expect(again).toMatchObject({ ok: false, error: { kind: "slow-down" } });
    const { retryAfterSeconds } = (again as { error: { retryAfterSeconds: number } }).error;
    expect(retryAfterSeconds).toBeGreaterThan(590);
    expect(retryAfterSeconds).toBeLessThanOrEqual(600);
    expect(await ci.requests()).toHaveLength(1);
    await env.DB.prepare("UPDATE sweeps SET state = '{\"until\":0}'").run();
    expect(await outcomeOf(known.jobId)).toBe("taken-in");
  });

  test("notes what CI knows of a job that is expected, and does not say so of one that CI has told of", async () => {
    const known = ciJob();
    const expected = storeOf(changes).expectations as Expectations;
    const announced = { bucket, region, queueId: null, tag: null, userData: null };
    await expected.put(known.jobId, announced, Date.now() + 60_000, Date.now());
    const after = await storeOf(changes).newestChange();
    expect(await outcomeOf(known.jobId)).toBe("unknown-to-ci");
    expect((await expected.get(known.jobId))?.expectation).toMatchObject({ knownToCi: false });
    expect((await storeOf(changes).listChanges(after, 10)).items).toMatchObject([{ jobId: known.jobId }]);
    // CI comes to know it, and whoever takes its word in does not look at the expectation.
    await ci.know(known);
    await post(callbackOf(known), { ...changes, VERIFY: "on" });
    expect(await job(known.jobId)).toMatchObject({ verified: true, expectation: { knownToCi: null } });
    expect(await outcomeOf(known.jobId)).toBe("taken-in");
    expect(await job(known.jobId)).toMatchObject({
      delivery: { source: "reconcile" },
      expectation: { knownToCi: null },
    });
  });

  test("finds a job that is only expected, and one that nobody knows here only where CI_QUEUES leaves no choice", async () => {
    const [expected, unheard] = [ciJob(), ciJob()];
    await ci.know(expected, unheard);
    const announced = { bucket, region, queueId: null, tag: null, userData: null };
    await (storeOf(changes).expectations as Expectations).put(
      expected.jobId,
      announced,
      Date.now() + 60_000,
      Date.now(),
    );
    expect(await outcomeOf(expected.jobId)).toBe("taken-in");
    expect(await outcomeOf(unheard.jobId)).toBe("unknown");
    expect(await outcomeOf(unheard.jobId, sweeping(ci))).toBe("taken-in");
    expect(await outcomeOf(newJobId(), sweeping(ci))).toBe("unknown-to-ci");
  });

  test("gives the events that it causes to its caller, leased", async () => {
    changes = { ...sweeping(ci), ...telling(newHook()) };
    const known = ciJob();
    await ci.know(known);
    const asked = await reconciler().askNow(known.jobId);
    expect(asked).toMatchObject({
      ok: true,
      value: { events: [{ type: "job.finished", subject: known.jobId, attempt: 1 }] },
    });
  });

  test("says why CI did not answer", async () => {
    const known = ciJob();
    await ci.misbehave({ how: "slow-down", retryAfter: 7 });
    expect(await outcomeOf(known.jobId, sweeping(ci))).toMatchObject({ kind: "slow-down", retryAfterSeconds: 7 });
  });

  test("works with KV as the store", async () => {
    const known = ciJob();
    await ci.know(known);
    changes = { ...sweeping(ci), STORE: "kv" };
    expect(await outcomeOf(known.jobId)).toBe("taken-in");
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Success" }, delivery: { source: "reconcile" } });
  });
});

describe("POST /reconcile/test", () => {
  const check = async (more: Changes = {}) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const response = await send("/reconcile/test", { method: "POST", headers }, { ...changes, ...more });
    expect(response.status).toBe(200);
    return response.json<{
      hasKeys: boolean;
      answers: { request: string; fault: string | null; says: string; requestId: string | null }[];
    }>();
  };
  const faults = async (more: Changes = {}) =>
    (await check(more)).answers.map(({ request, fault }) => [request, fault]);

  test("asks about a job that nobody has, and tries each list", async () => {
    changes = sweeping(ci, ["WordsGeneralize", "Transcode"]);
    expect(await faults()).toEqual([
      ["describe", null],
      ["list", null],
      ["list", null],
    ]);
    expect((await ci.requests()).map(({ path }) => path)).toEqual([
      "/jobs/j00000000000000000000000000000000",
      "/jobs",
      "/jobs",
    ]);
    expect((await check()).answers[0]).toMatchObject({
      bucket,
      region,
      says: "CI answers.",
      requestId: expect.any(String) as string,
    });
  });

  test("without CI_QUEUES asks where the newest job is, and says what is missing where there is none", async () => {
    expect((await check()).answers).toMatchObject([{ bucket: null, fault: "setting" }]);
    await post(callbackOf(ciJob()), {});
    expect(await faults()).toEqual([["describe", null]]);
  });

  test("says what is wrong", async () => {
    changes = sweeping(ci);
    expect(await faults({ CI_SECRET_KEY: "another" })).toEqual([
      ["describe", "keys"],
      ["list", "keys"],
    ]);
    expect(await faults({ CI_SECRET_ID: "another" })).toEqual([
      ["describe", "keys"],
      ["list", "keys"],
    ]);
    await ci.misbehave({ how: "slow-down" });
    expect(await faults()).toEqual([
      ["describe", "too-often"],
      ["list", "too-often"],
    ]);
    await ci.behave();
    await ci.misbehave({ how: "error", status: 503 });
    expect(await faults()).toEqual([
      ["describe", "ci"],
      ["list", "ci"],
    ]);
    await ci.behave();
    await ci.misbehave({ how: "reset" });
    expect(await faults()).toEqual([
      ["describe", "region"],
      ["list", "region"],
    ]);
  });

  test("without keys asks nothing, and without a token neither", async () => {
    expect(await check({ CI_SECRET_ID: "", CI_SECRET_KEY: "" })).toEqual({ hasKeys: false, answers: [] });
    expect((await send("/reconcile/test", { method: "POST" }, changes)).status).toBe(401);
    expect(await ci.requests()).toEqual([]);
  });
});
