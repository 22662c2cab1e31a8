/** Attempts with `STORE=kv`: when they are made again, when they end, what an endpoint that fails costs, lists, and telling again. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { type Hook, newHook } from "./endpoint.ts";
import { entries, eventsOf, forgetEvents, kvTelling, letPassKv } from "./kv-endpoint.ts";
import { countedKv } from "./kv-layers.ts";
import { type Changes, cron, get, post, read, send, TOKEN } from "./receiver.ts";
import { keepWritten, lines } from "./written.ts";

keepWritten();
beforeEach(forgetEvents);

interface Listed {
  events: { id: string; status: string; type: string; jobId?: string; lastError: string | null }[];
  next: string | null;
}

const bearer = { authorization: `Bearer ${TOKEN}` };
const ask = (path: string, changes: Changes, body?: object) =>
  send(path, { method: "POST", headers: bearer, ...(body && { body: JSON.stringify(body) }) }, changes);

const stateOf = async () => {
  const { keys } = await env.KV.list({ prefix: "endpoint:" });
  return env.KV.get<{ failures: number; openUntil: number | null }>(keys[0]?.name ?? "none", "json");
};

/** Jobs whose first attempts were answered so, as far as any were made. */
async function ended(hook: Hook, count: number, ...steps: Parameters<Hook["plan"]>): Promise<string[]> {
  await hook.plan(...steps);
  const jobIds = Array.from({ length: count }, newJobId);
  for (const jobId of jobIds) await post(segmentation(jobId), kvTelling(hook));
  return jobIds;
}

describe("an attempt that fails", () => {
  test("is made again when it is due and not before, under the same id, and at most ten times", async () => {
    const hook = newHook();
    const [jobId = ""] = await ended(hook, 1, { status: 503, always: true });
    const [event] = await eventsOf(jobId);
    expect(event).toMatchObject({ status: "pending", attempts: 1, lastStatus: 503, lastError: "not-2xx" });
    expect(Math.round(((event?.dueAt ?? 0) - Date.now()) / 1_000)).toBeLessThanOrEqual(6);
    await cron(kvTelling(hook));
    expect(await hook.ids()).toHaveLength(1);
    for (let times = 0; times < 12; times += 1) {
      await letPassKv();
      await cron(kvTelling(hook));
    }
    expect(await hook.ids()).toHaveLength(10);
    expect(new Set(await hook.ids())).toEqual(new Set([event?.id]));
    expect(await eventsOf(jobId)).toMatchObject([{ status: "failed", attempts: 10, dueAt: null }]);
    expect((await entries.list("event:pending:", 10, null)).events).toEqual([]);
  });

  test("is found by the cron although it looks once an hour when nothing is due", async () => {
    const hook = newHook();
    await cron(kvTelling(hook));
    expect(Number(await env.KV.get("mark:events"))).toBeGreaterThan(Date.now() + 3_500_000);
    await ended(hook, 1, { status: 500 });
    expect(Number(await env.KV.get("mark:events"))).toBeLessThan(Date.now() + 10_000);
  });
});

