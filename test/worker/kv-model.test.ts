/** The promise that a record depends on neither order nor repetition nor staleness: KV is held to what D1 says. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { intake, nameArrival } from "../../src/intake.ts";
import { d1Store } from "../../src/store/d1/d1.ts";
import { kvStore } from "../../src/store/kv/kv.ts";
import { persistent } from "../../src/store/retry.ts";
import type { KeptJob, KeptRun, ListedDelivery, Store } from "../../src/store/store.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Random, seeded } from "./faults.ts";
import { staleKv } from "./kv-layers.ts";
import { all, NEVER } from "./kv-store.ts";

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

async function jobsOfRun(store: Store, runId: string): Promise<KeptJob[]> {
  const jobs = await all((after) => store.listJobs({ runId }, 2, after));
  return jobs.toSorted((a, b) => (a.summary.jobId < b.summary.jobId ? -1 : 1));
}

/** The jobs that a delivery is listed with. What they are about is told by the delivery here, and by the job in D1. */
const namesOf = (delivery: ListedDelivery | undefined) => ({ jobIds: delivery?.jobIds, jobCount: delivery?.jobCount });

/** All but how often and when last the delivery came, which is best effort in KV. */
function recordOf(job: KeptJob | null) {
  if (job === null) return null;
  const { summary, rank, version, firstReceivedAt, updatedAt, delivery } = job;
  const { id, status, format, size, receivedAt, hasBytes } = delivery;
  return {
    summary,
    rank,
    version,
    firstReceivedAt,
    updatedAt,
    delivery: { id, status, format, size, receivedAt, hasBytes },
  };
}

function runRecordOf(run: KeptRun | null) {
  return run === null ? null : { summary: run.summary, rank: run.rank, id: run.delivery.id, body: run.body };
}

/** Later than all that is in D1: a job has its place there no earlier than what was told before it. */
const LATER = 2_000_000_000_000;

describe.each(Array.from({ length: 6 }, (_, seed) => seed))("any deliveries in any order, seed %i", (seed) => {
  test("give the record that D1 gives, each job listed once at its first delivery, whatever reads were stale", async () => {
    const random = seeded(seed);
    const { KV, staleness } = staleKv(random);
    const kv = kvStore(KV, persistently, NEVER, null);
    const jobIds = Array.from({ length: 3 }, newJobId);
    const runIds = [`i${newJobId()}`, `i${newJobId()}`];
    const bodies = bodiesOf(jobIds, runIds);
    const arrivals = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const bytes = new TextEncoder().encode(pick(bodies, random));
        return nameArrival({ bytes, contentType: null, receivedAt: LATER + seed * 1_000_000 + index * 10 });
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
    for (const arrival of arrivals) await intake({ store: d1, spill: null }, [arrival]);

    for (const jobId of jobIds) {
      expect(recordOf(await kv.getJob(jobId))).toEqual(recordOf(await d1.getJob(jobId)));
      expect((await kv.getJobWithBody(jobId))?.body).toEqual((await d1.getJobWithBody(jobId))?.body);
    }
    for (const runId of runIds) {
      expect(runRecordOf(await kv.getRun(runId))).toEqual(runRecordOf(await d1.getRun(runId)));
      const [ours, theirs] = [await jobsOfRun(kv, runId), await jobsOfRun(d1, runId)];
      expect(ours.map(recordOf)).toEqual(theirs.map(recordOf));
    }
    const ended = (await all((after) => kv.listRuns({}, 3, after))).filter(({ summary }) =>
      runIds.includes(summary.runId),
    );
    const expectedRuns = (await d1.listRuns({}, 100, null)).items.filter(({ summary }) =>
      runIds.includes(summary.runId),
    );
    expect(ended).toEqual(expectedRuns);
    for (const jobId of jobIds) {
      const told = await all((after) => kv.listDeliveriesOfJob(jobId, 3, after));
      const expectedOf = (await d1.listDeliveriesOfJob(jobId, 100, null)).items;
      expect(told.map(({ id }) => id).toSorted()).toEqual(expectedOf.map(({ id }) => id).toSorted());
      expect(told.map(namesOf)).toEqual(told.map(({ id }) => namesOf(expectedOf.find((one) => one.id === id))));
    }
    const isOurs = ({ summary }: KeptJob) => jobIds.includes(summary.jobId);
    const listed = (await all((after) => kv.listJobs({}, 1 + Math.floor(random() * 7), after))).filter(isOurs);
    const expected = (await d1.listJobs({}, 100, null)).items.filter(isOurs);
    expect(listed.map(recordOf)).toEqual(expected.map(recordOf));
  });
});
