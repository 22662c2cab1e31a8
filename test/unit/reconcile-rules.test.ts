/** What is decided about jobs that CI is asked about: when, where, and what an answer comes to. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentNode, JobReading } from "../../src/callback/types.ts";
import { jobAtBeginning } from "../../src/reconcile/beginning.ts";
import { isSameResult } from "../../src/reconcile/compare.ts";
import { type AskFailure, faultOf, retryAt, stopsAll, textOf } from "../../src/reconcile/faults.ts";
import { placeOf } from "../../src/reconcile/location.ts";
import { askAgainAt, pauseAfter, pauseUntil } from "../../src/reconcile/schedule.ts";
import {
  beyond,
  fateOf,
  NO_COUNTS,
  nextSize,
  oldestOf,
  restarted,
  resume,
  summaryOf,
  sweepName,
  sweptLists,
  type SweepState,
  turned,
} from "../../src/reconcile/sweep-state.ts";
import { ruleOn } from "../../src/reconcile/verdict.ts";

const NOW = Date.parse("2026-03-01T00:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (at: number) => new Date(at).toISOString();

const job = (said: Partial<JobReading> = {}): JobReading => ({
  jobId: "j1",
  event: null,
  tag: "Transcode",
  state: "Success",
  stateSource: "reported",
  terminal: true,
  code: "Success",
  message: "",
  queueId: null,
  userData: null,
  bucket: null,
  region: null,
  object: null,
  createdAt: iso(NOW - HOUR),
  startedAt: null,
  endedAt: iso(NOW - 10 * MINUTE),
  workflow: null,
  full: true,
  detail: { JobId: "j1", Operation: { Words: ["a", "b"], Size: "1" } },
  ...said,
});

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

describe("a job on CI's list", () => {
  test.each([
    ["that is terminal here is settled", {}, true, "settled"],
    ["that is terminal here, and not there, is settled", { terminal: false }, true, "settled"],
    ["that ended two minutes ago is fetched", { endedAt: iso(NOW - 2 * MINUTE) }, false, "fetch"],
    [
      "that ended less than two minutes ago waits for its callback",
      { endedAt: iso(NOW - 2 * MINUTE + 1) },
      false,
      "hold",
    ],
    ["that ended nobody says when is fetched", { endedAt: null }, false, "fetch"],
    ["that has run for an hour is expected", { terminal: false, createdAt: iso(NOW - HOUR) }, false, "adopt"],
    [
      "that has run for less than an hour holds the mark",
      { terminal: false, createdAt: iso(NOW - HOUR + 1) },
      false,
      "hold",
    ],
    ["that was created nobody says when is expected", { terminal: false, createdAt: null }, false, "adopt"],
  ])("%s", (_, said, isTerminalHere, fate) => {
    expect(fateOf(job(said), isTerminalHere, NOW)).toBe(fate);
  });
});

describe("a sweep", () => {
  const state = resume(null, NOW, 24);
  const page = {
    nextToken: null,
    oldest: null,
    first: NOW - HOUR,
    counts: { seen: 3, found: 2, fetched: 1 },
    size: 100,
  };

  test("begins a day back, and ends two minutes ago", () => {
    expect(state).toMatchObject({
      pass: { from: NOW - 24 * HOUR, until: NOW - 2 * MINUTE, nextToken: null },
      isUnderWay: true,
    });
  });

  test("goes on where it was interrupted, with half the page where that may have been the cause", () => {
    const middle = turned(state, { ...page, nextToken: "t", oldest: NOW - HOUR }, NOW) as SweepState;
    const resumed = resume(middle, NOW + HOUR, 24);
    expect(resumed).toMatchObject({
      size: 50,
      pass: { until: NOW - 2 * MINUTE, nextToken: "t", oldest: NOW - HOUR, counts: page.counts },
    });
    expect(resume({ ...middle, isUnderWay: false }, NOW, 24).size).toBe(100);
    expect(resume({ ...middle, size: 1 }, NOW, 24).size).toBe(1);
  });

  test("begins the next pass at the oldest job that is not settled, or where the last ended", () => {
    expect(turned(state, { ...page, oldest: NOW - HOUR }, NOW).mark).toBe(NOW - HOUR);
    const ended = turned(state, page, NOW);
    expect(ended).toMatchObject({
      mark: NOW - 2 * MINUTE,
      pass: null,
      isUnderWay: false,
      last: { ...page.counts, endedAt: NOW },
    });
    expect(resume(ended, NOW + 5 * MINUTE, 24).pass).toMatchObject({ mark: NOW - 2 * MINUTE, until: NOW + 3 * MINUTE });
    expect(resume(ended, NOW + 30 * HOUR, 24).pass.from).toBe(NOW + 6 * HOUR);
  });

  test("looks back a quarter of an hour, no further than the last page, and not beyond where the last pass began", () => {
    const fromAfter = (ended: SweepState) => resume(ended, NOW + 5 * MINUTE, 24).pass.from;
    const end = NOW - 2 * MINUTE;
    expect(fromAfter(turned(state, page, NOW))).toBe(end - 15 * MINUTE);
    const second = { ...state, pass: { ...state.pass, nextToken: "t" } };
    expect(fromAfter(turned(second, { ...page, first: end - MINUTE }, NOW))).toBe(end - MINUTE);
    expect(fromAfter(turned(second, page, NOW))).toBe(end - 15 * MINUTE);
    expect(fromAfter(turned(second, { ...page, first: null }, NOW))).toBe(end);
    expect(fromAfter(turned(second, { ...page, first: end - MINUTE, oldest: NOW - HOUR }, NOW))).toBe(NOW - HOUR);
    const short = { ...state, pass: { ...state.pass, from: end - 3 * MINUTE } };
    expect(fromAfter(turned(short, page, NOW))).toBe(end - 3 * MINUTE);
  });

  test("counts a page once, and a pass anew", () => {
    const first = turned(state, { ...page, nextToken: "t" }, NOW) as SweepState;
    const second = turned(resume({ ...first, isUnderWay: false }, NOW, 24), page, NOW);
    expect(second).toMatchObject({ last: { seen: 6, found: 4, fetched: 2 }, total: { seen: 6, found: 4, fetched: 2 } });
    expect(resume(second, NOW, 24).pass.counts).toEqual(NO_COUNTS);
  });

  test("begins again from the mark, and keeps what held it; passes by a job, and further each time", () => {
    const pass = { ...state.pass, nextToken: "t", oldest: NOW - HOUR, counts: page.counts };
    expect(restarted(pass)).toEqual({ ...pass, nextToken: null, counts: NO_COUNTS });
    const by = beyond(pass, NOW - HOUR);
    expect(by).toMatchObject({ from: NOW - HOUR + 1000, nextToken: null, oldest: NOW - HOUR });
    expect(beyond(by, NOW - HOUR).from).toBe(NOW - HOUR + 2000);
  });

  test("asks for larger pages only where they stay well below the limit", () => {
    expect([nextSize(10, 999, 4000), nextSize(80, 10, 4000), nextSize(10, 1000, 4000)]).toEqual([20, 100, 10]);
  });

  test("is held by the oldest creation that is known", () => {
    expect(oldestOf([], null)).toBeNull();
    expect(oldestOf([job({ createdAt: null })], NOW)).toBe(NOW);
    expect(oldestOf([job(), job({ createdAt: iso(NOW - 2 * HOUR) })], NOW - HOUR)).toBe(NOW - 2 * HOUR);
  });

  test("names each list once", () => {
    const queue = { bucket: "a-1", region: "ap-x", queueId: "p", tags: ["T", "U", "T"] };
    expect(sweptLists([queue, queue]).map(sweepName)).toEqual([
      'sweep ["a-1","ap-x","p","T"]',
      'sweep ["a-1","ap-x","p","U"]',
    ]);
    expect(sweptLists(null)).toEqual([]);
  });

  test("has ended when each of its lists has", () => {
    const ended = (at: number) => turned(state, page, at);
    expect(summaryOf([ended(5), ended(3)])).toEqual({
      endedAt: 3,
      last: { seen: 6, found: 4, fetched: 2 },
      total: { seen: 6, found: 4, fetched: 2 },
    });
    expect(summaryOf([ended(5), undefined]).endedAt).toBeNull();
    expect(summaryOf([ended(5), state]).endedAt).toBeNull();
  });
});

test("the job that a page begins with is told by what stands before its Operation", () => {
  const page =
    "<Response><JobsDetail><Code>Success</Code><CreationTime>2026-03-01T08:00:00+0800</CreationTime><JobId>j1</JobId><Operation><JobId>no";
  expect(jobAtBeginning(page)).toEqual({ jobId: "j1", createdAt: Date.parse("2026-03-01T00:00:00Z") });
  expect(jobAtBeginning(page.replace("<JobId>j1</JobId>", ""))).toBeNull();
  expect(jobAtBeginning(page.replace("+0800", ""))).toBeNull();
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
