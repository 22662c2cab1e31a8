/** The sweep: walks along CI's lists on real D1, ended by a small budget, killed at every call, and two at once. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Expectations } from "../../src/store/expectations.ts";
import { NO_COUNTS, type SweepState, sweepName } from "../../src/reconcile/sweep-state.ts";
import type { KnownJob } from "../../tools/ci/jobs.ts";
import { callbackOf, type Ci, ciJob, HOUR, LOCAL_QUEUE, MINUTE, newCi, storeOf, sweeping, TAG } from "./ci.ts";
import { gatedD1 } from "./faults.ts";
import { type Changes, cron, freshDb, get, post, send } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

const LIST = { bucket: LOCAL_QUEUE.bucket, region: LOCAL_QUEUE.region, queueId: LOCAL_QUEUE.queueId, tag: TAG };
const RICH = { UPKEEP_OPERATIONS: "2000" };

let ci: Ci;
let changes: Changes;
const job = (jobId: string) => storeOf(changes).getJob(jobId);
const stateOf = async (list = LIST) =>
  (await storeOf(changes).sweeps?.read([sweepName(list)]))?.get(sweepName(list))?.state as SweepState | undefined;
const lists = async () => (await ci.requests()).filter(({ jobIds }) => jobIds.length === 0);
const described = async () => (await ci.requests()).flatMap(({ jobIds }) => jobIds);
const isTerminal = async (jobs: readonly KnownJob[]) =>
  (await storeOf(changes).terminalOf(jobs.map(({ jobId }) => jobId))).size;

/** Jobs that ended, a second apart. */
const endedJobs = (count: number): KnownJob[] =>
  Array.from({ length: count }, (_, at) =>
    ciJob({ createdAt: Date.now() - 2 * HOUR + at * 1000, userData: `order ${at}` }),
  );

/** Every tenth is lost: its callback never comes. */
const isLost = (at: number) => at % 10 === 3;

async function deliverAllButLost(jobs: readonly KnownJob[]): Promise<KnownJob[]> {
  await ci.know(...jobs);
  for (const known of jobs.filter((_, at) => !isLost(at))) await post(callbackOf(known), changes);
  return jobs.filter((_, at) => isLost(at));
}

