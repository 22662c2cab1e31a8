/**
 * Nothing acknowledged is lost: some hundreds of callbacks (`SOAK_CALLBACKS`, thousands by `npm run test:faults`)
 * through the Worker on real D1 and KV that fail one call in five, half of them after it took effect, that stall,
 * and that are down for a stretch; with duplicates, late notices, bodies above 1 MiB and bodies that cannot be read,
 * while the cron, its retention and reparses go on. Once for each way in and each store. Then everything is read
 * back, with the faults gone, and counted. Repeatable by `SOAK_SEED`.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import worker from "../../src/index.ts";
import type { Queued } from "../../src/queue.ts";
import type { DeliveryRecord, Job, ListedJob } from "../../src/wire.ts";
import { type Callback, kindsOf, SHAPE_NAMES } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { type Delivery, planDeliveries } from "../../tools/callbacks/plan.ts";
import { segmentation } from "../worker/bodies.ts";
import { type Faults, faultyD1, faultyKv, seeded } from "../worker/faults.ts";
import { type Changes, cron, get, post, send, sha256, TOKEN } from "../worker/receiver.ts";
import { empty } from "../worker/empty.ts";

const COUNT = Number(env.SOAK_CALLBACKS);
const SEED = env.SOAK_SEED;

/** Posts under way at once. */
const CONCURRENCY = 8;

/** One in so many of the callbacks is followed by one above 1 MiB. */
const LARGE_EVERY = 60;
const LARGE_WORDS = 15_000;

/** Nothing is as old as that here, so nothing may go. */
const RETENTION = { RETENTION_DAYS_JOBS: "1", RETENTION_DAYS_BYTES: "1", RETENTION_DAYS_QUARANTINED: "1" };

/** `spills`: whether some go into the spill, where the store is away. */
const WAYS = [
  { name: "D1 with its spill", vars: { STORE: "d1", INTAKE: "direct" }, spills: true },
  { name: "D1 behind a queue", vars: { STORE: "d1", INTAKE: "queue" }, spills: true },
  { name: "KV", vars: { STORE: "kv", INTAKE: "direct" }, spills: false },
] as const;

/** Keys of KV are deleted one by one. */
const EMPTYING_MILLISECONDS = 300_000;

interface Sent {
  delivery: Delivery;
  id: string;
  status: number;
  /** Of one that was kept and read. */
  outcome: string | null;
}

beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await empty();
}, EMPTYING_MILLISECONDS);

for (const { name, vars, spills } of WAYS) {
  test(`${name}: of ${COUNT} callbacks through faults, none that was acknowledged is lost or doubled`, async () => {
    const d1: Faults = { before: 0.1, after: 0.1, stall: 0.002, down: false };
    const kv: Faults = { before: 0.02, after: 0.02, stall: 0, down: false };
    const queue = heldQueue(d1);
    const changes: Changes = {
      ...vars,
      ...RETENTION,
      LOG_LEVEL: "error",
      STORE_DEADLINE_MILLISECONDS: "400",
      DB: faultyD1(env.DB, d1, seeded(Number(SEED))),
      KV: faultyKv(env.KV, kv, seeded(Number(SEED) + 1)),
      INTAKE_QUEUE: queue.binding,
    };
    const plan = planOf(name);
    const sent: Sent[] = [];
    let next = 0;
    const sender = async () => {
      for (let at = next++; at < plan.length; at = next++) {
        // The store is down for a tenth of the way, and the spill with it for a part of that.
        const way = at / plan.length;
        d1.down = way > 0.5 && way < 0.6;
        kv.down = way > 0.53 && way < 0.56;
        sent.push(await sendOne(plan[at] as Delivery, changes));
      }
    };
    const others = async () => {
      while (next < plan.length) {
        await cron(changes);
        const headers = { authorization: `Bearer ${TOKEN}` };
        await send("/deliveries/reparse?status=stored&limit=5", { method: "POST", headers }, changes);
        await queue.bring(changes);
      }
    };
    await Promise.all([others(), ...Array.from({ length: CONCURRENCY }, sender)]);
    d1.down = kv.down = false;
    await finish(queue, changes);

    const report = await readBack(sent, vars);
    console.log(`${name}, seed ${SEED}\n${textOf(report)}`);
    expect(report).toMatchObject({ lost: 0, double: 0, different: 0, waiting: 0 });
    const statuses = new Set(sent.map(({ status }) => status));
    expect([...statuses].filter((status) => ![200, 400, 415, 503].includes(status))).toEqual([]);
    // The faults were there, and met: otherwise this would prove nothing.
    expect([report.refused > 0, report.quarantined > 0, report.spilled > 0]).toEqual([true, true, spills]);
    expect(report.queued > 0).toBe(vars.INTAKE === "queue");
  });
}

function planOf(name: string): Delivery[] {
  const kinds = kindsOf(TAGS, ["xml", "json"], ["usual", ...SHAPE_NAMES]);
  const plan = planDeliveries({
    seed: SEED,
    now: Date.parse("2026-11-01T00:00:00Z"),
    kinds,
    count: COUNT,
    tokens: 20,
    duplicates: 10,
    outOfOrder: 5,
    failed: 5,
    malformed: 1,
    workflow: 5,
  });
  return [...plan].flatMap((delivery, at) =>
    at % LARGE_EVERY === 0 ? [delivery, large(`${name} ${at}`)] : [delivery],
  );
}

