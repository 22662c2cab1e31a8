/** What is decided about jobs that CI is asked about: when, where, and what an answer comes to. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentNode } from "../../src/callback/types.ts";
import { isSameResult } from "../../src/reconcile/compare.ts";
import { type AskFailure, faultOf, retryAt, stopsAll, textOf } from "../../src/reconcile/faults.ts";
import { placeOf } from "../../src/reconcile/location.ts";
import { askAgainAt, pauseAfter, pauseUntil } from "../../src/reconcile/schedule.ts";
import { ruleOn } from "../../src/reconcile/verdict.ts";
import { HOUR, job, MINUTE, NOW } from "./job-reading.ts";

describe("when a job is asked about again", () => {
  test("after 30 s, twice as long each time, and never later than an hour", () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((asks) => pauseAfter(asks) / 1000)).toEqual([
      30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600,
    ]);
  });

  test("one that CI does not know for an hour, one that is not settled for 30 days", () => {
    const ask = { askedAt: NOW, asks: 2 };
    expect(askAgainAt(false, ask, NOW + HOUR - 1)).toBe(NOW + HOUR - 1 + MINUTE);
    expect(askAgainAt(false, ask, NOW + HOUR)).toBeNull();
    expect(askAgainAt(null, ask, NOW + 29 * 24 * HOUR)).toBe(NOW + 29 * 24 * HOUR + MINUTE);
    expect(askAgainAt(null, ask, NOW + 30 * 24 * HOUR)).toBeNull();
  });

  test("after as long as CI says, from 30 s to an hour", () => {
    expect([null, 0, 90, 86_400].map((seconds) => (pauseUntil(seconds, NOW) - NOW) / 1000)).toEqual([30, 30, 90, 3600]);
    const failure = { kind: "server-error", status: 503, code: null, message: null, requestId: null } as const;
    expect(retryAt({ ...failure, retryAfterSeconds: 90 }, NOW)).toBe(NOW + 90_000);
    expect(retryAt({ ...failure, retryAfterSeconds: null }, NOW)).toBeNull();
  });
});

describe("where a job lives", () => {
  const queue = (bucket: string, region: string) => ({ bucket, region, queueId: "p", tags: ["T"] });
  const [here, there] = [queue("a-1", "ap-x"), queue("b-1", "ap-y")];
  test.each([
    ["as it says itself", { bucket: "c-1", region: "ap-z" }, [here], { bucket: "c-1", region: "ap-z" }],
    [
      "in the region in which its bucket is named",
      { bucket: "b-1", region: null },
      [here, there],
      { bucket: "b-1", region: "ap-y" },
    ],
    ["in the only bucket", { bucket: null, region: null }, [here, here], { bucket: "a-1", region: "ap-x" }],
    ["nowhere, where there is a choice", { bucket: null, region: null }, [here, there], null],
    ["nowhere, where its bucket is in two regions", { bucket: "a-1", region: "" }, [here, queue("a-1", "ap-y")], null],
    ["nowhere, where its bucket is not named", { bucket: "c-1", region: null }, [here], null],
    ["nowhere, where nothing is named", { bucket: null, region: "ap-x" }, null, null],
  ])("%s", (_, known, queues, place) => {
    expect(placeOf(known, queues)).toEqual(place);
  });
});

describe("what is the same result", () => {
  test("whatever the order of its nodes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.array(fc.string()))), (members) => {
        const detail = members as ContentNode;
        const turned = Object.fromEntries(Object.entries(detail).toReversed()) as ContentNode;
        expect(isSameResult(job({ detail }), job({ detail: turned }))).toBe(true);
        expect(isSameResult(job({ detail }), job({ detail: { ...turned, more: "x" } }))).toBe(
          Object.hasOwn(detail, "more") && detail["more"] === "x",
        );
      }),
    );
  });
  test.each([
    ["another state", { state: "Failed" }, false],
    ["another code", { code: "Other" }, false],
    ["a word less", { detail: { JobId: "j1", Operation: { Words: ["a"], Size: "1" } } }, false],
    ["words in another order", { detail: { JobId: "j1", Operation: { Words: ["b", "a"], Size: "1" } } }, false],
    ["a leaf for a node", { detail: { JobId: "j1", Operation: "" } }, false],
    [
      "a name that every object inherits",
      { detail: { JobId: "j1", constructor: "x" } as unknown as ContentNode },
      false,
    ],
    ["a State that the other leaves out", { detail: { ...job().detail, State: "Success" } }, true],
    ["a QueueId that the other leaves out", { detail: { ...job().detail, QueueId: "p1", StartTime: "-" } }, true],
    ["a node of the result that the other leaves out", { detail: { ...job().detail, Label: "Porn" } }, false],
    ["a Code that the other leaves out", { detail: { ...job().detail, Code: "Success" } }, true],
  ])("%s", (_, other, isSame) => {
    expect(isSameResult(job(), job(other))).toBe(isSame);
    expect(isSameResult(job(other), job())).toBe(isSame);
  });

  test("nodes around the result are compared where both have them", () => {
    const of = (QueueId: string) => job({ detail: { ...job().detail, QueueId } });
    expect([isSameResult(of("p1"), of("p1")), isSameResult(of("p1"), of("p2"))]).toEqual([true, false]);
  });
});

test.each([
  ["the same", job(), job(), { verified: true, isTakenIn: false }],
  ["another result", job(), job({ detail: { JobId: "j1" } }), { verified: true, isTakenIn: true }],
  ["another end", job(), job({ state: "Failed" }), { verified: false, isTakenIn: true }],
  ["an unknown job", job(), null, { verified: false, isTakenIn: false }],
  ["a job that runs", job(), job({ state: "Running", terminal: false }), { verified: null, isTakenIn: false }],
  ["a job without a state", job(), job({ state: null, terminal: false }), { verified: null, isTakenIn: false }],
  [
    "an end, of a callback that told none",
    job({ state: "Running", terminal: false }),
    job(),
    { verified: true, isTakenIn: true },
  ],
  ["an end, of a callback whose bytes are gone", null, job(), { verified: null, isTakenIn: true }],
])("CI tells %s of a callback", (_, told, answer, ruling) => {
  expect(ruleOn(told, answer)).toEqual(ruling);
});

describe("a failure", () => {
  const denied = (status: number, code: string | null, message: string | null = null): AskFailure => ({
    kind: "denied",
    status,
    code,
    message,
    requestId: null,
  });
  test.each([
    [denied(403, "AccessDenied", "Access Denied."), "permission", true],
    [denied(403, "AccessDenied", "Request is not valid yet."), "clock", true],
    [denied(403, "SignatureExpired", "Request has expired."), "clock", true],
    [denied(403, "SignatureDoesNotMatch"), "keys", true],
    [denied(403, "InvalidAccessKeyId"), "keys", true],
    [denied(200, "AccessDenied"), "ci", true],
    [denied(404, "NoSuchBucket"), "bucket", false],
    [denied(400, "InvalidArgument"), "ci", false],
    [{ kind: "slow-down", retryAfterSeconds: null, requestId: null }, "too-often", true],
    [{ kind: "unreachable" }, "region", false],
    [{ kind: "timeout" }, "ci", false],
    [{ kind: "not-allowed-host", reason: "The bucket is none." }, "setting", false],
    [{ kind: "no-place" }, "setting", false],
    [{ kind: "malformed", status: 200, reason: "No XML.", requestId: null }, "ci", false],
    [{ kind: "too-large", limitBytes: 10, beginning: "", requestId: null }, "ci", false],
    [
      { kind: "server-error", status: 500, code: null, message: null, retryAfterSeconds: null, requestId: null },
      "ci",
      false,
    ],
    [{ kind: "stopped" }, "too-often", false],
  ] as [AskFailure, string, boolean][])("%j points at %s, and ends the run: %s", (failure, fault, ends) => {
    expect([faultOf(failure), stopsAll(failure)]).toEqual([fault, ends]);
    expect(textOf(failure)).toMatch(/^[A-Z].{8,}/);
  });
});
