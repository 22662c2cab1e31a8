/** Attempts that fail: when they are made again, and when they end. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { type Hook, letPass, newHook, type Row, rowsOf, telling } from "./endpoint.ts";
import { answerTo, type Changes, cron, post } from "./receiver.ts";
import { keepWritten, lines, written } from "./written.ts";

keepWritten();

beforeEach(async () => {
  await env.DB.batch(["events", "endpoints"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const rowOf = async (jobId: string): Promise<Row> => (await rowsOf(jobId))[0] as Row;

const inSeconds = ({ due_at }: Row): number => Math.round(((due_at ?? 0) - Date.now()) / 1000);

/** A job whose first attempt was answered so. */
async function failedOnce(hook: Hook, changes: Changes = telling(hook), step = { status: 500 }): Promise<string> {
  const jobId = newJobId();
  await hook.plan(step);
  await post(segmentation(jobId), changes);
  return jobId;
}

describe("an attempt that fails", () => {
  test("is made again when it is due, under the same id, and not before", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook);
    const row = await rowOf(jobId);
    expect(row).toMatchObject({ status: "pending", attempts: 1, last_status: 500, last_error: "not-2xx" });
    expect(inSeconds(row)).toBeGreaterThanOrEqual(4);
    expect(inSeconds(row)).toBeLessThanOrEqual(6);
    await cron(telling(hook));
    expect(await hook.ids()).toHaveLength(1);
    await letPass();
    await cron(telling(hook));
    expect(await hook.ids()).toEqual([row.id, row.id]);
    expect(await rowOf(jobId)).toMatchObject({
      status: "delivered",
      attempts: 2,
      due_at: null,
      last_status: 200,
      last_error: null,
    });
    await letPass();
    await cron(telling(hook));
    expect(await hook.ids()).toHaveLength(2);
  });

  test("has failed for good after the tenth, is told to the log each time, and is attempted no more", async () => {
    const hook = newHook();
    await hook.plan({ status: 503, always: true });
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    for (let times = 0; times < 12; times += 1) {
      await letPass();
      await cron(telling(hook));
    }
    expect(await hook.ids()).toHaveLength(10);
    expect(await rowOf(jobId)).toMatchObject({ status: "failed", attempts: 10, due_at: null, last_status: 503 });
    const about = lines().filter(({ event }) => event === "attempt failed" || event === "event failed");
    expect(about.map(({ level }) => level)).toEqual([...Array.from({ length: 9 }, () => "warn"), "error"]);
    expect(about[0]).toEqual({
      level: "warn",
      event: "attempt failed",
      id: (await rowOf(jobId)).id,
      type: "job.finished",
      endpoint: new URL(hook.url).host,
      attempt: 1,
      status: 503,
      error: "not-2xx",
      milliseconds: expect.any(Number),
      nextAttemptAt: expect.any(String),
    });
    expect(written.join()).not.toMatch(/whsec_|\/hook\//);
  });

  test.each([
    ["a redirect, which is not followed", { status: 302, headers: { location: "/hook/elsewhere" } }, 302, "not-2xx"],
    ["a broken connection", { drop: true }, null, "unreachable"],
  ])("by %s is told by its status or error", async (_, step, status, error) => {
    const hook = newHook();
    const jobId = await failedOnce(hook, telling(hook), step as never);
    expect(await rowOf(jobId)).toMatchObject({ status: "pending", last_status: status, last_error: error });
  });

  test("by a timeout comes after 15 seconds, and holds up neither CI nor another endpoint", async () => {
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(limit.signal);
    const [slow, quick] = [newHook(), newHook()];
    await slow.plan({ hang: true });
    const jobId = newJobId();
    const ctx = createExecutionContext();
    expect((await answerTo(segmentation(jobId), telling(slow, quick), ctx)).status).toBe(200);
    const endings = async () => (await rowsOf(jobId)).map(({ status, last_error }) => [status, last_error]).toSorted();
    await vi.waitFor(async () => expect(await slow.ids()).toHaveLength(1));
    await vi.waitFor(async () => {
      expect(await endings()).toEqual([
        ["delivered", null],
        ["pending", null],
      ]);
    });
    limit.abort();
    await waitOnExecutionContext(ctx);
    expect(await endings()).toEqual([
      ["delivered", null],
      ["pending", "timeout"],
    ]);
    expect(timeout.mock.calls).toEqual([[15_000], [15_000]]);
    timeout.mockRestore();
  });

  test("obeys Retry-After, in seconds or as a date, up to a day", async () => {
    const hook = newHook();
    const after = async (value: string) => {
      const jobId = await failedOnce(hook, telling(hook), { status: 429, headers: { "retry-after": value } } as never);
      await env.DB.prepare("DELETE FROM endpoints").run();
      return inSeconds(await rowOf(jobId));
    };
    expect(await after("120")).toBeGreaterThan(115);
    expect(await after(new Date(Date.now() + 300_000).toUTCString())).toBeGreaterThan(290);
    expect(await after("1")).toBeLessThanOrEqual(6);
    expect(await after("99999999")).toBeLessThanOrEqual(86_400);
  });

  test("by a 410 is the last of that event, at that endpoint alone", async () => {
    const [gone, other] = [newHook(), newHook()];
    await gone.plan({ status: 410 });
    const jobId = newJobId();
    await post(segmentation(jobId), telling(gone, other));
    expect((await rowsOf(jobId)).map(({ status }) => status).toSorted()).toEqual(["delivered", "failed"]);
  });
});
