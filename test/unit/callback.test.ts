/** Callbacks as CI posts them, written by hand, and what is read from each. */
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import type { JobReading } from "../../src/callback/types.ts";
import {
  CONSOLE_TEST,
  ENVELOPES,
  jsonCallback,
  jsonCallbackOf,
  MODERATION_DETAIL,
  MODERATION_SIMPLE,
  WORKFLOW_FINISH_JSON,
  WORKFLOW_FINISH_XML,
  xmlCallback,
  xmlCallbackOf,
} from "../fixtures/envelopes.ts";
import { type Fields, inWorkflow, jobOf, SEGMENTATION, TAGS, TRANSCODE, without } from "../fixtures/jobs.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The reading of a body that can be read. */
function reading(body: string) {
  const read = parseCallback(utf8(body));
  if (!read.ok) throw new Error(read.error.reason);
  return read.value;
}

/** The two jobs by hand, with the `detail` of each. callback-generator.test.ts has every type in every envelope. */
const GOLDEN: [string, Fields, object][] = [
  [
    "segmentation",
    SEGMENTATION,
    {
      ...SEGMENTATION,
      Operation: {
        ...(SEGMENTATION["Operation"] as Fields),
        WordsGeneralizeResult: {
          WordsGeneralizeLable: [{ Category: "time", Word: "今天" }],
          WordsGeneralizeToken: [
            { Length: 2, Offset: 0, Pos: "t", Word: "今天" },
            { Length: 2, Offset: 2, Pos: "v", Word: "打车" },
            { Length: 2, Offset: 4, Pos: "nx", Word: "60" },
          ],
        },
      },
    },
  ],
  ["transcoding", TRANSCODE, TRANSCODE],
];

describe.each(GOLDEN)("a %s", (_, job, detail) => {
  const expected: JobReading = {
    jobId: job["JobId"] as string,
    event: "TaskFinish",
    tag: job["Tag"] as string,
    state: "Success",
    stateSource: "reported",
    terminal: true,
    code: "Success",
    message: "",
    queueId: "p0123456789abcdef0123456789abcdef",
    userData: "order 7 & more",
    bucket: "films-1250000001",
    region: "ap-chongqing",
    object: "in/film.mp4",
    createdAt: "2026-03-01T01:00:00Z",
    startedAt: "2026-03-01T01:00:01Z",
    endedAt: "2026-03-01T01:00:04Z",
    workflow: null,
    full: true,
    detail: detail as JobReading["detail"],
  };

  test.each(ENVELOPES)("is read the same from $name", ({ format, print }) => {
    expect(reading(print(job))).toEqual({ format, event: "TaskFinish", jobs: [expected], runs: [] });
  });

  test.each(ENVELOPES)("is read the same from $name when a workflow started it", ({ print }) => {
    const started = inWorkflow(job);
    expect(reading(print(started)).jobs).toEqual([
      {
        ...expected,
        workflow: {
          name: "Transcode_1581665960537",
          runId: "i166ee19017b011eda8a5525400c540df",
          workflowId: "w0123456789abcdef0123456789abcdef",
          workflowName: "evening",
        },
        detail: { ...detail, Input: started["Input"], Workflow: started["Workflow"] },
      },
    ]);
  });
});

test("a segmentation as published, without State and Tag, is told by its Code and its Operation", () => {
  const sent = without(SEGMENTATION, "State", "Tag", "QueueId", "StartTime");
  const jobs = [xmlCallback(sent), jsonCallback(sent)].map((body) => reading(body).jobs[0]);
  for (const job of jobs) {
    expect([job?.tag, job?.state, job?.stateSource, job?.terminal]).toEqual([
      "WordsGeneralize",
      "Success",
      "derived",
      true,
    ]);
  }
});

test("several jobs in one notification are read in their order", () => {
  const details = TAGS.slice(0, 3).map((tag) => jobOf(tag));
  const ids = details.map((detail) => detail["JobId"]);
  for (const body of [xmlCallbackOf(details), jsonCallbackOf(details)]) {
    expect(reading(body).jobs.map((job) => job.jobId)).toEqual(ids);
  }
});

