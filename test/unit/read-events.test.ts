/** What read.ts makes of notifications without a JobsDetail: finished workflows, simple moderation, the console's test. */
import { expect, test } from "vitest";
import { readTree } from "../../src/callback/read.ts";
import type { ContentNode } from "../../src/callback/types.ts";

const read = (tree: object) => readTree(structuredClone(tree) as ContentNode);

const task = {
  Type: "Transcode",
  CreateTime: "2026-03-01 09:00:01+0800",
  StartTime: "2026-03-01 09:00:02+0800",
  EndTime: "2026-03-01 09:00:09+0800",
  State: "Success",
  JobId: "j1",
  Name: "Transcode_1",
  TemplateId: "t1",
  TemplateName: "evening",
};

const execution = {
  RunId: "i1",
  WorkflowId: "w1",
  WorkflowName: "evening",
  State: "Success",
  BucketId: "films-1250000001",
  Object: "in/film.mp4",
  CreateTime: "2026-03-01 09:00:00+0800",
  CosHeaders: { Key: "State", Value: "Failed" },
  Tasks: task,
};

const readTask = {
  type: "Transcode",
  name: "Transcode_1",
  jobId: "j1",
  state: "Success",
  createdAt: "2026-03-01T01:00:01Z",
  startedAt: "2026-03-01T01:00:02Z",
  endedAt: "2026-03-01T01:00:09Z",
  templateId: "t1",
  templateName: "evening",
  detail: task,
};

const readRun = {
  runId: "i1",
  workflowId: "w1",
  workflowName: "evening",
  state: "Success",
  terminal: true,
  bucket: "films-1250000001",
  object: "in/film.mp4",
  createdAt: "2026-03-01T01:00:00Z",
  tasks: [readTask],
};

const taskJob = {
  jobId: "j1",
  event: "WorkflowFinish",
  tag: "Transcode",
  state: "Success",
  stateSource: "reported",
  terminal: true,
  code: null,
  message: null,
  queueId: null,
  userData: null,
  bucket: "films-1250000001",
  region: null,
  object: "in/film.mp4",
  createdAt: "2026-03-01T01:00:01Z",
  startedAt: "2026-03-01T01:00:02Z",
  endedAt: "2026-03-01T01:00:09Z",
  workflow: { runId: "i1", workflowId: "w1", workflowName: "evening", name: "Transcode_1" },
  full: false,
  detail: task,
};

const finish = (changes: object) => ({ EventName: "WorkflowFinish", WorkflowExecution: { ...execution, ...changes } });

test("a finished workflow is its run, and a job for each task that started one", () => {
  expect(read({ Response: finish({}) })).toEqual({ event: "WorkflowFinish", jobs: [taskJob], runs: [readRun] });
  const failed = { JobId: "j2", State: "", Code: "X", Message: "no frame" };
  const noJob = { Type: "SCF", JobId: "" };
  const { jobs, runs } = read(finish({ Tasks: [task, failed, noJob, "x"] }));
  expect(jobs).toEqual([
    taskJob,
    {
      ...taskJob,
      jobId: "j2",
      tag: null,
      state: "Failed",
      stateSource: "derived",
      code: "X",
      message: "no frame",
      createdAt: null,
      startedAt: null,
      endedAt: null,
      workflow: { ...taskJob.workflow, name: null },
      detail: failed,
    },
  ]);
  const nothing = {
    type: null,
    name: null,
    jobId: null,
    state: null,
    createdAt: null,
    startedAt: null,
    endedAt: null,
    templateId: null,
    templateName: null,
  };
  expect(runs).toEqual([
    {
      ...readRun,
      tasks: [readTask, { ...nothing, jobId: "j2", detail: failed }, { ...nothing, type: "SCF", detail: noJob }],
    },
  ]);
});

test("a run that says little", () => {
  const bare = { RunId: "i1", Tasks: { JobId: "j1" } };
  const { jobs, runs } = read({ WorkflowExecution: bare });
  const run = {
    runId: "i1",
    workflowId: null,
    workflowName: null,
    state: null,
    terminal: false,
    bucket: null,
    object: null,
    createdAt: null,
  };
  expect(runs.map((one) => ({ ...one, tasks: null }))).toEqual([{ ...run, tasks: null }]);
  expect(jobs.map((one) => [one.event, one.tag, one.state, one.terminal, one.workflow])).toEqual([
    [null, null, null, false, { runId: "i1", workflowId: null, workflowName: null, name: null }],
  ]);
});

