/** What look-ups answer is the same after export and import, whatever the receiver has been through: times, order, verdicts, expectations. */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { intake, nameArrival } from "../../src/intake.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import type { DeliverySource } from "../../src/store/store.ts";
import type { Job, JobDeliveryRecord, Run } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { storeOf } from "./ci.ts";
import { empty } from "./empty.ts";
import { everything, exportAll, importLines, lineOf, listAll } from "./exported.ts";
import { downD1 } from "./faults.ts";
import { keepWritten } from "./written.ts";
import { type Changes, cron, get, post, read, send, TOKEN } from "./receiver.ts";

const MINUTE = 60_000;
const JOBS = Array.from({ length: 3 }, newJobId) as [string, string, string];
const RUN = `i${newJobId()}`;

type Act =
  | { do: "post" | "spill" | "answer"; body: number }
  | { do: "skew"; body: number; minutes: number }
  | { do: "expect" | "judge"; job: number; verified: boolean }
  | { do: "cron"; minutes: number };

/** Two words on each job, one of them with a workflow, the ends of runs, and what is no callback. */
const BODIES = [
  ...JOBS.flatMap((jobId, at) => [
    segmentation(jobId, { State: "Running", EndTime: "-", UserData: "a" }),
    segmentation(jobId, { State: at === 0 ? "Failed" : "Success", Workflow: { RunId: RUN, Name: `Step_${at}` } }),
  ]),
  workflowFinish(RUN, JOBS),
  workflowFinish(RUN, JOBS.slice(1), "Failed"),
  "neither",
  "{}",
];

const bodyOf = fc.integer({ min: 0, max: BODIES.length - 1 });
const jobOf = fc.integer({ min: 0, max: JOBS.length - 1 });
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("post" as const), body: bodyOf }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("spill", "answer"), body: bodyOf }) },
  fc.record({ do: fc.constant("skew" as const), body: bodyOf, minutes: fc.integer({ min: -60, max: 60 }) }),
  fc.record({ do: fc.constantFrom("expect", "judge"), job: jobOf, verified: fc.boolean() }),
  fc.record({ do: fc.constant("cron" as const), minutes: fc.constantFrom(0, 90) }),
);

async function takeIn(body: string, receivedAt: number, source: DeliverySource, changes: Changes): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: null, receivedAt, source });
  await intake({ store: storeOf(changes), spill: null }, [arrival]);
}

async function judge(jobId: string, verified: boolean): Promise<void> {
  const verdicts = storeOf({}).verdicts as Verdicts;
  const now = Date.now();
  const asks = (await verdicts.claim([jobId], 10, now)).map(({ delivery, asks }) => ({ jobId, delivery, asks }));
  await verdicts.settle(
    asks.map((ask) => ({ ...ask, verified, askAt: null })),
    now,
  );
}

async function perform(one: Act, changes: Changes): Promise<void> {
  switch (one.do) {
    case "post":
      return void (await post(BODIES[one.body] as string, changes));
    case "spill":
      return void (await post(BODIES[one.body] as string, { ...changes, ...downD1(), KV: env.KV }));
    case "answer":
      return takeIn(BODIES[one.body] as string, Date.now(), "reconcile", changes);
    case "skew":
      return takeIn(BODIES[one.body] as string, Date.now() + one.minutes * MINUTE, "callback", changes);
    case "expect":
      return void (await send(`/jobs/${JOBS[one.job]}/expectation`, {
        method: "PUT",
        headers: { authorization: `Bearer ${TOKEN}` },
        body: JSON.stringify({ within: 3600, tag: "WordsGeneralize" }),
      }));
    case "judge":
      return judge(JOBS[one.job] as string, one.verified);
    case "cron":
      return cron(changes, Date.now() + one.minutes * MINUTE);
  }
}

/** The jobs that are known, and what is told of each. */
async function knownJobs(changes: Changes) {
  const known = [];
  for (const jobId of JOBS) {
    const found = await get(`/jobs/${jobId}`, {}, changes);
    if (found.status === 404) continue;
    const job = await found.json<Job>();
    const path = `/jobs/${jobId}/deliveries`;
    const isTold = job.source !== "expectation";
    known.push({ job, deliveries: isTold ? await listAll<JobDeliveryRecord>(path, "deliveries", changes) : [] });
  }
  return known;
}

