/** The event job.finished: one for each end that is news, none for what changes nothing, and what it says. */
import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { newHook, rowsOf, SECRET, telling } from "./endpoint.ts";
import { type Changes, post, read, send, sha256, TOKEN } from "./receiver.ts";

const running = (jobId: string) => segmentation(jobId, { State: "Running", EndTime: "-" });

const bearer = { authorization: `Bearer ${TOKEN}` };

const reparse = (id: string, changes: Changes) =>
  send(`/deliveries/${id}/reparse`, { method: "POST", headers: bearer }, changes);

const typesOf = async (subject: string) => (await rowsOf(subject)).map(({ type }) => type);

/** More words than are read before they are stored. */
const costly = { words: Array.from({ length: 3_000 }, (_, at) => `词${at}`) };

describe("a job that has ended", () => {
  test("is told at once, signed, with what its look-up answers", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const seen = await hook.seen();
    expect(seen).toHaveLength(1);
    const [{ headers, body }] = seen as [(typeof seen)[number]];
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({
      type: "job.finished",
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: await read(`/jobs/${jobId}`),
    });
    expect(headers).toMatchObject({ "content-type": "application/json", "user-agent": "ci-callback-receiver" });
    expect(headers["webhook-id"]).toMatch(/^evt_[0-9a-f]+$/);
    expect(await rowsOf(jobId)).toMatchObject([
      { id: headers["webhook-id"], status: "delivered", attempts: 1, due_at: null, last_status: 200 },
    ]);
  });

  test("is signed with each of several secrets", async () => {
    const hook = newHook();
    const other = `whsec_${btoa("another secret of 32 bytes, also")}`;
    await post(segmentation(newJobId()), { ...telling(hook), FORWARD_SECRETS: `${SECRET}, ${other}` });
    const [seen] = await hook.seen();
    for (const secret of [SECRET, other])
      expect(new Webhook(secret).verify(seen?.body ?? "", seen?.headers ?? {})).toMatchObject({ type: "job.finished" });
  });

  test("is told to every endpoint, under an id for each, whatever the others say", async () => {
    const hooks = [newHook(), newHook(), newHook()] as const;
    await hooks[0].plan({ status: 500 });
    const jobId = newJobId();
    await post(segmentation(jobId), telling(...hooks));
    const ids = (await Promise.all(hooks.map((hook) => hook.ids()))).flat();
    expect(new Set(ids).size).toBe(3);
    expect((await rowsOf(jobId)).map(({ status }) => status).toSorted()).toEqual(["delivered", "delivered", "pending"]);
  });

  test("is told once: the same bytes, a lesser notice and a late one cause no event", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const body = segmentation(jobId);
    const earlier = segmentation(jobId, { EndTime: "2026-03-01T07:00:00+0800" });
    for (const one of [body, body, earlier, running(jobId), body]) await post(one, telling(hook));
    expect(await hook.ids()).toHaveLength(1);
    expect(await rowsOf(jobId)).toHaveLength(1);
  });

  test("is told once, whatever was heard of it before", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(running(jobId), telling(hook));
    expect(await rowsOf(jobId)).toEqual([]);
    await post(segmentation(jobId), telling(hook));
    expect(await hook.ids()).toHaveLength(1);
  });

  test("is told again when a greater delivery ends it otherwise, under another id", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    await post(segmentation(jobId, { Code: "Failed", EndTime: "2026-03-01T09:00:00+0800" }), telling(hook));
    const seen = await hook.seen();
    expect(seen.map(({ body }) => (JSON.parse(body) as { data: { state: string } }).data.state)).toEqual([
      "Success",
      "Failed",
    ]);
    expect(new Set(await hook.ids()).size).toBe(2);
  });

  test("by a line of a workflow is told, and again by its own callback, which says more", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(workflowFinish(`i${jobId}`, [jobId]), telling(hook));
    await post(segmentation(jobId), telling(hook));
    expect(new Set(await hook.ids()).size).toBe(2);
    expect(await typesOf(`i${jobId}`)).toEqual([]);
  });

  test("that many deliveries of one batch name is told by the greatest of them", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const ends = [3, 9, 5].map((hour) => segmentation(jobId, { EndTime: `2026-03-01T0${hour}:00:00+0800` }));
    const { settings } = readSettings({ ...env, ...telling(hook) });
    const places = placesOf(env, settings);
    const bodies = [...ends, running(jobId)].map((body) => new TextEncoder().encode(body));
    const arrivals = await Promise.all(
      bodies.map((bytes) => nameArrival({ bytes, contentType: null, receivedAt: Date.now() })),
    );
    const outcomes = await intake(places, arrivals);
    expect(outcomes.flatMap(({ events }) => events)).toMatchObject([
      { type: "job.finished", subject: jobId, attempt: 1 },
    ]);
    expect(
      await env.DB.prepare("SELECT delivery_id FROM events WHERE subject = ?").bind(jobId).first("delivery_id"),
    ).toBe(await sha256(ends[1] as string));
  });

  test("in a body that is stored before it is read is told all the same", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const body = segmentation(jobId, costly);
    expect(body.length).toBeGreaterThan(256 * 1024);
    await post(body, telling(hook));
    const [seen] = await hook.seen();
    expect(JSON.parse(seen?.body ?? "")).toMatchObject({ data: { jobId, detail: { JobId: jobId } } });
  });

  test("is told without its detail where the event would pass 256 KiB", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId, { words: Array.from({ length: 6_000 }, (_, at) => `词${at}`) }), telling(hook));
    const [seen] = await hook.seen();
    const { data } = JSON.parse(seen?.body ?? "") as { data: object };
    expect(data).toEqual({ ...(await read<object>(`/jobs/${jobId}`)), detail: null, detailOmitted: true });
  });
});

