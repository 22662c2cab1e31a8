/** One contract for both stores: the same routes and the same intake, on D1 and on KV. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { DeliveryRecord, Job, ListedJob, Run } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { pageText, seen } from "./reader.ts";
import { get, post, read, send, sha256, TOKEN } from "./receiver.ts";

describe.each(["d1", "kv"])("with STORE=%s", (STORE) => {
  const changes = { STORE };

  test("a callback is stored, counted, and looked up", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { UserData: "mine", QueueId: "q1" });
    expect(await (await post(body, changes)).json()).toEqual({
      delivery: await sha256(body),
      status: "stored",
      jobs: [jobId],
    });
    expect(await (await post(body, changes)).json()).toMatchObject({ status: "duplicate" });
    const job = await read<Job>(`/jobs/${jobId}`, changes);
    expect(job).toMatchObject({
      jobId,
      tag: "WordsGeneralize",
      state: "Success",
      userData: "mine",
      queueId: "q1",
      delivery: { id: await sha256(body), format: "xml", count: 2 },
    });
    expect(job.detail).toMatchObject({
      Operation: {
        WordsGeneralizeResult: { WordsGeneralizeToken: [{ Word: "今天" }, { Word: "打车" }, { Word: "60" }] },
      },
    });
    expect(await (await get(`/jobs/${jobId}/raw`, {}, changes)).text()).toBe(body);
  });

  test("the record does not depend on the order of deliveries", async () => {
    for (const ownFirst of [true, false]) {
      const jobId = newJobId();
      const runId = `i${jobId}`;
      const bodies = [segmentation(jobId, { UserData: "mine" }), workflowFinish(runId, [jobId])];
      for (const body of ownFirst ? bodies : bodies.toReversed()) await post(body, changes);
      await post(segmentation(jobId, { State: "Running", EndTime: "-" }), changes);
      expect(await read(`/jobs/${jobId}`, changes)).toMatchObject({
        state: "Success",
        event: "TaskFinish",
        userData: "mine",
        workflow: { runId, name: "Step_0" },
      });
      expect(await read<Run>(`/runs/${runId}`, changes)).toMatchObject({
        runId,
        state: "Success",
        tasks: [{ jobId }],
        jobs: [{ jobId }],
      });
    }
  });

  test("the pages' lists show the verdicts of moderations, each from its own body", async () => {
    const review = (jobId: string, Result: number) =>
      JSON.stringify({ EventName: "ReviewImage", JobsDetail: { JobId: jobId, State: "Success", Result } });
    const [blocked, passed] = [newJobId(), newJobId()];
    await post(review(blocked, 1), changes);
    await post(review(passed, 0), changes);
    const markup = await pageText("/", changes);
    const rowOf = (jobId: string) => seen(`<main ${markup.split(`data-key="${jobId}"`)[1]?.split("</li>")[0]}</main>`);
    expect([rowOf(blocked), rowOf(passed)]).toEqual([
      expect.stringMatching(/^Block /),
      expect.stringMatching(/^Pass /),
    ]);
    expect(seen(await pageText("/ui/deliveries", changes))).toContain("Image moderation");
  });

  test("what cannot be read is quarantined, listed by status, and reads the same when read again", async () => {
    const body = `{"a": ${newJobId()}`;
    const id = await sha256(body);
    expect((await post(body, changes)).status).toBe(400);
    const { deliveries } = await read<{ deliveries: DeliveryRecord[] }>(
      "/deliveries?status=quarantined&limit=100",
      changes,
    );
    expect(deliveries.find((delivery) => delivery.id === id)).toMatchObject({
      status: "quarantined",
      count: 1,
      line: 1,
      column: 7,
      hasBytes: true,
    });
    for (let times = 0; times < 2; times += 1) {
      const again = await send(
        `/deliveries/${id}/reparse`,
        { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } },
        changes,
      );
      expect(await again.json()).toMatchObject({ delivery: id, status: "quarantined", jobs: [], line: 1, column: 7 });
    }
    expect(await read(`/deliveries/${id}`, changes)).toMatchObject({ count: 1 });
  });

  test("jobs are listed newest first, page by page, each once", async () => {
    const jobIds: string[] = [];
    for (let at = 0; at < 5; at += 1) {
      jobIds.unshift(newJobId());
      await post(segmentation(jobIds[0] as string), changes);
      await scheduler.wait(2);
    }
    const found: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null && found.length < 5) {
      const page: { jobs: ListedJob[]; next: string | null } = await read(
        `/jobs?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
        changes,
      );
      found.push(...page.jobs.map((job) => job.jobId));
      cursor = page.next;
    }
    expect(found.slice(0, 5)).toEqual(jobIds);
  });

  test("a job or delivery that nobody has named is a 404", async () => {
    for (const path of [
      "/jobs/none",
      "/jobs/none/raw",
      "/runs/none",
      `/deliveries/${"0".repeat(64)}`,
      "/deliveries/x/raw",
    ]) {
      expect((await get(path, {}, changes)).status).toBe(404);
    }
  });

  test("a JobId may be longer than a key of KV", async () => {
    const jobId = `${"长".repeat(300)}${newJobId()}`;
    await post(segmentation(jobId), changes);
    expect(await read(`/jobs/${encodeURIComponent(jobId)}`, changes)).toMatchObject({ jobId, state: "Success" });
  });

  test("bytes that are not text, and bodies that do not compress, come back to the byte", async () => {
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    const large = new Uint8Array(3_500_000);
    for (let at = 0; at < large.length; at += 60_000)
      large.set(crypto.getRandomValues(new Uint8Array(Math.min(60_000, large.length - at))), at);
    for (const body of [noise, large]) {
      await post(body, changes);
      const raw = new Uint8Array(await (await get(`/deliveries/${await sha256(body)}/raw`, {}, changes)).arrayBuffer());
      expect(raw.length).toBe(body.length);
      expect(await sha256(raw)).toBe(await sha256(body));
    }
  });

  test("is ready", async () => {
    expect(await read("/readyz", changes)).toMatchObject({ status: "ready" });
  });
});

describe("with STORE=kv", () => {
  test("what KV cannot do is said: filters are refused, and look-ups warn that they may be late", async () => {
    const response = await get("/jobs?tag=WordsGeneralize", {}, { STORE: "kv" });
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({
      type: "/problems/not-supported-by-store",
      detail: "STORE=kv cannot filter by tag.",
    });
    expect((await get("/jobs/none", {}, { STORE: "kv" })).headers.get("x-consistency")).toBe("eventual; up to 60 s");
    expect((await get("/jobs/none")).headers.has("x-consistency")).toBe(false);
  });

  test("a second write within a second to the key of a job is made all the same", async () => {
    const refusals = new Map<string, number>();
    const KV = new Proxy(env.KV, {
      get(target, name) {
        if (name === "put") {
          return async (key: string, ...rest: [string]) => {
            const last = refusals.get(key) ?? 0;
            if (Date.now() - last < 300) throw new Error("KV PUT failed: 429 Too Many Requests");
            refusals.set(key, Date.now());
            return target.put(key, ...rest);
          };
        }
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
    const jobId = newJobId();
    await Promise.all(
      ["Submitted", "Running", "Success"].map((State) => post(segmentation(jobId, { State }), { STORE: "kv", KV })),
    );
    const { deliveries } = await read<{ deliveries: DeliveryRecord[] }>("/deliveries?limit=100", { STORE: "kv" });
    const bodies = ["Submitted", "Running", "Success"].map((State) => sha256(segmentation(jobId, { State })));
    for (const id of await Promise.all(bodies)) expect(deliveries.map((delivery) => delivery.id)).toContain(id);
  });
});

describe("a large segmentation", () => {
  test("of 100,000 tokens is looked up right", async () => {
    const jobId = newJobId();
    const words = Array.from({ length: 100_000 }, (_, at) => (at % 3 === 0 ? "007" : `词${at % 100}`));
    const body = segmentation(jobId, { words });
    expect((await post(body, { MAX_BODY_BYTES: "24000000" })).status).toBe(200);
    const { detail } = await read<{
      detail: { Operation: { WordsGeneralizeResult: { WordsGeneralizeToken: { Word: string; Offset: number }[] } } };
    }>(`/jobs/${jobId}`);
    const tokens = detail.Operation.WordsGeneralizeResult.WordsGeneralizeToken;
    expect(tokens.map((token) => token.Word)).toEqual(words);
    expect(tokens.at(-1)).toEqual({ Word: "007", Offset: expect.any(Number), Length: 3, Pos: "n" });
  });
});

describe("an unknown store", () => {
  test("costs no callback: the default stands in", async () => {
    const jobId = newJobId();
    expect(await (await post(segmentation(jobId), { STORE: "redis" })).json()).toMatchObject({ status: "stored" });
    expect((await get(`/jobs/${jobId}`)).status).toBe(200);
  });
});