/** Everything, in the order in which lists and the feed have it. */
const answers = async (changes: Changes) => ({
  ...(await everything(changes)),
  known: await knownJobs(changes),
  overdue: await listAll("/jobs?overdue=true", "jobs", changes),
  runs: await listAll("/runs", "runs", changes),
  changes: (await read<{ changes: unknown[] }>("/changes?after=start", changes)).changes,
});

/** What any store answers alike, in an order of its own. docs/storage.md says what is not kept from one store to the other. */
async function portable(changes: Changes) {
  const { deliveries, raw, runs } = await everything(changes);
  const byId = <T extends { id: string }>(items: readonly T[]) => items.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const known = await knownJobs(changes);
  return {
    deliveries,
    raw,
    firstReceivedAt: known.map(({ job }) => job.firstReceivedAt),
    known: known.map(({ job, deliveries: told }) => ({
      job: { ...job, verified: null, firstReceivedAt: null, updatedAt: null },
      told: byId(told.map((delivery) => ({ ...delivery, verified: null }))),
    })),
    runs: (runs as Run[]).map(({ jobs, ...run }) => ({ ...run, jobs: jobs.map(({ jobId }) => jobId).toSorted() })),
    listedRuns: (await listAll<{ runId: string }>("/runs", "runs", changes)).toSorted((a, b) =>
      a.runId < b.runId ? -1 : 1,
    ),
  };
}

keepWritten();
beforeEach(empty);

describe("from D1 to D1", () => {
  // Whoever asks CI is judge() alone.
  const D1 = {
    VERIFY: "on",
    CI_SECRET_ID: "id",
    CI_SECRET_KEY: "key",
    CI_ENDPOINT: "http://127.0.0.1:9",
    UPKEEP_OPERATIONS: "2000",
  };

  test("every answer is the same, whatever came before and in which order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 1, max: 5 }),
        async (acts, limit) => {
          await empty();
          for (const one of acts) await perform(one, D1);
          await cron(D1);
          const before = await answers(D1);
          const lines = await exportAll(D1, limit);
          await empty();
          await importLines(lines, D1);
          expect(await answers(D1)).toEqual(before);
          await importLines(lines.toReversed(), D1);
          expect(await answers(D1)).toEqual(before);
          expect(await exportAll(D1)).toEqual(lines);
        },
      ),
      { numRuns: 12, seed: 102 },
    );
  });
});

describe("from one store to the other", () => {
  const D1 = { STORE: "d1", UPKEEP_OPERATIONS: "2000" };
  const KV = { STORE: "kv" };
  const told = act.filter((one) => one.do !== "expect" && one.do !== "judge");

  test.each([
    ["D1 to KV", D1, KV],
    ["KV to D1", KV, D1],
  ])("%s, what both tell is the same", async (_, from, to) => {
    const isDown = from === D1;
    const acts = told.filter((one) => isDown || one.do !== "spill");
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 1, maxLength: 8 }), async (some) => {
        await empty();
        for (const one of some) await perform(one, from);
        await cron(from);
        const before = await portable(from);
        const lines = await exportAll(from);
        await empty();
        await importLines(lines, to);
        const after = await portable(to);
        // D1 says when a job was first written, KV when its first delivery came, also of one that waited in the spill.
        for (const [at, time] of after.firstReceivedAt.entries())
          expect(time <= (before.firstReceivedAt[at] as string)).toBe(true);
        expect(to === KV ? { ...after, firstReceivedAt: before.firstReceivedAt } : after).toEqual(before);
      }),
      { numRuns: 10, seed: 5 },
    );
  });
});

