/** The pages about what did not come: a job that is only expected, the overdue ones, verdicts, and asking CI by a button. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { DeliverySource } from "../../src/store/store.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { form, location, page, pageText, seen, session } from "./reader.ts";
import { type Changes, post } from "./receiver.ts";

/** Nothing listens there: CI cannot be reached. */
const KEYS = { CI_SECRET_ID: "id", CI_SECRET_KEY: "key", CI_ENDPOINT: "http://127.0.0.1:9" };
const PLACE = { bucket: "texts-1250000000", region: "ap-chongqing" };
const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };

const store = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings).store;
const expectJob = (jobId: string, dueAt: number, announced = {}) =>
  (store().expectations as Expectations).put(jobId, { ...NOTHING, ...announced }, dueAt, Date.now());

async function take(body: string, source: DeliverySource, changes: Changes = {}): Promise<void> {
  const bytes = new TextEncoder().encode(body);
  const arrival = await nameArrival({ bytes, contentType: null, receivedAt: Date.now(), source });
  await intake({ store: store(changes), spill: null }, [arrival]);
}

/** A callback that CI, being asked, disputes or bears out. */
async function takeJudged(jobId: string, verified: boolean): Promise<void> {
  await take(segmentation(jobId), "callback", { ...KEYS, VERIFY: "on" });
  const verdicts = store().verdicts as Verdicts;
  const asked = await verdicts.claim([jobId], 1, Date.now());
  await verdicts.settle(
    asked.map(({ delivery, asks }) => ({ jobId, delivery, asks, verified, askAt: null })),
    Date.now(),
  );
}

const HOUR = 3_600_000;

