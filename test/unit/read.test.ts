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

test("of two readings of one job in a body the workflow stands that names a run, then the last", () => {
  const without = { ...detail, Workflow: { WorkflowName: "no run" } };
  const running = { ...detail, State: "Running", Workflow: workflow };
  const other = { ...running, Workflow: { ...workflow, RunId: "i2" } };
  const told = (...sent: object[]) => read(envelope(sent)).jobs.map((one) => [one.state, one.workflow?.runId]);
  expect(told(without, running)).toEqual([["Success", "i1"]]);
  expect(told(running, without)).toEqual([["Success", "i1"]]);
  expect(told(running, detail, other)).toEqual([["Success", "i2"]]);
  expect(told(other, running, detail)).toEqual([["Success", "i1"]]);
  expect(told(detail, without)).toEqual([["Success", null]]);
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
