/** The sweep where CI lists a job late: each pass looks back a little, for one request more at most. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { type SweepState, sweepName } from "../../src/reconcile/sweep-state.ts";
import { callbackOf, type Ci, ciJob, LOCAL_QUEUE, MINUTE, newCi, storeOf, sweeping, TAG } from "./ci.ts";
import { empty } from "./empty.ts";
import { type Changes, cron, post } from "./receiver.ts";

const LIST = { bucket: LOCAL_QUEUE.bucket, region: LOCAL_QUEUE.region, queueId: LOCAL_QUEUE.queueId, tag: TAG };

let ci: Ci;
let changes: Changes;
const run = () => cron({ ...changes, UPKEEP_OPERATIONS: "2000" });
const state = async () =>
  (await storeOf(changes).sweeps?.read([sweepName(LIST)]))?.get(sweepName(LIST))?.state as SweepState;
const isKnown = async (jobId: string) => (await storeOf(changes).terminalOf([jobId])).has(jobId);
const listRequests = async () => (await ci.requests()).filter(({ jobIds }) => jobIds.length === 0).length;
const described = async () => (await ci.requests()).flatMap(({ jobIds }) => jobIds);

/** Jobs that were created within the last ten minutes, and ended. */
const freshJobs = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    ciJob({ createdAt: Date.now() - 10 * MINUTE + at * 1_000, endedAt: Date.now() - 3 * MINUTE, userData: `${at}` }),
  );

beforeEach(async () => {
  await empty();
  ci = await newCi();
  changes = sweeping(ci);
});

test("a job that CI lists late, up to a quarter of an hour behind the mark, is found", async () => {
  const jobs = freshJobs(3);
  await ci.know(...jobs);
  for (const known of jobs) await post(callbackOf(known), changes);
  await run();
  const late = ciJob({ createdAt: Date.now() - 12 * MINUTE, endedAt: Date.now() - 4 * MINUTE });
  await ci.know(late);
  expect((await state()).mark).toBeGreaterThan(late.createdAt);
  await run();
  expect(await isKnown(late.jobId)).toBe(true);
  // What is known costs no question, and is counted once.
  expect(await described()).toEqual([late.jobId]);
  expect((await state()).total).toEqual({ seen: 4, found: 1, fetched: 1 });
});

test("one that is listed even later is not: the pass looks back no further", async () => {
  await run();
  const late = ciJob({ createdAt: Date.now() - 20 * MINUTE });
  await ci.know(late);
  await run();
  expect(await isKnown(late.jobId)).toBe(false);
});

test("looking back takes one request more at most, however many jobs were created of late", async () => {
  const jobs = freshJobs(250);
  await ci.know(...jobs);
  for (const known of jobs) await post(callbackOf(known), changes);
  await run();
  expect(await listRequests()).toBe(3);
  await run();
  expect(await listRequests()).toBe(4);
  await ci.know(ciJob({ createdAt: Date.now() - 10 * MINUTE + 245_000, endedAt: Date.now() - 3 * MINUTE }));
  await run();
  expect([await listRequests(), (await described()).length]).toEqual([5, 1]);
});

test("a job whose end CI lists, and does not tell, is asked about with its back-off, and not by each pass", async () => {
  const broken = ciJob({ createdAt: Date.now() - 10 * MINUTE, endedAt: Date.now() - 5 * MINUTE });
  await ci.know(broken);
  await ci.misbehave({ how: "error", status: 500, jobId: broken.jobId });
  await run();
  const asked = (await ci.requests(broken.jobId)).length;
  for (let runs = 0; runs < 3; runs += 1) await run();
  expect((await ci.requests(broken.jobId)).length).toBeLessThanOrEqual(asked + 1);
  await ci.behave();
  await env.DB.prepare("UPDATE expectations SET ask_at = ?1").bind(Date.now()).run();
  await run();
  expect(await isKnown(broken.jobId)).toBe(true);
});

test("a place that an older version wrote goes on at its mark", async () => {
  const mark = Date.now() - 3 * MINUTE;
  const total = { seen: 1, found: 0, fetched: 0 };
  await storeOf(changes).sweeps?.write(sweepName(LIST), 0, {
    pass: null,
    mark,
    size: 100,
    isUnderWay: false,
    last: null,
    total,
  });
  const [before, after] = [ciJob({ createdAt: mark - 5 * MINUTE }), ciJob({ createdAt: mark + 10_000 })];
  await ci.know(before, after);
  await run();
  expect([await isKnown(before.jobId), await isKnown(after.jobId)]).toEqual([false, true]);
});
