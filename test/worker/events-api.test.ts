/** The API of events: lists, telling again, and trying the endpoints. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { Webhook } from "standardwebhooks";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { letPass, newHook, rowsOf, SECRET, telling } from "./endpoint.ts";
import { type Changes, cron, get, post, read, send, TOKEN } from "./receiver.ts";

interface Listed {
  events: Record<string, unknown>[];
  next: string | null;
}

const bearer = { authorization: `Bearer ${TOKEN}` };
const ask = (path: string, changes: Changes, body?: object) =>
  send(path, { method: "POST", headers: bearer, ...(body && { body: JSON.stringify(body) }) }, changes);

/** The id of the only event about a job. */
const idOf = async (jobId: string): Promise<string> => (await rowsOf(jobId))[0]?.id ?? "";

beforeEach(async () => {
  await env.DB.batch(["events", "endpoints"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

describe("GET /events", () => {
  test("lists events newest first, by status, type and job, and names an endpoint by its host alone", async () => {
    const hook = newHook();
    const changes = {
      ...telling({ url: `${hook.url}?token=hidden` }),
      FORWARD_EVENTS: "job.finished,run.finished,delivery.quarantined",
    };
    const [failing, fine] = [newJobId(), newJobId()];
    await hook.plan({ status: 500 });
    await post(segmentation(failing), changes);
    await post(workflowFinish(`i${fine}`, [fine]), changes);
    await post(`{"broken": ${newJobId()}`, changes);
    const all = await read<Listed>("/events", changes);
    expect(all.events.map(({ type }) => type)).toEqual(
      ["job.finished", "job.finished", "run.finished", "delivery.quarantined"].toReversed(),
    );
    expect(all.events.map((event) => event["jobId"] ?? event["runId"] ?? event["delivery"])).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/),
      `i${fine}`,
      fine,
      failing,
    ]);
    expect(JSON.stringify(all)).not.toMatch(/hidden|\/hook\//);
    const pending = await read<Listed>("/events?status=pending", changes);
    expect(pending).toEqual({
      events: [
        {
          id: expect.stringMatching(/^evt_/),
          type: "job.finished",
          endpoint: new URL(hook.url).host,
          status: "pending",
          attempts: 1,
          createdAt: expect.stringMatching(/Z$/),
          nextAttemptAt: expect.stringMatching(/Z$/),
          lastStatus: 500,
          lastError: "not-2xx",
          jobId: failing,
        },
      ],
      next: null,
    });
    expect((await read<Listed>(`/events?jobId=${fine}`, changes)).events).toHaveLength(1);
    expect((await read<Listed>("/events?type=run.finished", changes)).events).toHaveLength(1);
    expect((await read<Listed>("/events?status=failed", changes)).events).toEqual([]);
  });

  test("is walked by its cursor, with and without filters, and meets each event once", async () => {
    const hook = newHook();
    await post(workflowFinish(newJobId(), Array.from({ length: 25 }, newJobId)), telling(hook));
    await env.DB.prepare("UPDATE events SET status = 'failed', due_at = NULL WHERE seq % 3 = 0").run();
    for (const [query, count] of [
      ["", 25],
      ["&status=delivered", await countOf("delivered")],
      ["&status=failed", await countOf("failed")],
    ] as const) {
      const ids: unknown[] = [];
      let cursor = "";
      for (let pages = 0; pages < 20; pages += 1) {
        const page: Listed = await read<Listed>(`/events?limit=4${query}${cursor}`, telling(hook));
        ids.push(...page.events.map(({ id }) => id));
        if (page.next === null) break;
        cursor = `&cursor=${page.next}`;
      }
      expect(ids).toHaveLength(count);
      expect(new Set(ids).size).toBe(count);
    }
  });

  test("looks at no more than a page may, and goes on from there", async () => {
    const hook = newHook();
    await env.DB.prepare(
      `INSERT INTO events (id, endpoint, type, subject, created_at, attempts, status)
       SELECT 'evt_' || value, 'e', iif(value = 1, 'run.finished', 'job.finished'), value, 1, 1, 'delivered'
       FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 1500) SELECT value FROM n)`,
    ).run();
    const first = await read<Listed>("/events?type=run.finished", telling(hook));
    expect(first.events).toEqual([]);
    const second = await read<Listed>(`/events?type=run.finished&cursor=${first.next}`, telling(hook));
    expect(second.events).toMatchObject([{ id: "evt_1", endpoint: null }]);
    expect(second.next).toBeNull();
  });

  const countOf = async (status: string) =>
    (await env.DB.prepare("SELECT count(*) AS n FROM events WHERE status = ?").bind(status).first<number>("n")) ?? 0;

  test("is empty where nothing was ever told", async () => {
    expect(await read("/events")).toEqual({ events: [], next: null });
  });
});

describe("POST /events/{id}/resend", () => {
  test("tells of an event again, delivered or failed, under the same id, with the record as it is now", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const id = await idOf(jobId);
    const response = await ask(`/events/${id}/resend`, telling(hook));
    expect(await response.json()).toMatchObject({ id, status: "pending", attempts: 0, jobId });
    expect(await hook.ids()).toEqual([id, id]);
    expect(await rowsOf(jobId)).toMatchObject([{ status: "delivered", attempts: 1 }]);
  });

  test("leaves an event alone whose attempt may be under way", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await hook.plan({ delayMilliseconds: 400 });
    const underWay = post(segmentation(jobId), telling(hook));
    while ((await hook.ids()).length === 0) await scheduler.wait(10);
    const id = await idOf(jobId);
    await ask(`/events/${id}/resend`, telling(hook));
    await underWay;
    expect((await hook.seen()).map(({ overlaps }) => overlaps)).toEqual([false]);
    expect(await rowsOf(jobId)).toMatchObject([{ status: "delivered", attempts: 1 }]);
  });

  test("of an event that nobody knows is a problem", async () => {
    const response = await ask("/events/evt_none/resend", telling(newHook()));
    expect([response.status, await response.json()]).toMatchObject([404, { type: "/problems/event-not-found" }]);
  });

  test("of an event of an endpoint that was removed leaves it as it is", async () => {
    const [removed, other] = [newHook(), newHook()];
    const jobId = newJobId();
    await removed.plan({ status: 500 });
    await post(segmentation(jobId), telling(removed));
    await cron(telling(other));
    const id = await idOf(jobId);
    const response = await ask(`/events/${id}/resend`, telling(other));
    expect(await response.json()).toMatchObject({ status: "failed", lastError: "endpoint-removed", endpoint: null });
  });
});

