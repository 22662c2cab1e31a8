/** The promise that a record depends on neither order nor repetition nor staleness: KV is held to what D1 says. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { intake, nameArrival } from "../../src/intake.ts";
import { d1Store } from "../../src/store/d1/d1.ts";
import { kvStore } from "../../src/store/kv/kv.ts";
import { persistent } from "../../src/store/retry.ts";
import type { KeptJob, KeptRun, Page, Position, Store } from "../../src/store/store.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Random, seeded } from "./faults.ts";
import { staleKv } from "./kv-layers.ts";

const NEVER = { jobs: null, bytes: null, quarantined: null };
const persistently = persistent(5_000);
const d1 = d1Store(env.DB, persistently);

/** What some deliveries may say of some jobs and runs: notices, ends, other ends, and the ends of runs. */
function bodiesOf(jobIds: readonly string[], runIds: readonly string[]): string[] {
  const [runId = "", otherRun = ""] = runIds;
  const ofJobs = jobIds.flatMap((jobId) => [
    segmentation(jobId, { State: "Submitted", EndTime: "-" }),
    segmentation(jobId, { State: "Running", EndTime: "-", Workflow: { RunId: runId, Name: "Step_0" } }),
    segmentation(jobId, { State: "Success", UserData: "u".repeat(900) }),
    segmentation(jobId, { State: "Failed", EndTime: "2026-03-01T08:00:06+0800", Code: "Broken" }),
    segmentation(jobId, { State: "Success", Workflow: { RunId: otherRun, WorkflowName: "n".repeat(1_200) } }),
  ]);
  return [
    ...ofJobs,
    workflowFinish(runId, jobIds),
    workflowFinish(runId, jobIds.slice(1), "Failed"),
    workflowFinish(otherRun, jobIds.slice(0, 2)),
  ];
}

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T;

/** Everything in KV, in pages of any size. */
async function allJobs(store: Store, random: Random): Promise<KeptJob[]> {
  const jobs: KeptJob[] = [];
  let after: Position | null = null;
  do {
    const page: Page<KeptJob> = await store.listJobs({}, 1 + Math.floor(random() * 7), after);
    jobs.push(...page.items);
    after = page.next;
  } while (after !== null);
  return jobs;
}

async function jobsOfRun(store: Store, runId: string): Promise<KeptJob[]> {
  const jobs: KeptJob[] = [];
  let after: Position | null = null;
  do {
    const page: Page<KeptJob> = await store.listJobs({ runId }, 2, after);
    jobs.push(...page.items);
    after = page.next;
  } while (after !== null);
  return jobs.toSorted((a, b) => (a.summary.jobId < b.summary.jobId ? -1 : 1));
}

/** All but how often and when last the delivery came, which is best effort in KV. */
function recordOf(job: KeptJob | null) {
  if (job === null) return null;
  const { summary, rank, version, delivery } = job;
  const { id, status, format, size, receivedAt, hasBytes } = delivery;
  return { summary, rank, version, delivery: { id, status, format, size, receivedAt, hasBytes } };
}

function runRecordOf(run: KeptRun | null) {
  return run === null ? null : { summary: run.summary, rank: run.rank, id: run.delivery.id, body: run.body };
}

describe.each(Array.from({ length: 12 }, (_, seed) => seed))("any deliveries in any order, seed %i", (seed) => {
  test("give the record that D1 gives, each job listed once at its first delivery, whatever reads were stale", async () => {
    const random = seeded(seed);
    const { KV, staleness } = staleKv(random);
    const kv = kvStore(KV, persistently, NEVER);
    const jobIds = Array.from({ length: 3 }, newJobId);
    const runIds = [`i${newJobId()}`, `i${newJobId()}`];
    const bodies = bodiesOf(jobIds, runIds);
    const arrivals = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const bytes = new TextEncoder().encode(pick(bodies, random));
        return nameArrival({ bytes, contentType: null, receivedAt: 1_772_000_000_000 + seed * 1_000_000 + index * 10 });
      }),
    );

    staleness.share = pick([0, 0.3, 1], random);
    const keepsFirst = () => random() < 0.3;
    for (let at = 0; at < arrivals.length;) {
      const size = 1 + Math.floor(random() * 3);
      await Promise.all(
        arrivals.slice(at, at + size).map((one) => intake({ store: kv, spill: null }, [one], { keepsFirst })),
      );
      at += size;
    }
    await intake({ store: kv, spill: null }, arrivals.slice(0, 5), { keepsFirst });
    staleness.share = 0;
    await intake({ store: d1, spill: null }, arrivals);

    for (const jobId of jobIds) {
      expect(recordOf(await kv.getJob(jobId))).toEqual(recordOf(await d1.getJob(jobId)));
      expect((await kv.getJobWithBody(jobId))?.body).toEqual((await d1.getJobWithBody(jobId))?.body);
    }
    for (const runId of runIds) {
      expect(runRecordOf(await kv.getRun(runId))).toEqual(runRecordOf(await d1.getRun(runId)));
      const [ours, theirs] = [await jobsOfRun(kv, runId), await jobsOfRun(d1, runId)];
      expect(ours.map(recordOf)).toEqual(theirs.map(recordOf));
    }
    const isOurs = ({ summary }: KeptJob) => jobIds.includes(summary.jobId);
    const listed = (await allJobs(kv, random)).filter(isOurs);
    const expected = (await d1.listJobs({}, 100, null)).items.filter(isOurs);
    expect(listed.map(recordOf)).toEqual(expected.map(recordOf));
  });
});
