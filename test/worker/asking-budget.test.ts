/** What one run of the cron may do on the free plan, with every duty on and work for each. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import type { Expectations } from "../../src/store/expectations.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { callbackOf, type Ci, ciJob, LOCAL_QUEUE, MINUTE, newCi, storeOf, sweeping } from "./ci.ts";
import { newHook, telling } from "./endpoint.ts";
import { gatedKv } from "./faults.ts";
import { before } from "./interleave.ts";
import { type Changes, cron, post } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

/** Calls that a Worker on the free plan may make, and what the cron is given of them. */
const CALLS = 50;
const OPERATIONS = 45;

const RETENTION = { RETENTION_DAYS_JOBS: "30", RETENTION_DAYS_BYTES: "20", RETENTION_DAYS_QUARANTINED: "10" };

let ci: Ci;

/** Bindings that count what is asked of them: each statement of D1, and each call of KV. */
function counting() {
  const counted = { calls: 0 };
  const DB = before(
    () => {
      counted.calls += 1;
      return false;
    },
    () => Promise.resolve(),
  );
  const KV = gatedKv(env.KV, (_, effect) => {
    counted.calls += 1;
    return effect();
  });
  return { counted, bindings: { DB, KV } };
}

/** One run two minutes after the last; gives how many calls it made, those to CI and to endpoints among them. */
async function run(changes: Changes, hook: ReturnType<typeof newHook>, at: number): Promise<number> {
  const { counted, bindings } = counting();
  const outside = async () => (await ci.requests()).length + (await hook.seen()).length;
  const earlier = await outside();
  await cron({ ...changes, ...bindings }, at);
  return counted.calls + (await outside()) - earlier;
}

keepWritten();
beforeEach(async () => {
  ci = await newCi();
});

test.each([
  ["all duties on", RETENTION, true],
  ["no retention", {}, true],
  ["nobody to tell", {}, false],
])("with %s, each duty comes to something, and no run makes more than 50 calls", async (_, retention, tells) => {
  await env.DB.batch(
    ["expectations", "sweeps", "verdicts", "jobs", "deliveries", "events"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
  const hook = newHook();
  const changes: Changes = {
    ...sweeping(ci),
    ...retention,
    ...(tells ? telling(hook) : {}),
    VERIFY: "on",
    UPKEEP_OPERATIONS: String(OPERATIONS),
  };
  const { bucket, region } = LOCAL_QUEUE;
  const [expected, disputed, swept] = [0, 1, 2].map(() =>
    Array.from({ length: 6 }, () => ciJob({ state: "Failed" })),
  ) as [ReturnType<typeof ciJob>[], ReturnType<typeof ciJob>[], ReturnType<typeof ciJob>[]];
  // Those that are expected are on no list, and what is disputed was never asked about.
  await ci.know(...swept, ...[...expected, ...disputed].map((known) => ({ ...known, queueId: "another" })));
  const expectations = storeOf(changes).expectations as Expectations;
  for (const { jobId } of expected)
    await expectations.put(
      jobId,
      { bucket, region, queueId: null, tag: null, userData: null },
      Date.now() - 1,
      Date.now(),
    );
  for (const known of disputed) {
    await post(callbackOf(known, { State: "Success", Code: "Success" }), {
      ...changes,
      CI_SECRET_ID: "",
      CI_SECRET_KEY: "",
    });
    const [row] = (await storeOf(changes).listDeliveriesOfJob(known.jobId, 1, null)).items;
    await env.DB.prepare(
      "INSERT INTO verdicts (job_id, delivery_id, asked_at, asks, ask_at) VALUES (?1, ?2, ?3, 0, ?3)",
    )
      .bind(known.jobId, row?.id, Date.now())
      .run();
  }
  // Something in the spill, too.
  const spilled = Array.from({ length: 3 }, () => newJobId());
  const down = { DB: null };
  for (const jobId of spilled) await post(segmentation(jobId), { ...down, STORE_DEADLINE_MILLISECONDS: "100" });

  const most: number[] = [];
  const isDone = async () => {
    const all = [...expected, ...disputed, ...swept].map(({ jobId }) => jobId);
    const failed = await Promise.all(
      all.map(async (jobId) => (await storeOf(changes).getJob(jobId))?.summary.state === "Failed"),
    );
    return failed.every((is) => is) && (await storeOf(changes).terminalOf(spilled)).size === spilled.length;
  };
  for (let runs = 0; runs < 100 && !(await isDone()); runs += 1)
    most.push(await run(changes, hook, Date.now() + runs * 2 * MINUTE));
  const { length } = most;
  console.log(`${length} runs of ${OPERATIONS}, at most ${Math.max(...most)} calls each: ${most.join(" ")}`);
  expect(await isDone()).toBe(true);
  expect(Math.max(...most)).toBeLessThanOrEqual(CALLS);
  expect(lines().flatMap(({ event, failures }) => (event === "upkeep" ? (failures as string[]) : []))).toEqual([]);
  const total = (name: string) =>
    lines().reduce((sum, line) => sum + (line["event"] === "upkeep" ? Number(line[name]) : 0), 0);
  expect([total("asked"), total("disputed"), total("found"), total("drained")]).toEqual([6, 6, 6, 3]);
});

test("a spill that many runs cannot empty keeps no kind of question from being asked", async () => {
  await env.DB.batch(
    ["expectations", "sweeps", "verdicts", "jobs", "deliveries", "events", "marks"].map((table) =>
      env.DB.prepare(`DELETE FROM ${table}`),
    ),
  );
  const hook = newHook();
  const changes: Changes = {
    ...sweeping(ci),
    ...RETENTION,
    ...telling(hook),
    VERIFY: "on",
    UPKEEP_OPERATIONS: String(OPERATIONS),
  };
  const [expected, disputed, swept] = [ciJob(), ciJob({ state: "Failed" }), ciJob()];
  await ci.know(swept, ...[expected, disputed].map((known) => ({ ...known, queueId: "another" })));
  const { bucket, region } = LOCAL_QUEUE;
  const announced = { bucket, region, queueId: null, tag: null, userData: null };
  await (storeOf(changes).expectations as Expectations).put(expected.jobId, announced, Date.now() - 1, Date.now());
  await post(callbackOf(disputed, { State: "Success" }), { ...changes, CI_ENDPOINT: "http://localhost:1" });
  await env.DB.prepare("UPDATE verdicts SET ask_at = asked_at").run();

  const down = { DB: null, STORE_DEADLINE_MILLISECONDS: "100" };
  for (let bodies = 0; bodies < 30; bodies += 1) await post(segmentation(newJobId()), down);
  const waiting = async () => (await env.KV.list({ prefix: "spill:" })).keys.length;
  const depth = await waiting();
  const isDone = async () =>
    (await storeOf(changes).terminalOf([expected.jobId, swept.jobId])).size === 2 &&
    (await storeOf(changes).getJob(disputed.jobId))?.summary.state === "Failed";
  let runs = 0;
  for (; runs < 40 && !(await isDone()); runs += 1) {
    await cron(changes, Date.now() + (runs + 1) * 2 * MINUTE);
    // As many come as are drained.
    while ((await waiting()) < depth) await post(segmentation(newJobId()), down);
  }
  console.log(`${runs} runs of ${OPERATIONS} beside a spill that is never empty`);
  expect(await isDone()).toBe(true);
});