describe("nothing is told", () => {
  test("and no statement is added, where FORWARD_URLS is not set", async () => {
    const prepared: string[] = [];
    const DB = {
      prepare(sql: string) {
        prepared.push(sql);
        return env.DB.prepare(sql);
      },
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    };
    const jobId = newJobId();
    await post(segmentation(jobId), { DB, FORWARD_SECRETS: SECRET });
    expect(prepared.length).toBeGreaterThan(0);
    expect(prepared.filter((sql) => /events|endpoints/.test(sql))).toEqual([]);
    expect(await rowsOf(jobId)).toEqual([]);
  });

  test.each([{}, costly])("of what comes from an export", async (said) => {
    const hook = newHook();
    const jobId = newJobId();
    const { settings } = readSettings({ ...env, ...telling(hook) });
    const bytes = new TextEncoder().encode(segmentation(jobId, said));
    const arrival = await nameArrival({ bytes, contentType: null, receivedAt: Date.now() });
    const [outcome] = await intake(placesOf(env, settings), [{ ...arrival, nonce: null, isRestored: true }]);
    expect(outcome).toMatchObject({ status: "stored", events: [] });
    expect(await rowsOf(jobId)).toEqual([]);
  });

  test("of a newer reader, where it says the same of how the job ended", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const body = segmentation(jobId, { Workflow: { RunId: `i${jobId}` } });
    await post(body);
    await env.DB.prepare(
      "UPDATE jobs SET rank = replace(rank || '|', substr(rank, -3) || '|', '000'), message = 'old', workflow_rank = replace(workflow_rank || '|', substr(workflow_rank, -3) || '|', '000') WHERE job_id = ?",
    )
      .bind(jobId)
      .run();
    await reparse(await sha256(body), { ...telling(hook), FORWARD_EVENTS: "job.finished,job.updated" });
    expect(await env.DB.prepare("SELECT message FROM jobs WHERE job_id = ?").bind(jobId).first("message")).toBe(
      "Success",
    );
    expect(await rowsOf(jobId)).toEqual([]);
  });
});

describe("a newer reader", () => {
  test.each([
    ["sees the end of a job that an older one did not", "terminal = 0, state = 'Running'"],
    ["sees another state", "state = 'Failed'"],
  ])("that %s causes an event", async (_, older) => {
    const hook = newHook();
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body, telling(hook));
    await env.DB.prepare(
      `UPDATE jobs SET rank = replace(rank || '|', substr(rank, -3) || '|', '000'), ${older} WHERE job_id = ?`,
    )
      .bind(jobId)
      .run();
    await env.DB.prepare("UPDATE events SET id = id || '_older' WHERE subject = ?").bind(jobId).run();
    await reparse(await sha256(body), telling(hook));
    expect(await hook.ids()).toHaveLength(2);
  });

  test("that can read what was quarantined causes the event of its job", async () => {
    const hook = newHook();
    const jobId = newJobId();
    const body = segmentation(jobId);
    const id = await sha256(body);
    await post(body);
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET status = 'quarantined' WHERE id = ?").bind(id),
      env.DB.prepare("DELETE FROM jobs WHERE job_id = ?").bind(jobId),
    ]);
    await reparse(id, telling(hook));
    expect(await hook.ids()).toHaveLength(1);
  });
});