describe("an endpoint", () => {
  test("that fails five times in a row is left alone, then probed by one attempt, then told all", async () => {
    const hook = newHook();
    await ended(hook, 7, { status: 500, always: true });
    expect(await hook.ids()).toHaveLength(5);
    const { events } = await entries.list("event:pending:", 100, null);
    for (const event of events) await entries.write({ ...event, dueAt: Date.now() });
    await cron(kvTelling(hook));
    expect(await hook.ids()).toHaveLength(5);
    await letPassKv();
    await cron(kvTelling(hook));
    expect(await hook.ids()).toHaveLength(6);
    expect(await stateOf()).toMatchObject({ failures: 6 });
    expect(((await stateOf())?.openUntil ?? 0) - Date.now()).toBeGreaterThan(30_000);
    await hook.plan();
    await letPassKv();
    await cron({ ...kvTelling(hook), UPKEEP_OPERATIONS: "900" });
    expect(new Set(await hook.ids()).size).toBe(7);
    expect(await stateOf()).toBeNull();
    expect((await entries.list("event:pending:", 100, null)).events).toEqual([]);
  });

  test("that is down for longer than a schedule lasts: what waited so long has failed, without an attempt", async () => {
    const hook = newHook();
    const jobIds = await ended(hook, 6, { status: 500, always: true });
    const attempts = (await hook.ids()).length;
    await letPassKv(84 * 3_600_000);
    const [kept] = await eventsOf(jobIds[0] ?? "");
    await entries.write({ ...(kept as NonNullable<typeof kept>), dueAt: Date.now() - 60_000 });
    await env.KV.put(
      (await env.KV.list({ prefix: "endpoint:" })).keys[0]?.name ?? "",
      '{"failures":9,"openUntil":9e15}',
    );
    await cron({ ...kvTelling(hook), UPKEEP_OPERATIONS: "900" });
    const events = (await Promise.all(jobIds.map(eventsOf))).flat();
    expect(events.map(({ status }) => status)).toEqual(["pending", ...Array.from({ length: 5 }, () => "failed")]);
    expect(events[1]).toMatchObject({ lastError: "endpoint-down", dueAt: null });
    expect(await hook.ids()).toHaveLength(attempts);
    expect(lines().filter(({ event }) => event === "event failed")).toMatchObject([
      { events: 5, error: "endpoint-down" },
    ]);
  });

  test("that was removed is told no more, and what waited for it has failed", async () => {
    const [removed, other] = [newHook(), newHook()];
    const [jobId = ""] = await ended(removed, 1, { status: 500 });
    await letPassKv();
    await cron(kvTelling(other));
    expect(await eventsOf(jobId)).toMatchObject([{ status: "failed", lastError: "endpoint-removed" }]);
    expect(await removed.ids()).toHaveLength(1);
  });

  test("is told on once a secret is set: without one its events are written and wait", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), { ...kvTelling(hook), FORWARD_SECRETS: "" });
    expect(await eventsOf(jobId)).toMatchObject([{ status: "pending", attempts: 0 }]);
    await cron(kvTelling(hook));
    expect(await eventsOf(jobId)).toMatchObject([{ status: "delivered", attempts: 1 }]);
  });
});

test("many events of one request are told to three, and the rest by the cron, within what a free plan has", async () => {
  const hook = newHook();
  await post(workflowFinish(newJobId(), Array.from({ length: 8 }, newJobId)), kvTelling(hook));
  expect(await hook.ids()).toHaveLength(3);
  const retention = { RETENTION_DAYS_JOBS: "30", RETENTION_DAYS_EVENTS: "1" };
  for (let told = 3; told < 8;) {
    const counted = countedKv();
    await cron({ ...kvTelling(hook), ...retention, KV: counted.KV });
    const now = (await hook.ids()).length;
    expect(now).toBeGreaterThan(told);
    expect(counted.total() + now - told).toBeLessThanOrEqual(50);
    told = now;
  }
  expect(new Set(await hook.ids()).size).toBe(8);
});

test("what was delivered expires with its retention, what failed after 30 days, and what waits never", async () => {
  const hook = newHook();
  await ended(hook, 2, { status: 410 }, { status: 200 });
  await ended(hook, 1, { status: 500 });
  const { keys } = await env.KV.list({ prefix: "event:" });
  const days = keys.map(({ name, expiration }) => [
    name.split(":")[1],
    expiration === undefined ? null : Math.round((expiration - Date.now() / 1_000) / 86_400),
  ]);
  expect(Object.fromEntries(days)).toEqual({ delivered: 7, failed: 30, pending: null });
});

