/** The one way in, where it has to stand what no request is known to bring about. */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { intake } from "../../src/intake.ts";
import { d1Store } from "../../src/store/d1.ts";
import { persistent } from "../../src/store/retry.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { get, read, send, sha256, TOKEN } from "./receiver.ts";

test("a body at which the reader itself fails is kept, as a fault of ours, and read once the reader is better", async () => {
  const jobId = newJobId();
  const body = segmentation(jobId);
  const id = await sha256(body);
  const places = { store: d1Store(env.DB, persistent(1_000)), spill: null };
  const arrival = { bytes: new TextEncoder().encode(body), contentType: null, receivedAt: Date.now() };
  const [outcome] = await intake(places, [arrival], () => {
    throw new RangeError("Maximum call stack size exceeded");
  });
  const reason = "The reader failed on this body: RangeError: Maximum call stack size exceeded";
  expect(outcome).toEqual({
    delivery: id,
    status: "quarantined",
    jobs: [],
    failure: { code: "internal-error", reason, line: null, column: null },
    reading: { ok: false, error: { code: "internal-error", reason, line: null, column: null } },
    fault: null,
  });
  expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined", reason });
  expect(await (await get(`/deliveries/${id}/raw`)).text()).toBe(body);
  const again = await send(`/deliveries/${id}/reparse`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(await again.json()).toMatchObject({ status: "stored", jobs: [jobId] });
  expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
});
