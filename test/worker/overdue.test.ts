/** Asking CI about jobs whose callbacks did not come: the cron on real D1, and a CI that checks each signature. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import type { Expectations } from "../../src/store/expectations.ts";
import { newJobId } from "./bodies.ts";
import { asking, callbackOf, type Ci, ciJob, HOUR, LOCAL_QUEUE, newCi, storeOf, sweeping } from "./ci.ts";
import { newHook, rowsOf, telling } from "./endpoint.ts";
import { hasten } from "./haste.ts";
import { type Changes, cron, post } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };
const { bucket, region } = LOCAL_QUEUE;

let ci: Ci;
let changes: Changes;
const expectations = () => storeOf(changes).expectations as Expectations;
const expectJob = (jobId: string, announced: object = { bucket, region }) =>
  expectations().put(jobId, { ...NOTHING, ...announced }, Date.now() - 1, Date.now());
const job = (jobId: string) => storeOf(changes).getJob(jobId);
const expectation = async (jobId: string) => (await expectations().get(jobId))?.expectation;
const count = async (jobId: string) => (await ci.requests(jobId)).length;

/** Lets the back-off of a job pass. */
const letAsk = (jobId: string) =>
  env.DB.prepare("UPDATE expectations SET ask_at = ?2 WHERE job_id = ?1 AND ask_at > ?2").bind(jobId, Date.now()).run();

const pauseOf = async (jobId: string) =>
  ((await env.DB.prepare("SELECT ask_at FROM expectations WHERE job_id = ?1").bind(jobId).first<number>("ask_at")) ??
    0) - Date.now();