describe("GET /events", () => {
  test("lists by status, type and job, in pages, each event once", async () => {
    const hook = newHook();
    const changes = { ...kvTelling(hook), FORWARD_EVENTS: "job.finished,run.finished" };
    const jobIds = await ended(hook, 5, { status: 410 }, { status: 410 }, { status: 500 });
    await post(workflowFinish(`i${jobIds[0]}`, [newJobId()]), changes);
    const pagesOf = async (query: string) => {
      const ids: string[] = [];
      let cursor = "";
      do {
        const page = await read<Listed>(`/events?limit=2&${query}${cursor && `&cursor=${cursor}`}`, changes);
        expect(page.events.length).toBeLessThanOrEqual(2);
        ids.push(...page.events.map(({ id }) => id));
        cursor = page.next ?? "";
      } while (cursor !== "");
      expect(new Set(ids).size).toBe(ids.length);
      return ids.length;
    };
    expect(await pagesOf("")).toBe(7);
    expect(await pagesOf("status=failed")).toBe(2);
    expect(await pagesOf("status=pending")).toBe(1);
    expect(await pagesOf("status=delivered")).toBe(4);
    expect(await pagesOf("type=run.finished")).toBe(1);
    expect(await pagesOf("type=job.finished")).toBe(6);
    const { events } = await read<Listed>(`/events?jobId=${jobIds[1]}`, changes);
    expect(events).toMatchObject([{ jobId: jobIds[1], status: "failed", lastError: "gone" }]);
    const failed = await read<Listed>("/events?status=failed", changes);
    expect(failed.events.map(({ jobId }) => jobId)).toEqual([jobIds[1], jobIds[0]]);
    expect((await get("/events?cursor=bm9uZQ", {}, changes)).status).toBe(400);
  });

  test("says nothing and costs nothing where FORWARD_URLS is not set", async () => {
    const hook = newHook();
    await ended(hook, 1, { status: 500 });
    const counted = countedKv();
    expect(await read<Listed>("/events", { STORE: "kv", KV: counted.KV })).toEqual({ events: [], next: null });
    expect(counted.counts).toMatchObject({ list: 0, put: 0 });
    await env.KV.delete("mark:events");
    await cron({ STORE: "kv" });
    expect(await env.KV.get("mark:events")).toBeNull();
  });

  test("has figures in /metrics", async () => {
    const hook = newHook();
    await ended(hook, 2, { status: 500 }, { status: 410 });
    const text = await (await get("/metrics", {}, kvTelling(hook))).text();
    expect(text).toMatch(/ci_events_pending\{endpoint="127\.0\.0\.1:\d+"\} 1/);
    expect(text).toContain("ci_events_failed 1");
    expect(text).toMatch(/ci_events_oldest_pending_age_seconds \d/);
  });
});

describe("telling again", () => {
  test("of one event, whatever became of it, under the same id, unless an attempt may be under way", async () => {
    const hook = newHook();
    const [failed = "", delivered = ""] = await ended(hook, 2, { status: 410 }, { status: 200 });
    for (const jobId of [failed, delivered]) {
      const [event] = await eventsOf(jobId);
      const response = await ask(`/events/${event?.id}/resend`, kvTelling(hook));
      expect(await response.json()).toMatchObject({ id: event?.id, status: "pending" });
      expect(await eventsOf(jobId)).toMatchObject([{ id: event?.id, status: "delivered" }]);
    }
    expect(await hook.ids()).toHaveLength(4);
    expect(new Set(await hook.ids()).size).toBe(2);
    const [event] = await eventsOf(failed);
    const leased = {
      ...(event as NonNullable<typeof event>),
      status: "pending",
      attempts: 3,
      dueAt: Date.now() + 60_000,
    } as const;
    await entries.write(leased);
    await ask(`/events/${leased.id}/resend`, kvTelling(hook));
    expect(await entries.pending(leased.id)).toEqual(leased);
    expect(await hook.ids()).toHaveLength(4);
    expect((await ask("/events/evt_none/resend", kvTelling(hook))).status).toBe(404);
  });

  test("of failed events: three a call, oldest first, and what is left is said", async () => {
    const hook = newHook();
    const jobIds = await ended(hook, 5, { status: 410, always: true });
    await hook.plan();
    const resend = async () => (await ask("/events/resend", kvTelling(hook), { status: "failed" })).json();
    expect(await resend()).toEqual({ resent: 3, left: 2 });
    const told = (await hook.seen()).slice(5).map(({ body }) => JSON.parse(body).data.jobId as string);
    expect(new Set(told)).toEqual(new Set(jobIds.slice(0, 3)));
    expect(await resend()).toEqual({ resent: 2, left: 0 });
    expect((await Promise.all(jobIds.map(eventsOf))).flat().map(({ status }) => status)).toEqual(
      jobIds.map(() => "delivered"),
    );
  });

  test("of a job: its present record to every endpoint, also where no event was made", async () => {
    const hook = newHook();
    const [jobId, running] = [newJobId(), newJobId()];
    await post(segmentation(jobId), { STORE: "kv" });
    await post(segmentation(running, { State: "Running", EndTime: "-" }), { STORE: "kv" });
    for (const id of [jobId, running, jobId]) {
      const answer = await (await ask(`/jobs/${id}/resend`, kvTelling(hook))).json<Listed>();
      expect(answer.events).toMatchObject([{ jobId: id, type: id === jobId ? "job.finished" : "job.updated" }]);
    }
    expect(await hook.ids()).toHaveLength(3);
    expect(new Set(await hook.ids()).size).toBe(2);
    expect(await eventsOf(jobId)).toHaveLength(1);
    expect((await ask("/jobs/none/resend", kvTelling(hook))).status).toBe(404);
  });
});
