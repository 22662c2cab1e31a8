/** A real receiver tells a real endpoint: at once, and after it was killed in the middle. */
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEndpoint } from "../endpoint/server.ts";
import type { Seen, Step } from "../endpoint/types.ts";
import { segmentation } from "./bodies.ts";
import { execute, KEY, newDirectory, pause, type Receiver, startReceiver } from "./server.ts";

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

const plan = (...steps: Step[]) => fetch(`${endpoint.base}/plan/e2e`, { method: "PUT", body: JSON.stringify(steps) });
const seenOf = async (jobId: string): Promise<Seen[]> => {
  const seen = (await (await fetch(`${endpoint.base}/seen/e2e`)).json()) as Seen[];
  return seen.filter(({ body }) => body.includes(jobId));
};
const post = async (jobId: string): Promise<number> => {
  const response = await fetch(`${receiver.base}/callbacks/${KEY}`, { method: "POST", body: segmentation(jobId) });
  expect(await response.json()).toMatchObject({ status: "stored", jobs: [jobId] });
  return Date.now();
};
const cron = () => fetch(`${receiver.base}/cdn-cgi/local/scheduled`);

/** Resolves when the endpoint has seen so many attempts about the job. */
async function told(jobId: string, attempts: number): Promise<Seen[]> {
  for (let tries = 0; tries < 400; tries += 1) {
    const seen = await seenOf(jobId);
    if (seen.length >= attempts) return seen;
    await pause(25);
  }
  throw new Error(`The endpoint was not told:\n${receiver.output()}`);
}

test("a callback is told, signed, within a second of its answer in the median", async () => {
  const delays: number[] = [];
  for (let at = 0; at < 15; at += 1) {
    const jobId = `e2e-quick-${at}-${Date.now()}`;
    const answeredAt = await post(jobId);
    const [seen] = await told(jobId, 1);
    delays.push((seen?.at ?? 0) - answeredAt);
    expect(new Webhook(SECRET).verify(seen?.body ?? "", seen?.headers ?? {})).toMatchObject({
      type: "job.finished",
      data: { jobId, state: "Success" },
    });
  }
  expect(delays.toSorted((a, b) => a - b)[7]).toBeLessThan(1_000);
});

test("what was acknowledged before the receiver was killed is told when it is back", async () => {
  await plan({ hang: true });
  const jobId = `e2e-killed-${Date.now()}`;
  await post(jobId);
  await told(jobId, 1);
  await receiver.crash();
  execute(directory, "UPDATE events SET due_at = 1 WHERE due_at IS NOT NULL");
  receiver = await start();
  await cron();
  const ids = (await told(jobId, 2)).map(({ headers }) => headers["webhook-id"]);
  expect(ids[1]).toBe(ids[0]);
});
