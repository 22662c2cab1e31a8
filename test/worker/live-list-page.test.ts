/** The list of jobs as the script asks for it again: whatever a row says, its change makes the page another one. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Expectations } from "../../src/store/expectations.ts";
import type { Verdicts } from "../../src/store/verdicts.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { page, pageText, seen, session } from "./reader.ts";
import { type Changes, post } from "./receiver.ts";

const KEYS = { CI_SECRET_ID: "id", CI_SECRET_KEY: "key", CI_ENDPOINT: "http://127.0.0.1:9" };
const NOTHING = { bucket: null, region: null, queueId: null, tag: null, userData: null };

const store = (changes: Changes = {}) => placesOf(env, readSettings({ ...env, ...changes }).settings).store;
const etagOf = (markup: string): string => /data-etag="([^"]*)"/.exec(markup)?.[1]?.replaceAll("&quot;", '"') ?? "";

/** Reads the list, lets something happen, and reads it as the script does: the status, and what is shown then. */
async function after(happens: () => Promise<unknown>): Promise<[before: number, after: number, shown: string]> {
  const headers = { cookie: await session(), "if-none-match": etagOf(await pageText("/")) };
  const before = await page("/", headers);
  await happens();
  const response = await page("/", headers);
  return [before.status, response.status, seen(await response.text())];
}

test("a verdict of CI alone makes the list another one", async () => {
  const jobId = newJobId();
  const bytes = new TextEncoder().encode(segmentation(jobId));
  const arrival = await nameArrival({ bytes, contentType: null, receivedAt: Date.now(), source: "callback" });
  await intake({ store: store({ ...KEYS, VERIFY: "on" }), spill: null }, [arrival]);
  const verdicts = store().verdicts as Verdicts;
  const [before, status, shown] = await after(async () => {
    const asked = await verdicts.claim([jobId], 1, Date.now());
    const said = asked.map(({ delivery, asks }) => ({ jobId, delivery, asks, verified: false, askAt: null }));
    await verdicts.settle(said, Date.now());
  });
  expect([before, status]).toEqual([304, 200]);
  expect(shown).toContain("Disputed by CI");
});

test("so does a job that is announced and overdue while it runs", async () => {
  const jobId = newJobId();
  await post(segmentation(jobId, { State: "Running" }));
  const [before, status, shown] = await after(() =>
    (store().expectations as Expectations).put(jobId, NOTHING, Date.now() - 1, Date.now()),
  );
  expect([before, status]).toEqual([304, 200]);
  expect(shown).toContain("Running");
  expect(shown).toContain("Overdue");
});

test("with STORE=kv, which keeps no order of changes, a delivery does", async () => {
  const kv = { STORE: "kv" };
  const cookie = await session(undefined, kv);
  const etag = etagOf(await (await page("/", { cookie }, kv)).text());
  expect((await page("/", { cookie, "if-none-match": etag }, kv)).status).toBe(304);
  await post(segmentation(newJobId()), kv);
  expect((await page("/", { cookie, "if-none-match": etag }, kv)).status).toBe(200);
});
