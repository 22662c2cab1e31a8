/** What the client of CI's API makes of answers that are none: a failure for each, with what a reader needs and no key. */
import { describe, expect, test } from "vitest";
import { answer, clientOf, error, known, PLACE, SETTINGS } from "./ci-answers.ts";

describe("what went wrong", () => {
  const failureOf = async (response: Response) => {
    const { client } = clientOf([response]);
    const described = await client.describe(PLACE, { jobId: "j1" });
    return described.ok ? null : described.error;
  };
  const requestId = "r1";
  const denied = { kind: "denied", message: "No.", requestId };
  const serverError = { kind: "server-error", code: null, message: null, retryAfterSeconds: null, requestId };

  test.each<[string, Response, object]>([
    ["a 429", answer("", 429), { kind: "slow-down", retryAfterSeconds: null, requestId }],
    [
      "a 429 with seconds",
      answer("", 429, { "retry-after": "30" }),
      { kind: "slow-down", retryAfterSeconds: 30, requestId },
    ],
    [
      "SlowDown with a date",
      answer(error("SlowDown"), 503, { "retry-after": "Tue, 24 Nov 2026 12:01:00 GMT" }),
      { kind: "slow-down", retryAfterSeconds: 60, requestId },
    ],
    ["a 403", answer(error("SignatureExpired"), 403), { ...denied, status: 403, code: "SignatureExpired" }],
    ["a 400", answer(error("InvalidArgument"), 400), { ...denied, status: 400, code: "InvalidArgument" }],
    ["an Error in a 200", answer(error("AccessDenied")), { ...denied, status: 200, code: "AccessDenied" }],
    [
      "a 404 that is about the bucket",
      answer(error("NoSuchBucket"), 404),
      { ...denied, status: 404, code: "NoSuchBucket" },
    ],
    ["a 404 without an Error", answer("<html/>", 404), { ...denied, status: 404, code: null, message: null }],
    ["a 500", answer("<html/>", 500), { ...serverError, status: 500 }],
    [
      "a 503 with an Error",
      answer(error("InternalError"), 503, { "retry-after": "5" }),
      { ...serverError, status: 503, code: "InternalError", message: "No.", retryAfterSeconds: 5 },
    ],
    [
      "a redirect",
      answer("", 302, { location: "https://elsewhere.example/" }),
      { kind: "malformed", status: 302, reason: "Expected an answer, found a redirect.", requestId },
    ],
    [
      "no XML",
      answer("hello"),
      { kind: "malformed", status: 200, reason: "Expected XML, found something else.", requestId },
    ],
    [
      "no UTF-8",
      answer(Uint8Array.of(0x3c, 0xff)),
      { kind: "malformed", status: 200, reason: "Expected UTF-8, found other bytes.", requestId },
    ],
    [
      "no body",
      new Response(null, { status: 200 }),
      { kind: "malformed", status: 200, reason: "Expected XML, found something else.", requestId: null },
    ],
    [
      "an id of the request in the Error alone",
      new Response(error("AccessDenied"), { status: 403 }),
      { ...denied, status: 403, code: "AccessDenied", requestId: "in-body" },
    ],
  ])("%s", async (_, response, failure) => {
    expect(await failureOf(response)).toEqual(failure);
  });

  test("an answer is read up to the limit, and no further", async () => {
    let pulled = 0;
    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array(4_000));
        },
        cancel: () => {
          isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    expect(await failureOf(answer(endless))).toEqual({
      kind: "too-large",
      limitBytes: 10_000,
      beginning: "\0".repeat(12_000),
      requestId,
    });
    expect([pulled, isCancelled]).toEqual([3, true]);
    expect(await failureOf(answer("x".repeat(10_001), 500))).toEqual({ ...serverError, status: 500 });
  });

  test("an answer of exactly the limit is read", async () => {
    const body = known("j1");
    const { client } = clientOf([answer(body)], {}, { maxBytes: body.length });
    expect(await client.describe(PLACE, { jobId: "j1" })).toMatchObject({ ok: true });
  });

  test("no connection, and one that breaks", async () => {
    const refused = clientOf([]);
    expect(await refused.client.describe(PLACE, { jobId: "j1" })).toEqual({
      ok: false,
      error: { kind: "unreachable" },
    });
    const broken = new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    expect(await failureOf(answer(broken))).toEqual({ kind: "unreachable" });
  });

  test("no answer in time", async () => {
    const fetch = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    const { client } = clientOf([], {}, { fetch, answerMilliseconds: 1 });
    expect(await client.describe(PLACE, { jobId: "j1" })).toEqual({ ok: false, error: { kind: "timeout" } });
  });

  test("no failure repeats a key, and none is long", async () => {
    const message = `${SETTINGS.secretId} ${SETTINGS.secretKey} ${SETTINGS.securityToken} ${"x".repeat(300)}`;
    expect(await failureOf(answer(error(SETTINGS.secretId, message), 403))).toEqual({
      ...denied,
      status: 403,
      code: "…",
      message: `… … … ${"x".repeat(194)}`,
    });
  });
});
