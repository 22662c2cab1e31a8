/**
 * Whatever was acknowledged is told: some hundreds of jobs (half of `SOAK_CALLBACKS`) through the Worker, with forwarding on,
 * while calls to the store fail before and after they take effect, while the endpoint fails, breaks off, hangs and
 * answers late, and while the Worker is cut off between a write and its attempt, and between an attempt and its record.
 * Then the faults end, and what came to the endpoint is held against what was acknowledged. Repeatable by `SOAK_SEED`.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { endpointOf } from "../../src/events/endpoints.ts";
import { jobEventKey } from "../../src/events/ids.ts";
import worker from "../../src/index.ts";
import type { Job } from "../../src/wire.ts";
import type { Step } from "../endpoint/types.ts";
import { newJobId, segmentation, workflowFinish } from "../worker/bodies.ts";
import { type Hook, letPass, newHook, telling } from "../worker/endpoint.ts";
import { type Faults, type Gate, gatedD1, gatedKv, KV_LOST, LOST, type Random, seeded } from "../worker/faults.ts";
import { hasten } from "../worker/haste.ts";
import { letPassKv } from "../worker/kv-endpoint.ts";
import { type Changes, cron, get, KEY, send, sha256, TOKEN } from "../worker/receiver.ts";
import { empty } from "../worker/empty.ts";
import { lossyQueue } from "./lossy-queue.ts";

const JOBS = Math.ceil(Number(env.SOAK_CALLBACKS) / 2);
const SEED = Number(env.SOAK_SEED);

/** Posts under way at once. */
const CONCURRENCY = 8;

/** Attempts that the endpoint never answers. */
const HANGS = 6;

/** An attempt is given up after so many times less than its 15 s: more than any that is answered takes. */
const HASTE = 10;

const WAYS = [
  { name: "D1", vars: { STORE: "d1" }, hasQueue: false, letTimePass: letPass },
  { name: "D1 with a queue", vars: { STORE: "d1" }, hasQueue: true, letTimePass: letPass },
  { name: "KV", vars: { STORE: "kv" }, hasQueue: false, letTimePass: letPassKv },
] as const;

/** A body about one job, and how far it takes its record: 0 says nothing of the end. */
interface Word {
  body: string;
  state: string;
  level: number;
}

/** A job with what CI says of it, in this order. */
interface Story {
  jobId: string;
  words: Word[];
  /** How each was answered: its `status`, or null where it was refused. */
  answers: (string | null)[];
}

beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await empty();
}, 300_000);

for (const { name, vars, hasQueue, letTimePass } of WAYS) {
  test(`${name}: every acknowledged end of ${JOBS} jobs is told, through faults of the store, the endpoint and the Worker`, async () => {
    hasten(HASTE);
    const random = seeded(SEED);
    const hook = newHook();
    await hook.plan(...stepsOf(random));
    const faults: Faults = { before: 0.08, after: 0.08, stall: 0, down: false };
    const queue = lossyQueue(random);
    const changes: Changes = {
      ...vars,
      ...telling(hook),
      LOG_LEVEL: "error",
      STORE_DEADLINE_MILLISECONDS: "400",
      ...(hasQueue && { FORWARD_QUEUE: queue.binding }),
    };
    const stories = Array.from({ length: JOBS }, () => storyOf(random));
    let next = 0;
    const sender = async () => {
      for (let at = next++; at < stories.length; at = next++) {
        const story = stories[at] as Story;
        const way = at / stories.length;
        faults.down = way > 0.5 && way < 0.55;
        for (const { body } of story.words) story.answers.push(await post(body, changes, faults, random));
      }
    };
    const others = async () => {
      while (next < stories.length) {
        await cron({ ...changes, ...bindingsOf(faults, random, () => false) });
        await queue.bring({ ...changes, ...bindingsOf(faults, random, () => false) });
      }
    };
    await Promise.all([others(), ...Array.from({ length: CONCURRENCY }, sender)]);
    await hook.plan();
    await finish(changes, letTimePass, queue);

    const report = await compare(stories, hook, { ...vars, LOG_LEVEL: "error" });
    console.log(`${name}, seed ${SEED}\n${JSON.stringify(report, null, 2)}`);
    expect(report).toMatchObject({ neverTold: 0, ofNoChange: 0, ofNoDelivery: 0 });
    // The faults were there, and met: otherwise this would prove nothing.
    expect([report.toldTwice > 0, report.ends > JOBS / 2]).toEqual([true, true]);
  });
}

