/**
 * Runs that have found a defect, shrunk by the search that found it after some fifty to two hundred others. Each search
 * begins with them, so that a short one finds these defects too (`npm run test:planted` plants them).
 */
import type { BodySpec } from "./bodies.ts";
import type { Act, Retention, Step } from "./steps.ts";
import type { StoreName } from "./world.ts";

const KEPT: Retention = { jobs: 0, bytes: 0, quarantined: 0 };

const aStep = (act: Act, around: Partial<Step> = {}): Step => ({
  faults: [],
  down: "none",
  within: null,
  ...around,
  act,
});

/** A callback that CI posts of a job that was submitted. */
const ofJob = (job: number, size: "small" | "general" | "large" | "referred"): BodySpec => ({
  kind: "job",
  job,
  says: 0,
  format: "xml",
  size,
  run: null,
  copy: 0,
});

const ofRun = (
  run: number,
  jobs: number[],
  said: { state?: "Running" | "Failed"; format?: "json" } = {},
): BodySpec => ({
  kind: "run",
  run,
  jobs,
  state: "Running",
  format: "xml",
  copy: 0,
  ...said,
});

const post = (body: BodySpec, intake: "direct" | "queue" = "direct"): Act => ({ do: "post", body, intake });

const REPEAT: Act = { do: "repeat", which: 0, intake: "direct" };
const A_DAY_PASSES = aStep({ do: "clock", hours: 25 });

const cron = (days: Partial<Retention> = {}, aheadHours = 0): Act => ({
  do: "cron",
  retention: { ...KEPT, ...days },
  aheadHours,
  operations: "many",
});

/** Retention that takes what is there, right before a call of an act. */
const retentionBefore = (to: "D1" | "D1 UPDATE deliveries", number: number): Partial<Step> => ({
  within: { call: { to, number }, act: cron({ jobs: 1 }, 26) },
});

export const KNOWN: Record<StoreName, readonly (readonly Step[])[]> = {
  d1: [
    // The consumer of a queue is killed when it has marked a delivery, and before that is read; retention has run before.
    [
      aStep(cron(), retentionBefore("D1", 0)),
      aStep(post(ofJob(0, "referred"), "queue")),
      aStep(
        { do: "consume", take: 4, isReversed: false, isTwice: false, isDeadLetters: false },
        { faults: [{ call: { to: "D1 UPDATE deliveries", number: 0 }, how: "killed after", later: 0 }] },
      ),
    ],
    // A run that the first version wrote is heard of again after retention has looked, and before it deletes.
    [
      aStep(post(ofRun(0, [], { state: "Failed" }))),
      aStep({ do: "reader", is: "older", which: 0 }),
      A_DAY_PASSES,
      aStep(cron({ jobs: 1 }), { within: { call: { to: "D1", number: 0 }, act: post(ofRun(0, [])) } }),
    ],
    // The same of a job, before the deletion itself.
    [
      aStep(post(ofJob(0, "small"))),
      A_DAY_PASSES,
      aStep(cron({ jobs: 1 }), { within: { call: { to: "D1", number: 4 }, act: REPEAT } }),
    ],
    // Retention takes a delivery that is being read.
    [aStep(post(ofJob(0, "general"))), aStep(REPEAT, retentionBefore("D1 UPDATE deliveries", 0)), aStep(REPEAT)],
    // The last word on a job comes by the spill, and is kept before it is read.
    [
      aStep(post(ofRun(0, [2], { state: "Failed" }))),
      aStep(post(ofJob(2, "large"))),
      A_DAY_PASSES,
      aStep(post(ofJob(2, "large")), { down: "d1" }),
      aStep(cron()),
      aStep(cron({ jobs: 1 })),
      aStep(cron({ jobs: 1, quarantined: 1 })),
    ],
    // A delivery comes again by the spill after retention took it, and the store refuses it once.
    [
      aStep(post(ofJob(0, "small"))),
      aStep(cron(), retentionBefore("D1", 0)),
      aStep(REPEAT, { down: "d1" }),
      aStep(cron({ bytes: 1 }), {
        faults: [{ call: { to: "D1 INSERT INTO deliveries", number: 0 }, how: "refused", later: 0 }],
      }),
    ],
    // What waits in the spill is read again on demand, and then comes home.
    [aStep(post(ofJob(0, "small")), { down: "d1" }), aStep({ do: "reparse", which: 0 })],
  ],
  kv: [
    // A workflow's end is cut off between its job's places and what it says of the job, and another follows.
    [
      aStep(post(ofRun(0, [0])), { faults: [{ call: { to: "", number: 2 }, how: "refused", later: 0 }] }),
      aStep(post(ofRun(0, [0], { format: "json" }))),
    ],
  ],
};
