/** What events and endpoints are named, and how events are signed: by the digest and the HMAC of the platform. */
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { endpointOf } from "../../src/events/endpoints.ts";
import { eventKey } from "../../src/events/ids.ts";
import { signaturesOf } from "../../src/forward/sign.ts";

test("the signature is that of the published library, for any body and secret", async () => {
  const arbitrary = fc.record({
    id: fc.stringMatching(/^evt_[0-9a-f]{1,44}$/),
    body: fc.string({ unit: "grapheme", maxLength: 500 }),
    keys: fc.array(fc.uint8Array({ minLength: 16, maxLength: 64 }), { minLength: 1, maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ id, body, keys }) => {
      const timestamp = Math.floor(Date.now() / 1000);
      const secrets = keys.map((key) => `whsec_${key.toBase64()}`);
      const published = secrets.map((secret) => new Webhook(secret).sign(id, new Date(timestamp * 1000), body));
      expect(await signaturesOf({ id, timestamp, body }, secrets)).toBe(published.join(" "));
    }),
  );
});

test("an endpoint is known by its URL up to ?, and shows no more than its host", async () => {
  const one = await endpointOf("https://a.example:8443/hook?token=1");
  expect(one).toMatchObject({ host: "a.example:8443", url: "https://a.example:8443/hook?token=1" });
  expect((await endpointOf("https://a.example:8443/hook?token=2")).id).toBe(one.id);
  expect((await endpointOf("https://a.example:8443/hooks")).id).not.toBe(one.id);
});

test("an event's key names its type, its subject and its cause, none of which can be mistaken for another", async () => {
  const causes = [
    ["job.finished", "a", "b", "c"],
    ["job.updated", "a", "b", "c"],
    ["job.finished", "a,b", "c"],
    ["job.finished", "a", "bc", null],
    ["job.finished", "a", "b", "d"],
  ] as const;
  const keys = await Promise.all(causes.map(([type, subject, ...cause]) => eventKey(type, subject, ...cause)));
  expect(new Set(keys).size).toBe(keys.length);
  expect(await eventKey("job.finished", "a", "b", "c")).toBe(keys[0]);
});