keepWritten();
beforeEach(async () => {
  await env.DB.batch(
    ["expectations", "sweeps", "jobs", "deliveries"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  ci = await newCi();
  changes = sweeping(ci);
});

describe("of 250 jobs, 25 without their callback", () => {
  test("all are found by one run that may ask, and nothing is asked about those that came", async () => {
    const jobs = endedJobs(250);
    const lost = await deliverAllButLost(jobs);
    await cron({ ...changes, ...RICH });
    expect(await isTerminal(jobs)).toBe(250);
    expect((await lists()).length).toBe(3);
    expect(new Set(await described())).toEqual(new Set(lost.map(({ jobId }) => jobId)));
    expect((await described()).length).toBe(25);
    expect((await stateOf())?.last).toMatchObject({ seen: 250, found: 25, fetched: 25 });
    expect(await job(lost[0]?.jobId ?? "")).toMatchObject({ delivery: { source: "reconcile" }, verified: true });

    // The next pass begins where all were settled.
    await cron({ ...changes, ...RICH });
    expect((await lists()).length).toBe(4);
    expect((await stateOf())?.last).toMatchObject({ seen: 0, found: 0 });
  });

  test("all are found within the budget of a free plan, run by run", async () => {
    const jobs = endedJobs(250);
    await deliverAllButLost(jobs);
    let runs = 0;
    // Every two minutes: which duty has the first turn goes by the time.
    const next = () => cron(changes, Date.now() + 2 * MINUTE * runs);
    for (; (await isTerminal(jobs)) < 250 && runs < 100; runs += 1) await next();
    expect(await isTerminal(jobs)).toBe(250);
    expect((await described()).length).toBe(25);
    console.log(`250 jobs, 25 lost, UPKEEP_OPERATIONS=45: ${runs} runs, ${(await ci.requests()).length} requests`);
    for (; (await stateOf())?.pass !== null && runs < 110; runs += 1) await next();
    expect((await stateOf())?.last).toMatchObject({ found: 25, fetched: 25 });
  });

  test("two at once ask about a job twice at most, and keep it once", async () => {
    const jobs = endedJobs(250);
    const lost = await deliverAllButLost(jobs);
    await Promise.all([cron({ ...changes, ...RICH }), cron({ ...changes, ...RICH })]);
    await cron({ ...changes, ...RICH });
    expect(await isTerminal(jobs)).toBe(250);
    const asked = Map.groupBy(await described(), (jobId) => jobId);
    expect(Math.max(...[...asked.values()].map(({ length }) => length))).toBeLessThanOrEqual(2);
    const { items } = await storeOf(changes).listDeliveriesOfJob(lost[0]?.jobId ?? "", 10, null);
    expect(items).toHaveLength(1);
  });
});

describe("killed", () => {
  /** A D1 in which the calls from the `at`th on are never answered, as if the run had ended there. */
  function killedAt(at: number) {
    let calls = 0;
    const DB = gatedD1(env.DB, async (_, effect) => {
      calls += 1;
      // Before it took effect and after it, in turn.
      if (calls > at || (calls === at && at % 2 === 0)) throw new Error("killed");
      const answer = await effect();
      if (calls === at) throw new Error("killed");
      return answer;
    });
    return { DB, calls: () => calls };
  }

  test("at any call, it leaves no gap", async () => {
    const jobs = endedJobs(60);
    await deliverAllButLost(jobs);
    const whole = killedAt(Number.POSITIVE_INFINITY);
    let at = 1;
    // Each run is killed one call later, and the first that is not ends a pass.
    for (; at < 200; at += 1) {
      const killed = killedAt(at);
      await cron({ ...changes, ...RICH, DB: killed.DB });
      if (killed.calls() < at) break;
      // Nothing that a killed run passed over is left behind: what its place is beyond is terminal here.
      const token = (await stateOf())?.pass?.nextToken ?? null;
      const passed = token === null ? null : atob(token);
      const behind = passed === null ? [] : jobs.filter(({ createdAt }) => createdAt <= Number(passed.split(" ")[0]));
      expect(await isTerminal(behind)).toBe(behind.length);
    }
    await cron({ ...changes, ...RICH, DB: whole.DB });
    expect(await isTerminal(jobs)).toBe(60);
    expect(at).toBeGreaterThan(15);
  });
});

describe("pages", () => {
  test("that are too large are asked for by halves", async () => {
    const jobs = endedJobs(40).map((known) =>
      ciJob({
        jobId: known.jobId,
        createdAt: known.createdAt,
        words: Array.from({ length: 20 }, (_, at) => `词${at}`),
      }),
    );
    await ci.know(...jobs);
    await cron({ ...changes, ...RICH, MAX_BODY_BYTES: "30000" });
    expect(await isTerminal(jobs)).toBe(40);
    expect((await stateOf())?.size).toBeLessThan(100);
    // They grow again where the answers are small.
    for (let runs = 0; runs < 6; runs += 1) await cron({ ...changes, ...RICH });
    expect((await stateOf())?.size).toBe(100);
  });

  test("of one job that is too large are passed by, and the job is expected", async () => {
    const large = ciJob({
      createdAt: Date.now() - 90 * MINUTE,
      words: Array.from({ length: 500 }, (_, at) => `词${at}`),
    });
    const jobs = [...endedJobs(3), large, ciJob({ createdAt: Date.now() - 80 * MINUTE })];
    await ci.know(...jobs);
    await cron({ ...changes, ...RICH, MAX_BODY_BYTES: "20000" });
    expect(await isTerminal(jobs)).toBe(4);
    expect(await (storeOf(changes).expectations as Expectations).get(large.jobId)).toMatchObject({
      bucket: LIST.bucket,
      tag: TAG,
    });
    expect(lines().filter(({ event }) => event === "list too large")).toMatchObject([{ jobId: large.jobId }]);
    expect((await stateOf())?.pass).toBeNull();
  });

  test("whose token CI no longer takes are walked again from the mark", async () => {
    const jobs = endedJobs(150);
    await deliverAllButLost(jobs);
    const [from, until] = [Date.now() - 3 * HOUR, Date.now() - 2 * MINUTE];
    const pass = { from, until, nextToken: "another one", oldest: null, counts: NO_COUNTS };
    const state: SweepState = { pass, mark: from, size: 100, isUnderWay: false, last: null, total: NO_COUNTS };
    await storeOf(changes).sweeps?.write(sweepName(LIST), 0, state);
    await cron({ ...changes, ...RICH });
    expect(await isTerminal(jobs)).toBe(150);
    expect((await stateOf())?.last).toMatchObject({ seen: 150 });
  });
});

describe("the mark", () => {
  const passed = async () => {
    await cron({ ...changes, ...RICH });
    return (await stateOf())?.mark ?? 0;
  };

  test("waits for a job that runs, and goes on once that has ended, however long ago it was created", async () => {
    const createdAt = Math.floor((Date.now() - 50 * MINUTE) / 1000) * 1000;
    const long = ciJob({ state: "Running", createdAt });
    await ci.know(long, ...endedJobs(5));
    expect(await passed()).toBe(createdAt);
    expect(await job(long.jobId)).toBeNull();
    await ci.know(ciJob({ jobId: long.jobId, createdAt, endedAt: Date.now() - 3 * MINUTE }));
    expect(await passed()).toBeGreaterThan(Date.now() - 3 * MINUTE);
    expect(await job(long.jobId)).toMatchObject({ summary: { state: "Success" } });
  });

  test("does not wait for one that runs for longer than an hour: that becomes an expectation, and is asked about", async () => {
    const long = ciJob({ state: "Running", createdAt: Date.now() - 61 * MINUTE, userData: "order 9" });
    await ci.know(long);
    expect(await passed()).toBeGreaterThan(Date.now() - 3 * MINUTE);
    const expectations = storeOf(changes).expectations as Expectations;
    expect(await expectations.get(long.jobId)).toMatchObject({
      bucket: LIST.bucket,
      region: LIST.region,
      queueId: LIST.queueId,
      userData: "order 9",
    });
    await cron({ ...changes, ...RICH });
    expect(await job(long.jobId)).toMatchObject({ summary: { state: "Running" } });
  });

  test("waits for one that ended just now, whose callback may be on its way", async () => {
    const createdAt = Math.floor((Date.now() - 10 * MINUTE) / 1000) * 1000;
    const fresh = ciJob({ createdAt, endedAt: Date.now() - MINUTE });
    await ci.know(fresh);
    expect(await passed()).toBe(createdAt);
    expect(await described()).toEqual([]);
    await post(callbackOf(fresh), changes);
    expect(await passed()).toBeGreaterThan(createdAt);
    expect(await described()).toEqual([]);
  });

  test("goes back no further than SWEEP_HOURS", async () => {
    const [old, young] = [ciJob({ createdAt: Date.now() - 5 * HOUR }), ciJob({ createdAt: Date.now() - 3 * HOUR })];
    await ci.know(old, young);
    changes = { ...changes, SWEEP_HOURS: "4" };
    await passed();
    expect([await job(old.jobId), (await job(young.jobId))?.summary.state]).toEqual([null, "Success"]);
  });

  test("is of each list alone", async () => {
    const tags = [TAG, "Translation"];
    changes = sweeping(ci, tags);
    const [waiting, ended] = [
      ciJob({ state: "Submitted", createdAt: Date.now() - 30 * MINUTE }),
      ciJob({ tag: "Translation" }),
    ];
    await ci.know(waiting, ended);
    await passed();
    expect((await stateOf())?.mark).toBeLessThan(Date.now() - 29 * MINUTE);
    expect((await stateOf({ ...LIST, tag: "Translation" }))?.mark).toBeGreaterThan(Date.now() - 3 * MINUTE);
    expect(await job(ended.jobId)).toMatchObject({ summary: { state: "Success" } });
  });
});

test("a job that CI lists as ended and then cannot tell of is left to the overdue", async () => {
  const [broken, good] = [ciJob(), ciJob()];
  await ci.know(broken, good);
  await ci.misbehave({ how: "error", status: 500, jobId: broken.jobId });
  await cron({ ...changes, ...RICH });
  expect((await stateOf())?.pass).toBeNull();
  const asked = (await ci.requests(broken.jobId)).length;
  await cron({ ...changes, ...RICH });
  await cron({ ...changes, ...RICH });
  // Its back-off holds, whoever asks.
  expect((await ci.requests(broken.jobId)).length).toBeLessThanOrEqual(asked + 1);
  await ci.behave();
  await env.DB.prepare("UPDATE expectations SET ask_at = ?1").bind(Date.now()).run();
  await cron({ ...changes, ...RICH });
  expect(await isTerminal([broken, good])).toBe(2);
});

test("/readyz and /metrics say when it last ended and what it found, and nothing where nothing is swept", async () => {
  const ready = async (settings: Changes) =>
    (await send("/readyz", {}, { DB: freshDb(), ...settings })).json<{ sweep: unknown }>();
  expect((await ready({})).sweep).toBeNull();
  expect((await ready(changes)).sweep).toEqual({ endedAt: null, seen: 0, found: 0, fetched: 0 });
  await deliverAllButLost(endedJobs(20));
  await cron({ ...changes, ...RICH });
  const { sweep } = (await ready(changes)) as { sweep: { endedAt: string } };
  expect(sweep).toMatchObject({ seen: 20, found: 2, fetched: 2 });
  expect(Date.now() - Date.parse(sweep.endedAt)).toBeLessThan(MINUTE);
  const metrics = await (await get("/metrics", {}, changes)).text();
  expect(metrics).toMatch(/^ci_last_sweep_age_seconds \d/m);
  expect(metrics).toContain('ci_sweep_jobs_total{what="found"} 2\n');
  expect(await (await get("/metrics")).text()).not.toContain("ci_sweep");
});
