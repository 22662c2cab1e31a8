import { expect, test } from "vitest";
import { readTree } from "../../src/callback/read.ts";
import type { ContentNode } from "../../src/callback/types.ts";

const detail = {
  Code: "Success",
  CreationTime: "2026-03-01T09:00:00+0800",
  EndTime: "2026-03-01T09:00:04+0800",
  Input: { BucketId: "films-1250000001", Object: "in/a.txt", Region: "ap-chongqing" },
  JobId: "a1",
  Message: "",
  Operation: { UserData: "order 7" },
  QueueId: "p1",
  StartTime: "-",
  State: "Success",
  Tag: "Translation",
};

const job = {
  jobId: "a1",
  event: "TaskFinish",
  tag: "Translation",
  state: "Success",
  stateSource: "reported",
  terminal: true,
  code: "Success",
  message: "",
  queueId: "p1",
  userData: "order 7",
  bucket: "films-1250000001",
  region: "ap-chongqing",
  object: "in/a.txt",
  createdAt: "2026-03-01T01:00:00Z",
  startedAt: null,
  endedAt: "2026-03-01T01:00:04Z",
  workflow: null,
  full: true,
};

const read = (tree: object) => readTree(structuredClone(tree) as ContentNode);
const envelope = (changed: unknown, beside: object = {}) => ({
  EventName: "TaskFinish",
  JobsDetail: changed,
  ...beside,
});

test("a job is read whole, and its detail kept", () => {
  expect(read(envelope(detail))).toEqual({ event: "TaskFinish", jobs: [{ ...job, detail }], runs: [] });
  expect(read({ Response: envelope(detail) })).toEqual({ event: "TaskFinish", jobs: [{ ...job, detail }], runs: [] });
});

test("what is absent is null, and what was sent empty is empty", () => {
  const bare = { JobId: "a1" };
  const nothing = {
    ...job,
    event: null,
    tag: null,
    state: null,
    stateSource: "derived",
    terminal: false,
    code: null,
    message: null,
    queueId: null,
    userData: null,
    bucket: null,
    region: null,
    object: null,
    createdAt: null,
    endedAt: null,
  };
  expect(read({ JobsDetail: bare })).toEqual({ event: null, jobs: [{ ...nothing, detail: bare }], runs: [] });
  const empty = {
    JobId: "a1",
    Code: "",
    Message: "",
    QueueId: "",
    State: "",
    Tag: "",
    CreationTime: "",
    EndTime: "",
    Input: { BucketId: "", Object: "", Region: "" },
    Operation: { UserData: "" },
    Workflow: "",
  };
  const sentEmpty = {
    ...nothing,
    code: "",
    message: "",
    queueId: "",
    userData: "",
    bucket: "",
    region: "",
    object: "",
  };
  expect(read({ EventName: "", JobsDetail: empty })).toEqual({
    event: null,
    jobs: [{ ...sentEmpty, detail: empty }],
    runs: [],
  });
});

const workflow = { RunId: "i1", WorkflowId: "w1", WorkflowName: "evening", Name: "Translation_1" };
const readWorkflow = { runId: "i1", workflowId: "w1", workflowName: "evening", name: "Translation_1" };