const EARLY = "2026-03-01T07:00:00+0800";
const LATE = "2026-03-01T09:00:00+0800";

/** A job as CI may tell of it: once, twice, in the wrong order, with another end, or by its workflow as well. */
function storyOf(random: Random): Story {
  const jobId = newJobId();
  const word = (level: number, state: string, said = {}): Word => ({ body: segmentation(jobId, said), state, level });
  const begun = word(0, "Running", { State: "Running", EndTime: "-" });
  const end = word(3, "Success");
  const earlier = word(2, "Success", { EndTime: EARLY });
  const failed = word(4, "Failed", { Code: "Failed", EndTime: LATE });
  const line = { body: workflowFinish(`i${jobId}`, [jobId]), state: "Success", level: 1 };
  const words = [
    [end],
    [begun, end],
    [end, end, begun],
    [end, earlier],
    [earlier, failed, end],
    [line, end],
    [end, line],
  ];
  return { jobId, words: words[Math.floor(random() * words.length)] as Word[], answers: [] };
}

/** How the endpoint answers, until the faults end. */
function stepsOf(random: Random): Step[] {
  const steps = Array.from({ length: JOBS * 2 }, (): Step => {
    const chance = random();
    if (chance < 0.1) return { status: 500 };
    if (chance < 0.13) return { drop: true };
    return chance < 0.2 ? { delayMilliseconds: Math.floor(random() * 400) } : {};
  });
  for (let hangs = 0; hangs < HANGS; hangs += 1) steps[Math.floor(random() * steps.length)] = { hang: true };
  return steps;
}

/** Bindings that fail by chance, and let nothing more through once the Worker is dead. */
function bindingsOf(faults: Faults, random: Random, isDead: (call: string) => boolean): Changes {
  const gate =
    (message: string, share: number): Gate =>
    async (call, effect) => {
      if (isDead(call)) throw new Error("The Worker is dead.");
      const chance = random();
      if (faults.down || chance < faults.before * share) throw new Error(message);
      const answer = await effect();
      if (chance < (faults.before + faults.after) * share) throw new Error(message);
      return answer;
    };
  // With D1 KV is the spill, and is well more often.
  return { DB: gatedD1(env.DB, gate(LOST, 1)), KV: gatedKv(env.KV, gate(KV_LOST, 0.3)) };
}

const ABOUT_NOTHING: ReadonlySet<string | null> = new Set(["record-gone", "record-late"]);

const isRecordOfAttempt = (call: string): boolean =>
  call === "D1 UPDATE events SET" || /^KV (?:put|delete)$/.test(call);

/** Posts a callback; one in ten times the Worker dies after the answer, before its attempt or before what came of it is written. */
async function post(body: string, changes: Changes, faults: Faults, random: Random): Promise<string | null> {
  const chance = random();
  let isAnswered = false;
  const isDead = (call: string) => isAnswered && (chance < 0.1 || (chance < 0.2 && isRecordOfAttempt(call)));
  const ctx = createExecutionContext();
  const request = new Request(`https://receiver.example/callbacks/${KEY}`, { method: "POST", body });
  const bindings = { ...env, ...changes, ...bindingsOf(faults, random, isDead) };
  const response = await worker.fetch(request, bindings, ctx);
  isAnswered = true;
  await waitOnExecutionContext(ctx);
  const { status } = await response.json<{ status: string | number }>();
  return typeof status === "string" ? status : null;
}

