/** Attempts: when they are made again, when they end, and what an endpoint that fails costs the others. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
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

describe("an endpoint", () => {
  test("that fails five times in a row is left alone, then probed by one attempt, then told all", async () => {
    const hook = newHook();
    await hook.plan({ status: 500, always: true });
    for (let times = 0; times < 7; times += 1) await post(segmentation(newJobId()), telling(hook));
    expect(await hook.ids()).toHaveLength(5);
    await env.DB.prepare("UPDATE events SET due_at = ?1 WHERE due_at IS NOT NULL").bind(Date.now()).run();
    await cron(telling(hook));
    expect(await hook.ids()).toHaveLength(5);
    const open = async () =>
      (await env.DB.prepare("SELECT failures, open_until FROM endpoints").first<{
        failures: number;
        open_until: number;
      }>()) ?? { failures: 0, open_until: 0 };
    expect((await open()).open_until - Date.now()).toBeLessThanOrEqual(30_000);
    await letPass();
    await cron(telling(hook));
    expect(await hook.ids()).toHaveLength(6);
    expect((await open()).open_until - Date.now()).toBeGreaterThan(30_000);
    await hook.plan();
    await letPass();
    await cron({ ...telling(hook), UPKEEP_OPERATIONS: "900" });
    expect(await hook.ids()).toHaveLength(13);
    expect(await open()).toEqual({ failures: 0, open_until: null });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM events WHERE due_at IS NOT NULL").first("n")).toBe(0);
  });

  test("that is open is probed by one of two runs at once", async () => {
    const hook = newHook();
    await hook.plan({ status: 500, always: true });
    for (let times = 0; times < 6; times += 1) await post(segmentation(newJobId()), telling(hook));
    await letPass();
    await hook.plan({ status: 500, delayMilliseconds: 300, always: true });
    await Promise.all([cron(telling(hook)), cron(telling(hook))]);
    expect(await hook.ids()).toHaveLength(6);
  });

  test("that is down for longer than a schedule lasts: what waited so long has failed, without an attempt", async () => {
    const hook = newHook();
    await hook.plan({ status: 500, always: true });
    const jobIds = Array.from({ length: 8 }, newJobId);
    for (const jobId of jobIds) await post(segmentation(jobId), telling(hook));
    const attempts = (await hook.ids()).length;
    // Hours ago that each came due, and attempts that were begun.
    const waiting = [
      { hours: 84, begun: 0, isOver: true },
      { hours: 82, begun: 0, isOver: false },
      { hours: 84, begun: 1, isOver: true },
      { hours: 27, begun: 8, isOver: true },
      { hours: 26, begun: 8, isOver: false },
      { hours: 1, begun: 9, isOver: true },
      { hours: 1 / 7, begun: 9, isOver: false },
      { hours: -1, begun: 9, isOver: false },
    ];
    const fill = "UPDATE events SET due_at = ?1, attempts = ?2 WHERE subject = ?3";
    await env.DB.batch(
      waiting.map(({ hours, begun }, at) =>
        env.DB.prepare(fill).bind(Date.now() - hours * 3_600_000, begun, jobIds[at] as string),
      ),
    );
    await cron(telling(hook));
    const rows = await Promise.all(jobIds.map(rowOf));
    expect(rows.map(({ status }) => status)).toEqual(waiting.map(({ isOver }) => (isOver ? "failed" : "pending")));
    expect(rows.filter(({ status }) => status === "failed")).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ due_at: null, last_error: "endpoint-down" })),
    );
    expect(await hook.ids()).toHaveLength(attempts);
    expect(lines().filter(({ event }) => event === "event failed")).toEqual([
      { level: "error", event: "event failed", endpoint: new URL(hook.url).host, events: 4, error: "endpoint-down" },
    ]);
  });

  test("that is dead holds up no other", async () => {
    const [dead, living] = [newHook(), newHook()];
    await dead.plan({ drop: true, always: true });
    const changes = telling(dead, living);
    for (let times = 0; times < 12; times += 1) await post(segmentation(newJobId()), telling(dead));
    await living.plan({ status: 500 });
    await post(segmentation(newJobId()), changes);
    await letPass();
    await cron(changes);
    expect(await living.ids()).toHaveLength(2);
  });

  test("that was removed is told no more, and what waited for it has failed", async () => {
    const [removed, other] = [newHook(), newHook()];
    const jobId = await failedOnce(removed);
    await cron(telling(other));
    expect(await rowOf(jobId)).toMatchObject({ status: "failed", last_error: "endpoint-removed", due_at: null });
    expect(await removed.ids()).toHaveLength(1);
  });

  test("whose URL is wrong was not removed: its events wait", async () => {
    const [one, other] = [newHook(), newHook()];
    const jobId = await failedOnce(one);
    await cron({ ...telling(other), FORWARD_URLS: `${other.url},https//typo.example/hook,http://10.0.0.1/hook` });
    expect(await rowOf(jobId)).toMatchObject({ status: "pending" });
  });

  test("whose query changes is the same endpoint", async () => {
    const hook = newHook();
    const jobId = await failedOnce(hook, telling({ url: `${hook.url}?token=1` }));
    await letPass();
    await cron(telling({ url: `${hook.url}?token=2` }));
    expect(await rowOf(jobId)).toMatchObject({ status: "delivered" });
    expect((await hook.seen()).map(({ path }) => path.split("?")[1])).toEqual(["token=1", "token=2"]);
  });

  test.each([undefined, "whsec_", "not-a-secret"])("waits where no secret can sign: %s", async (FORWARD_SECRETS) => {
    const hook = newHook();
    const jobId = newJobId();
    expect((await post(segmentation(jobId), { FORWARD_URLS: hook.url, FORWARD_SECRETS })).status).toBe(200);
    expect(await rowOf(jobId)).toMatchObject({ status: "pending", attempts: 0 });
    await cron({ FORWARD_URLS: hook.url, FORWARD_SECRETS });
    expect(await hook.ids()).toEqual([]);
    await cron(telling(hook));
    expect(await rowOf(jobId)).toMatchObject({ status: "delivered", attempts: 1 });
  });
});

describe("many events", () => {
  test("of one request are told to 20, and the rest by the cron", async () => {
    const hook = newHook();
    const runId = newJobId();
    const jobIds = Array.from({ length: 30 }, newJobId);
    await post(workflowFinish(runId, jobIds), telling(hook));
    expect(await hook.ids()).toHaveLength(20);
    expect(
      await env.DB.prepare("SELECT count(*) AS n FROM events WHERE attempts = 0 AND due_at <= ?")
        .bind(Date.now())
        .first("n"),
    ).toBe(10);
    await cron({ ...telling(hook), UPKEEP_OPERATIONS: "900" });
    expect(new Set(await hook.ids()).size).toBe(30);
    expect(await hook.ids()).toHaveLength(30);
  });

  test("about jobs of one delivery fetch and read its body once, and one that another delivery tells by now has its own", async () => {
    const hook = newHook();
    const jobIds = Array.from({ length: 30 }, newJobId);
    let fetches = 0;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        if (name === "prepare")
          return (sql: string) => {
            if (sql.includes(" d.encoding, d.parts, ")) fetches += 1;
            return target.prepare(sql);
          };
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const changes = { ...telling(hook), DB };
    await post(workflowFinish(newJobId(), jobIds), changes);
    expect([fetches, (await hook.ids()).length]).toEqual([1, 20]);
    const overtaken = jobIds[25] as string;
    await post(segmentation(overtaken));
    fetches = 0;
    await cron({ ...changes, UPKEEP_OPERATIONS: "900" });
    expect([fetches, (await hook.ids()).length]).toEqual([2, 30]);
    const told = (await hook.seen()).map(
      ({ body }) => JSON.parse(body).data as { jobId: string; detail: object | null },
    );
    expect(new Set(told.map(({ jobId }) => jobId))).toEqual(new Set(jobIds));
    expect(told.filter(({ detail }) => detail !== null && "Operation" in detail)).toMatchObject([{ jobId: overtaken }]);
  });

  test("are told as far as the budget of a run goes, with what a free plan has", async () => {
    const hook = newHook();
    await post(workflowFinish(newJobId(), Array.from({ length: 40 }, newJobId)), telling(hook));
    let told = (await hook.ids()).length;
    while (told < 40) {
      await cron(telling(hook));
      const now = (await hook.ids()).length;
      expect(now).toBeGreaterThan(told);
      told = now;
    }
    expect(new Set(await hook.ids()).size).toBe(40);
  });
});