describe("an import into D1", () => {
  const iso = (at: number) => new Date(at).toISOString();
  const lineAt = (jobId: string, at: number, changes: object) =>
    lineOf(segmentation(jobId), { receivedAt: iso(at), lastReceivedAt: iso(at), ...changes });

  test("takes nothing from what is there: the first change stands, the last one, and a verdict of its own", async () => {
    const [jobId] = JOBS;
    const at = Date.now() - 60 * MINUTE;
    const note = { jobId, firstChange: (at + 5) * 1000, lastChange: (at + 10) * 1000, verified: false };
    await post(segmentation(jobId));
    const [line] = await exportAll();
    await env.DB.prepare("INSERT INTO verdicts VALUES (?1, ?2, 1, 1, 1, NULL)").bind(jobId, line?.id).run();
    const before = await read<Job>(`/jobs/${jobId}`);
    await importLines([await lineAt(jobId, at, { jobs: [note] })]);
    const { firstReceivedAt, updatedAt, verified } = await read<Job>(`/jobs/${jobId}`);
    expect([firstReceivedAt, updatedAt, verified]).toEqual([iso(at + 5), before.updatedAt, true]);
  });

  test("notes an expectation as overdue that the exporting receiver had not, and no other", async () => {
    const [noted, unnoted] = JOBS;
    const at = Date.now() - 60 * MINUTE;
    const announced = { bucket: null, region: null, queueId: null, tag: null, userData: null };
    const lineOf = (jobId: string, isNoted: boolean) => ({
      expectation: {
        jobId,
        registeredAt: iso(at),
        dueAt: iso(at + MINUTE),
        ...announced,
        lastChange: at * 1000 + 7,
        isNoted,
      },
    });
    await importLines([lineOf(noted, true), lineOf(unnoted, false)]);
    const { next } = await read<{ next: string }>("/changes?after=start");
    await cron();
    const { changes } = await read<{ changes: Job[] }>(`/changes?after=${next}`);
    expect(changes).toMatchObject([{ jobId: unnoted, expectation: { overdue: true } }]);
    expect((await read<{ jobs: Job[] }>("/jobs?overdue=true")).jobs).toHaveLength(2);
  });

  test("takes a line whose notes are on thousands of jobs", async () => {
    const jobIds = Array.from({ length: 9_000 }, newJobId);
    await post(segmentation(jobIds[0] as string, { State: "Running" }));
    await takeIn(workflowFinish(RUN, jobIds), Date.now() - MINUTE, "callback", {});
    const lines = await exportAll();
    expect(lines.map(({ jobs }) => jobs?.length ?? 0)).toEqual([1, 9_000]);
    const before = await read<Job>(`/jobs/${jobIds[8_000]}`);
    await empty();
    await importLines(lines);
    expect(await read<Job>(`/jobs/${jobIds[8_000]}`)).toEqual(before);
  });

  test("leaves an expectation met whose job was not kept as long", async () => {
    const [jobId] = JOBS;
    await send(`/jobs/${jobId}/expectation`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ within: 60 }),
    });
    await post(segmentation(jobId));
    await cron({ RETENTION_DAYS_JOBS: "1" }, Date.now() + 2 * 24 * 60 * MINUTE);
    const lines = await exportAll();
    expect(lines).toMatchObject([{ expectation: { jobId } }]);
    await empty();
    await importLines(lines);
    await cron({}, Date.now() + 60 * MINUTE);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
    expect((await read<{ jobs: Job[] }>("/jobs?overdue=true")).jobs).toEqual([]);
    expect(await exportAll()).toEqual(lines);
  });

  test.each([
    [{ firstChange: 2, lastChange: 1 }, "firstChange is greater than lastChange."],
    [{ firstChange: 1, lastChange: 9e15 }, "lastChange is more than a day ahead of this receiver's clock."],
    [{ firstChange: 0, lastChange: 1 }, "The line is not a delivery of an export. jobs must be at least 1."],
  ])("refuses notes that cannot be: %j", async (numbers, reason) => {
    const [jobId] = JOBS;
    const line = await lineAt(jobId, Date.now(), { jobs: [{ jobId, verified: null, ...numbers }] });
    expect(await importLines([line])).toMatchObject([{ status: "refused", reason }]);
  });
});
