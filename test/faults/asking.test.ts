/**
 * Whatever is lost, late, repeated or forged, and whatever of D1, KV and CI fails on the way: in the end every job that
 * CI calls ended is terminal here, in CI's state, and no forged end stands. Some hundreds of jobs (`SOAK_CALLBACKS`)
 * through the Worker on real D1 and KV, against a CI that checks signatures and fails at random itself. Repeatable by
 * `SOAK_SEED`. Prints what was found, by what, and how many requests it took.
 */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Expectations } from "../../src/store/expectations.ts";
import type { KnownJob } from "../../tools/ci/jobs.ts";
import type { Misbehaviour } from "../../tools/ci/local-ci.ts";
import {
  asking,
  callbackOf,
  type Ci,
  ciJob,
  HOUR,
  LOCAL_QUEUE,
  MINUTE,
  newCi,
  storeOf,
  sweeping,
  TAG,
} from "../worker/ci.ts";
import { type Faults, faultyD1, faultyKv, type Random, seeded } from "../worker/faults.ts";
import { type Changes, cron, post } from "../worker/receiver.ts";

const COUNT = Number(env.SOAK_CALLBACKS);
const SEED = Number(env.SOAK_SEED);

/** Posts under way at once, and jobs that end between two runs of the cron. */
const CONCURRENCY = 8;
const JOBS_A_RUN = 40;

/** Between the creation of two jobs, in milliseconds: the sweep does not look at what was created within the last minutes. */
const APART = Math.min(1_000, (40 * MINUTE) / COUNT);

/** Shares of jobs. What is none of these comes once, and as CI says. */
const LOST = 0.1;
const LATE = 0.05;
const REPEATED = 0.1;
const FORGED = 0.05;

/** Share of CI's requests that go wrong. */
const CI_FAULTS = 0.1;

/** Runs after which whatever is still to be found will not be. */
const RUNS = 200;

const TABLES = [
  "expectations",
  "sweeps",
  "verdicts",
  "jobs",
  "job_deliveries",
  "deliveries",
  "delivery_parts",
  "events",
];

const WAYS = [
  { name: "expectations alone", announces: true, sweeps: false, verifies: false },
  { name: "the sweep alone", announces: false, sweeps: true, verifies: false },
  { name: "both, and VERIFY=on", announces: true, sweeps: true, verifies: true },
] as const;

const empty = async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  for (const { name } of (await env.KV.list()).keys) await env.KV.delete(name);
};

beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
  return empty();
});
afterEach(() => vi.restoreAllMocks());

/** What one job comes to on its way here. */
interface Course {
  known: KnownJob;
  isLost: boolean;
  /** Whether a forged callback tells another end of it. */
  isForged: boolean;
  /** A job that a forged callback makes up. */
  invented: KnownJob | null;
  /** Callbacks that come at once, and those that come after all others. */
  posts: string[];
  late: string[];
}

function courseOf(at: number, random: Random, forges: boolean): Course {
  const state = random() < 0.2 ? "Failed" : "Success";
  const known = ciJob({ state, createdAt: Date.now() - 50 * MINUTE + at * APART, userData: `order ${at}` });
  const course: Course = { known, isLost: false, isForged: false, invented: null, posts: [], late: [] };
  const chance = random();
  if (chance < LOST) course.isLost = true;
  else if (chance < LOST + LATE) course.late.push(callbackOf(known));
  else course.posts.push(callbackOf(known), ...(chance < LOST + LATE + REPEATED ? [callbackOf(known)] : []));
  if (!forges || random() >= FORGED) return course;
  const other = state === "Failed" ? { State: "Success", Code: "Success" } : { State: "Failed", Code: "Forged" };
  const forged = callbackOf(known, { ...other, Message: `forged ${at}` });
  if (random() < 0.5) course.late.push(forged);
  else course.posts.splice(random() < 0.5 ? 0 : 1, 0, forged);
  const invented = ciJob();
  return { ...course, isForged: true, invented, posts: [...course.posts, callbackOf(invented)] };
}

const MISBEHAVIOURS: readonly Misbehaviour[] = [
  { how: "error", status: 500 },
  { how: "broken" },
  { how: "reset" },
  { how: "slow-down", retryAfter: 60 },
];

/** Lets time pass for what waits: whatever is to be asked again is due now, and CI's pause is over. */
async function letPass(): Promise<void> {
  const now = Date.now();
  await env.DB.batch([
    env.DB.prepare("UPDATE expectations SET ask_at = ?1 WHERE is_noted = 1 AND ask_at > ?1").bind(now),
    env.DB.prepare("UPDATE verdicts SET ask_at = ?1 WHERE ask_at > ?1").bind(now),
    env.DB.prepare("UPDATE sweeps SET state = json_set(state, '$.until', ?1) WHERE name = 'pause'").bind(now),
  ]);
}

/** The next requests of CI fail, some of them. */
async function upset(ci: Ci, random: Random): Promise<void> {
  await ci.behave();
  for (let at = 0; at < 10; at += 1) {
    if (random() >= CI_FAULTS) continue;
    const misbehaviour = MISBEHAVIOURS[Math.floor(random() * MISBEHAVIOURS.length)] as Misbehaviour;
    await ci.misbehave({ ...misbehaviour, times: 1 });
  }
}