test("the end of a workflow is read the same from XML and JSON", () => {
  const xml = reading(WORKFLOW_FINISH_XML);
  expect(reading(WORKFLOW_FINISH_JSON)).toEqual({ ...xml, format: "json" });
  expect(xml.event).toBe("WorkflowFinish");
  expect(xml.runs.map((run) => [run.runId, run.state, run.terminal, run.tasks.map((task) => task.jobId)])).toEqual([
    [
      "i166ee19017b011eda8a5525400c540df",
      "Success",
      true,
      ["j168668b217b011ed8efb27bb229e2d11", "j23c11e1e17b011edaab4ab15ec33d076", null],
    ],
  ]);
  expect(xml.jobs.map((job) => [job.jobId, job.tag, job.state, job.code, job.full])).toEqual([
    ["j168668b217b011ed8efb27bb229e2d11", "Transcode", "Success", null, false],
    ["j23c11e1e17b011edaab4ab15ec33d076", "Snapshot", "Failed", "InvalidArgument", false],
  ]);
});

const moderated = {
  event: "ReviewImage",
  tag: null,
  state: "Success",
  terminal: true,
  queueId: null,
  userData: null,
  createdAt: null,
  startedAt: null,
  endedAt: null,
  workflow: null,
  full: true,
};

test("moderation in detail has numbers as sent and headers as a map", () => {
  const detail = {
    JobId: "si0123456789abcdef0123456789abcde",
    State: "Success",
    CreationTime: "",
    Object: "in/picture.jpg",
    Label: "Normal",
    Result: "0",
    Score: "12",
    PornInfo: { HitFlag: "0", Score: "0", Label: "" },
    BucketId: "films-1250000001",
    Region: "ap-chongqing",
    CosHeaders: { "x-cos-meta-id": "007" },
  };
  const job = {
    ...moderated,
    jobId: detail.JobId,
    stateSource: "reported",
    code: null,
    message: null,
    bucket: "films-1250000001",
    region: "ap-chongqing",
    object: "in/picture.jpg",
    detail,
  };
  expect(reading(MODERATION_DETAIL)).toEqual({ format: "json", event: "ReviewImage", jobs: [job], runs: [] });
});

test("simple moderation is a job named by its trace", () => {
  const job = {
    ...moderated,
    jobId: "ix0123456789abcdef",
    stateSource: "derived",
    code: "0",
    message: "success",
    bucket: null,
    region: null,
    object: null,
    detail: {
      event: "ReviewImage",
      forbidden_status: "0",
      porn_info: { hit_flag: "0", label: "", score: "9" },
      result: "0",
      trace_id: "ix0123456789abcdef",
    },
  };
  expect(reading(MODERATION_SIMPLE)).toEqual({ format: "json", event: "ReviewImage", jobs: [job], runs: [] });
});

test("a console's test names no job", () => {
  expect(reading(CONSOLE_TEST)).toEqual({ format: "json", event: "ReviewText", jobs: [], runs: [] });
});

test("a workflow that is told beside the job's own callback is kept, the same from XML and JSON", () => {
  const own = "<JobsDetail><JobId>a1</JobId><State>Success</State></JobsDetail>";
  const run =
    "<WorkflowExecution><RunId>i1</RunId><Tasks><JobId>a1</JobId><Name>step</Name></Tasks></WorkflowExecution>";
  const xml = reading(`<Response>${own}${run}</Response>`);
  const workflow = { runId: "i1", workflowId: null, workflowName: null, name: "step" };
  expect(xml.jobs.map((job) => [job.jobId, job.full, job.workflow])).toEqual([["a1", true, workflow]]);
  const json = reading(
    '{"JobsDetail":{"JobId":"a1","State":"Success"},"WorkflowExecution":{"RunId":"i1","Tasks":{"JobId":"a1","Name":"step"}}}',
  );
  expect(json).toEqual({ ...xml, format: "json" });
});

test("members of JSON that repeat are read as elements that repeat", () => {
  const json = '{"JobsDetail":{"JobId":"a1","Message":"x"},"JobsDetail":{"JobId":"a2","Message":"y","Message":"z"}}';
  const xml =
    "<Response><JobsDetail><JobId>a1</JobId><Message>x</Message></JobsDetail>" +
    "<JobsDetail><JobId>a2</JobId><Message>y</Message><Message>z</Message></JobsDetail></Response>";
  expect(reading(json)).toEqual({ ...reading(xml), format: "json" });
  expect(reading(json).jobs.map((job) => job.jobId)).toEqual(["a1", "a2"]);
});