/** With the faults gone: the cron, as time passes, until nothing waits. What failed meanwhile is told again on demand. */
async function finish(
  changes: Changes,
  letTimePass: () => Promise<void>,
  queue: ReturnType<typeof lossyQueue>,
): Promise<void> {
  for (let runs = 0; runs < 300; runs += 1) {
    await letTimePass();
    await cron({ ...changes, UPKEEP_OPERATIONS: "2000" });
    while (!queue.isEmpty()) await queue.bring(changes);
    const headers = { authorization: `Bearer ${TOKEN}` };
    await send("/events/resend", { method: "POST", headers, body: '{"status":"failed"}' }, changes);
    const isLeft = (await hasAny("pending", changes)) || (await hasAny("failed", changes));
    const spilled = await env.KV.list({ prefix: "spill:", limit: 1 });
    if (!isLeft && spilled.keys.length === 0 && queue.isEmpty()) return;
  }
  throw new Error("Events still wait, long after the faults have ended.");
}

/**
 * Whether there is an event of a status that may still be told. A callback that KV refused half-way leaves one about
 * nothing. A page may be short, and even empty, and have a `next`.
 */
async function hasAny(status: string, changes: Changes): Promise<boolean> {
  for (let cursor: string | null = ""; cursor !== null;) {
    const path: string = `/events?status=${status}&limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page = await (
      await get(path, {}, changes)
    ).json<{ events: { lastError: string | null }[]; next: string | null }>();
    if (page.events.some(({ lastError }) => !ABOUT_NOTHING.has(lastError))) return true;
    cursor = page.next;
  }
  return false;
}

async function compare(stories: readonly Story[], hook: Hook, vars: Changes) {
  const endpoint = (await endpointOf(hook.url)).id;
  const taken = (await hook.seen()).filter(({ answered }) => answered === 200);
  const told = Map.groupBy(
    taken.map(({ headers, body }) => ({
      id: headers["webhook-id"] ?? "",
      ...(JSON.parse(body) as { data: Job }).data,
    })),
    ({ id }) => id,
  );
  const report = {
    jobs: stories.length,
    ends: 0,
    told: 0,
    toldTwice: 0,
    neverTold: 0,
    ofNoChange: 0,
    ofNoDelivery: 0,
    refused: 0,
  };
  const known = new Set<string>();
  for (const { jobId, words, answers } of stories) {
    report.refused += answers.filter((answer) => answer === null).length;
    const ids = await Promise.all(words.map((word) => idOf(jobId, word, endpoint)));
    for (const id of ids) known.add(id);
    let level = 0;
    const changes = new Set<string>();
    for (const [at, word] of words.entries()) {
      if (answers[at] === null || word.level <= level) continue;
      level = word.level;
      changes.add(ids[at] as string);
    }
    // What was refused may be there all the same, and what was spilled comes later than its answer.
    const isPlain = answers.every((answer) => answer === "stored" || answer === "duplicate");
    const last = words.findLast((word, at) => answers[at] !== null && word.level === level && level > 0);
    const required = isPlain ? [...changes] : last === undefined ? [] : [await idOf(jobId, last, endpoint)];
    const job = await (await get(`/jobs/${jobId}`, {}, vars)).json<Job>();
    for (const id of required) {
      report.ends += 1;
      // An end that another one overtook before it was written is told by that one.
      const isTold = told.has(id) || (!isPlain && (await isRecordTold(job, jobId, words, endpoint, told)));
      report[isTold ? "told" : "neverTold"] += 1;
    }
    if (isPlain) report.ofNoChange += ids.filter((id) => told.has(id) && !changes.has(id)).length;
  }
  report.toldTwice = [...told.values()].filter(({ length }) => length > 1).length;
  report.ofNoDelivery = [...told.keys()].filter((id) => !known.has(id)).length;
  return report;
}

async function isRecordTold(
  job: Job,
  jobId: string,
  words: readonly Word[],
  endpoint: string,
  told: ReadonlyMap<string, unknown>,
): Promise<boolean> {
  for (const word of words) {
    const delivery = await sha256(word.body);
    if (job.delivery?.id === delivery && told.has(await idOf(jobId, word, endpoint))) return true;
  }
  return false;
}

const idOf = async (jobId: string, { body, state }: Word, endpoint: string): Promise<string> =>
  `evt_${await jobEventKey("job.finished", { job_id: jobId, delivery_id: await sha256(body), state })}${endpoint}`;