for (const { name, announces, sweeps, verifies } of WAYS) {
  test(`${name}: of ${COUNT} jobs, every end is known in the end, and it is CI's`, async () => {
    const random = seeded(SEED);
    const ci = await newCi();
    const d1: Faults = { before: 0.03, after: 0.03, stall: 0.001, down: false };
    const kv: Faults = { before: 0.02, after: 0.02, stall: 0, down: false };
    const settings: Changes = {
      ...(sweeps ? sweeping(ci) : asking(ci)),
      ...(verifies && { VERIFY: "on" }),
      LOG_LEVEL: "error",
      UPKEEP_OPERATIONS: "300",
      STORE_DEADLINE_MILLISECONDS: "400",
    };
    const changes: Changes = {
      ...settings,
      DB: faultyD1(env.DB, d1, seeded(SEED + 1)),
      KV: faultyKv(env.KV, kv, seeded(SEED + 2)),
    };
    const courses = Array.from({ length: COUNT }, (_, at) => courseOf(at, random, verifies));
    const lost = courses.filter(({ isLost }) => isLost);
    const invented = courses.flatMap((course) => course.invented ?? []);
    const jobIds = courses.map(({ known }) => known.jobId);
    // CI lists a job from its creation on, and all of them run at first.
    await ci.know(...courses.map(({ known: { jobId, createdAt } }) => ciJob({ jobId, createdAt, state: "Running" })));
    const store = storeOf(settings);
    if (announces) {
      const { bucket, region, queueId } = LOCAL_QUEUE;
      const announced = { bucket, region, queueId, tag: TAG, userData: null };
      for (const jobId of jobIds)
        await (store.expectations as Expectations).put(jobId, announced, Date.now() + HOUR, Date.now());
    }

    const refused: string[] = [];
    const deliver = async (bodies: readonly string[]) => {
      for (let at = 0; at < bodies.length; at += CONCURRENCY) {
        const wave = bodies.slice(at, at + CONCURRENCY);
        const statuses = await Promise.all(wave.map(async (body) => (await post(body, changes)).status));
        refused.push(...wave.filter((_, index) => statuses[index] !== 200));
      }
    };
    let runs = 0;
    const tick = async () => {
      await letPass();
      await cron(changes);
      runs += 1;
    };
    for (let at = 0; at < COUNT; at += JOBS_A_RUN) {
      const ended = courses.slice(at, at + JOBS_A_RUN);
      await ci.know(...ended.map(({ known }) => known));
      await upset(ci, random);
      await deliver(ended.flatMap(({ posts }) => posts));
      await tick();
    }
    await deliver(courses.flatMap(({ late }) => late));
    const isOver = async () => {
      const { keys } = await env.KV.list({ prefix: "spill:", limit: 1 });
      const waiting = verifies ? ((await store.measure()).verdicts?.waiting ?? 0) : 0;
      const ended = await store.terminalOf(jobIds);
      // What CI does not know is asked about for an hour.
      return keys.length === 0 && ended.size === COUNT && waiting <= invented.length;
    };
    // An hour later, all that were announced should have been told of.
    const now = Date.now();
    await env.DB.prepare("UPDATE expectations SET due_at = ?1, ask_at = ?1 WHERE due_at > ?1").bind(now).run();
    for (let more = 0; more < RUNS && !(await isOver()); more += 1) {
      await upset(ci, random);
      await tick();
    }
    Object.assign(d1, { before: 0, after: 0, stall: 0 });
    Object.assign(kv, { before: 0, after: 0 });
    await ci.behave();
    for (let more = 0; more < 3; more += 1) await tick();

    const wrong: string[] = [];
    for (const { jobId, state } of courses.map(({ known }) => known)) {
      const kept = await store.getJob(jobId);
      if (kept?.summary.terminal !== true || (verifies && kept.summary.state !== state)) wrong.push(jobId);
      if (verifies && kept?.verified !== true) wrong.push(`${jobId} unverified`);
    }
    const believed: string[] = [];
    for (const { jobId } of invented) {
      const kept = await store.getJob(jobId);
      if (kept !== null && kept.verified !== false) believed.push(jobId);
    }
    let found = 0;
    for (const { known } of lost) if ((await store.getJob(known.jobId))?.delivery.source === "reconcile") found += 1;
    const requests = await ci.requests();
    const lists = requests.filter(({ jobIds }) => jobIds.length === 0).length;
    console.log(
      `${name}, seed ${SEED}\n${textOf({
        jobs: COUNT,
        lost: lost.length,
        "found by asking": found,
        posts: courses.flatMap(({ posts, late }) => [...posts, ...late]).length,
        refused: refused.length,
        forged: courses.filter(({ isForged }) => isForged).length + invented.length,
        "runs of the cron": runs,
        "lists asked for": lists,
        "jobs asked about": requests.length - lists,
      })}`,
    );
    expect({ wrong, believed }).toEqual({ wrong: [], believed: [] });
    expect(found).toBe(lost.length);
  });
}

const textOf = (report: Record<string, number>): string =>
  Object.entries(report)
    .map(([name, number]) => `${name.padEnd(18)}${number}`)
    .join("\n");
