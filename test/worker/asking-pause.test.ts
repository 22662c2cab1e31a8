/** What CI says of how often it may be asked holds for all runs, whichever hears it, and a list that is slow is asked for by halves. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, test } from "vitest";
import { Asking, type Means } from "../../src/reconcile/asking.ts";
import { ciClient } from "../../src/reconcile/ci.ts";
import { sweep } from "../../src/reconcile/sweep.ts";
import { type SweepState, sweepName } from "../../src/reconcile/sweep-state.ts";
import { type Ci, ciJob, HOUR, LOCAL_QUEUE, newCi, storeOf, sweeping, TAG } from "./ci.ts";
import { empty } from "./empty.ts";
import { gatedD1 } from "./faults.ts";
import type { Changes } from "./receiver.ts";

const LIST = { bucket: LOCAL_QUEUE.bucket, region: LOCAL_QUEUE.region, queueId: LOCAL_QUEUE.queueId, tag: TAG };

let ci: Ci;
let changes: Changes;
beforeEach(async () => {
  await empty();
  ci = await newCi();
  changes = sweeping(ci);
});

/** What one run asks with. */
function means(more: Changes = {}, answerMilliseconds = 5_000): Means {
  const { CI_ENDPOINT: endpoint, CI_SECRET_ID: secretId, CI_SECRET_KEY: secretKey } = changes as Record<string, string>;
  const settings = { endpoint, secretId, secretKey, securityToken: null, queues: null } as Parameters<
    typeof ciClient
  >[0];
  const client = ciClient(settings, { fetch, now: Date.now, maxBytes: 1_000_000, answerMilliseconds });
  return {
    places: { store: storeOf({ ...changes, ...more }), spill: null },
    ci: client,
    queues: null,
    log: () => {},
    now: Date.now,
  };
}
const run = (more: Changes = {}) => new Asking(means(more), null, Date.now() + HOUR);
const ask = (asking: Asking) => asking.describe({ jobId: ciJob().jobId, ...LOCAL_QUEUE });

test("a run that hears of a shorter pause does not end the longer one that another has heard of", async () => {
  const [one, other] = [run(), run()];
  await ci.misbehave({ how: "slow-down", retryAfter: 600, times: 1 });
  await ask(one);
  await ci.misbehave({ how: "slow-down", retryAfter: 40, times: 1 });
  await ask(other);
  expect(await run().pauseSeconds()).toBeGreaterThan(590);
});

test("a pause is kept though another run writes its own at the same time", async () => {
  await ci.misbehave({ how: "slow-down", retryAfter: 40, times: 1 });
  await ask(run());
  let isMet = false;
  const DB = gatedD1(env.DB, async (call, effect) => {
    if (call.startsWith("D1 UPDATE sweeps") && !isMet) {
      isMet = true;
      await ci.misbehave({ how: "slow-down", retryAfter: 50, times: 1 });
      await ask(run());
    }
    return effect();
  });
  await ci.misbehave({ how: "slow-down", retryAfter: 600, times: 1 });
  await ask(run({ DB }));
  expect(isMet).toBe(true);
  expect(await run().pauseSeconds()).toBeGreaterThan(590);
});

test("a page that CI does not answer in time is asked for by halves in the next run", async () => {
  await ci.know(ciJob());
  await ci.misbehave({ how: "hang", times: 1 });
  const options = { lists: [LIST], sweepHours: 24, maxBytes: 1_000_000, turn: 0 };
  const sizeAfter = async (answerMilliseconds: number) => {
    await sweep(new Asking(means({}, answerMilliseconds), null, Date.now() + HOUR), options);
    const kept = await storeOf(changes).sweeps?.read([sweepName(LIST)]);
    return kept?.get(sweepName(LIST))?.state as SweepState;
  };
  expect(await sizeAfter(100)).toMatchObject({ size: 50, isUnderWay: false, pass: { nextToken: null } });
  expect(await sizeAfter(5_000)).toMatchObject({ size: 100, pass: null });
});
