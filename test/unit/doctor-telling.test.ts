/** The doctor on what a receiver does of itself: tells endpoints, asks CI; and on what it cannot see without key and token. */
import { afterEach, expect, test } from "vitest";
import { examine } from "../../tools/doctor.ts";
import { askAt } from "../../tools/doctor/ask.ts";
import { checkReconcile } from "../../tools/doctor/reconcile.ts";
import { found, options, problem, type Replies, start, TOKEN, tried, stop } from "./doctored-receiver.ts";

afterEach(stop);

/** A receiver that asks CI with these results. */
const trying = (...answers: object[]): Replies => ({
  "POST /reconcile/test": () => ({ body: { hasKeys: true, answers } }),
});

test("a receiver without keys, and one of an older version, leave out asking CI", async () => {
  const without: Replies = { "POST /reconcile/test": () => ({ body: { hasKeys: false, answers: [] } }) };
  for (const [faults, says] of [
    [without, "CI_SECRET_ID and CI_SECRET_KEY are not set"],
    [{ "POST /reconcile/test": () => problem(404, "not-found") }, "this version of the receiver does not ask"],
  ] as const) {
    const findings = await examine(options(await start(faults)));
    expect(findings.at(-1)).toEqual({ check: "asking CI", verdict: "left out", says });
  }
});

test.each([
  ["clock", /this machine's/],
  ["keys", /\.dev\.vars/],
  ["permission", /Give the sub-account leave/],
  ["bucket", /Check the bucket/],
  ["region", /Check the region/],
  ["setting", /CI_QUEUES/],
  ["too-often", /Wait a while/],
  ["ci", /request id/],
])("what CI refuses is told, with what to do: %s", async (fault, remedy) => {
  const refused = tried({ request: "list", fault, says: "CI answered 403, X: y", requestId: "NjA=" });
  const findings = await examine(options(await start(trying(tried(), refused))));
  expect(findings.slice(-2)).toEqual([
    { check: "asking CI", verdict: "ok", says: "a job in media-1250000000, ap-shanghai: CI answers." },
    {
      check: "asking CI",
      verdict: "fault",
      says: "a list of media-1250000000, ap-shanghai: CI answered 403, X: y (request NjA=)",
      remedy: expect.stringMatching(remedy) as string,
    },
  ]);
});

test.each([
  ["clock", /Cloudflare's/],
  ["keys", /npx wrangler secret put/],
])("what a deployed receiver needs is set elsewhere than in a local run: %s", async (fault, remedy) => {
  const ask = askAt(await start(trying(tried({ fault }))), 5);
  const [deployed, local] = [await checkReconcile(ask, TOKEN, false), await checkReconcile(ask, TOKEN, true)];
  expect(deployed[0]?.remedy).toMatch(remedy);
  expect(local[0]?.remedy).not.toMatch(remedy);
});

test("what each endpoint says to a test event is told, and is no fault of the receiver", async () => {
  const endpoints = [
    { endpoint: "a.example", status: 200, error: null },
    { endpoint: "b.example", status: 404, error: "not-2xx" },
    { endpoint: "c.example", status: null, error: "timeout" },
  ];
  const findings = await examine(options(await start({ "POST /events/test": () => ({ body: { endpoints } }) })));
  expect(found(findings, "warning", "fault")).toEqual([
    "events: b.example does not take a test event: it answers 404",
    "events: c.example does not take a test event: timeout",
  ]);
  expect(found(findings, "ok")).toContain("events: a.example answers 200 to a test event");
  const off = problem(409, "forwarding-off", { detail: "FORWARD_URLS names no endpoint, so there is nobody to tell." });
  const silent = await examine(options(await start({ "POST /events/test": () => off })));
  expect(found(silent, "left out").at(-1)).toBe("events: FORWARD_URLS names no endpoint, so there is nobody to tell.");
});

test("without a key and a token, what needs them is left out, and said to be", async () => {
  const findings = await examine(options(await start(), { key: null, token: null }));
  expect(found(findings, "left out").slice(-3)).toEqual([
    "round trip: needs --key or CALLBACK_KEY",
    "events: needs --token or LOOKUP_TOKEN",
    "asking CI: needs --token or LOOKUP_TOKEN",
  ]);
  expect(found(findings, "fault")).toEqual([]);
});

test.each([null, "wrong-key"])("a wrong token is a fault with the key %s too, and not only left out", async (key) => {
  const findings = await examine(options(await start(), { key, token: "wrong-token" }));
  expect(found(findings, "fault")).toContain("look-up: the token is not one of the receiver's LOOKUP_TOKENS");
});
