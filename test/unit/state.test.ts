import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isTerminal, jobRank, readState, runRank, shortRank, workflowRank } from "../../src/callback/state.ts";
import { holds } from "../fixtures/generated.ts";

test.each([
  ["Success", null, { state: "Success", stateSource: "reported", terminal: true }],
  ["Failed", "Success", { state: "Failed", stateSource: "reported", terminal: true }],
  ["Cancel", null, { state: "Cancel", stateSource: "reported", terminal: true }],
  ["Running", "Success", { state: "Running", stateSource: "reported", terminal: false }],
  ["Auditing", null, { state: "Auditing", stateSource: "reported", terminal: false }],
  ["14", null, { state: "14", stateSource: "reported", terminal: false }],
  [null, "Success", { state: "Success", stateSource: "derived", terminal: true }],
  [null, "InvalidArgument", { state: "Failed", stateSource: "derived", terminal: true }],
  [null, null, { state: null, stateSource: "derived", terminal: false }],
])("State %j with Code %j", (state, code, read) => {
  expect(readState(state, code)).toEqual(read);
});

test.each([
  ["Success", true],
  ["Failed", true],
  ["Cancel", true],
  ["success", false],
  ["Pause", false],
  [null, false],
])("a job that is %j is terminal: %j", (state, terminal) => {
  expect(isTerminal(state)).toBe(terminal);
});

const late = "2026-03-01T09:00:05Z";
const early = "2026-03-01T09:00:04.999Z";

test("readings of a job rank by terminal, full, end, progress and delivery, in that order", () => {
  const readings = [
    jobRank({ terminal: false, full: false, endedAt: late, state: "Running" }, "f"),
    jobRank({ terminal: false, full: true, endedAt: null, state: null }, "f"),
    jobRank({ terminal: false, full: true, endedAt: null, state: "Submitted" }, "f"),
    jobRank({ terminal: false, full: true, endedAt: null, state: "Running" }, "a"),
    jobRank({ terminal: false, full: true, endedAt: null, state: "Running" }, "b"),
    jobRank({ terminal: false, full: true, endedAt: early, state: null }, "a"),
    jobRank({ terminal: true, full: false, endedAt: late, state: "Success" }, "f"),
    jobRank({ terminal: true, full: true, endedAt: null, state: "Failed" }, "f"),
    jobRank({ terminal: true, full: true, endedAt: early, state: "Failed" }, "f"),
    jobRank({ terminal: true, full: true, endedAt: late, state: "Success" }, "a"),
  ];
  expect(readings.toSorted()).toEqual(readings);
});

test("a rank is text of fixed width before the delivery id", () => {
  expect(jobRank({ terminal: true, full: true, endedAt: late, state: "Success" }, "id")).toBe(
    "11 001772355605000 2 id",
  );
  expect(runRank({ terminal: true, tasks: [] }, "id")).toBe("1 000000000000000 id");
});

describe("a rank that an older version wrote, with the whole delivery id", () => {
  const digest = fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: 64, maxLength: 64 });
  const job = { terminal: true, full: true, endedAt: late, state: "Success" };
  const longRank = (id: string) => `11 001772355605000 2 ${id} 002`;

  test("is the same one in short", () => {
    holds(digest, (id) => expect(shortRank(longRank(id))).toBe(`${jobRank(job, id)} 002`));
  });

  test("stands to that of another delivery as the two ids do, in either form", () => {
    holds(fc.tuple(digest, digest), ([a, b]) => {
      fc.pre(a !== b);
      expect(longRank(a) < `${jobRank(job, b)} 002`).toBe(a < b);
      expect(`${jobRank(job, a)} 002` < longRank(b)).toBe(a < b);
      expect(jobRank(job, a) < jobRank(job, b)).toBe(a < b);
    });
  });

  test("is left as it is where it is short", () => {
    expect(shortRank("11 001772355605000 2 0123456789abcdef 002")).toBe("11 001772355605000 2 0123456789abcdef 002");
  });
});

test("readings of a run rank by terminal, the last end of a task, and delivery", () => {
  const run = (terminal: boolean, ...ends: (string | null)[]) => ({
    terminal,
    tasks: ends.map((endedAt) => ({ ...TASK, endedAt })),
  });
  const readings = [
    runRank(run(false, null), "f"),
    runRank(run(false, early, null), "f"),
    runRank(run(false, late, early), "f"),
    runRank(run(true, null, early), "f"),
    runRank(run(true, early, late), "a"),
    runRank(run(true, late, early), "b"),
  ];
  expect(readings.toSorted()).toEqual(readings);
});

const TASK = {
  type: null,
  name: null,
  jobId: null,
  state: null,
  createdAt: null,
  startedAt: null,
  templateId: null,
  templateName: null,
  detail: {},
};

test("what readings say of a workflow ranks by whether it names a run, then by full, then by delivery", () => {
  const named = { runId: "i1", workflowId: null, workflowName: null, name: null };
  const unnamed = { ...named, runId: "", workflowName: "evening" };
  const ranks = [
    workflowRank({ workflow: null, full: true }, "f"),
    workflowRank({ workflow: unnamed, full: false }, "f"),
    workflowRank({ workflow: { ...unnamed, runId: null }, full: true }, "f"),
    workflowRank({ workflow: named, full: false }, "f"),
    workflowRank({ workflow: named, full: true }, "a"),
    workflowRank({ workflow: named, full: true }, "b"),
  ];
  expect(ranks.toSorted()).toEqual(ranks);
});
