/** The one way in, where it has to stand what no request is known to bring about. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { decodeBytes } from "../../src/callback/callback.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { d1Store } from "../../src/store/d1/d1.ts";
import { persistent } from "../../src/store/retry.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { decoded, get, read, send, sha256, TOKEN } from "./receiver.ts";

const arrivalOf = (body: string) =>
  nameArrival({ bytes: new TextEncoder().encode(body), contentType: null, receivedAt: Date.now() });

test("a body at which the reader itself fails is kept, as a fault of ours, and read once the reader is better", async () => {
  const jobId = newJobId();
  const body = segmentation(jobId);
  const id = await sha256(body);
  const places = { store: d1Store(env.DB, persistent(1_000)), spill: null };
  const parse = () => {
    throw new RangeError("Maximum call stack size exceeded");
  };
  const [outcome] = await intake(places, [await arrivalOf(body)], { parse });
  const reason = "The reader failed on this body: RangeError: Maximum call stack size exceeded";
  expect(outcome).toEqual({
    delivery: id,
    status: "quarantined",
    jobs: [],
    reading: { ok: false, error: { kind: "reader-failed", reason, line: null, column: null } },
    events: [],
    fault: null,
  });
  expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined", reason });
  expect(await decoded(await get(`/deliveries/${id}/raw`))).toBe(body);
  const again = await send(`/deliveries/${id}/reparse`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(await again.json()).toMatchObject({ status: "stored", jobs: [jobId] });
  expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
});

test("many at once are each told apart, whatever they are, and kept to the byte", async () => {
  const places = { store: d1Store(env.DB, persistent(5_000)), spill: null };
  const jobIds = Array.from({ length: 30 }, newJobId);
  const twice = segmentation(jobIds[0] as string);
  const large = segmentation(jobIds[1] as string, { UserData: "x".repeat(1_100_000) });
  const bodies = [
    ...jobIds.slice(2).map((jobId) => segmentation(jobId)),
    twice,
    `<broken>\u0000${jobIds[0]}`,
    large,
    twice,
    `{"about": "no job, '\\"\\u0000 ${jobIds[0]}"}`,
  ];
  const arrivals = await Promise.all(bodies.map(arrivalOf));
  const outcomes = await intake(places, arrivals);
  expect(outcomes.map(({ status }) => status)).toEqual([
    ...Array.from({ length: 28 }, () => "stored"),
    "stored",
    "quarantined",
    "stored",
    "duplicate",
    "no-job",
  ]);
  expect(outcomes.map(({ delivery }) => delivery)).toEqual(await Promise.all(bodies.map(sha256)));
  for (const [index, { delivery }] of outcomes.entries()) {
    expect(await decoded(await get(`/deliveries/${delivery}/raw`))).toBe(bodies[index]);
  }
  for (const jobId of jobIds) expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success" });
});

test("a batch of a hundred stays within the 50 statements that the free plan allows to one call", async () => {
  let statements = 0;
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== "batch") return Reflect.get(target, name).bind(target) as unknown;
      return (batch: D1PreparedStatement[]) => {
        statements += batch.length;
        return target.batch(batch);
      };
    },
  });
  const arrivals = await Promise.all(Array.from({ length: 100 }, () => arrivalOf(segmentation(newJobId()))));
  await intake({ store: d1Store(db, persistent(5_000)), spill: null }, arrivals);
  expect(statements).toBeGreaterThan(0);
  expect(statements).toBeLessThan(50);
});

test("bytes that are no UTF-8, or end in the middle of a character, leave nothing behind for the next body", () => {
  const next = new TextEncoder().encode("\ufeff<a>今\ufeff</a>");
  for (const bad of [
    [0x3c, 0xff],
    [0x3c, 0xe4, 0xbb],
    [0xf0, 0x9f, 0x98],
    [0xef, 0xbb],
    [0xed, 0xa0, 0x80],
  ]) {
    const bytes = new Uint8Array(bad);
    expect(decodeBytes(bytes)).toBe(bytes);
    expect(decodeBytes(next)).toBe("\ufeff<a>今\ufeff</a>");
  }
});
