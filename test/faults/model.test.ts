/**
 * The promises hold whatever happens: random runs of posts, crons, retention, reparses, queue batches and look-ups,
 * with faults and cuts at any call to a binding and one act in the middle of another, against a small model of what
 * was acknowledged. `MODEL_RUNS` or `MODEL_MINUTES` say how much, `MODEL_SEED` which; a run that fails is shrunk, and
 * `MODEL_PATH` with its seed repeats it alone. The first are those that once found a defect; `MODEL_KNOWN=no` leaves
 * them out.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { empty } from "../worker/empty.ts";
import { steps } from "./model/chains.ts";
import { checkAll, checkNothingLeft, checkQuarantine } from "./model/check.ts";
import { KNOWN } from "./model/known.ts";
import type { Step } from "./model/steps.ts";
import { type StoreName, World } from "./model/world.ts";

const MINUTE_MILLISECONDS = 60_000;

/** How much one store is given: a share of the runs, or the minutes. */
const amount = (share: number) =>
  env.MODEL_MINUTES === ""
    ? { numRuns: Math.ceil(Number(env.MODEL_RUNS) * share) }
    : { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: Number(env.MODEL_MINUTES) * MINUTE_MILLISECONDS };

async function happens(store: StoreName, run: readonly Step[]): Promise<void> {
  await empty();
  const world = new World(store);
  try {
    for (const step of run) await world.step(step);
    await world.settle();
    checkQuarantine(world);
    if (world.isRewritten) await world.reparseAll();
    await checkAll(world);
    if (store === "kv") return;
    const hours = world.hoursUntilAllIsOld();
    for (let times = 0; times < 3; times += 1) await world.run({ jobs: 1, bytes: 1, quarantined: 1 }, hours);
    await checkNothingLeft();
  } finally {
    world.close();
  }
}

/** The shortest run that was found to fail, a step a line, and how to repeat it; null where none fails. */
function reportOf({ counterexample, counterexamplePath, seed, errorInstance }: fc.RunDetails<[Step[]]>): string | null {
  if (counterexample === null) return null;
  const taken = counterexample[0].map((step) => `  ${JSON.stringify(step)}`);
  const repeat = `MODEL_SEED=${seed} MODEL_PATH=${counterexamplePath}`;
  return [errorInstance instanceof Error ? errorInstance.stack : errorInstance, repeat, ...taken].join("\n");
}

// The receiver says of each fault that it met one: thousands of lines.
beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
});

afterEach(async () => {
  vi.restoreAllMocks();
  await empty();
});

describe("whatever happens, in any order, with faults at any call", () => {
  test.each([
    ["d1", 1],
    // A callback is some ten writes there.
    ["kv", 0.5],
  ] as const)("%s loses nothing that was acknowledged, and has the right record", async (store, share) => {
    let runs = 0;
    let stepped = 0;
    const start = performance.now();
    const property = fc.asyncProperty(steps, async (run) => {
      runs += 1;
      stepped += run.length;
      await happens(store, run);
    });
    const result = await fc.check(property, {
      seed: Number(env.MODEL_SEED),
      examples: env.MODEL_KNOWN === "no" ? [] : KNOWN[store].map((known): [Step[]] => [[...known]]),
      ...amount(share),
      ...(env.MODEL_PATH === "" ? {} : { path: env.MODEL_PATH }),
      endOnFailure: env.MODEL_SHRINKS === "no",
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const outcome = result.failed ? "failed" : "held";
    console.log(`${store}, seed ${env.MODEL_SEED}, ${outcome}: ${runs} runs of ${stepped} steps in ${seconds} s`);
    expect(reportOf(result)).toBeNull();
  });
});