test("an execution without RunId is no run, but its tasks are jobs", () => {
  const { jobs, runs } = read({ WorkflowExecution: { RunId: " ", Tasks: { JobId: "j1" } } });
  expect([jobs.map((one) => one.jobId), runs]).toEqual([["j1"], []]);
  const unnamed = read({ WorkflowExecution: { Tasks: { JobId: "j1", Name: "Transcode_1" } } });
  expect(unnamed.jobs.map((one) => one.workflow)).toEqual([null]);
});

test("the job's own detail beats its line in a finished workflow", () => {
  const own = { JobId: "j1", State: "Success" };
  const { jobs } = read({ ...finish({}), JobsDetail: own });
  expect(jobs.map((one) => [one.jobId, one.full, one.detail])).toEqual([["j1", true, own]]);
});

test("the job's own callback keeps the workflow of its line in a finished workflow, unless its own names a run", () => {
  const told = (Workflow: object | undefined) => {
    const own = { JobId: "j1", State: "Success", ...(Workflow === undefined ? {} : { Workflow }) };
    return read({ ...finish({}), JobsDetail: own }).jobs.map((one) => [one.full, one.workflow]);
  };
  expect(told(undefined)).toEqual([[true, taskJob.workflow]]);
  expect(told({ WorkflowName: "morning" })).toEqual([[true, taskJob.workflow]]);
  const own = { runId: "i2", workflowId: null, workflowName: null, name: null };
  expect(told({ RunId: "i2" })).toEqual([[true, own]]);
});

test("a member without a name makes no workflow", () => {
  const { jobs } = read({ WorkflowExecution: { "": "x", Tasks: { JobId: "j1", Name: "Transcode_1" } } });
  expect(jobs.map((one) => one.workflow)).toEqual([null]);
});

const moderation = { event: "ReviewImage", result: "0", trace_id: "s1" };
const moderated = {
  state: "Success",
  terminal: true,
  startedAt: null,
  workflow: null,
  full: true,
  jobId: "s1",
  event: "ReviewImage",
  tag: null,
  stateSource: "derived",
  code: "0",
  message: "success",
  queueId: null,
  userData: null,
  bucket: null,
  region: null,
  object: null,
  createdAt: null,
  endedAt: null,
};

test.each([
  ["success", { code: "0", message: "success", data: moderation }, { detail: moderation }],
  [
    "failure",
    { code: "403", message: "denied", data: moderation },
    { state: "Failed", code: "403", message: "denied", detail: moderation },
  ],
  [
    "no code",
    { data: { trace_id: "s1" } },
    { event: null, state: null, terminal: false, code: null, message: null, detail: { trace_id: "s1" } },
  ],
  [
    "an empty code",
    { code: "", message: "", data: moderation },
    { state: null, terminal: false, code: "", message: "", detail: moderation },
  ],
])("simple moderation of %s", (_name, sent, difference) => {
  expect(read(sent).jobs).toEqual([{ ...moderated, ...difference }]);
});

test.each([
  [
    "a console's test",
    { code: "0", message: "Test request", data: { event: "ReviewText", trace_id: "test_trace_id" } },
    "ReviewText",
  ],
  ["moderation without a trace", { code: "0", data: { event: "ReviewText" } }, "ReviewText"],
  ["an event alone", { EventName: "TaskFinish" }, "TaskFinish"],
  ["an unknown root", { Error: { Code: "NoSuchJob" } }, null],
  ["an empty response", { Response: "" }, null],
  ["a workflow that is a leaf", { WorkflowExecution: "" }, null],
  ["nothing", {}, null],
])("%s names no job", (_name, sent, event) => {
  expect(read(sent)).toEqual({ event, jobs: [], runs: [] });
});

test("data beside JobsDetail is not moderation", () => {
  const { jobs } = read({ JobsDetail: { JobId: "a1" }, data: moderation });
  expect(jobs.map((one) => one.jobId)).toEqual(["a1"]);
});
