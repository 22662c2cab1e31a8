/**
 * The sweep over hours of a clock of its own: jobs that run for minutes or hours, that CI lists late, and whose callbacks
 * are lost; runs with any budget, killed at any call, or two at once. Every end is known in the end.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Budget } from "../../src/budget.ts";
import { Asking, type Means } from "../../src/reconcile/asking.ts";
import { ciClient } from "../../src/reconcile/ci.ts";
import { askOverdue } from "../../src/reconcile/overdue.ts";
import { sweep } from "../../src/reconcile/sweep.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { KnownJob } from "../../tools/ci/jobs.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { callbackOf, type Ci, ciJob, HOUR, LOCAL_QUEUE, MINUTE, newCi, storeOf, sweeping, TAG } from "./ci.ts";
import { empty } from "./empty.ts";
import { gatedD1 } from "./faults.ts";

const LIST = { bucket: LOCAL_QUEUE.bucket, region: LOCAL_QUEUE.region, queueId: LOCAL_QUEUE.queueId, tag: TAG };

interface Fate {
  /** All in minutes: since the beginning, since the creation. */
  createdAt: number;
  listedAfter: number;
  endedAfter: number;
  /** Null for a callback that never comes. */
  callbackAfter: number | null;
}

interface Run {
  operations: number;
  /** Calls to D1 until it is killed; null where it is not. */
  killedAt: number | null;
  isTwice: boolean;
}

const fate: fc.Arbitrary<Fate> = fc.record({
  createdAt: fc.integer({ min: 0, max: 60 }),
  listedAfter: fc.integer({ min: 0, max: 10 }),
  endedAfter: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 50, max: 150 })),
  callbackAfter: fc.option(fc.integer({ min: 0, max: 5 }), { freq: 1 }),
});
/** Where few jobs run, none holds the mark for one that is listed late. */
const fates = fc.oneof(fc.array(fate, { minLength: 1, maxLength: 3 }), fc.array(fate, { minLength: 1, maxLength: 30 }));
const run: fc.Arbitrary<Run> = fc.record({
  operations: fc.constantFrom(0, 20, 25, 40, 1_000),
  killedAt: fc.option(fc.integer({ min: 1, max: 25 }), { freq: 1 }),
  isTwice: fc.boolean(),
});

const RICH: Run = { operations: 1_000, killedAt: null, isTwice: false };

class Hours {
  readonly start = Date.now() - 10 * HOUR;
  now = this.start;
  readonly #ci: Ci;
  readonly #changes;
  readonly #jobs: { fate: Fate; job: KnownJob; told: "no" | "running" | "ended"; isPosted: boolean }[];

  constructor(ci: Ci, fates: readonly Fate[]) {
    this.#ci = ci;
    this.#changes = sweeping(ci);
    this.#jobs = fates.map((fate, at) => {
      const createdAt = this.start + fate.createdAt * MINUTE + at * 1_000;
      const job = ciJob({ createdAt, endedAt: createdAt + fate.endedAfter * MINUTE, userData: `order ${at}` });
      return { fate, job, told: "no", isPosted: false };
    });
  }

  /** What has happened at CI until now. */
  async pass(minutes: number): Promise<void> {
    this.now += minutes * MINUTE;
    for (const one of this.#jobs) {
      const { fate, job } = one;
      const age = (this.now - job.createdAt) / MINUTE;
      const hasEnded = age >= fate.endedAfter;
      const told = age < fate.listedAfter ? "no" : hasEnded ? "ended" : "running";
      if (told !== one.told)
        await this.#ci.know(
          told === "ended"
            ? job
            : { ...job, state: "Running", detail: { ...job.detail, State: "Running", EndTime: "-" } },
        );
      one.told = told;
      if (fate.callbackAfter === null || one.isPosted || age < fate.endedAfter + fate.callbackAfter) continue;
      one.isPosted = true;
      const bytes = new TextEncoder().encode(callbackOf(job));
      await intake({ store: storeOf(this.#changes), spill: null }, [
        await nameArrival({ bytes, contentType: null, receivedAt: this.now }),
      ]);
    }
  }

  async run({ operations, killedAt, isTwice }: Run): Promise<void> {
    await Promise.all(Array.from({ length: isTwice ? 2 : 1 }, () => this.#runOnce(operations, killedAt)));
  }

  async #runOnce(operations: number, killedAt: number | null): Promise<void> {
    let calls = 0;
    const DB = gatedD1(env.DB, async (_, effect) => {
      calls += 1;
      if (killedAt !== null && calls > killedAt) throw new Error("killed");
      return effect();
    });
    const store = storeOf({ ...this.#changes, DB });
    const {
      CI_ENDPOINT: endpoint,
      CI_SECRET_ID: secretId,
      CI_SECRET_KEY: secretKey,
    } = this.#changes as Record<string, string>;
    const settings = { endpoint, secretId, secretKey, securityToken: null, queues: null } as Parameters<
      typeof ciClient
    >[0];
    // Signatures are of today.
    const ci = ciClient(settings, { fetch: (url, init) => fetch(url, init), now: Date.now, maxBytes: 1_000_000 });
    const means: Means = { places: { store, spill: null }, ci, queues: null, log: () => {}, now: () => this.now };
    const asking = () => new Asking(means, new Budget(operations), this.now + HOUR);
    try {
      const expectations = store.expectations as Expectations;
      await expectations.note(this.now);
      await sweep(asking(), { lists: [LIST], sweepHours: 24, maxBytes: 1_000_000, turn: 0 });
      await askOverdue(asking(), expectations);
    } catch (error) {
      if (killedAt === null) throw error;
    }
  }

  /** Jobs whose end is not known here. */
  async unknown(): Promise<string[]> {
    const ids = this.#jobs.map(({ job }) => job.jobId);
    const known = await storeOf(this.#changes).terminalOf(ids);
    return this.#jobs.filter(({ job }) => !known.has(job.jobId)).map(({ fate }) => JSON.stringify(fate));
  }
}

test("every end is known in the end, whatever is lost, late, killed or under way twice", async () => {
  await fc.assert(
    fc.asyncProperty(fates, fc.array(run, { maxLength: 60 }), async (jobs, runs) => {
      await empty();
      const hours = new Hours(await newCi(), jobs);
      for (const one of runs) {
        await hours.pass(2);
        await hours.run(one);
      }
      // All has ended after four hours, and the pause between two questions is an hour at most.
      for (let at = 0; at < 40; at += 1) {
        await hours.pass(15);
        await hours.run(RICH);
      }
      expect(await hours.unknown()).toEqual([]);
    }),
    { numRuns: 6, seed: 7 },
  );
});
