/**
 * Nothing acknowledged is lost: some hundreds of callbacks (`SOAK_CALLBACKS`, thousands by `npm run test:faults`)
 * through the Worker on real D1 and KV that fail one call in five, half of them after it took effect, that stall,
 * and that are down for a stretch; with duplicates, late notices and bodies that cannot be read. Then everything is
 * read back, with the faults gone, and counted. Repeatable by `SOAK_SEED`.
 */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { DeliveryRecord, Job } from "../../src/wire.ts";
import { kindsOf, SHAPE_NAMES } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { type Delivery, planDeliveries } from "../../tools/callbacks/plan.ts";
import { type Faults, faultyD1, faultyKv, seeded } from "../worker/faults.ts";
import { cron, get, post, sha256 } from "../worker/receiver.ts";

const COUNT = Number(env.SOAK_CALLBACKS);
const SEED = env.SOAK_SEED;

/** Posts under way at once. */
const CONCURRENCY = 8;

interface Sent {
  delivery: Delivery;
  id: string;
  status: number;
}

test(`of ${COUNT} callbacks through faults, none that was acknowledged is lost or doubled`, async () => {
  const kinds = kindsOf(TAGS, ["xml", "json"], ["usual", ...SHAPE_NAMES]);
  const plan = [
    ...planDeliveries({
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
    }),
  ];
  const d1: Faults = { before: 0.1, after: 0.1, stall: 0.002, down: false };
  const kv: Faults = { before: 0.02, after: 0.02, stall: 0, down: false };
  const changes = {
    STORE_DEADLINE_MILLISECONDS: "400",
    DB: faultyD1(env.DB, d1, seeded(Number(SEED))),
    KV: faultyKv(env.KV, kv, seeded(Number(SEED) + 1)),
  };

  const sent: Sent[] = [];
  let next = 0;
  const sender = async () => {
    for (let at = next++; at < plan.length; at = next++) {
      // D1 is down for a tenth of the way, and KV with it for a part of that.
      const way = at / plan.length;
      d1.down = way > 0.5 && way < 0.6;
      kv.down = way > 0.53 && way < 0.56;
      const delivery = plan[at] as Delivery;
      const { body, headers } = delivery.callback;
      const response = await post(body, changes, headers);
      sent.push({ delivery, id: await sha256(body), status: response.status });
      await response.body?.cancel();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, sender));
  d1.down = kv.down = false;
  // The drain works under the same faults; a run that fails is followed by another.
  for (let runs = 0; runs < 200 && (await env.KV.list({ prefix: "spill:", limit: 1 })).keys.length > 0; runs += 1)
    await cron(changes);

  const kept = sent.filter(({ status }) => status !== 503);
  const counts: Record<string, number> = {};
  for (const { status } of sent) counts[status] = (counts[status] ?? 0) + 1;
  const lost: string[] = [];
  const different: string[] = [];
  for (const { delivery, id } of kept) {
    if (!(await isKept(delivery, id))) lost.push(id);
    for (const jobId of delivery.callback.jobIds) {
      if ((await get(`/jobs/${jobId}`)).status !== 200) lost.push(jobId);
    }
  }
  // What was acknowledged last of the final word on a job must be what its record says.
  const acknowledged = new Set(kept.map(({ id }) => id));
  for (const { delivery, id } of kept.filter(({ delivery }) => delivery.role === "final")) {
    if (!acknowledged.has(id)) continue;
    for (const expected of delivery.callback.expected) {
      const job = await (await get(`/jobs/${expected.jobId}`)).json<Job>();
      if (job.state !== expected.state || (job.tag ?? null) !== (expected.tag ?? null)) different.push(expected.jobId);
    }
  }
  const rows = await env.DB.prepare(
    "SELECT count(*) AS deliveries, count(DISTINCT id) AS ids, sum(status = 'quarantined') AS quarantined FROM deliveries",
  ).first<{ deliveries: number; ids: number; quarantined: number }>();
  const jobs = await env.DB.prepare("SELECT count(*) AS jobs, count(DISTINCT job_id) AS ids FROM jobs").first<{
    jobs: number;
    ids: number;
  }>();
  const arrivals = new Map<string, number>();
  for (const { id } of kept) arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
  const overcounted: string[] = [];
  for (const [id, times] of arrivals) {
    const { count } = await (await get(`/deliveries/${id}`)).json<DeliveryRecord>();
    // A delivery whose sender was refused may be there all the same: its write took effect, and only the answer was lost.
    const refused = sent.filter((other) => other.id === id && other.status === 503).length;
    if (count > times + refused) overcounted.push(id);
  }

  const report = {
    sent: sent.length,
    acknowledged: kept.length,
    found: kept.length - lost.length,
    lost: lost.length,
    double: (rows?.deliveries ?? 0) - (rows?.ids ?? 0) + ((jobs?.jobs ?? 0) - (jobs?.ids ?? 0)) + overcounted.length,
    different: different.length,
    quarantined: rows?.quarantined ?? 0,
    spilled: counts[202] ?? 0,
    refused: counts[503] ?? 0,
  };
  console.log(
    `seed ${SEED}\n${Object.entries(report)
      .map(([name, number]) => `${name.padEnd(14)}${number}`)
      .join("\n")}`,
  );
  expect(report).toMatchObject({ lost: 0, double: 0, different: 0 });
  expect(Object.keys(counts).filter((status) => !["200", "202", "400", "415", "503"].includes(status))).toEqual([]);
  // The faults were there, and met: otherwise this would prove nothing.
  expect(report.spilled).toBeGreaterThan(0);
  expect(report.refused).toBeGreaterThan(0);
  expect(report.quarantined).toBeGreaterThan(0);
});

/** The delivery is there, with the very bytes that were sent. */
async function isKept({ callback }: Delivery, id: string): Promise<boolean> {
  const raw = await get(`/deliveries/${id}/raw`);
  return (
    raw.status === 200 && (await sha256(new Uint8Array(await raw.arrayBuffer()))) === (await sha256(callback.body))
  );
}
