/** The pages of runs, of deliveries, of a job's history and of events: what they list, and what their buttons do. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { letPass, newHook, rowsOf, telling } from "./endpoint.ts";
import { faultyD1, NO_FAULTS, seeded } from "./faults.ts";
import { form, location, page, pageText, seen, session } from "./reader.ts";
import { post, sha256, TOKEN } from "./receiver.ts";

const linked = (markup: string, pattern: RegExp): string[] => [...markup.matchAll(pattern)].map(([, id]) => id ?? "");

test("a moderation that blocks says so beside the state of its job", async () => {
  const jobId = newJobId();
  await post(JSON.stringify({ EventName: "ReviewImage", JobsDetail: { JobId: jobId, State: "Success", Result: 1 } }));
  expect(seen(await pageText(`/ui/jobs/${jobId}`))).toContain(`${jobId} Success Block`);
});

describe("the page of runs", () => {
  test("lists runs newest first, filters them by state, and each leads to its own page", async () => {
    const [fine, failed] = [`r${newJobId()}`, `r${newJobId()}`];
    await post(workflowFinish(fine, [newJobId()]));
    await post(workflowFinish(failed, [newJobId()], "Failed"));
    const runsOn = async (path: string) => linked(await pageText(path), /href="\/ui\/runs\/([^"]+)"/g);
    expect((await runsOn("/ui/runs")).slice(0, 2)).toEqual([failed, fine]);
    expect(await runsOn("/ui/runs?state=Failed")).toEqual([failed]);
    expect(seen(await pageText(`/ui/runs/${fine}`))).toContain("nightly");
  });

  test("walks on and back through every run once", async () => {
    const state = `Walk-${newJobId()}`;
    const ids = Array.from({ length: 25 }, () => `r${newJobId()}`);
    for (const id of ids) await post(workflowFinish(id, [], state));
    const first = await pageText(`/ui/runs?state=${state}`);
    const next = /<a href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await pageText(next);
    const found = [first, second].map((text) => linked(text, /href="\/ui\/runs\/([^"?]+)"/g));
    expect(found.map((runs) => runs.length)).toEqual([20, 5]);
    expect(found.flat()).toEqual(ids.toReversed());
    expect(second).toContain(`<a href="/ui/runs?state=${state}" rel="prev"`);
    expect(second).not.toContain('rel="next"');
  });

  test("answers 304 to who has seen it, and keeps a state that is markup as text", async () => {
    const text = await pageText("/ui/runs?state=%22%3E%3Cscript%3E");
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(seen(text)).toContain("No run matches State “&quot;&gt;&lt;script&gt;”.");
    const etag = /data-etag="([^ ]*)" data-every/.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "";
    const again = await page("/ui/runs", { cookie: await session(), "if-none-match": etag });
    expect(again.status).toBe(304);
  });

  test("is there with KV as well", async () => {
    expect((await page("/ui/runs", { cookie: await session(TOKEN, { STORE: "kv" }) }, { STORE: "kv" })).status).toBe(
      200,
    );
  });
});

test("deliveries lead with what they are about: the type, the object and the job", async () => {
  const jobId = newJobId();
  await post(segmentation(jobId, { Object: "notes/<b>.txt" }));
  const text = await pageText("/ui/deliveries");
  const [, first = ""] = text.split('<li class="card"');
  expect(first).toContain("<bdi>notes/<wbr />&lt;b&gt;.txt</bdi>");
  expect(first).toContain(`<a href="/ui/jobs/${jobId}">`);
  expect(seen(`<main><li ${first}</main>`)).toMatch(
    new RegExp(`^Parsed Word segmentation notes/ &lt;b&gt;.txt ${jobId} · `),
  );
});

describe("the history of a job", () => {
  test("lists every delivery that named it, last first, and marks the one behind the record", async () => {
    const jobId = newJobId();
    const [end, late] = [segmentation(jobId), segmentation(jobId, { State: "Running" })];
    await post(end);
    await post(late);
    const text = await pageText(`/ui/jobs/${jobId}`);
    const [, history = ""] = text.split("Deliveries about this job");
    const rows = linked(history.split("</ol>")[0] ?? "", /<li([^>]*>.*?)<\/li>/gs);
    const ids = await Promise.all([late, end].map(sha256));
    expect(rows.map((row) => linked(row, /deliveries\/([0-9a-f]{64})/g)[0])).toEqual(ids);
    expect(rows.map((row) => row.includes("shown on this page"))).toEqual([false, true]);
  });

  test("is left out where one delivery is all there is", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    expect(await pageText(`/ui/jobs/${jobId}`)).not.toContain("Deliveries about this job");
  });

  test("is left out where the store cannot be asked, and the job is known from the spill", async () => {
    const down = { DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)), STORE_DEADLINE_MILLISECONDS: "100" };
    const jobId = newJobId();
    await post(segmentation(jobId), down);
    const response = await page(`/ui/jobs/${jobId}`, { cookie: await session() }, down);
    expect([response.status, seen(await response.text())]).toEqual([200, expect.stringContaining(jobId)]);
  });
});

describe("events", () => {
  beforeEach(async () => {
    await env.DB.batch(["events", "endpoints"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  });

  const LINK = 'href="/ui/events"';

  test("are in the navigation where somebody is told, or was", async () => {
    const hook = newHook();
    expect(await pageText("/")).not.toContain(LINK);
    expect(await pageText("/", telling(hook))).toContain(LINK);
    await post(segmentation(newJobId()), telling(hook));
    expect(await pageText("/")).toContain(LINK);
  });

  test("say what was told of whom, where, how often, and what the answer was; a job's page says it too", async () => {
    const hook = newHook();
    const [fine, failing] = [newJobId(), newJobId()];
    await post(segmentation(fine), telling(hook));
    await hook.plan({ status: 500 });
    await post(segmentation(failing), telling({ url: `${hook.url}?token=concealed` }));
    const text = await pageText("/ui/events", telling(hook));
    const { host } = new URL(hook.url);
    const rows = text.split('<li class="card"').slice(1);
    expect(rows.map((row) => linked(row, /href="\/ui\/jobs\/([^"]+)"/g))).toEqual([[failing], [fine]]);
    expect(seen(text)).toMatch(
      new RegExp(`Waiting job.finished ${failing} .*${host} · 1 attempt · HTTP 500 · next attempt`),
    );
    expect(seen(text)).toMatch(new RegExp(`Delivered job.finished ${fine} .*${host} · 1 attempt · HTTP 200`));
    expect(text).not.toMatch(/concealed|\/hook\//);
    const pending = await pageText("/ui/events?status=pending", telling(hook));
    expect([pending.includes(failing), pending.includes(fine)]).toEqual([true, false]);
    const job = seen(await pageText(`/ui/jobs/${failing}`, telling(hook)));
    expect(job).toMatch(new RegExp(`Events about this job Waiting job.finished .*${host} · 1 attempt · HTTP 500`));
    expect(await pageText(`/ui/jobs/${failing}`)).not.toContain("/resend");
  });

  test("lead to the run or the delivery that they are about", async () => {
    const changes = { ...telling(newHook()), FORWARD_EVENTS: "run.finished,delivery.quarantined" };
    const [runId, broken] = [`r${newJobId()}`, `{"broken": ${newJobId()}`];
    await post(workflowFinish(runId, []), changes);
    await post(broken, changes);
    const text = await pageText("/ui/events", changes);
    expect(text).toContain(`href="/ui/runs/${runId}"`);
    expect(text).toContain(`href="/ui/deliveries/${await sha256(broken)}"`);
  });

  test("one is told again by its button, which leads back to where it is", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await post(segmentation(jobId), telling(hook));
    const path = `/ui/jobs/${jobId}`;
    const cookie = await session(TOKEN, telling(hook));
    const [, action = ""] = /action="(\/ui\/events\/[^"]+)"/.exec(await pageText(path, telling(hook))) ?? [];
    expect(location(await form(action, { back: path }, { cookie }, telling(hook)))).toEqual([303, path]);
    const [first, second] = await hook.ids();
    expect(second).toBe(first);
    const unknown = await form("/ui/events/evt_none/resend", {}, { cookie }, telling(hook));
    expect(location(unknown)).toEqual([303, "/ui/events"]);
    const away = await form(action, { back: "https://elsewhere.example/" }, { cookie }, telling(hook));
    expect(new URL(away.headers.get("location") ?? "", hook.url).host).toBe(new URL(hook.url).host);
  });

  test("all that failed are told again, and the page says how many", async () => {
    const hook = newHook();
    const jobId = newJobId();
    await hook.plan({ status: 410 });
    await post(segmentation(jobId), telling(hook));
    expect(await rowsOf(jobId)).toMatchObject([{ status: "failed" }]);
    const failed = await pageText("/ui/events?status=failed", telling(hook));
    expect(failed).toContain('action="/ui/events/resend"');
    const response = await form(
      "/ui/events/resend",
      {},
      { cookie: await session(TOKEN, telling(hook)) },
      telling(hook),
    );
    expect(location(response)).toEqual([303, "/ui/events?status=failed&resent=1&left=0"]);
    expect(seen(await pageText("/ui/events?status=failed&resent=1&left=0", telling(hook)))).toContain(
      "1 event is being sent again.",
    );
    await letPass();
    expect(await rowsOf(jobId)).toMatchObject([{ status: "delivered" }]);
  });

  test("cannot be told again while nobody is told, and the page says why", async () => {
    await post(segmentation(newJobId()), telling(newHook()));
    const text = await pageText("/ui/events");
    expect(seen(text)).toContain("FORWARD_URLS names no endpoint");
    expect(text).not.toContain("/resend");
    const response = await form("/ui/events/resend", {}, { cookie: await session() });
    expect([response.status, await response.text()]).toEqual([409, expect.stringContaining("tells nobody of events")]);
  });

  test("are listed with STORE=kv too, and told again from there", async () => {
    const hook = newHook();
    const kv = { STORE: "kv", ...telling(hook) };
    await hook.plan({ status: 410 });
    const jobId = newJobId();
    await post(segmentation(jobId), kv);
    const text = await pageText("/ui/events?status=failed", kv);
    expect(seen(text)).toContain(jobId);
    expect(await pageText("/", kv)).toContain(LINK);
    const cookie = await session(TOKEN, kv);
    expect(location(await form("/ui/events/resend", {}, { cookie }, kv))).toEqual([
      303,
      "/ui/events?status=failed&resent=1&left=0",
    ]);
    expect(new Set(await hook.ids()).size).toBe(1);
    expect(await pageText("/", { STORE: "kv" })).not.toContain(LINK);
  });

  test("are for who is signed in", async () => {
    expect(location(await page("/ui/events", {}))).toEqual([303, "/ui/sign-in?back=%2Fui%2Fevents"]);
    expect(location(await form("/ui/events/resend", {}))).toEqual([303, "/ui/sign-in"]);
  });
});

describe("the page of deliveries", () => {
  test("walks on and back", async () => {
    for (let index = 0; index < 11; index += 1) await post(`broken ${newJobId()}`);
    const first = await pageText("/ui/deliveries?status=quarantined");
    const next = /<a href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(await pageText(next)).toContain('<a href="/ui/deliveries?status=quarantined" rel="prev"');
  });

  test("says how many of those read again could be read", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    await post(`broken ${jobId}`);
    await env.DB.prepare(
      "UPDATE deliveries SET status = 'quarantined', reason_code = 'malformed-body', reason = 'An older reader.' WHERE id = (SELECT delivery_id FROM jobs WHERE job_id = ?)",
    )
      .bind(jobId)
      .run();
    const cookie = await session();
    const [status, path = ""] = location(await form("/ui/deliveries/reparse", {}, { cookie }));
    const [, read = "", unread = ""] = /read=(\d+)&unread=(\d+)$/.exec(String(path)) ?? [];
    expect([status, read, Number(unread) > 0]).toEqual([303, "1", true]);
    expect(seen(await pageText(String(path)))).toContain(`1 parsed, ${unread} still cannot be.`);
  });

  test("says of one that was read again what it tells of", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const id = await sha256(segmentation(jobId));
    const [, path = ""] = location(await form(`/ui/deliveries/${id}/reparse`, {}, { cookie: await session() }));
    expect(seen(await pageText(String(path)))).toContain("Parsed. It is about 1 job.");
  });
});

test("the page of a run looks again until the run and all its jobs have ended", async () => {
  const [runId, jobId] = [`r${newJobId()}`, newJobId()];
  const everySeconds = async () =>
    /data-every="(\d+)"/.exec(await (await page(`/ui/runs/${runId}`, { cookie: await session() })).text())?.[1];
  expect(await everySeconds()).toBe("3");
  await post(segmentation(jobId, { State: "Running", Workflow: { RunId: runId } }));
  expect(await everySeconds()).toBe("3");
  await post(workflowFinish(runId, [jobId]));
  await post(segmentation(jobId, { Workflow: { RunId: runId } }));
  expect(await everySeconds()).toBeUndefined();
});
