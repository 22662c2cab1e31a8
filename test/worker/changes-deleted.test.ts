/** The feed of changes after the newest change is gone or restored: numbers never run back, so a cursor misses nothing. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import type { ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { storeOf } from "./ci.ts";
import { empty } from "./empty.ts";
import { importLines, lineOf } from "./exported.ts";
import { cron, post, read, send, TOKEN } from "./receiver.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

beforeEach(empty);

interface Changes {
  changes: ListedJob[];
  next: string;
}
const changesAfter = (cursor: string) => read<Changes>(`/changes?after=${cursor}`);
const iso = (at: number) => new Date(at).toISOString();

/** A job whose change has the newest number, of an hour ahead, as a writer whose clock is ahead gives it; and the cursor behind it. */
async function newest(): Promise<{ jobId: string; next: string }> {
  const jobId = newJobId();
  const at = iso(Date.now() + HOUR);
  await importLines([await lineOf(segmentation(jobId), { receivedAt: at, lastReceivedAt: at })]);
  const { changes, next } = await changesAfter("start");
  expect(changes.at(-1)).toMatchObject({ jobId });
  return { jobId, next };
}

const isGone = async (jobId: string) => (await storeOf({}).getJob(jobId)) === null;

test("a callback is not missed by who has seen a newer change of a job that retention deleted since", async () => {
  const { jobId, next } = await newest();
  await cron({ RETENTION_DAYS_JOBS: "1" }, Date.now() + 3 * DAY);
  expect(await isGone(jobId)).toBe(true);
  const later = newJobId();
  await post(segmentation(later));
  expect((await changesAfter(next)).changes).toMatchObject([{ jobId: later }]);
});

test.each([
  ["the job had lost its delivery", "DELETE FROM deliveries"],
  [
    "an older version had kept the delivery, without the list of its jobs",
    "UPDATE deliveries SET job_ids = NULL, job_count = NULL",
  ],
])("nor where %s", async (_, sql) => {
  const { jobId, next } = await newest();
  await env.DB.prepare(sql).run();
  await cron({ RETENTION_DAYS_JOBS: "1" }, Date.now() + 3 * DAY);
  expect(await isGone(jobId)).toBe(true);
  const later = newJobId();
  await post(segmentation(later));
  expect((await changesAfter(next)).changes).toMatchObject([{ jobId: later }]);
});

test("nor is an overdue job, where an import renews its expectation with a time before that", async () => {
  const jobId = newJobId();
  await send(`/jobs/${jobId}/expectation`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ within: 60 }),
  });
  const { next } = await newest();
  await cron({}, Date.now() + 2 * HOUR);
  const registeredAt = iso(Date.now() + 1_000);
  const announced = { bucket: null, region: null, queueId: null, tag: null, userData: null };
  await importLines([{ expectation: { jobId, registeredAt, dueAt: registeredAt, ...announced } }]);
  const { changes, next: last } = await changesAfter(next);
  expect(changes).toMatchObject([{ jobId, expectation: { dueAt: registeredAt } }]);
  const later = newJobId();
  await post(segmentation(later));
  expect((await changesAfter(last)).changes).toMatchObject([{ jobId: later }]);
});
