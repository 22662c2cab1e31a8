/** One way out: a job, a run or a delivery is the same wherever it is asked for, and wherever its bytes are. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { DeliveryRecord, Job, Run } from "../../src/wire.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { downD1 } from "./faults.ts";
import { cron, get, post, read, send, sha256 } from "./receiver.ts";

const signIn = async (): Promise<string> => {
  const body = new URLSearchParams({ token: "test-lookup-token" });
  const headers = { origin: "https://receiver.example" };
  const response = await send("/ui/sign-in", { method: "POST", body, headers, redirect: "manual" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
};

const page = async (path: string, changes = {}): Promise<{ status: number; text: string }> => {
  const response = await send(path, { headers: { cookie: await signIn() } }, changes);
  return { status: response.status, text: await response.text() };
};

describe("a job whose end waits in the spill", () => {
  test("is the same in its record, its bytes and its page", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running", EndTime: "-" }));
    const end = segmentation(jobId, { State: "Success", words: ["终"] });
    await post(end, downD1());
    const job = await read<Job>(`/jobs/${jobId}`);
    expect(job).toMatchObject({ state: "Success", delivery: { id: await sha256(end) } });
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(end);
    expect((await page(`/ui/jobs/${jobId}`)).text).toContain(job.delivery?.id);
    await cron();
    expect(await read<Job>(`/jobs/${jobId}`)).toEqual(job);
  });

  test("keeps its end when a lesser notice is spilled after it", async () => {
    const jobId = newJobId();
    const end = segmentation(jobId, { State: "Success" });
    await post(end);
    await post(segmentation(jobId, { State: "Running", EndTime: "-" }), downD1());
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
    expect(await (await get(`/jobs/${jobId}/raw`)).text()).toBe(end);
  });
});

describe("with D1 down, what waits in the spill", () => {
  test("is found by every route and page, and what nobody can tell is 503 at each", async () => {
    const down = downD1();
    const [jobId, runId] = [newJobId(), `i${newJobId()}`];
    const body = workflowFinish(runId, [jobId]);
    const id = await sha256(body);
    expect(await (await post(body, down)).json()).toMatchObject({ status: "spilled", jobs: [jobId] });
    expect(await read<Job>(`/jobs/${jobId}`, down)).toMatchObject({ jobId, workflow: { runId } });
    expect(await read<Run>(`/runs/${runId}`, down)).toMatchObject({ runId, tasks: [{ jobId }], jobs: [{ jobId }] });
    expect(await read<DeliveryRecord>(`/deliveries/${id}`, down)).toMatchObject({ id, status: "pending" });
    for (const path of [`/jobs/${jobId}/raw`, `/deliveries/${id}/raw`])
      expect(await (await get(path, {}, down)).text()).toBe(body);
    for (const path of [`/ui/jobs/${jobId}`, `/ui/runs/${runId}`, `/ui/deliveries/${id}`])
      expect((await page(path, down)).status).toBe(200);
    const [other, none] = [newJobId(), await sha256(newJobId())];
    for (const path of [`/jobs/${other}`, `/jobs/${other}/raw`, `/runs/${other}`, `/deliveries/${none}`])
      expect((await get(path, {}, down)).status).toBe(503);
    for (const path of [`/ui/jobs/${other}`, `/ui/runs/${other}`, `/ui/deliveries/${none}`])
      expect((await page(path, down)).status).toBe(503);
  });
});

describe("a row whose delivery is gone", () => {
  test("is shown for what it says, and gives way to the next callback of the job", async () => {
    const jobId = newJobId();
    const end = segmentation(jobId, { State: "Success" });
    await post(end);
    await env.DB.prepare("DELETE FROM deliveries WHERE id = ?")
      .bind(await sha256(end))
      .run();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", detail: null });
    expect((await get(`/jobs/${jobId}/raw`)).status).toBe(410);
    const late = segmentation(jobId, { State: "Running", EndTime: "-" });
    await post(late);
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Running", delivery: { id: await sha256(late) } });
  });
});

describe("bytes that are not the ones that came", () => {
  test("are a fault that is told, and never shown as the job", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId, { words: ["原", "文"] });
    await post(body);
    const id = await sha256(body);
    await env.DB.prepare("UPDATE deliveries SET body = replace(body, '原', '改') WHERE id = ?").bind(id).run();
    for (const path of [`/jobs/${jobId}`, `/jobs/${jobId}/raw`, `/deliveries/${id}/raw`]) {
      const response = await get(path);
      expect(response.status).toBe(500);
      expect(await response.json()).toMatchObject({ type: "/problems/corrupt-bytes", delivery: id });
    }
    expect((await get("/jobs")).status).toBe(200);
  });
});

describe("an id", () => {
  test.each([".", ".."])("may be %s, written so that a URL does not take it for a directory", async (jobId) => {
    await post(segmentation(jobId, { Object: newJobId() }));
    const path = jobId.replaceAll(".", "%252E");
    expect(await read(`/jobs/${path}`)).toMatchObject({ jobId });
    expect((await get(`/jobs/${path}/raw`)).status).toBe(200);
    expect((await page(`/ui/jobs/${path}`)).status).toBe(200);
    expect((await page("/")).text).toContain(`/ui/jobs/${path}"`);
  });

  test("of a delivery that is no SHA-256 is unknown, however long it is", async () => {
    for (const id of ["x", "f".repeat(63), "F".repeat(64), "f".repeat(3_000)])
      for (const path of [`/deliveries/${id}`, `/deliveries/${id}/raw`, `/ui/deliveries/${id}`])
        expect((await (path.startsWith("/ui") ? page(path) : get(path))).status).toBe(404);
  });
});

describe("a cursor that no list gave", () => {
  const cursorOf = (...parts: unknown[]) => btoa(JSON.stringify(parts)).replaceAll("=", "");

  test.each([
    ["no JSON", ["d1:page:{}", 2, "not json"]],
    ["a position that is no list", ["d1:page:{}", 2, '{"a":1}']],
    ["positions of positions", ["d1:page:{}", 2, "[[1]]"]],
    ["a position of another list", ["d1:page:{}", 2, '["x"]']],
    ["no page", ["d1:page:{}", "x"]],
    ["a page before the first", ["d1:page:{}", 0]],
  ])("is refused by the page: %s", async (_, parts) => {
    expect((await page(`/?cursor=${cursorOf(...parts)}`)).status).toBe(400);
  });

  test.each([[["d1:deliveries:", "x"]], [["d1:deliveries:"]], [["d1:deliveries:", 1, 2]], [["d1:deliveries:", null]]])(
    "is refused by lists of deliveries: %j",
    async (parts) => {
      expect((await get(`/deliveries?cursor=${cursorOf(...parts)}`)).status).toBe(400);
    },
  );
});
