/**
 * Who follows `GET /changes` misses nothing, whatever happens and in the middle of what: what the follower has of each
 * job is what a look-up says of it, but for what an import restores. Meanwhile no row says what cannot be, and in the end retention leaves none.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { intake, nameArrival } from "../../src/intake.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { storeOf } from "./ci.ts";
import { empty } from "./empty.ts";
import { exportAll, importLines, type Line } from "./exported.ts";
import { downD1, gatedD1 } from "./faults.ts";
import { type Changes, cron, post, read, send, TOKEN } from "./receiver.ts";
import { keepWritten } from "./written.ts";

const HOUR = 3_600_000;
const JOBS = Array.from({ length: 3 }, newJobId);
const RUN = `i${newJobId()}`;
const BODIES = [
  ...JOBS.flatMap((jobId, at) => [
    segmentation(jobId, { State: "Running", EndTime: "-" }),
    segmentation(jobId, { State: at === 0 ? "Failed" : "Success", Workflow: { RunId: RUN, Name: `Step_${at}` } }),
  ]),
  segmentation(JOBS[0] as string, { State: "Success", EndTime: "2026-03-01T09:00:00+0800" }),
  workflowFinish(RUN, JOBS),
];

type Act =
  | { do: "post" | "spill" | "answer" | "keep"; body: number }
  | { do: "skew"; body: number; minutes: number }
  | { do: "expect" | "unexpect"; job: number }
  | { do: "judge"; job: number; verified: boolean | null }
  | { do: "cron"; hours: number; days: number }
  | { do: "reparse" | "follow" | "export" | "import" };

interface Step {
  act: Act;
  /** What comes right before one of the act's calls to D1. */
  within: { call: number; act: Act } | null;
}

const bodyOf = fc.integer({ min: 0, max: BODIES.length - 1 });
const jobOf = fc.integer({ min: 0, max: JOBS.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("post", "spill", "answer", "keep"), body: bodyOf }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("skew"), body: bodyOf, minutes: fc.integer({ min: -90, max: 90 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("expect", "unexpect"), job: jobOf }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("judge"), job: jobOf, verified: fc.constantFrom(true, false, null) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("cron"), hours: fc.constantFrom(0, 2, 49), days: fc.constantFrom(0, 1) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("reparse", "follow", "export", "import") }) },
) as fc.Arbitrary<Act>;
const step: fc.Arbitrary<Step> = fc.record({
  act,
  within: fc.option(fc.record({ call: fc.integer({ min: 0, max: 8 }), act })),
});

/** With questions about callbacks, which nobody but `judge` answers: there is nothing at that address. */
const PLAIN = {
  VERIFY: "on",
  CI_SECRET_ID: "id",
  CI_SECRET_KEY: "key",
  CI_ENDPOINT: "http://127.0.0.1:9",
  UPKEEP_OPERATIONS: "2000",
};
const bearer = { authorization: `Bearer ${TOKEN}` };

class Follower {
  jobs = new Map<string, ListedJob>();
  /** What was exported last. */
  exported: Line[] = [];
  #next = "start";

  /** Sees all that is there, and goes on where it was: an import is no news. */
  async lookAround(): Promise<void> {
    this.jobs = new Map((await changesFromStart()).map((job) => [job.jobId, job]));
  }

  async follow(): Promise<void> {
    for (let isDone = false; !isDone;) {
      const path: string = `/changes?after=${this.#next}&limit=2`;
      const { changes, next } = await read<{ changes: ListedJob[]; next: string }>(path);
      for (const job of changes) this.jobs.set(job.jobId, job);
      isDone = next === this.#next;
      this.#next = next;
    }
  }
}

const changesFromStart = async () => (await read<{ changes: ListedJob[] }>("/changes?after=start&limit=100")).changes;

async function takeIn(body: number, ahead: number, source: "callback" | "reconcile", changes: Changes): Promise<void> {
  const bytes = new TextEncoder().encode(BODIES[body]);
  const arrival = await nameArrival({ bytes, contentType: null, receivedAt: Date.now() + ahead, source });
  await intake({ store: storeOf(changes), spill: null }, [arrival]);
}

async function judge(jobId: string, verified: boolean | null, changes: Changes): Promise<void> {
  const verdicts = storeOf(changes).verdicts as Verdicts;
  const now = Date.now() + HOUR;
  const claimed = await verdicts.claim([jobId], 10, now);
  const given = claimed.map(({ delivery, asks }) => ({ jobId, delivery, asks, verified, askAt: now }));
  await verdicts.settle(given, now);
}