beforeEach(async () => {
  await env.DB.batch(["expectations", "verdicts", "sweeps"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

describe("the page of a job that is only expected", () => {
  test("says so, with what was announced and when it is due, and looks again by itself", async () => {
    const jobId = newJobId();
    await expectJob(jobId, Date.now() + 2 * HOUR + 60_000, { tag: "Transcode", userData: "<b>mine</b>" });
    const markup = await pageText(`/ui/jobs/${jobId}`);
    const text = seen(markup);
    expect(text).toMatch(new RegExp(`^Jobs · Transcode ${jobId} Expected This job was announced, and no callback`));
    expect(text).toContain("Due in 2 hours");
    expect(text).toContain("&lt;b&gt;mine&lt;/b&gt;");
    expect(text).not.toContain("Overdue");
    expect(markup).not.toContain("/reconcile");
    const etag = /data-etag="([^"]*)"/.exec(markup)?.[1]?.replaceAll("&quot;", '"') ?? "";
    const headers = { cookie: await session(), "if-none-match": etag };
    expect((await page(`/ui/jobs/${jobId}`, headers)).status).toBe(304);
    await expectJob(jobId, Date.now() - 1);
    expect((await page(`/ui/jobs/${jobId}`, headers)).status).toBe(200);
    await post(segmentation(jobId));
    expect(seen(await (await page(`/ui/jobs/${jobId}`, headers)).text())).toContain("Success");
  });

  test("says that it is overdue and that CI does not know it, in Chinese as well", async () => {
    const jobId = newJobId();
    await expectJob(jobId, Date.now() - HOUR);
    const expectations = store().expectations as Expectations;
    await expectations.settle([{ jobId, asks: 0, isKnown: false, askAt: null }], Date.now());
    const text = seen(await pageText(`/ui/jobs/${jobId}`, KEYS));
    for (const said of [
      `${jobId} Overdue This job was announced`,
      "Due 1 hour ago",
      "CI does not know this job",
      "Ask CI now",
    ])
      expect(text).toContain(said);
    const chinese = await page(`/ui/jobs/${jobId}`, { cookie: `${await session()}; language=zh` });
    expect(seen(await chinese.text())).toContain("CI 查不到该任务");
  });
});

describe("the page of a job", () => {
  test("says when its callback was due, that CI disputes it, and what is CI's own answer", async () => {
    const [judged, disputed, answered] = [newJobId(), newJobId(), newJobId()];
    await takeJudged(judged, true);
    await takeJudged(disputed, false);
    await take(segmentation(answered, { State: "Success" }), "reconcile");
    await post(segmentation(answered));
    await expectJob(disputed, Date.now() - HOUR);
    expect(seen(await pageText(`/ui/jobs/${judged}`))).toContain("Confirmed by CI");
    const text = seen(await pageText(`/ui/jobs/${disputed}`));
    expect(text).toContain("Disputed by CI CI was asked about this job and gave a different answer.");
    expect(text).toContain("Due 1 hour ago");
    expect(text).not.toContain("Overdue");
    const answer = seen(await pageText(`/ui/jobs/${answered}`));
    for (const said of ["CI’s own answer", "CI answered"]) expect(answer).toContain(said);
    expect(answer).not.toContain("Confirmed by CI");
    const list = seen(await pageText("/ui/deliveries"));
    expect(list).toContain("CI’s own answer");
  });

  test("has nothing of it where nobody has asked for it", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const text = seen(await pageText(`/ui/jobs/${jobId}`));
    for (const word of ["Expected callback", "Ask CI now", "Confirmed", "Disputed"]) expect(text).not.toContain(word);
    expect(seen(await pageText("/"))).not.toContain("Needs attention");
    expect(await pageText("/")).not.toContain("/ui/overdue");
  });
});

describe("the lists", () => {
  test("of overdue jobs, the longest due first, and of disputed ones are a link away", async () => {
    const [first, second, disputed] = [newJobId(), newJobId(), newJobId()];
    await expectJob(second, Date.now() - HOUR);
    await expectJob(first, Date.now() - 2 * HOUR);
    await takeJudged(disputed, false);
    const home = await pageText("/");
    expect(home).toContain('href="/ui/overdue"');
    const overdue = await pageText("/ui/overdue");
    expect([...overdue.matchAll(/data-key="([^"]*)"/g)].map(([, jobId]) => jobId)).toEqual([first, second]);
    expect(seen(overdue)).toMatch(new RegExp(`Overdue ${first} – Took: – Due 2 hr. ago Overdue ${second}`));
    const list = await pageText("/?verified=false");
    expect([...list.matchAll(/data-key="([^"]*)"/g)].map(([, jobId]) => jobId)).toEqual([disputed]);
    expect(list).toContain('<option value="false" selected>');
  });

  test("of overdue jobs walks on and back, needs a session, and is none with STORE=kv", async () => {
    const jobIds = Array.from({ length: 21 }, newJobId);
    for (const [index, jobId] of jobIds.entries()) await expectJob(jobId, Date.now() - HOUR + index);
    const first = await pageText("/ui/overdue");
    const next = /href="([^"]*)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const second = await pageText(next);
    expect([...second.matchAll(/data-key="([^"]*)"/g)].map(([, jobId]) => jobId)).toEqual([jobIds[20]]);
    expect(second).toContain('href="/ui/overdue" rel="prev"');
    expect(location(await page("/ui/overdue", {}))).toEqual([303, "/ui/sign-in?back=%2Fui%2Foverdue"]);
    const kv = await page("/ui/overdue", { cookie: await session() }, { STORE: "kv" });
    expect([kv.status, seen(await kv.text())]).toEqual([501, expect.stringContaining("STORE=kv has no expectations.")]);
  });
});

describe("the button that asks CI", () => {
  test("says what came of it: CI cannot be reached, or no keys are set", async () => {
    const jobId = newJobId();
    await expectJob(jobId, Date.now() + HOUR, PLACE);
    const cookie = await session();
    const path = `/ui/jobs/${jobId}/reconcile`;
    const down = await form(path, {}, { cookie }, KEYS);
    expect([down.status, seen(await down.text())]).toEqual([
      503,
      expect.stringContaining("There is no connection to CI"),
    ]);
    const without = await form(path, {}, { cookie });
    expect([without.status, seen(await without.text())]).toEqual([501, expect.stringContaining("CI_SECRET_ID")]);
    const elsewhere = await form(path, {}, { cookie, origin: "https://elsewhere.example" }, KEYS);
    expect(elsewhere.status).toBe(403);
    expect(location(await form(path, {}, {}, KEYS))[0]).toBe(303);
  });

  test("leads back to the job, which says that CI was asked", async () => {
    const jobId = newJobId();
    await expectJob(jobId, Date.now() + HOUR);
    expect(seen(await pageText(`/ui/jobs/${jobId}?asked=yes`))).toContain("CI was asked.");
    await post(segmentation(jobId));
    expect(seen(await pageText(`/ui/jobs/${jobId}?asked=yes`))).toContain("CI was asked.");
  });
});
