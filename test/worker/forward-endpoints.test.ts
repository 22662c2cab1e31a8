/** What an endpoint that fails costs the others, and how many events are told at once. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Hook, letPass, newHook, type Row, rowsOf, telling } from "./endpoint.ts";
import { type Changes, cron, post } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

keepWritten();

beforeEach(async () => {
  await env.DB.batch(["events", "endpoints"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

const rowOf = async (jobId: string): Promise<Row> => (await rowsOf(jobId))[0] as Row;

/** A job whose first attempt was answered so. */
async function failedOnce(hook: Hook, changes: Changes = telling(hook), step = { status: 500 }): Promise<string> {
  const jobId = newJobId();
  await hook.plan(step);
  await post(segmentation(jobId), changes);
  return jobId;
}

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
