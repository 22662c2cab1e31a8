/** What is pure about events: endpoints and secrets as text, bodies, and the schedule. Names and signatures: test/worker/sign.test.ts. */
import { describe, expect, test } from "vitest";
import { parseSigningSecrets, parseUrls, signingKey } from "../../src/events/endpoints.ts";
import { BODY_BYTES, DELAYS_MILLISECONDS, PATIENCE_MILLISECONDS } from "../../src/events/limits.ts";
import { jobBody } from "../../src/events/payload.ts";
import { nextAttempt, readRetryAfter } from "../../src/forward/schedule.ts";
import type { Job } from "../../src/wire.ts";

describe("the URLs of endpoints", () => {
  test.each([
    ["https://a.example/hook", ["https://a.example/hook"]],
    [" https://a.example/x,y?z=1,2 , https://b.example/ ,", ["https://a.example/x,y?z=1,2", "https://b.example/"]],
    [
      "http://127.0.0.1:9999/hook,http://localhost/,http://[::1]:1/",
      ["http://127.0.0.1:9999/hook", "http://localhost/", "http://[::1]:1/"],
    ],
    ["http://127.8.9.1/", ["http://127.8.9.1/"]],
    ["", []],
  ])("are split at commas before http: %s", (text, values) => {
    expect(parseUrls(text)).toEqual({ values, faults: [] });
  });

  test.each([
    "http://a.example/",
    "http://localhost.example/",
    "http://127.0.0.1.example/",
    "http://10.0.0.1/",
    "ftp://a.example/",
    "a.example",
    "https://user:password@a.example/",
    "https://",
    "https://b.example/hook?other",
  ])("are https, or http to loopback, and no two the same up to ?: %s is told by its place alone", (wrong) => {
    expect(
      parseUrls(
        `https://b.example/hook,${wrong.startsWith("http") ? "" : "https://c.example/,"}${wrong}`,
      ).faults.join(),
    ).not.toContain("example");
    expect(parseUrls(`${wrong},https://b.example/hook`)).toMatchObject({
      values: [expect.stringContaining("b.example/hook")],
      faults: [expect.stringMatching(/^Value [12] of 2 /)],
    });
  });

  test("are five at most", () => {
    const urls = Array.from({ length: 6 }, (_, at) => `https://e${at}.example/`);
    expect(parseUrls(urls.join(","))).toMatchObject({
      values: urls.slice(0, 5),
      faults: ["Value 6 of 6 is more than the 5 there may be, and is left out."],
    });
  });

  test("that repeat, and those that are not allowed, are told apart", () => {
    expect(parseUrls("https://a.example/x?1,https://a.example/x?2,https:///,http://b.example/").faults).toEqual([
      "Value 2 of 4 repeats an earlier one up to its ?, and is left out.",
      "Value 3 of 4 is not allowed, and is left out.",
      "Value 4 of 4 is not allowed, and is left out.",
    ]);
  });
});

describe("secrets", () => {
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

  test.each([secret(16), secret(24), secret(64), `${secret(32)}, ${secret(24)}`])("sign: %s", (text) => {
    expect(parseSigningSecrets(text).faults).toEqual([]);
  });

  test.each([secret(15), "whsec_", "whsec_%%%", Buffer.alloc(32).toString("base64"), "whsec"])(
    "do not sign: %s",
    (text) => {
      expect(parseSigningSecrets(`${secret(32)},${text}`)).toEqual({
        values: [secret(32)],
        faults: ["Value 2 of 2 is not allowed, and is left out."],
      });
    },
  );
});

test("the key of a secret is its base64", () => {
  expect(signingKey("whsec_AAEC")).toEqual(new Uint8Array([0, 1, 2]));
});

describe("the schedule", () => {
  const at = 1_800_000_000_000;
  const delays = ["5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"].map(
    (text) => Number.parseInt(text, 10) * { s: 1_000, m: 60_000, h: 3_600_000 }[text.at(-1) as "s"],
  );

  test("is 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h, and some more by chance", () => {
    expect(DELAYS_MILLISECONDS).toEqual(delays);
    for (const [index, delay] of delays.entries()) {
      const next = (random: number) => (nextAttempt({ attempt: index + 1, at, retryAfter: null }, random) ?? 0) - at;
      expect(next(0)).toBe(delay);
      expect(next(0.5)).toBeGreaterThan(delay);
      expect(next(1)).toBeLessThanOrEqual(delay * 1.1 + 1);
    }
  });

  test("goes on behind an open breaker: what is due may wait until its last attempt would be over, and ten minutes", () => {
    const minutes = (milliseconds: number | undefined) => Math.floor((milliseconds ?? 0) / 60_000);
    const sums = [0, 1, 8, 9, 10].map((attempts) => delays.slice(attempts).reduce((sum, delay) => sum + delay, 0));
    const patience = [0, 1, 8, 9, 10].map((attempts) => minutes(PATIENCE_MILLISECONDS[attempts]));
    expect(patience).toEqual(sums.map((sum) => minutes(sum * 1.1 + 600_000)));
  });

  test("ends with the tenth attempt", () => {
    expect(nextAttempt({ attempt: 10, at, retryAfter: 5_000 }, 0)).toBeNull();
    expect(nextAttempt({ attempt: 11, at, retryAfter: null }, 0)).toBeNull();
  });

  test("waits as long as the endpoint asks, up to a day, and never less", () => {
    const next = (retryAfter: number) => (nextAttempt({ attempt: 1, at, retryAfter }, 0) ?? 0) - at;
    expect([next(60_000), next(1), next(1e12)]).toEqual([60_000, 5_000, 86_400_000]);
  });

  test.each([
    ["120", 120_000],
    ["0", 0],
    [new Date(at + 90_000).toUTCString(), 90_000],
    [new Date(at - 90_000).toUTCString(), 0],
    ["soon", null],
    ["-5", null],
    ["", null],
    [null, null],
  ])("reads Retry-After %j", (header, expected) => {
    expect(readRetryAfter(header, at)).toBe(expected);
  });
});

describe("the body of a job's event", () => {
  const job = (text: string) => ({ jobId: "j", state: "Success", detail: { Text: text } }) as unknown as Job;
  const made = (text: string) => jobBody({ type: "job.finished", at: 0 }, job(text));
  const around = Buffer.byteLength(made(""));

  test.each(["x", "词", "😀"])("is whole up to 256 KiB of UTF-8, and without its detail beyond: %s", (unit) => {
    const bytes = Buffer.byteLength(unit);
    const most = Math.floor((BODY_BYTES - around) / bytes);
    expect(Buffer.byteLength(made(unit.repeat(most)))).toBeGreaterThan(BODY_BYTES - bytes);
    expect(JSON.parse(made(unit.repeat(most)))).toMatchObject({ data: { detail: { Text: expect.any(String) } } });
    expect(JSON.parse(made(unit.repeat(most + 1)))).toEqual({
      type: "job.finished",
      timestamp: "1970-01-01T00:00:00.000Z",
      data: { jobId: "j", state: "Success", detail: null, detailOmitted: true },
    });
  });
});
