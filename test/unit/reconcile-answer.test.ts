/** What CI's answers are read as. */
import { describe, expect, test } from "vitest";
import { readAnswer } from "../../src/reconcile/answer.ts";
import { published, textOf } from "./published.ts";

const NOTHING = { jobs: [], nextToken: null, nonExistent: [], error: null };

const jobXml = (jobId: string, state: string): string =>
  `<JobsDetail><Code>Success</Code><JobId>${jobId}</JobId>${state}<CreationTime>2022-07-07T12:12:12+0800</CreationTime>` +
  `<EndTime>-</EndTime><QueueId>p1</QueueId><Tag>Translation</Tag><Operation><State>Failed</State></Operation></JobsDetail>`;

function jobsOf(body: string) {
  const answer = readAnswer(body);
  if (!answer.ok) throw new Error(answer.error);
  return answer.value.jobs;
}

describe("an answer", () => {
  test("tells of jobs: ids, states and times, and the token of the next page", () => {
    const answer = readAnswer(
      `<?xml version="1.0"?>\n<Response>${jobXml("a1", "<State>Running</State>")}${jobXml("a2", "<State>Success</State>")}<NextToken>225508</NextToken></Response>`,
    );
    const common = { tag: "Translation", queueId: "p1", createdAt: "2022-07-07T04:12:12Z", endedAt: null };
    expect(answer).toEqual({
      ok: true,
      value: {
        ...NOTHING,
        jobs: [
          expect.objectContaining({ jobId: "a1", state: "Running", terminal: false, ...common }),
          expect.objectContaining({ jobId: "a2", state: "Success", terminal: true, ...common }),
        ],
        nextToken: "225508",
      },
    });
  });

  test("leaves a state open that is not told: its Code is Success while the job runs", () => {
    expect(jobsOf(`<Response>${jobXml("a1", "")}</Response>`)).toEqual([
      expect.objectContaining({ jobId: "a1", code: "Success", state: null, terminal: false }),
    ]);
  });

  test("takes the Code for a state that is not told once the job has an end", () => {
    const ended = jobXml("a1", "").replace("<EndTime>-", "<EndTime>2022-07-07T12:13:12+0800");
    expect(jobsOf(`<Response>${ended}</Response>`)).toEqual([
      expect.objectContaining({ jobId: "a1", state: "Success", stateSource: "derived", terminal: true }),
    ]);
  });

  test.each([
    ["an empty element", "<Response/>"],
    ["an empty token", "<Response><NextToken></NextToken></Response>"],
    ["an empty list of unknown ids", "<Response><NonExistJobIds></NonExistJobIds><NextToken/></Response>"],
    ["an empty element of JSON", '{"Response":{"NextToken":""}}'],
  ])("may say nothing: %s", (_, body) => {
    expect(readAnswer(body)).toEqual({ ok: true, value: NOTHING });
  });

  test.each([
    ["one", "<NonExistJobIds>a1</NonExistJobIds>", ["a1"]],
    ["several with commas", "<NonExistJobIds>a1,a2, a3</NonExistJobIds>", ["a1", "a2", "a3"]],
    ["several elements", "<NonExistJobIds>a1</NonExistJobIds><NonExistJobIds>a2</NonExistJobIds>", ["a1", "a2"]],
  ])("names the ids that CI does not know: %s", (_, xml, nonExistent) => {
    expect(readAnswer(`<Response>${xml}</Response>`)).toEqual({ ok: true, value: { ...NOTHING, nonExistent } });
  });

  test("may be an error, in which no job is read", () => {
    const body = `<Error><Code>AccessDenied</Code><Message>Denied &amp; done.</Message><RequestId>r1</RequestId><TraceId>t</TraceId></Error>`;
    expect(readAnswer(body)).toEqual({
      ok: true,
      value: { ...NOTHING, error: { code: "AccessDenied", message: "Denied & done.", requestId: "r1" } },
    });
    expect(readAnswer("<Error><Code/></Error>")).toEqual({
      ok: true,
      value: { ...NOTHING, error: { code: null, message: null, requestId: null } },
    });
  });

  test.each([
    ['{"Response":{"JobsDetail":[{"JobId":"a1","State":"Failed"}],"NextToken":7}}', "7"],
    ['\ufeff{"JobsDetail":{"JobId":"a1","State":"Failed"}}', null],
  ])("may be JSON: %s", (body, nextToken) => {
    expect(jobsOf(body)).toEqual([expect.objectContaining({ jobId: "a1", state: "Failed", terminal: true })]);
    expect(readAnswer(body)).toMatchObject({ value: { nextToken } });
  });

  test.each([
    ["", "Expected XML, found something else."],
    ["upstream timed out", "Expected XML, found something else."],
    ["<html><body/></html>", "Expected a Response or an Error, found neither."],
    ["{}", "Expected a Response or an Error, found neither."],
    ["<Response><JobsDetail>", "Expected"],
    ['{"Response":', "Expected"],
  ])("is refused with a reason: %j", (body, reason) => {
    expect(readAnswer(body)).toEqual({ ok: false, error: expect.stringContaining(reason) });
  });
});

// The provider's pages cannot be shipped with the project: skipped where they are not beside it.
describe.skipIf(published.length === 0)("the provider's published answers", () => {
  test.each([
    ["jobs_DocProcess_describe_ci_zh_8e4f0d.xml", "Success"],
    ["jobs_DocProcess_describe_ci_zh_f131fa.xml", "Success"],
    ["jobs_FileHashCode_describe_ci_zh_d55f40.xml", "Submitted"],
    ["sdk_cpp_describe_DocProcess_allnumeric.xml", "14"],
    ["sdk_go_describe_image_auditing_numericDataId.xml", "Success"],
  ])("%s tells the state %s", (file, state) => {
    expect(jobsOf(textOf(file)).map((job) => job.state)).toEqual([state]);
  });

  test.each(published.filter((file) => /^jobs_Trans.*_describe_/.test(file)))(
    "%s, published with an element that is not closed, is refused",
    (file) => {
      expect(readAnswer(textOf(file))).toMatchObject({ ok: false });
    },
  );

  test.each(published.filter((file) => file.startsWith("jobs_Translation_describe_")))(
    "%s is read once it is closed",
    (file) => {
      const closed = textOf(file).replaceAll("Translation<Tag>", "Translation</Tag>");
      const jobs = [expect.objectContaining({ jobId: "a8d121820f5e411ec926ef19d53ba9c6f", state: "Running" })];
      const nextToken = closed.includes("NextToken") ? "225508" : null;
      expect(readAnswer(closed)).toEqual({ ok: true, value: { ...NOTHING, jobs, nextToken } });
    },
  );
});
