/** Verifying events, held to the published library of Standard Webhooks both ways. */
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { EventVerificationError, verifyEvent } from "../../src/client/client.ts";
import { keyOf, signatureOf } from "../../src/client/signature.ts";
import { done, failureOf } from "./client-fixtures.ts";

const secretOf = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString("base64")}`;
const SECRET = secretOf(new Uint8Array(32).fill(1));
const OTHER = secretOf(new Uint8Array(32).fill(2));
const ID = "evt_5e0c3a1b9d7f4c2e8a6b0d1f3e5c7a9b9c41d0a27b3e";
const BODY = JSON.stringify({ type: "job.finished", timestamp: "2026-11-24T16:35:27.076Z", data: done });
const EVENT = { id: ID, ...(JSON.parse(BODY) as object) };

const now = () => Math.floor(Date.now() / 1000);

/** Headers as the published library signs them. */
function headersOf(body: string, secrets: readonly string[] = [SECRET], at: number = now()): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(ID, new Date(at * 1000), body));
  return { "webhook-id": ID, "webhook-timestamp": String(at), "webhook-signature": signatures.join(" ") };
}

const faultOf = async (verifying: Promise<unknown>) => {
  const error = await failureOf(verifying);
  expect(error).toBeInstanceOf(EventVerificationError);
  return (error as EventVerificationError).code;
};

describe("an event that is signed", () => {
  test.each<[string, () => Parameters<typeof verifyEvent>[0]]>([
    ["a Request", () => new Request("https://a.example", { method: "POST", headers: headersOf(BODY), body: BODY })],
    ["Headers and text", () => ({ headers: new Headers(headersOf(BODY)), body: BODY })],
    ["Headers and bytes", () => ({ headers: new Headers(headersOf(BODY)), body: Buffer.from(BODY) })],
    ["the headers of Node, in any case", () => ({ headers: upperCase(headersOf(BODY)), body: Buffer.from(BODY) })],
  ])("is given from %s", async (_, request) => {
    expect(await verifyEvent(request(), [SECRET])).toEqual(EVENT);
  });

  const upperCase = (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]));

  test("is verified by any of several secrets, from any of several signatures", async () => {
    const request = { headers: headersOf(BODY, [OTHER, SECRET]), body: BODY };
    expect(await verifyEvent(request, SECRET)).toEqual(EVENT);
    expect(await verifyEvent(request, [secretOf(new Uint8Array(24).fill(3)), OTHER])).toEqual(EVENT);
  });

  test.each([-299, 299])("is fresh at %i s from now", async (seconds) => {
    expect(await verifyEvent({ headers: headersOf(BODY, [SECRET], now() + seconds), body: BODY }, SECRET)).toEqual(
      EVENT,
    );
  });
});

describe("what is refused", () => {
  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is a request without %s", async (name) => {
    const { [name]: _, ...headers } = headersOf(BODY);
    expect(await faultOf(verifyEvent({ headers, body: BODY }, SECRET))).toBe("missing-header");
    expect(await faultOf(verifyEvent({ headers: new Headers(headers), body: BODY }, SECRET))).toBe("missing-header");
  });

  test.each([-305, 305])("is one of %i s from now", async (seconds) => {
    const request = { headers: headersOf(BODY, [SECRET], now() + seconds), body: BODY };
    expect(await faultOf(verifyEvent(request, SECRET))).toBe("timestamp");
    expect(await verifyEvent(request, SECRET, { toleranceSeconds: 600 })).toEqual(EVENT);
  });

  test.each(["", " ", "soon", "1e9", "-1", "NaN", "1".repeat(16)])("is the timestamp %j", async (timestamp) => {
    const headers = { ...headersOf(BODY), "webhook-timestamp": timestamp };
    expect(["timestamp", "missing-header"]).toContain(await faultOf(verifyEvent({ headers, body: BODY }, SECRET)));
  });

  test.each<[string, (headers: Record<string, string>) => object, string]>([
    ["another body", () => ({}), `${BODY} `],
    ["another id", () => ({ "webhook-id": "evt_1" }), BODY],
    ["another time", (headers) => ({ "webhook-timestamp": String(Number(headers["webhook-timestamp"]) - 1) }), BODY],
    ["another secret", () => ({ "webhook-signature": headersOf(BODY, [OTHER])["webhook-signature"] }), BODY],
    [
      "another version",
      (headers) => ({ "webhook-signature": headers["webhook-signature"]?.replace("v1", "v2") }),
      BODY,
    ],
    ["half a signature", (headers) => ({ "webhook-signature": headers["webhook-signature"]?.slice(0, -10) }), BODY],
    ["no signature behind v1", () => ({ "webhook-signature": "v1," }), BODY],
  ])("is %s", async (_, change, body) => {
    const headers = headersOf(BODY);
    const request = { headers: { ...headers, ...change(headers) }, body };
    expect(await faultOf(verifyEvent(request, [SECRET]))).toBe("signature");
  });

  test.each(["", "no JSON", "null", "[]", '{"type":"job.finished"}', '{"type":1,"timestamp":"","data":{}}'])(
    "is a signed body that is no event: %j",
    async (body) => {
      expect(await faultOf(verifyEvent({ headers: headersOf(body), body }, SECRET))).toBe("not-an-event");
    },
  );

  test.each([[[]], [["whsec_"]], [["MTIzNDU2Nzg5MDEyMzQ1Ng=="]], [["whsec_%"]], [[SECRET, ""]]])(
    "are the secrets %j, as a mistake of the caller",
    async (secrets) => {
      expect(await failureOf(verifyEvent({ headers: headersOf(BODY), body: BODY }, secrets))).toBeInstanceOf(TypeError);
    },
  );
});

describe("held to the published library", () => {
  const arbitrary = fc.record({
    text: fc.string({ unit: "grapheme", maxLength: 300 }),
    keys: fc.uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 64 }), {
      minLength: 1,
      maxLength: 3,
      selector: String,
    }),
  });
  const bodyOf = (text: string) => JSON.stringify({ type: "receiver.test", timestamp: "", data: { text } });

  test("it verifies what the library signs", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ text, keys }) => {
        const secrets = keys.map(secretOf);
        const body = bodyOf(text);
        const request = { headers: headersOf(body, secrets), body };
        for (const secret of secrets) expect(await verifyEvent(request, secret)).toMatchObject({ data: { text } });
      }),
    );
  });

  test("the library verifies what it signs", async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async ({ text, keys }) => {
        const [secret = ""] = keys.map(secretOf);
        const body = bodyOf(text);
        const signed = { id: ID, timestamp: String(now()), body: Buffer.from(body) };
        const signature = await signatureOf(keyOf(secret) ?? new Uint8Array(), signed);
        const headers = {
          "webhook-id": ID,
          "webhook-timestamp": signed.timestamp,
          "webhook-signature": `v1,${signature}`,
        };
        expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
      }),
    );
  });
});
