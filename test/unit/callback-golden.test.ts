/** Callbacks written out by hand, letter by letter: no printer has touched them, so no printer and reader can be wrong alike. */
import { expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";

const SEGMENTATION_XML = `<?xml version="1.0" encoding="utf-8"?>
<Response>
    <EventName>TaskFinish</EventName>
    <JobsDetail>
        <Code>Success</Code>
        <CreationTime>2026-03-01T16:35:39+0800</CreationTime>
        <EndTime>2026-03-01T16:35:43+0800</EndTime>
        <JobId>a0000000000000000000000000000golden</JobId>
        <Message>R&amp;D done</Message>
        <Operation>
            <WordsGeneralizeResult>
                <WordsGeneralizeToken>
                    <Length>2</Length>
                    <Offset>0</Offset>
                    <Pos>t</Pos>
                    <Word>&#20170;天</Word>
                </WordsGeneralizeToken>
                <WordsGeneralizeToken><Length>3</Length><Offset>2</Offset><Pos>nx</Pos><Word>007</Word></WordsGeneralizeToken>
            </WordsGeneralizeResult>
        </Operation>
    </JobsDetail>
</Response>
`;

const SEGMENTATION_JSON = `{"EventName":"TaskFinish","JobsDetail":[{"Code":"Success","CreationTime":"2026-03-01T16:35:39+0800",
  "EndTime":"2026-03-01T16:35:43+0800","JobId":"a0000000000000000000000000000golden","Message":"R&D done",
  "Operation":{"WordsGeneralizeResult":{"WordsGeneralizeToken":[
    {"Length":"2","Offset":"0","Pos":"t","Word":"\\u4eca天"},{"Length":"3","Offset":"2","Pos":"nx","Word":"007"}]}}}]}`;

const WORKFLOW_XML =
  "<Response><EventName>WorkflowFinish</EventName><WorkflowExecution><RunId>i1</RunId><WorkflowId>w1</WorkflowId>" +
  "<WorkflowName>nightly</WorkflowName><State>Success</State><CreateTime>2026-03-01 16:35:39+0800</CreateTime>" +
  "<Tasks><Type>Transcode</Type><State>Failed</State><EndTime>2026-03-01 16:35:43+08:00</EndTime><JobId>j1</JobId>" +
  "<Name>Transcode_1</Name></Tasks></WorkflowExecution></Response>";

const SIMPLE_JSON = `{"code":0,"message":"success","data":{"event":"ReviewImage","trace_id":"ix1","result":1.50}}`;

function read(body: string) {
  const reading = parseCallback(body);
  if (!reading.ok) throw new Error(reading.error.reason);
  return reading.value;
}

test.each([
  ["XML", SEGMENTATION_XML],
  ["JSON", SEGMENTATION_JSON],
])("a segmentation in %s", (_, body) => {
  expect(read(body).jobs).toMatchObject([
    {
      jobId: "a0000000000000000000000000000golden",
      tag: "WordsGeneralize",
      state: "Success",
      stateSource: "derived",
      message: "R&D done",
      createdAt: "2026-03-01T08:35:39Z",
      endedAt: "2026-03-01T08:35:43Z",
      detail: {
        Operation: {
          WordsGeneralizeResult: {
            WordsGeneralizeToken: [
              { Length: 2, Offset: 0, Pos: "t", Word: "今天" },
              { Length: 3, Offset: 2, Pos: "nx", Word: "007" },
            ],
          },
        },
      },
    },
  ]);
});

test("the end of a workflow", () => {
  const { jobs, runs } = read(WORKFLOW_XML);
  expect(runs[0]).toMatchObject({
    runId: "i1",
    workflowName: "nightly",
    state: "Success",
    createdAt: "2026-03-01T08:35:39Z",
  });
  expect(jobs).toMatchObject([{ jobId: "j1", state: "Failed", tag: "Transcode", endedAt: "2026-03-01T08:35:43Z" }]);
});

test("a moderation in its simple form keeps the digits of its numbers", () => {
  expect(read(SIMPLE_JSON).jobs).toMatchObject([{ jobId: "ix1", event: "ReviewImage", detail: { result: "1.50" } }]);
});