test.each([
  ["a State and no Code", { Code: undefined, State: "Running" }, { code: null, state: "Running", terminal: false }],
  ["a failure", { Code: "InvalidArgument", State: "Failed" }, { code: "InvalidArgument", state: "Failed" }],
  ["no State and success", { State: undefined }, { stateSource: "derived" }],
  [
    "no State and another Code",
    { State: undefined, Code: "X" },
    { state: "Failed", stateSource: "derived", code: "X" },
  ],
  [
    "no State and an empty Code",
    { State: undefined, Code: "" },
    { state: null, stateSource: "derived", terminal: false, code: "" },
  ],
  ["a State that is no leaf", { State: { a: "Failed" } }, { stateSource: "derived" }],
  ["a Workflow", { Workflow: workflow }, { workflow: readWorkflow }],
  [
    "a part of a Workflow",
    { Workflow: { RunId: "i1" } },
    { workflow: { runId: "i1", workflowId: null, workflowName: null, name: null } },
  ],
  ["a Workflow that says nothing", { Workflow: { Other: "x" } }, { workflow: null }],
  [
    "Input inside Operation",
    { Input: undefined, Operation: { Input: { Object: "o", BucketId: "b" } } },
    { object: "o", bucket: "b", region: null, userData: null },
  ],
  [
    "Object and bucket beside JobId",
    { Input: undefined, Object: "o", BucketId: "b", Region: "r" },
    { object: "o", bucket: "b", region: "r" },
  ],
  [
    "nested nodes of the same names",
    { Operation: { State: "Failed", Code: "X", Tag: "Y", Input: { State: "Failed" } } },
    { userData: null },
  ],
  ["an Operation that is a leaf", { Operation: "" }, { userData: null }],
  ["an unreadable time", { EndTime: "tomorrow" }, { endedAt: null }],
])("a job with %s", (_name, changes, difference) => {
  const sent = JSON.parse(JSON.stringify({ ...detail, ...changes })) as object;
  expect(read(envelope(sent)).jobs).toEqual([{ ...job, ...difference, detail: sent }]);
});

test("a Workflow beside JobsDetail is every job's that has none of its own", () => {
  const own = { ...detail, JobId: "a2", Workflow: { ...workflow, RunId: "i2" } };
  const { jobs } = read(envelope([detail, own], { Workflow: workflow }));
  expect(jobs.map((one) => one.workflow)).toEqual([readWorkflow, { ...readWorkflow, runId: "i2" }]);
});

test.each([
  ["WordsGeneralize", "WordsGeneralize"],
  ["WordsGeneralizeResult", "WordsGeneralize"],
  ["SpeechRecognitionResult", "SpeechRecognition"],
  ["VideoTagResult", "VideoTag"],
  ["PicProcessResult", "PicProcess"],
  ["DocProcessResult", "DocProcess"],
  ["FileHashCodeResult", "FileHashCode"],
  ["FileCompressResult", "FileCompress"],
  ["FileUncompressResult", "FileUncompress"],
  ["MediaResult", null],
  ["toString", null],
])("without a Tag, Operation.%s tells %s", (name, tag) => {
  const sent = { JobId: "a1", Operation: { JobLevel: "0", [name]: "" } };
  expect(read({ JobsDetail: sent }).jobs.map((one) => one.tag)).toEqual([tag]);
});

test.each([
  ["a leaf", "x"],
  ["empty", { JobId: "" }],
  ["white space", { JobId: " \n" }],
  ["absent", { Tag: "Translation" }],
  ["there twice", { JobId: ["a1", "a2"] }],
  ["a node", { JobId: { a: "a1" } }],
])("a JobsDetail whose JobId is %s names no job", (_name, sent) => {
  expect(read(envelope(sent))).toEqual({ event: "TaskFinish", jobs: [], runs: [] });
});

test("several JobsDetail are several jobs, in their order", () => {
  const second = { ...detail, JobId: "a2" };
  expect(read(envelope([detail, "", second, { Tag: "x" }])).jobs).toEqual([
    { ...job, detail },
    { ...job, jobId: "a2", detail: second },
  ]);
});

test("of two readings of one job in a body the greater rank stands, and of equals the last", () => {
  const running = { ...detail, State: "Running" };
  const again = { ...detail, Message: "again" };
  for (const sent of [
    [running, detail],
    [detail, running],
  ])
    expect(read(envelope(sent)).jobs).toEqual([{ ...job, detail }]);
  expect(read(envelope([detail, again])).jobs).toEqual([{ ...job, message: "again", detail: again }]);
});

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
  const own = { ...detail, JobId: "j1" };
  const { jobs } = read({ ...finish({}), JobsDetail: own });
  expect(jobs.map((one) => [one.jobId, one.full, one.detail])).toEqual([["j1", true, own]]);
});

const moderation = { event: "ReviewImage", result: "0", trace_id: "s1" };
const moderated = {
  ...job,
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
  const { jobs } = read({ JobsDetail: detail, data: moderation });
  expect(jobs.map((one) => one.jobId)).toEqual(["a1"]);
});
