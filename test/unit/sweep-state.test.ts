/** A sweep of CI's lists: where it begins and goes on, and what becomes of a job on them. */
import { describe, expect, test } from "vitest";
import { jobAtBeginning } from "../../src/reconcile/beginning.ts";
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
import { HOUR, iso, job, MINUTE, NOW } from "./job-reading.ts";

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
