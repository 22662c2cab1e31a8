/**
 * A real receiver and a real endpoint that it tells: at once while nothing happens, and after workerd was killed under
 * load, several times. What was acknowledged is found then, and was told or is now.
 */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateCallback } from "../../tools/callbacks/callback.ts";
import { startEndpoint } from "../endpoint/server.ts";
import type { Seen } from "../endpoint/types.ts";
import { segmentation } from "./bodies.ts";
import { execute, KEY, newDirectory, pause, type Receiver, startReceiver, TOKEN } from "./server.ts";

/** How many times the receiver is killed. */
const CRASHES = Number(process.env["CRASHES"] ?? 2);
/** Callbacks under way at once. */
const SENDERS = 6;
/** Callbacks that are acknowledged before it is killed. */
const ACKNOWLEDGED = 60;

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const directory = newDirectory();
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let receiver: Receiver;

const start = () =>
  startReceiver(directory, { FORWARD_URLS: `${endpoint.base}/hook/e2e`, FORWARD_SECRETS: SECRET, LOG_LEVEL: "debug" });

beforeAll(async () => {
  endpoint = await startEndpoint();
  receiver = await start();
});

afterAll(async () => {
  await receiver.stop();
  await endpoint.stop();
});

const post = (body: string | Uint8Array<ArrayBuffer>) =>
  fetch(`${receiver.base}/callbacks/${KEY}`, { method: "POST", body });

const allSeen = async (): Promise<Seen[]> => (await fetch(`${endpoint.base}/seen/e2e`)).json() as Promise<Seen[]>;

/** The JobIds that the endpoint was told of. */
const told = async (): Promise<Set<string>> =>
  new Set((await allSeen()).map(({ body }) => (JSON.parse(body) as { data: { jobId: string } }).data.jobId));

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await isSo()) return;
    await pause(25);
  }
  throw new Error(`It did not come about:\n${receiver.output()}`);
}

test("a callback is told, signed, within a second of its answer in the median", async () => {
  const delays: number[] = [];
  for (let at = 0; at < 15; at += 1) {
    const jobId = `e2e-quick-${at}`;
    expect(await (await post(segmentation(jobId))).json()).toMatchObject({ status: "stored", jobs: [jobId] });
    const answeredAt = Date.now();
    await until(async () => (await told()).has(jobId));
    const seen = (await allSeen()).at(-1);
    delays.push((seen?.at ?? 0) - answeredAt);
    expect(new Webhook(SECRET).verify(seen?.body ?? "", seen?.headers ?? {})).toMatchObject({
      type: "job.finished",
      data: { jobId, state: "Success" },
    });
  }
  expect(delays.toSorted((a, b) => a - b)[7]).toBeLessThan(1_000);
});

test(`every JobId acknowledged is found and told after ${CRASHES} crashes under load`, async () => {
  const acknowledged: string[] = [];
  let index = 0;
  let broken = 0;
  for (let crash = 0; crash < CRASHES; crash += 1) {
    const load = new AbortController();
    const send = async () => {
      while (!load.signal.aborted) {
        index += 1;
        const kind = { shape: "response", format: "xml", tag: "WordsGeneralize" } as const;
        const { body, jobIds } = generateCallback({ seed: "crash", index, kind, now: 0, tokens: 20 });
        try {
          const response = await post(body);
          const { jobs } = (await response.json()) as { jobs: string[] };
          if (response.status === 200) acknowledged.push(...jobs);
          expect(jobs).toEqual(jobIds);
        } catch (error) {
          if (!load.signal.aborted && !(error instanceof TypeError || error instanceof SyntaxError)) throw error;
          broken += 1;
        }
      }
    };
    const senders = Array.from({ length: SENDERS }, send);
    const enough = acknowledged.length + ACKNOWLEDGED;
    await until(async () => acknowledged.length >= enough);
    await receiver.crash();
    load.abort();
    await Promise.all(senders);
    if (crash === CRASHES - 1) execute(directory, "UPDATE events SET due_at = 1 WHERE due_at IS NOT NULL");
    receiver = await start();
  }
  const lost: string[] = [];
  for (const jobId of acknowledged) {
    const response = await fetch(`${receiver.base}/jobs/${jobId}`, { headers: { authorization: `Bearer ${TOKEN}` } });
    if (response.status !== 200) lost.push(jobId);
    await response.body?.cancel();
  }
  console.log({ crashes: CRASHES, sent: index, acknowledged: acknowledged.length, lost: lost.length });
  expect(lost).toEqual([]);
  // The crashes came while callbacks were under way.
  expect(broken).toBeGreaterThan(0);
  await until(async () => {
    await fetch(`${receiver.base}/cdn-cgi/local/scheduled`);
    const known = await told();
    return acknowledged.every((jobId) => known.has(jobId));
  });
});