async function perform(one: Act, changes: Changes, follower: Follower): Promise<void> {
  switch (one.do) {
    case "post":
      return void (await post(BODIES[one.body] as string, changes));
    case "spill":
      return void (await post(BODIES[one.body] as string, { ...changes, ...downD1(), KV: env.KV }));
    case "keep": {
      const bytes = new TextEncoder().encode(BODIES[one.body]);
      await storeOf(changes).keep([await nameArrival({ bytes, contentType: null, receivedAt: Date.now() })]);
      return;
    }
    case "answer":
      return takeIn(one.body, 0, "reconcile", changes);
    case "skew":
      return takeIn(one.body, one.minutes * 60_000, "callback", changes);
    case "expect":
    case "unexpect": {
      const method = one.do === "expect" ? "PUT" : "DELETE";
      const init = { method, headers: bearer, ...(method === "PUT" && { body: '{"within":3600}' }) };
      return void (await send(`/jobs/${JOBS[one.job]}/expectation`, init, changes));
    }
    case "judge":
      return judge(JOBS[one.job] as string, one.verified, changes);
    case "cron":
      return cron({ ...changes, RETENTION_DAYS_JOBS: String(one.days) }, Date.now() + one.hours * HOUR);
    case "reparse":
      return void (await send("/deliveries/reparse?status=stored", { method: "POST", headers: bearer }, changes));
    case "follow":
      return follower.follow();
    case "export":
      follower.exported = await exportAll();
      return;
    case "import":
      return void (await importLines(follower.exported, changes));
  }
}

/** An act, with another in its middle. */
async function happen({ act: one, within }: Step, follower: Follower): Promise<void> {
  let calls = 0;
  const DB = gatedD1(env.DB, async (_, effect) => {
    if (within !== null && calls++ === within.call) await perform(within.act, PLAIN, follower);
    return effect();
  });
  await perform(one, { ...PLAIN, DB }, follower);
}

/** What a change is about. That an expectation is deleted, and that time passes, is none. */
const told = ({ delivery, workflow, state, source, verified, expectation, updatedAt }: ListedJob) => ({
  delivery: delivery?.id,
  workflow,
  state,
  source,
  verified,
  updatedAt,
  expectation: expectation && { ...expectation, overdue: null },
});

/** What no row may say, whatever came in the middle of what. */
const WRONG = {
  "an expectation is open though its job has ended, or met though it has not":
    "SELECT e.job_id FROM expectations AS e JOIN jobs AS j USING (job_id) WHERE e.is_open = j.terminal",
  "a verdict is about a job that is gone": "SELECT job_id FROM verdicts WHERE job_id NOT IN (SELECT job_id FROM jobs)",
  "a job points to a delivery that is gone":
    "SELECT job_id FROM jobs WHERE delivery_id NOT IN (SELECT id FROM deliveries)",
  "a history names a delivery that is gone":
    "SELECT job_id FROM job_deliveries WHERE delivery_id NOT IN (SELECT id FROM deliveries)",
} as const;

async function checkRows(): Promise<void> {
  for (const [wrong, sql] of Object.entries(WRONG)) {
    const { results } = await env.DB.prepare(sql).all();
    expect({ [wrong]: results }).toEqual({ [wrong]: [] });
  }
}

/** Long after everything, retention has left nothing. */
async function checkNothingLeft(): Promise<void> {
  for (let runs = 0; runs < 4; runs += 1)
    await cron({ ...PLAIN, RETENTION_DAYS_JOBS: "1" }, Date.now() + 60 * 24 * HOUR);
  for (const table of ["deliveries", "jobs", "job_deliveries", "runs", "verdicts", "expectations"]) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
    expect({ [table]: results }).toEqual({ [table]: [] });
  }
}

function checkFollower({ jobs }: Follower, there: readonly ListedJob[]): void {
  for (const job of there) {
    const known = jobs.get(job.jobId);
    const isTakenBack = known !== undefined && job.expectation === null;
    const seen = isTakenBack ? { ...known, expectation: null, updatedAt: job.updatedAt } : known;
    expect(seen && told(seen)).toEqual(told(job));
  }
}

keepWritten();
beforeEach(empty);

test("a follower has what a look-up says, whatever came in the middle of what", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      await empty();
      const follower = new Follower();
      for (const one of steps) {
        await happen(one, follower);
        await follower.follow();
        if ([one.act, one.within?.act].some((happened) => happened?.do === "import")) await follower.lookAround();
        await checkRows();
        checkFollower(follower, await changesFromStart());
      }
      await checkNothingLeft();
    }),
    { numRuns: 25, seed: 3 },
  );
});