describe("POST /events/resend", () => {
  test("tells of what failed again, a hundred a call, and says what is left", async () => {
    const hook = newHook();
    await hook.plan({ status: 410, always: true });
    await post(workflowFinish(newJobId(), Array.from({ length: 130 }, newJobId)), telling(hook));
    for (let runs = 0; runs < 3; runs += 1) await cron({ ...telling(hook), UPKEEP_OPERATIONS: "900" });
    expect((await read<Listed>("/events?status=failed&limit=100", telling(hook))).events).toHaveLength(100);
    await hook.plan();
    const first = await ask("/events/resend", telling(hook), { status: "failed" });
    expect(await first.json()).toEqual({ resent: 100, left: 30 });
    const second = await ask("/events/resend", telling(hook), { status: "failed" });
    expect(await second.json()).toEqual({ resent: 30, left: 0 });
    await letPass();
    await cron({ ...telling(hook), UPKEEP_OPERATIONS: "900" });
    expect(await env.DB.prepare("SELECT count(*) AS n FROM events WHERE status = 'delivered'").first("n")).toBe(130);
  });

  test.each([undefined, {}, { status: "delivered" }, { status: "failed", more: 1 }])("refuses %j", async (body) => {
    const response = await ask("/events/resend", telling(newHook()), body);
    expect([response.status, await response.json()]).toMatchObject([400, { type: "/problems/invalid-request" }]);
  });
});

describe("POST /jobs/{jobId}/resend", () => {
  test("tells of the job again, under the same ids", async () => {
    const hooks = [newHook(), newHook()] as const;
    const jobId = newJobId();
    await post(segmentation(jobId), telling(...hooks));
    const response = await ask(`/jobs/${jobId}/resend`, telling(...hooks));
    const { events } = await response.json<Listed>();
    expect(events).toHaveLength(2);
    for (const hook of hooks) {
      const [first, second] = await hook.ids();
      expect(second).toBe(first);
    }
    expect(await rowsOf(jobId)).toHaveLength(2);
  });

  test("makes an event where there is none, under the id it would have had", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const [had] = await hook.ids();
    await env.DB.prepare("DELETE FROM events").run();
    await ask(`/jobs/${jobId}/resend`, telling(hook));
    expect(await hook.ids()).toEqual([had, had]);
  });

  test("tells of a job that has not ended as an update", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running" }), telling(hook));
    await ask(`/jobs/${jobId}/resend`, telling(hook));
    const [seen] = await hook.seen();
    expect(JSON.parse(seen?.body ?? "")).toMatchObject({ type: "job.updated", data: { jobId, state: "Running" } });
  });

  test("of a job that nobody named is a problem", async () => {
    expect((await ask("/jobs/none/resend", telling(newHook()))).status).toBe(404);
  });
});

describe("POST /events/test", () => {
  test("sends to every endpoint at once, signed, and answers what each said", async () => {
    const hooks = [newHook(), newHook(), newHook()] as const;
    await hooks[1].plan({ status: 403 });
    await hooks[2].plan({ drop: true });
    const response = await ask("/events/test", telling(...hooks));
    const endpoint = new URL(hooks[0].url).host;
    expect(await response.json()).toEqual({
      endpoints: [
        { endpoint, status: 200, error: null },
        { endpoint, status: 403, error: "not-2xx" },
        { endpoint, status: null, error: "unreachable" },
      ],
    });
    const [seen] = await hooks[0].seen();
    expect(new Webhook(SECRET).verify(seen?.body ?? "", seen?.headers ?? {})).toMatchObject({
      type: "receiver.test",
      data: {},
    });
    expect((await read<Listed>("/events")).events).toEqual([]);
  });
});

describe("with forwarding off", () => {
  test.each(["/events/test", "/events/resend", "/events/evt_x/resend", "/jobs/x/resend"])(
    "POST %s is a problem",
    async (path) => {
      for (const changes of [{ FORWARD_SECRETS: SECRET }, { FORWARD_URLS: newHook().url }]) {
        const response = await ask(path, changes, { status: "failed" });
        expect([response.status, await response.json()]).toMatchObject([409, { type: "/problems/forwarding-off" }]);
      }
    },
  );

  test("the list is there", async () => {
    expect((await get("/events")).status).toBe(200);
  });
});

test("a page of another site may not have anything told again", async () => {
  const headers = { ...bearer, origin: "https://elsewhere.example" };
  for (const path of ["/events/test", "/events/resend", "/jobs/x/resend"])
    expect((await send(path, { method: "POST", headers }, telling(newHook()))).status).toBe(403);
});