keepWritten();
beforeEach(async () => {
  await env.DB.batch(
    ["expectations", "sweeps", "jobs", "deliveries"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  ci = await newCi();
  changes = asking(ci);
});

describe("an overdue job", () => {
  test("that has ended is taken in as CI says, byte for byte, and told of", async () => {
    const hook = newHook();
    changes = { ...changes, ...telling(hook) };
    const known = ciJob({ words: ["好", "&<"] });
    await ci.know(known);
    await expectJob(known.jobId);
    await cron(changes);

    const found = await job(known.jobId);
    expect(found).toMatchObject({
      summary: { state: "Success", terminal: true },
      verified: true,
      delivery: { source: "reconcile", contentType: "application/xml" },
    });
    const kept = await storeOf(changes).getBody(found?.delivery.id ?? "");
    expect(kept?.body).toContain(known.jobId);
    expect(kept?.body).toContain("<Word>&amp;&lt;</Word>");
    expect((await rowsOf(known.jobId)).map(({ type }) => type)).toEqual(["job.finished"]);
    expect(await count(known.jobId)).toBe(1);

    await letAsk(known.jobId);
    await cron(changes);
    expect(await count(known.jobId)).toBe(1);
    expect(await hook.ids()).toHaveLength(1);
  });

  test("is asked about where it says that it is, and with keys that are right", async () => {
    const known = ciJob();
    await ci.know(known);
    await expectJob(known.jobId, { bucket: "elsewhere-1250000000", region: "ap-beijing" });
    // Its endpoint has the bucket in its path, and CI knows no such job there.
    await cron({ ...changes, CI_ENDPOINT: `${ci.url}/{bucket}/{region}` });
    expect(await job(known.jobId)).toBeNull();
    expect((await ci.requests(known.jobId)).map(({ path, status }) => [path, status])).toEqual([
      [`/ai_jobs/${known.jobId}`, 200],
      [`/jobs/${known.jobId}`, 200],
    ]);
    expect(await expectation(known.jobId)).toMatchObject({ knownToCi: false });
  });

  test("that still runs is shown with its state, and asking again keeps nothing until it ends", async () => {
    const known = ciJob({ state: "Running" });
    await ci.know(known);
    await expectJob(known.jobId);
    await cron(changes);
    const running = await job(known.jobId);
    expect(running).toMatchObject({
      summary: { state: "Running", terminal: false },
      delivery: { source: "reconcile" },
    });

    await letAsk(known.jobId);
    await cron(changes);
    expect(await count(known.jobId)).toBe(2);
    expect(await storeOf(changes).listDeliveriesOfJob(known.jobId, 10, null)).toMatchObject({ items: [{ count: 1 }] });
    expect((await expectations().listOverdue(10, null, Date.now())).items).toHaveLength(1);

    await ci.know(ciJob({ jobId: known.jobId, state: "Failed" }));
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Failed", terminal: true } });
    expect((await expectations().listOverdue(10, null, Date.now())).items).toEqual([]);
  });

  test("that CI does not know is marked so, and is found once CI does", async () => {
    const known = ciJob();
    await expectJob(known.jobId);
    await cron(changes);
    expect(await expectation(known.jobId)).toMatchObject({ knownToCi: false });
    await ci.know(known);
    await letAsk(known.jobId);
    await cron(changes);
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Success" } });
  });

  test("is asked about where the only bucket of CI_QUEUES is, when nobody says where it lives", async () => {
    const known = ciJob();
    await ci.know(known);
    await expectJob(known.jobId, {});
    await cron(changes);
    expect(await count(known.jobId)).toBe(0);
    expect(lines().filter(({ event }) => event === "job without place")).toMatchObject([{ jobId: known.jobId }]);
    expect(await pauseOf(known.jobId)).toBeGreaterThan(20_000);

    await letAsk(known.jobId);
    await cron(sweeping(ci));
    expect(await job(known.jobId)).toMatchObject({ summary: { state: "Success" } });
  });

  test("is not asked about before its time, nor without keys", async () => {
    const known = ciJob();
    await ci.know(known);
    await expectations().put(known.jobId, { ...NOTHING, bucket, region }, Date.now() + HOUR, Date.now());
    await cron(changes);
    await expectJob(known.jobId);
    await cron();
    expect(await ci.requests()).toEqual([]);
    expect(lines().filter(({ event }) => event === "upkeep")).toMatchObject([{ level: "info", overdue: 1, asked: 0 }]);
  });
});

describe("a callback that comes after CI's answer", () => {
  test.each(Array.from({ length: 20 }, (_, at) => at))(
    "changes neither the record nor the events, whatever its digest (%i)",
    async (at) => {
      const hook = newHook();
      changes = { ...changes, ...telling(hook) };
      const known = ciJob({ state: "Failed" });
      await ci.know(known);
      await expectJob(known.jobId);
      await cron(changes);
      const before = await job(known.jobId);

      const forged = callbackOf(known, { State: "Success", Code: "Success", Message: `${at}` });
      expect((await post(forged, changes)).status).toBe(200);
      expect((await post(callbackOf(known, { Message: `late ${at}` }), changes)).status).toBe(200);
      const after = await job(known.jobId);
      expect([after?.summary, after?.delivery.id, after?.verified]).toEqual([
        before?.summary,
        before?.delivery.id,
        true,
      ]);
      expect((await storeOf(changes).listDeliveriesOfJob(known.jobId, 10, null)).items).toHaveLength(3);
      expect(await rowsOf(known.jobId)).toHaveLength(1);
    },
  );
});

describe("where CI does not answer well", () => {
  test.each([
    ["an error", { how: "error", status: 500 }],
    ["a broken answer", { how: "broken" }],
    ["a connection that is closed", { how: "reset" }],
    ["a redirect", { how: "redirect", to: "https://elsewhere.example/" }],
  ] as const)("%s leaves the job to the next asking, and costs no other its turn", async (_, misbehaviour) => {
    const [broken, good] = [ciJob(), ciJob()];
    await ci.know(broken, good);
    await expectJob(broken.jobId);
    await expectJob(good.jobId);
    await ci.misbehave({ ...misbehaviour, jobId: broken.jobId });
    await cron(changes);
    expect(await job(broken.jobId)).toBeNull();
    expect(await job(good.jobId)).toMatchObject({ summary: { state: "Success" } });
    expect(await pauseOf(broken.jobId)).toBeGreaterThan(20_000);
    expect(lines().filter(({ event }) => event === "ask failed")).toMatchObject([
      { level: "warn", jobId: broken.jobId, bucket },
    ]);

    const asked = await count(broken.jobId);
    await cron(changes);
    expect(await count(broken.jobId)).toBe(asked);
    await ci.behave();
    await letAsk(broken.jobId);
    await cron(changes);
    expect(await job(broken.jobId)).toMatchObject({ summary: { state: "Success" } });
  });

  test("one that never answers is given up", async () => {
    const known = ciJob();
    await ci.know(known);
    await expectJob(known.jobId);
    await ci.misbehave({ how: "hang" });
    hasten(100);
    await cron(changes);
    expect(await job(known.jobId)).toBeNull();
    expect(lines().filter(({ event }) => event === "ask failed")).toMatchObject([{ kind: "timeout" }]);
  });

  test("asked too often, it is left alone for as long as it says, by every run", async () => {
    const jobs = Array.from({ length: 12 }, () => ciJob());
    await ci.know(...jobs);
    for (const { jobId } of jobs) await expectJob(jobId);
    await ci.misbehave({ how: "slow-down", retryAfter: 600 });
    await cron({ ...changes, UPKEEP_OPERATIONS: "1000" });
    // Those that were under way at once, and no more.
    expect(await ci.requests()).toHaveLength(5);
    const [asked] = await ci.requests();
    expect(await pauseOf(asked?.jobIds[0] ?? "")).toBeGreaterThan(590_000);

    await ci.behave();
    for (const { jobId } of jobs) await letAsk(jobId);
    await cron({ ...changes, UPKEEP_OPERATIONS: "1000" });
    expect(await ci.requests()).toHaveLength(5);

    // CI's clock cannot be moved along with the receiver's, so the pause is ended instead.
    await env.DB.prepare("UPDATE sweeps SET state = json_set(state, '$.until', ?1)").bind(Date.now()).run();
    await cron({ ...changes, UPKEEP_OPERATIONS: "1000" });
    for (const { jobId } of jobs) expect(await job(jobId)).toMatchObject({ summary: { state: "Success" } });
  });

  test("keys that it refuses end the run, and the line about it has its request id and no key", async () => {
    const jobs = Array.from({ length: 12 }, () => ciJob());
    await ci.know(...jobs);
    for (const { jobId } of jobs) await expectJob(jobId);
    await cron({ ...changes, CI_SECRET_KEY: "another-key", UPKEEP_OPERATIONS: "1000" });
    expect(await ci.requests()).toHaveLength(5);
    const line = lines().find(({ event }) => event === "ask failed");
    expect(line).toMatchObject({ kind: "denied", status: 403, code: "SignatureDoesNotMatch" });
    expect(typeof line?.["requestId"]).toBe("string");
    expect(JSON.stringify(lines())).not.toMatch(/another-key|local-ci-secret/);
  });
});

describe("what a callback says of its bucket", () => {
  test.each([
    ["evil.com#-1", region],
    ["evil.com/-1", region],
    [bucket, "ap-chongqing.evil.com#"],
    [bucket, "../x"],
    ["Upper-1250000000", region],
    ["other-1250000000", region],
    [bucket, "ap-beijing"],
  ])("never causes a request to %s in %s", async (BucketId, Region) => {
    changes = {
      ...changes,
      CI_QUEUES: JSON.stringify([{ ...LOCAL_QUEUE, queueId: "another", tags: ["None"] }]),
      VERIFY: "on",
    };
    const known = ciJob({ state: "Running" });
    await ci.know(known);
    expect((await post(callbackOf(known, { Input: { BucketId, Region, Object: "a" } }), changes)).status).toBe(200);
    await expectJob(known.jobId);
    await cron(changes);
    expect(await ci.requests(known.jobId)).toEqual([]);
    expect(lines().filter(({ event }) => event === "ask failed")).not.toEqual([]);
  });
});

test("a job that only its id tells of is not asked about twice within its pause, however often the cron runs", async () => {
  const jobId = newJobId();
  await expectJob(jobId);
  for (let runs = 0; runs < 5; runs += 1) await cron(changes);
  // By the path of its service, and by the common one.
  expect(await count(jobId)).toBe(2);
});