/** A segmentation above 1 MiB. */
function large(name: string): Delivery {
  const jobId = `large ${name}`;
  const body = segmentation(jobId, { words: Array.from({ length: LARGE_WORDS }, (_, at) => `词${at}`) });
  const expected = [{ jobId, state: "Success", tag: "WordsGeneralize" }];
  return { role: "final", callback: { body, headers: {}, jobIds: [jobId], expected } as unknown as Callback };
}

async function sendOne(delivery: Delivery, changes: Changes): Promise<Sent> {
  const { body, headers } = delivery.callback;
  const response = await post(body, changes, headers);
  const { status = null } = await response.json<{ status?: string | number }>();
  const outcome = typeof status === "string" ? status : null;
  return { delivery, id: await sha256(body), status: response.status, outcome };
}

/** A queue whose messages are brought when the test says so, again until they are acknowledged. */
function heldQueue(faults: Faults) {
  const held: Queued[] = [];
  const random = seeded(Number(SEED) + 2);
  return {
    held,
    binding: {
      async send(queued: Queued) {
        if (random() < faults.before) throw new Error("Queue send failed");
        held.push(structuredClone(queued));
        if (random() < faults.after) throw new Error("Queue send failed");
      },
    },
    async bring(changes: Changes) {
      const messages = held.splice(0, 20);
      if (messages.length === 0) return;
      const timestamp = new Date();
      const batch = createMessageBatch<Queued>(
        "ci-callbacks",
        messages.map((body, index) => ({ id: `${index}`, timestamp, attempts: 1, body })),
      );
      await worker.queue(batch, { ...env, ...changes } as typeof env, createExecutionContext());
      const { ackAll, retryMessages } = await getQueueResult(batch, createExecutionContext());
      if (!ackAll) held.push(...retryMessages.map(({ msgId }) => messages[Number(msgId)] as Queued));
    },
  };
}

/** The drain and the consumer work under the same faults; a run that fails is followed by another. */
async function finish(queue: ReturnType<typeof heldQueue>, changes: Changes): Promise<void> {
  for (let runs = 0; runs < 300; runs += 1) {
    await queue.bring(changes);
    await cron({ ...changes, UPKEEP_OPERATIONS: "1000" });
    const spilled = await env.KV.list({ prefix: "spill:", limit: 1 });
    const { deliveries } = await (
      await get("/deliveries?status=pending&limit=1", {}, { ...changes, ...PLAIN() })
    ).json<{
      deliveries: unknown[];
    }>();
    if (queue.held.length + spilled.keys.length + deliveries.length === 0) return;
  }
}

/** The bindings as they are. */
const PLAIN = () => ({ DB: env.DB, KV: env.KV });

async function readBack(sent: readonly Sent[], vars: Changes) {
  const kept = sent.filter(({ status }) => status !== 503);
  const lost: string[] = [];
  const different: string[] = [];
  for (const { delivery, id } of kept) {
    const raw = await get(`/deliveries/${id}/raw`, {}, vars);
    const bytes = new Uint8Array(await raw.arrayBuffer());
    if (raw.status !== 200 || (await sha256(bytes)) !== id) lost.push(id);
    for (const jobId of delivery.callback.jobIds) {
      const response = await get(`/jobs/${encodeURIComponent(jobId)}`, {}, vars);
      if (response.status !== 200) lost.push(jobId);
      // What was acknowledged last of the final word on a job must be what its record says.
      const expected =
        delivery.role === "final" ? delivery.callback.expected.find((one) => one.jobId === jobId) : undefined;
      const job = await response.json<Job>();
      if (expected !== undefined && (job.state !== expected.state || job.tag !== (expected.tag ?? null)))
        different.push(jobId);
    }
  }
  const deliveries = await walk<DeliveryRecord>("deliveries", vars);
  const jobs = await walk<ListedJob>("jobs", vars);
  const times = Map.groupBy(sent, ({ id }) => id);
  // A delivery whose sender was refused may be there all the same: only the answer was lost.
  const overcounted = deliveries.filter(({ id, count }) => count > (times.get(id)?.length ?? 0));
  const of = (status: string) => deliveries.filter((delivery) => delivery.status === status).length;
  return {
    sent: sent.length,
    acknowledged: kept.length,
    found: kept.length - lost.length,
    lost: lost.length,
    double:
      deliveries.length -
      new Set(deliveries.map(({ id }) => id)).size +
      (jobs.length - new Set(jobs.map(({ jobId }) => jobId)).size) +
      overcounted.length,
    different: different.length,
    quarantined: of("quarantined"),
    waiting: of("pending"),
    spilled: sent.filter(({ outcome }) => outcome === "spilled").length,
    queued: sent.filter(({ outcome }) => outcome === "queued").length,
    refused: sent.length - kept.length,
  };
}

async function walk<T>(list: "deliveries" | "jobs", vars: Changes): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/${list}?limit=100${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page = await (await get(path, {}, vars)).json<{ next: string | null } & Record<string, T[]>>();
    items.push(...(page[list] as T[]));
    cursor = page.next;
  }
  return items;
}

const textOf = (report: Record<string, number>): string =>
  Object.entries(report)
    .map(([name, number]) => `${name.padEnd(14)}${number}`)
    .join("\n");
