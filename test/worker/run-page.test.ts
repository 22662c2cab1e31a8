/** The page of a workflow run: a task that moderates shows its verdict on the axis, as the job does in lists. */
import { describe, expect, test } from "vitest";
import { newJobId } from "./bodies.ts";
import { pageText, seen } from "./reader.ts";
import { post } from "./receiver.ts";

const moderationTask = (jobId: string, state = "Success"): string =>
  `<Tasks><Type>ReviewImage</Type><CreateTime>2026-03-01 08:00:00+0800</CreateTime>` +
  `<EndTime>2026-03-01 08:00:09+0800</EndTime><State>${state}</State><JobId>${jobId}</JobId><Name>Moderate_1</Name></Tasks>`;

const runOf = (runId: string, tasks: string): string =>
  `<Response><EventName>WorkflowFinish</EventName><WorkflowExecution><RunId>${runId}</RunId>` +
  `<State>Success</State>${tasks}</WorkflowExecution></Response>`;

const review = (jobId: string, runId: string, Result: number): string =>
  JSON.stringify({
    EventName: "ReviewImage",
    JobsDetail: { JobId: jobId, State: "Success", Result, Workflow: { RunId: runId } },
  });

/** Of the first task: what its row says, and the tone of its bar. */
async function taskOf(runId: string): Promise<[says: string, tone: string | undefined]> {
  const [, row = ""] = (await pageText(`/ui/runs/${runId}`)).split('<ol class="tasks">');
  const [task = ""] = row.split("</li>");
  return [seen(`<main>${task}</main>`), /<rect\s+data-tone="(\w+)"/.exec(task)?.[1]];
}

describe("a moderation task of a run", () => {
  test.each([
    [0, "Pass", "good"],
    [1, "Block", "bad"],
    [2, "Review", "busy"],
  ])(
    "that succeeded with Result %i shows %s, in words and by the colour of its bar",
    async (Result, verdict, colour) => {
      const [runId, jobId] = [`r${newJobId()}`, newJobId()];
      await post(runOf(runId, moderationTask(jobId)));
      await post(review(jobId, runId, Result));
      const [says, tone] = await taskOf(runId);
      expect(says).toMatch(new RegExp(`^Moderate_1 Image moderation ${verdict} `));
      expect(tone).toBe(colour);
    },
  );

  test("shows its state where its own callback has not come, and where the run says that it failed", async () => {
    const [runId, untold] = [`r${newJobId()}`, newJobId()];
    await post(runOf(runId, moderationTask(untold)));
    expect(await taskOf(runId)).toEqual([expect.stringContaining("Image moderation Success"), "good"]);
    const [otherRun, failed] = [`r${newJobId()}`, newJobId()];
    await post(runOf(otherRun, moderationTask(failed, "Failed")));
    await post(review(failed, otherRun, 1));
    expect(await taskOf(otherRun)).toEqual([expect.stringContaining("Image moderation Failed"), "bad"]);
  });
});
